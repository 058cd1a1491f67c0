//! The rules of design section 3 as sentences, each driven with exact events at exact times.

#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::needless_pass_by_value,
    reason = "a test picks the few effects it is about, and hands over what it writes in place"
)]

mod bench;
mod cluster;
mod manifest;
mod request;

mod attempt;
mod declared;
mod heal;
mod preflight;
mod prune;
mod removal;
mod replace;
mod restore;
mod source;
mod status;
mod told;
mod waves;
