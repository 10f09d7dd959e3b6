//! Runs stories on all processors, and shrinks one that fails.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{
        atomic::{AtomicU64, Ordering},
        Mutex,
    },
    time::Instant,
};

use e2e::environment;

use crate::{
    steps::{self, Step},
    story::Story,
    tally::Tally,
};

/// A story that failed.
struct Failure {
    seed: u64,
    steps: Vec<Step>,
    message: String,
    told: Vec<String>,
}

/// Runs so many stories of a pool from a seed on; panics with the shortest form of one that fails.
pub fn run(new: &Story, seed: u64, stories: u64, length: usize) -> Tally {
    let started = Instant::now();
    let next = AtomicU64::new(0);
    let tally = Mutex::new(Tally::default());
    let failed: Mutex<Option<Failure>> = Mutex::new(None);
    let quiet = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= stories || failed.lock().expect("a lock").is_some() {
                    return;
                }
                let steps = steps::story(seed + index, length);
                match tell(new, seed + index, &steps) {
                    Ok(story) => {
                        tally.lock().expect("a lock").add(&story.tally);
                        if index % 100 == 99 {
                            println!(
                                "{} stories after {} s",
                                index + 1,
                                started.elapsed().as_secs()
                            );
                        }
                    }
                    Err(failure) => {
                        failed.lock().expect("a lock").get_or_insert(failure);
                    }
                }
            });
        }
    });
    let shrunk = |failure| match environment("CLAY_SHRINK") {
        Some(0) => failure,
        _ => shrink(new, failure),
    };
    let failure = failed.into_inner().expect("a lock").map(shrunk);
    panic::set_hook(quiet);
    if let Some(Failure {
        seed,
        steps,
        message,
        told,
    }) = failure
    {
        let told = told.join("\n");
        let count = steps.len();
        panic!("seed {seed}, {count} steps are enough:\n{told}\n{steps:?}\n\n{message}\n\nagain: CLAY_SEED={seed} CLAY_STEPS={length}");
    }
    tally.into_inner().expect("a lock")
}

/// Runs steps on a new pool, up to the first that fails.
fn tell(new: &Story, seed: u64, steps: &[Step]) -> Result<Story, Failure> {
    let mut story = new.clone();
    for (index, step) in steps.iter().enumerate() {
        let ended = panic::catch_unwind(AssertUnwindSafe(|| story.take(step)));
        if let Err(payload) = ended {
            let message = match payload.downcast_ref::<String>() {
                Some(message) => message.clone(),
                None => payload
                    .downcast_ref::<&str>()
                    .unwrap_or(&"a panic")
                    .to_string(),
            };
            return Err(Failure {
                seed,
                steps: steps[..=index].to_vec(),
                message: format!("{:?}: {message}", step.action),
                told: story.told,
            });
        }
    }
    Ok(story)
}

/// Leaves out ever smaller parts of a story as long as it still fails.
fn shrink(new: &Story, mut failure: Failure) -> Failure {
    let mut part = failure.steps.len() / 2;
    while part > 0 {
        let mut start = 0;
        while start + part <= failure.steps.len() {
            let mut fewer = failure.steps.clone();
            fewer.drain(start..start + part);
            match tell(new, failure.seed, &fewer) {
                Err(shorter) => failure = shorter,
                Ok(_) => start += part,
            }
        }
        part /= 2;
    }
    failure
}
