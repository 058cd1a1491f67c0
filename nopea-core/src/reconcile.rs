//! The pure reconciliation state machine: one event in, the next state and the effects out.
//!
//! ```text
//! source lane  Resolve ⇄ Resolved          which commit; always running
//! sync lane    Restoring → Idle → Running(stage) → Idle | BackingOff | Stalled, → Removing → Gone
//! flights      Ask ⇄ Answered              per object at most one request
//! ```
//!
//! # Contract for drivers
//!
//! Call [`start`] once, then [`step`] with each thing that happens, one at a time, and carry out
//! every effect. A request effect is answered by exactly one event with the same ticket or
//! attempt, unless it was cancelled; late, doubled and foreign answers change nothing. After each
//! step at most one [`Effect::WakeAt`] is in force: the last one. A driver that dies may start again
//! from nothing: the cluster and the source hold all there is to know.
//!
//! Knows no time but `Input::at`, and nothing of adapters.

mod advance;
mod answer;
mod apply;
mod attempt;
mod complaint;
mod conclude;
mod contents;
mod declare;
mod dispute;
pub mod effect;
pub mod event;
mod flight;
mod heal;
mod live;
mod meaning;
mod members;
mod observe;
mod plan;
mod prune;
mod publish;
mod recall;
mod reclaim;
mod refuse;
mod remove;
mod render;
mod replace;
mod restore;
mod source;
mod stand_in;
mod state;
mod step;
mod trial;
mod turn;

#[cfg(test)]
mod tests;

pub use effect::{Ask, Effect};
pub use event::{Answer, Attempt, Event, Input, Ticket, Waiter};
pub use refuse::refused;
pub use state::State;
pub use step::{start, step};
