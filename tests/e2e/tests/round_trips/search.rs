//! Climbs towards the smallest margin, on all processors.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{
        atomic::{AtomicU64, Ordering},
        Mutex,
    },
    time::Instant,
};

use crate::{
    coverage::Coverage,
    dice::Dice,
    travel::{travel, Travelled},
    trip::Trip,
    world::World,
};

/// Trips of a climb.
const CLIMB: u64 = 12;

/// A trip that gained, or broke down.
struct Failure {
    seed: u64,
    trip: Trip,
    message: String,
}

/// Makes so many trips, from a seed on; panics with the shortest form of one that gains.
pub fn search(seed: u64, trips: u64) -> Coverage {
    let started = Instant::now();
    let climbs = trips.div_ceil(CLIMB);
    let next = AtomicU64::new(0);
    let coverage = Mutex::new(Coverage::default());
    let failed: Mutex<Option<Failure>> = Mutex::new(None);
    World::new();
    let quiet = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= climbs || failed.lock().expect("a lock").is_some() {
                    return;
                }
                let length = CLIMB.min(trips - index * CLIMB);
                if let Err(failure) = climb(seed + index, length, &coverage) {
                    failed.lock().expect("a lock").get_or_insert(failure);
                }
                if index % 500 == 499 {
                    let seconds = started.elapsed().as_secs();
                    println!("{} trips after {seconds} s", (index + 1) * CLIMB);
                }
            });
        }
    });
    let failure = failed.into_inner().expect("a lock").map(shrink);
    panic::set_hook(quiet);
    if let Some(failure) = failure {
        let Failure {
            seed,
            trip,
            message,
        } = failure;
        panic!("seed {seed}: {message}\n\n{trip:?}\n\nagain: CLAY_SEED={seed} CLAY_TRIPS={CLIMB}");
    }
    let mut coverage = coverage.into_inner().expect("a lock");
    coverage.seconds = started.elapsed().as_secs_f64();
    coverage
}

/// A trip into a pool is drawn; those after it change the best.
fn climb(seed: u64, length: u64, coverage: &Mutex<Coverage>) -> Result<(), Failure> {
    let failure = |trip, message| Failure {
        seed,
        trip,
        message,
    };
    let none = Trip {
        held: Vec::new(),
        moves: Vec::new(),
    };
    let drawn = panic::catch_unwind(|| World::drawn(seed));
    let pool = drawn.map_err(|payload| failure(none, format!("the pool: {}", said(&*payload))))?;
    let size = pool.totals().0;
    let mut dice = Dice::new(!seed);
    let mut best: Option<(f64, Trip)> = None;
    for index in 0..length {
        let trip = match &best {
            Some((_, best)) if dice.percent(70) => best.changed(&mut dice, size),
            _ => Trip::draw(&mut dice, size),
        };
        let made = make(&pool, &trip).map_err(|message| failure(trip.clone(), message))?;
        let again = format!("seed {seed}, trip {}", index + 1);
        coverage.lock().expect("a lock").see(&made, &again);
        let margin = made.relative();
        if best
            .as_ref()
            .is_none_or(|(smallest, _)| margin <= *smallest)
        {
            best = Some((margin, trip));
        }
    }
    Ok(())
}

/// Makes a trip; an error says why it may not be.
fn make(pool: &World, trip: &Trip) -> Result<Travelled, String> {
    let made = panic::catch_unwind(AssertUnwindSafe(|| travel(pool, trip)));
    let made = made.map_err(|payload| said(&*payload))?;
    if made.margin < 0 {
        let (told, gain) = (made.told.join("\n"), -made.margin);
        return Err(format!(
            "a trip gains {gain} wei, {:.3e} of what it put in\npool: {:?}\n{told}",
            -made.relative(),
            pool.is
        ));
    }
    Ok(made)
}

fn said(payload: &(dyn std::any::Any + Send)) -> String {
    match payload.downcast_ref::<String>() {
        Some(message) => message.clone(),
        None => payload
            .downcast_ref::<&str>()
            .unwrap_or(&"a panic")
            .to_string(),
    }
}

/// Leaves out what a trip does not need to fail.
fn shrink(mut failure: Failure) -> Failure {
    if failure.trip.moves.is_empty() {
        return failure;
    }
    let pool = World::drawn(failure.seed);
    loop {
        let trip = &failure.trip;
        let without_move = (0..trip.moves.len()).map(|index| {
            let mut shorter = trip.clone();
            // Its time passes all the same.
            let gone = shorter.moves.remove(index);
            if let Some(next) = shorter.moves.get_mut(index) {
                next.wait += gone.wait;
            }
            shorter
        });
        let without_held = (0..trip.held.len()).map(|index| {
            let mut shorter = trip.clone();
            shorter.held.remove(index);
            shorter
        });
        let shorter = without_move.chain(without_held).find_map(|shorter| {
            let message = make(&pool, &shorter).err()?;
            Some((shorter, message))
        });
        match shorter {
            Some((trip, message)) => (failure.trip, failure.message) = (trip, message),
            None => return failure,
        }
    }
}
