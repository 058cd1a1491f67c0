//! Core's ports on a [`MemoryCluster`](crate::MemoryCluster), one file each.

mod applier;
mod cluster_view;
mod follow;
mod parent;

use std::sync::Arc;

use nopea_core::{model::Observation, observe::observe, port::Refusal};
use serde_json::Value;

use crate::answer;

/// What an object tells; all that is stored can be told of.
fn told(object: Arc<Value>) -> Result<Box<Observation>, Refusal> {
    observe(object).map(Box::new).map_err(|error| answer::internal(error.to_string()))
}
