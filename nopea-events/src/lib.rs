//! Where notices go: the log, CDEvents over HTTP, or several of them at once.
//!
//! ```text
//!           +-> LogSink
//! FanOut ---+
//!           +-> HttpSink: notice -> CDEvent 0.5.1 in a CloudEvent -> bounded queue -> POST, retried
//! ```
//!
//! Every sink keeps the contract of [`EventSink`]: `emit` returns at once, whatever becomes of the
//! notice. This crate never decides anything, and nothing waits for it but a shutdown.
//!
//! [`EventSink`]: nopea_core::port::EventSink

mod cdevent;
mod fan_out;
mod http;
mod log;

pub use cdevent::Producer;
pub use fan_out::FanOut;
pub use http::{HttpConfig, HttpSink, StartError, Tally};
pub use log::LogSink;
