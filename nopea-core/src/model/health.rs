//! How well an object does, in the words of Argo CD and kstatus. The rules are in `crate::health`.

use std::fmt;

use super::Text;

/// The health of one object. The texts say why, for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It does what it is for.
    Healthy,
    /// It is on its way.
    Progressing(Text),
    /// It failed, or will not get there by itself.
    Degraded(Text),
    /// Somebody paused it.
    Suspended(Text),
    /// It does not exist.
    Missing,
    /// Nothing can be said.
    Unknown(Text),
}

impl Health {
    /// Says whether a gate or a settling sync may go on past this object.
    pub fn is_ready(&self) -> bool {
        match self {
            Self::Healthy | Self::Suspended(_) => true,
            Self::Progressing(_) | Self::Degraded(_) | Self::Missing | Self::Unknown(_) => false,
        }
    }

    /// The reason in words; empty where the name of the state says it all.
    pub fn reason(&self) -> &str {
        match self {
            Self::Healthy | Self::Missing => "",
            Self::Progressing(why)
            | Self::Degraded(why)
            | Self::Suspended(why)
            | Self::Unknown(why) => why,
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Healthy => "Healthy",
            Self::Progressing(_) => "Progressing",
            Self::Degraded(_) => "Degraded",
            Self::Suspended(_) => "Suspended",
            Self::Missing => "Missing",
            Self::Unknown(_) => "Unknown",
        })
    }
}
