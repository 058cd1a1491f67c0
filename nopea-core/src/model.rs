//! The nouns of NOPEA: what users declare, what sources hold, what clusters show, what is told.
//!
//! Plain values without behaviour beyond parsing and printing. They know no port and no machine.

pub mod commit;
pub mod declared;
pub mod hash;
pub mod health;
pub mod inputs;
pub mod key;
pub mod manifest;
pub mod notice;
pub mod observation;
pub mod spec;
pub mod status;
pub mod time;
pub mod version;

pub use commit::{Commit, InvalidCommit};
pub use declared::{Declared, Intent, Orders, Pin};
pub use hash::Hash;
pub use health::Health;
pub use inputs::{Input, Inputs, ObjectId};
pub use key::{GroupKind, ObjectKey, RepoKey, Text, Uid};
pub use manifest::{Manifest, Origin, Rendered};
pub use notice::{Action, Delivery, Notice, ObjectReport, What};
pub use observation::{Baseline, Change, Marks, Observation};
pub use spec::{
    DeletionPolicy, ForeignFields, HealPolicy, InvalidSpec, Reference, SourceUrl, Spec, TreePath,
};
pub use status::{
    Changes, Condition, ConditionStatus, ConditionType, Counts, HistoryEntry, Phase, Status,
};
pub use time::Timestamp;
pub use version::ResourceVersion;
