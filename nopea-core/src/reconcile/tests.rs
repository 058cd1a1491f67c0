//! The rules of design section 3 as sentences, each driven with exact events at exact times.

mod bench;
mod cluster;

mod attempt;
mod preflight;
mod source;
