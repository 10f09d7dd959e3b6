//! A year of operators on the real programs: who joins, who is chosen, who leaves, and what goes wrong on the way.
//!
//! By default a small fleet and twenty weeks. `CLAY_FLEET=year` runs 500 operators with 5,000 nodes for 50 weeks, and writes the
//! tables and plots of `docs/operators-year` anew.
//!
//! What happens (`events.rs`): the pool starts with seven operators; for ten weeks no SSV node joins; a region drops out; one
//! person registers 300 accounts and refuses every key ceremony; the rate falls by 20 %.

mod events;
mod fleet;
mod measure;
mod person;
mod week;
mod write;

use fleet::{Fleet, Plan};

#[test]
fn a_year() {
    let plan = match std::env::var("CLAY_FLEET").as_deref() {
        Ok("year") => Plan::YEAR,
        _ => Plan::SHORT,
    };
    let mut fleet = Fleet::new(plan);
    for _ in 0..plan.weeks {
        fleet.week();
    }
    println!("{}", write::table(&fleet));
    fleet.check();
    if plan == Plan::YEAR {
        write::documents(&fleet).expect("documents that can be written");
    }
}
