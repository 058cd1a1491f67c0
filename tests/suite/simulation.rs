//! Rule 15 and the invariants of the machine, over many random histories.

use std::thread;

use nopea_tests::simulate;

/// How many histories `cargo test` runs; `cargo xtask bench simulate` runs more.
const SEQUENCES: u64 = 20_000;
/// Histories do not know of each other: they run side by side.
const THREADS: u64 = 2;

#[test]
fn every_history_ends_where_an_empty_start_ends() {
    let share = |offset: u64| {
        (offset..SEQUENCES).step_by(usize::try_from(THREADS).unwrap()).map(simulate::run)
    };
    let outcomes: Vec<simulate::Outcome> = thread::scope(|scope| {
        let workers: Vec<_> =
            (0..THREADS).map(|at| scope.spawn(move || share(at).collect::<Vec<_>>())).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let sum = |part: fn(&simulate::Outcome) -> usize| outcomes.iter().map(part).sum::<usize>();
    // the histories are worth something only if these things happened in them
    assert!(sum(|one| one.crashes) > 1_000);
    assert!(sum(|one| one.deleted) > 1_000);
    assert!(sum(|one| one.healed) > 1_000);
    assert!(sum(|one| usize::from(one.held)) > 10);
}
