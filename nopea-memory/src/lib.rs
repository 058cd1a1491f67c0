//! The ports of nopea-core on an in-memory cluster that answers as kube-apiserver does.

pub mod merge;
pub mod schema;
