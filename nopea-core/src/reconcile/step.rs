//! The dispatch: one helper per event.

use super::{Effect, Input, state::State};
use crate::model::{Declared, Timestamp};

/// Begins the life of a repository.
#[must_use = "dropping the answer loses the first effects"]
pub fn start(declared: Declared, at: Timestamp) -> (State, Vec<Effect>) {
    (State { declared }, vec![Effect::WakeAt(at)])
}

/// Takes one input and says what follows.
#[must_use = "dropping the answer loses the transition and its effects"]
pub fn step(state: State, input: Input) -> (State, Vec<Effect>) {
    let _ = input;
    (state, vec![])
}
