//! The waiting line in storage against an ordered map.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use clay_shared::{
    abi::{Answer, Call},
    operators::line::Line,
    program::{unknown_function, Program},
    storage::Slot,
};
use motsu::prelude::*;
use unit_tests::Deployed;

/// A contract that has nothing but storage.
struct Store;

impl Program for Store {
    fn route(call: &Call, _: &[u8]) -> Answer {
        unknown_function(call)
    }
}

/// Members by class and time of arrival.
#[derive(Default)]
struct Expected {
    order: BTreeMap<(u16, u64), u32>,
    places: BTreeMap<u32, (u16, u64)>,
    arrivals: u64,
}

impl Expected {
    fn put(&mut self, member: u32, class: u16) {
        if self.places.get(&member).is_some_and(|at| at.0 == class) {
            return;
        }
        self.remove(member);
        self.arrivals += 1;
        self.order.insert((class, self.arrivals), member);
        self.places.insert(member, (class, self.arrivals));
    }

    fn remove(&mut self, member: u32) {
        if let Some(place) = self.places.remove(&member) {
            self.order.remove(&place);
        }
    }

    fn first_in_highest(&self) -> Option<u32> {
        let ((class, _), _) = self.order.last_key_value()?;
        let (_, member) = self.order.range((*class, 0)..).next()?;
        Some(*member)
    }
}

/// Everybody in line, from the first on.
fn walk(line: Line) -> Vec<u32> {
    std::iter::successors(line.first(), |member| line.after(*member)).collect()
}

#[motsu::test]
fn a_line_keeps_class_and_arrival(store: Contract<Deployed<Store>>, alice: Address) {
    store.sender(alice).inside(come_and_go);
}

fn come_and_go() {
    let line = Line::at(Slot::at(1 << 40));
    let mut expected = Expected::default();
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut dice = |sides: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % sides
    };
    // Classes at the edges of words, close together, and anywhere.
    let edges = [0, 1, 63, 64, 255, 256, 257, 511, 65_279, 65_280, 65_535];
    for step in 0..3_000 {
        let member = 1 + dice(40) as u32;
        let class = match dice(3) {
            0 => edges[dice(edges.len() as u64) as usize],
            1 => dice(12) as u16,
            _ => dice(1 << 16) as u16,
        };
        // Now more come than go, now the other way round, so that the line is also empty at times.
        let leaves = dice(10) < if step / 100 % 2 == 0 { 3 } else { 8 };
        match leaves {
            true => {
                line.remove(member);
                expected.remove(member);
            }
            false => {
                line.put(member, class);
                expected.put(member, class);
            }
        }
        let order: Vec<u32> = expected.order.values().copied().collect();
        assert_eq!(walk(line), order, "step {step}");
        assert_eq!(line.first_in_highest(), expected.first_in_highest());
        let class = expected.places.get(&member).map(|at| at.0);
        assert_eq!(line.class_of(member), class);
    }
}

#[motsu::test]
fn an_emptied_line_leaves_nothing_behind(store: Contract<Deployed<Store>>, alice: Address) {
    store.sender(alice).inside(empty);
}

fn empty() {
    let base = Slot::at(1 << 40);
    let line = Line::at(base);
    for member in 1..=5 {
        line.put(member, 7);
    }
    for member in [3, 1, 5, 2, 4] {
        line.remove(member);
    }
    assert_eq!((line.first(), line.first_in_highest()), (None, None));
    let slots = [0, 1, 257 + 7].into_iter();
    for place in slots.chain((1..=5).map(|member| 257 + 65_536 + member)) {
        assert_eq!(base.plus(place).get(), U256::ZERO, "slot {place}");
    }
}

#[motsu::test]
fn lines_do_not_see_each_other(store: Contract<Deployed<Store>>, alice: Address) {
    store.sender(alice).inside(|| {
        let (one, other) = (Line::at(Slot::at(1 << 40)), Line::at(Slot::at(1 << 50)));
        one.put(1, 3);
        other.put(1, 9);
        one.remove(1);
        assert_eq!(one.class_of(1), None);
        assert_eq!(other.class_of(1), Some(9));
    });
}
