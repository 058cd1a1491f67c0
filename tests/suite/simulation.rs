//! Rule 15 and the invariants of the machine, over many random histories.

use nopea_tests::simulate;

/// How many histories `cargo test` runs; `cargo xtask bench simulate` runs more.
const SEQUENCES: u64 = 20_000;

#[test]
fn every_history_ends_where_an_empty_start_ends() {
    let mut sum = (0, 0, 0, 0);
    for seed in 0..SEQUENCES {
        let outcome = simulate::run(seed);
        sum.0 += outcome.steps;
        sum.1 += outcome.crashes;
        sum.2 += outcome.deleted;
        sum.3 += outcome.healed;
    }
    // the histories are worth something only if these things happened in them
    assert!(sum.0 > 0 && sum.1 > 0 && sum.2 > 0 && sum.3 > 0, "{sum:?}");
}
