//! What a report does to the books, by numbers one can check by hand.

use alloy_primitives::U256;
use clay_shared::{
    books::{Books, Deferred, Rate},
    math::Rounding,
    window::Place,
};
use stake_manager_reports::{assess, fee_shares, split, Assessment, Borne, Reported, Terms};

const ETH: u128 = 1_000_000_000_000_000_000;
const DAY: u64 = 24 * 60 * 60;

/// 1,000 ETH for 1,000 shares, all of it on the beacon chain; last reported at day 100.
fn books() -> Books {
    Books {
        total_assets: 1_000 * ETH as i128,
        total_shares: 1_000 * ETH,
        last_report: 100 * DAY,
        flags: 0,
    }
}

const LAST: Terms = Terms {
    cl_balance: 1_000 * ETH,
    deposits_seen: 1_000 * ETH,
    left_seen: 5 * ETH,
    expected_loss: 0,
};

fn reported(terms: Terms, recovered: u128) -> Reported {
    Reported {
        slot_time: 101 * DAY,
        terms,
        recovered,
        epoch: 0,
    }
}

fn assessed(deferred: Deferred, borne: Borne, reported: &Reported) -> Assessment {
    assess(books(), deferred, borne, LAST, reported)
}

#[test]
fn deposits_that_arrive_and_eth_that_leaves_are_no_gain() {
    // 64 ETH arrive on the beacon chain, 32 ETH leave it to the gateway.
    let terms = Terms {
        cl_balance: LAST.cl_balance + 32 * ETH,
        deposits_seen: LAST.deposits_seen + 64 * ETH,
        left_seen: LAST.left_seen + 32 * ETH,
        expected_loss: 0,
    };
    let nothing = assessed(Deferred::default(), Borne::default(), &reported(terms, 0));
    assert_eq!((nothing.change, nothing.fall), (0, 0));
}

#[test]
fn every_term_counts_with_its_own_sign() {
    let gain = |terms| assessed(Deferred::default(), Borne::default(), &reported(terms, 0)).change;
    let one = ETH as i128;
    assert_eq!(
        gain(Terms {
            cl_balance: LAST.cl_balance + ETH,
            ..LAST
        }),
        one
    );
    assert_eq!(
        gain(Terms {
            left_seen: LAST.left_seen + ETH,
            ..LAST
        }),
        one
    );
    assert_eq!(
        gain(Terms {
            deposits_seen: LAST.deposits_seen + ETH,
            ..LAST
        }),
        -one
    );
    assert_eq!(
        gain(Terms {
            expected_loss: ETH,
            ..LAST
        }),
        -one
    );
}

#[test]
fn a_gain_is_booked_up_to_the_cap_and_one_wei_more_is_deferred() {
    // 10 % a year for one day on 1,000 ETH: 100 ETH / 365, rounded down.
    let cap = 100 * ETH / 365;
    for (gain, deferred) in [(cap, 0), (cap + 1, 1)] {
        let terms = Terms {
            left_seen: LAST.left_seen + gain,
            ..LAST
        };
        let mut assessment = assessed(Deferred::default(), Borne::default(), &reported(terms, 0));
        assert_eq!(assessment.book_gain(1_000, 101 * DAY), cap);
        assert_eq!(assessment.deferred.gain, deferred);
        assert_eq!(assessment.books.total_assets, (1_000 * ETH + cap) as i128);
    }
}

#[test]
fn a_long_silence_books_no_more_than_seven_days_of_growth() {
    let terms = Terms {
        left_seen: LAST.left_seen + 500 * ETH,
        ..LAST
    };
    let mut late = assessed(Deferred::default(), Borne::default(), &reported(terms, 0));
    assert_eq!(late.book_gain(1_000, 150 * DAY), 700 * ETH / 365);
}

#[test]
fn a_first_report_books_no_growth() {
    let fresh = Books {
        last_report: 0,
        ..books()
    };
    let terms = Terms {
        left_seen: LAST.left_seen + ETH,
        ..LAST
    };
    let mut first = assess(
        fresh,
        Deferred::default(),
        Borne::default(),
        LAST,
        &reported(terms, 0),
    );
    assert_eq!(first.book_gain(1_000, 101 * DAY), 0);
    assert_eq!(first.deferred.gain, ETH);
}

#[test]
fn a_fall_takes_deferred_gains_first() {
    let deferred = Deferred {
        gain: 3 * ETH,
        fee_free: 2 * ETH,
    };
    let terms = Terms {
        expected_loss: 5 * ETH,
        ..LAST
    };
    let mut fall = assessed(deferred, Borne::default(), &reported(terms, 0));
    assert_eq!(fall.fall, 2 * ETH);
    assert_eq!(fall.deferred, Deferred::default());
    fall.book_fall(2 * ETH, 0);
    assert_eq!(fall.books.total_assets, 998 * ETH as i128);
    // Of what deferred gains took, the 2 ETH that had been given back were the holders'; 1 ETH was nobody's yet.
    assert_eq!(
        fall.borne,
        Borne {
            holders: 4 * ETH,
            protection: 0
        }
    );

    let terms = Terms {
        expected_loss: 2 * ETH,
        ..LAST
    };
    let taken = assessed(deferred, Borne::default(), &reported(terms, 0));
    assert_eq!((taken.fall, taken.lost_again), (0, ETH));
    // What is left stays fee-free as far as it goes.
    assert_eq!(
        taken.deferred,
        Deferred {
            gain: ETH,
            fee_free: ETH
        }
    );
}

#[test]
fn cover_is_just_enough_to_keep_the_rate() {
    // 10 of 1,000 ETH are lost: burning 10 of 1,000 shares keeps the rate at one.
    let terms = Terms {
        expected_loss: 10 * ETH,
        ..LAST
    };
    let mut covered = assessed(Deferred::default(), Borne::default(), &reported(terms, 0));
    assert_eq!(covered.rate_before_cover(), 990_000_000_000_000_000);
    assert_eq!(covered.shares_to_cover(), 10 * ETH);
    assert_eq!(covered.book_fall(10 * ETH, 10 * ETH), 10 * ETH);
    assert_eq!(
        covered.books.rate(),
        Rate {
            assets: 990 * ETH,
            shares: 990 * ETH
        }
    );
    assert_eq!(
        covered.borne,
        Borne {
            holders: 0,
            protection: 10 * ETH
        }
    );

    let mut partly = assessed(Deferred::default(), Borne::default(), &reported(terms, 0));
    assert_eq!(partly.book_fall(10 * ETH, 4 * ETH), 4 * ETH);
    assert_eq!(
        partly.borne,
        Borne {
            holders: 6 * ETH,
            protection: 4 * ETH
        }
    );
    assert_eq!(
        partly.books.rate(),
        Rate {
            assets: 990 * ETH,
            shares: 996 * ETH
        }
    );
}

#[test]
fn cover_rounds_up_so_that_the_rate_never_falls() {
    let odd = Books {
        total_assets: 1_001,
        total_shares: 1_000,
        ..books()
    };
    let terms = Terms {
        expected_loss: 1,
        ..LAST
    };
    let mut fall = assess(
        odd,
        Deferred::default(),
        Borne::default(),
        LAST,
        &reported(terms, 0),
    );
    // 1,000 / 1,001 of a share, rounded up.
    assert_eq!(fall.shares_to_cover(), 1);
    fall.book_fall(1, 1);
    assert_eq!(
        fall.books.rate(),
        Rate {
            assets: 1_000,
            shares: 999
        }
    );
}

#[test]
fn nothing_is_burned_where_nothing_is_left() {
    let broke = Books {
        total_assets: -1,
        ..books()
    };
    let terms = Terms {
        expected_loss: 1,
        ..LAST
    };
    let fall = assess(
        broke,
        Deferred::default(),
        Borne::default(),
        LAST,
        &reported(terms, 0),
    );
    assert_eq!(fall.shares_to_cover(), 0);
}

#[test]
fn a_recovery_makes_holders_whole_first_then_the_protection_pool_and_the_rest_is_a_gain() {
    let borne = Borne {
        holders: 6 * ETH,
        protection: 4 * ETH,
    };
    let terms = Terms {
        left_seen: LAST.left_seen + 13 * ETH,
        ..LAST
    };
    let recovery = assessed(Deferred::default(), borne, &reported(terms, 12 * ETH));
    assert_eq!(
        recovery.deferred,
        Deferred {
            gain: 6 * ETH,
            fee_free: 6 * ETH
        }
    );
    // 4 ETH buy shares as an entry would, at 1,006 ETH for 1,000 shares, so the rate does not fall.
    assert_eq!(recovery.returned_shares, 4_000 * ETH / 1_006);
    assert_eq!(recovery.books.total_assets, 1_004 * ETH as i128);
    assert_eq!(recovery.borne, Borne::default());
    // 1 ETH of rewards, and 2 ETH that were recovered of no loss.
    assert_eq!(recovery.change, 3 * ETH as i128);
}

#[test]
fn an_expected_loss_that_does_not_come_is_no_gain() {
    let last = Terms {
        expected_loss: 10 * ETH,
        ..LAST
    };
    let borne = Borne {
        holders: 10 * ETH,
        protection: 0,
    };
    // 4 of the 10 ETH were charged in the end.
    let terms = Terms {
        cl_balance: LAST.cl_balance - 4 * ETH,
        expected_loss: 0,
        ..last
    };
    let spared = assess(
        books(),
        Deferred::default(),
        borne,
        last,
        &reported(terms, 6 * ETH),
    );
    assert_eq!(spared.change, 0);
    assert_eq!(
        spared.deferred,
        Deferred {
            gain: 6 * ETH,
            fee_free: 6 * ETH
        }
    );
    assert_eq!(
        spared.borne,
        Borne {
            holders: 4 * ETH,
            protection: 0
        }
    );
}

#[test]
fn what_was_given_back_is_booked_whole_by_the_next_report() {
    let deferred = Deferred {
        gain: 310 * ETH,
        fee_free: 300 * ETH,
    };
    let mut quiet = assessed(deferred, Borne::default(), &reported(LAST, 0));
    assert_eq!(quiet.returned, 300 * ETH);
    quiet.book_returned();
    assert_eq!(quiet.books.total_assets, 1_300 * ETH as i128);
    // Then a day's growth of the 1,300 ETH, out of the rest.
    assert_eq!(quiet.book_gain(1_000, 101 * DAY), 130 * ETH / 365);
    assert_eq!(
        quiet.deferred,
        Deferred {
            gain: 10 * ETH - 130 * ETH / 365,
            fee_free: 0
        }
    );
    // Not what this report gives back, and of the earlier no more than a fall leaves.
    let borne = Borne {
        holders: 5 * ETH,
        protection: 0,
    };
    let recovering = assessed(deferred, borne, &reported(LAST, 5 * ETH));
    assert_eq!(
        (recovering.returned, recovering.deferred.fee_free),
        (300 * ETH, 305 * ETH)
    );
    let terms = Terms {
        expected_loss: 60 * ETH,
        ..LAST
    };
    let falling = assessed(deferred, Borne::default(), &reported(terms, 0));
    assert_eq!((falling.fall, falling.returned), (0, 250 * ETH));
}

#[test]
fn the_fee_is_worth_a_tenth_of_what_lifts_the_rate_to_a_new_high() {
    let one = Rate {
        assets: 1,
        shares: 1,
    };
    let raised = Books {
        total_assets: 1_010 * ETH as i128,
        ..books()
    };
    let shares = fee_shares(raised, 10 * ETH, one, 1_000);
    // 1 ETH of 1,010, in shares that leave it worth 1 ETH: 1 * 1,000 / 1,009.
    assert_eq!(shares, 1_000 * ETH / 1_009);
    let after = Rate {
        assets: 1_010 * ETH,
        shares: 1_000 * ETH + shares,
    };
    let worth = after.to_assets(shares, Rounding::Down).unwrap();
    assert!(worth <= ETH && ETH - worth <= 2);
}

#[test]
fn no_fee_is_taken_below_the_highest_rate() {
    let raised = Books {
        total_assets: 1_010 * ETH as i128,
        ..books()
    };
    let highest = |assets| Rate {
        assets: assets * ETH,
        shares: 1_000 * ETH,
    };
    assert_eq!(fee_shares(raised, 10 * ETH, highest(1_010), 1_000), 0);
    assert_eq!(fee_shares(raised, 10 * ETH, highest(1_020), 1_000), 0);
    // 4 of the 10 ETH make up for a fall.
    assert_eq!(
        fee_shares(raised, 10 * ETH, highest(1_004), 1_000),
        ETH * 6 / 10 * 1_000 * 10 / (10_100 - 6),
    );
}

#[test]
fn a_split_leaves_nothing_over() {
    assert_eq!(split(1_000, 6_000, 2_000), [600, 200, 200]);
    assert_eq!(split(9, 6_000, 2_000), [5, 1, 3]);
    assert_eq!(split(0, 6_000, 2_000), [0, 0, 0]);
}

#[test]
fn a_window_counts_for_its_length_and_no_longer() {
    let place = Place::new(128);
    let window = place.get(U256::ZERO, 30 * DAY, 7 * DAY);
    assert_eq!((window.used, window.since, window.room(10)), (0, 0, 10));
    let word = place.set(U256::ZERO, window.with(4, 40 * DAY));
    let later = place.get(word, 30 * DAY, 70 * DAY - 1);
    assert_eq!(
        (later.used, later.since, later.room(10), later.room(3)),
        (4, 40 * DAY, 6, 0)
    );
    assert_eq!(place.get(word, 30 * DAY, 70 * DAY).used, 0);
    // A second use does not move the start.
    assert_eq!(later.with(1, 60 * DAY).since, 40 * DAY);
    assert_eq!(Place::new(0).get(word, 30 * DAY, 40 * DAY).used, 0);
}
