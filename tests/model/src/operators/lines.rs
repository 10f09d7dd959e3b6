//! The lines in which operators wait to be chosen, and those of the ones that would leave first.
//!
//! A line is ordered by class, and within a class by who came to it first.

use std::collections::BTreeMap;

use super::{Registry, Terms, Type};

/// Place of a line: type, region.
pub type Lane = (Type, u8);
/// Type, kind, region, and whether of the proven.
pub type Standing = (Type, u8, u8, bool);
/// See [`Registry::class`].
pub type Class = u64;

/// Why an operator stands in the lines no more; the interface's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Unlisted {
    /// Its bond is short.
    Bond,
    /// It has no right.
    Right,
    /// It is suspended.
    Suspended,
}

/// Who stands where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Who can be chosen.
    pub waiting: BTreeMap<Standing, Vec<(Class, u32)>>,
    /// Operators with working nodes of a type, by kind.
    pub leaving: BTreeMap<(Type, u8), Vec<(Class, u32)>>,
}

/// Puts somebody behind all of its class; whoever stands in that class keeps its place.
fn put(line: &mut Vec<(Class, u32)>, class: Class, operator: u32) {
    if line.contains(&(class, operator)) {
        return;
    }
    line.retain(|(_, other)| *other != operator);
    let place = line.iter().take_while(|(other, _)| *other <= class).count();
    line.insert(place, (class, operator));
}

impl Registry {
    /// Types and regions that an operator has queued nodes of.
    pub fn lanes(&self, operator: u32) -> Vec<Lane> {
        let all = self.queues.iter();
        let its = all.filter(|((of, ..), nodes)| *of == operator && !nodes.is_empty());
        its.map(|((_, of, region), _)| (*of, *region)).collect()
    }

    /// Puts an operator where it belongs in every line, and out of every other.
    pub(crate) fn place(&mut self, operator: u32) {
        let (class, lanes) = (self.class(operator), self.lanes(operator));
        let it = &self.operators[&operator];
        let (kind, proven, stands) = (it.kind, it.proven, it.stands);
        let belongs = |(of, of_kind, region, standing): Standing| {
            stands && of_kind == kind && standing == proven && lanes.contains(&(of, region))
        };
        for (place, line) in &mut self.lines.waiting {
            if !belongs(*place) {
                line.retain(|(_, other)| *other != operator);
            }
        }
        if stands {
            for (of, region) in lanes {
                let line = self.lines.waiting.entry((of, kind, region, proven));
                put(line.or_default(), class, operator);
            }
        }
        for of in Type::ALL {
            let works = self
                .working
                .get(&(operator, of))
                .is_some_and(|it| !it.is_empty());
            let line = self.lines.leaving.entry((of, kind)).or_default();
            match works {
                true => put(line, class, operator),
                false => line.retain(|(_, other)| *other != operator),
            }
        }
    }

    /// Lets an operator be chosen.
    pub(crate) fn list(&mut self, operator: u32) {
        self.operator_mut(operator).stands = true;
        self.place(operator);
    }

    /// Lets an operator not be chosen.
    pub(crate) fn unlist(&mut self, operator: u32, _reason: Unlisted) {
        self.operator_mut(operator).stands = false;
        self.place(operator);
    }

    /// Lists an operator that has something queued, if bond, right and suspension allow it.
    pub(crate) fn list_if_sound(&mut self, operator: u32, terms: &Terms) {
        let it = &self.operators[&operator];
        let free = it.suspended_until <= self.now && self.has_right(it.manager);
        if free && self.carries_queued(operator, terms) {
            self.list(operator);
        }
    }
}
