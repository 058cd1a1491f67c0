//! What others stand on: Namespace, `PersistentVolumeClaim`, CustomResourceDefinition, `APIService`.

use super::read::{Look, degraded, progressing};
use crate::model::Health;

pub(super) fn namespace(look: Look<'_>) -> Health {
    match look.text("/status/phase") {
        Some("Active") => Health::Healthy,
        Some("Terminating") => progressing("being deleted"),
        Some(_) | None => progressing("not active yet"),
    }
}

pub(super) fn claim(look: Look<'_>) -> Health {
    match look.text("/status/phase") {
        Some("Bound") => Health::Healthy,
        Some("Lost") => degraded("its volume is gone"),
        Some(_) | None => progressing("not bound to a volume yet"),
    }
}

pub(super) fn definition(look: Look<'_>) -> Health {
    if let Some(refused) = look.condition("NamesAccepted").filter(|condition| condition.fails()) {
        return degraded(format!("its names are not accepted: {}", refused.words()));
    }
    match look.condition("Established") {
        Some(established) if established.holds() => Health::Healthy,
        Some(refused) if refused.fails() && refused.reason() != "Installing" => {
            degraded(format!("it cannot be established: {}", refused.words()))
        }
        Some(_) | None => progressing("not established yet"),
    }
}

pub(super) fn api_service(look: Look<'_>) -> Health {
    match look.condition("Available") {
        Some(available) if available.holds() => Health::Healthy,
        // the message names addresses that change with every try
        Some(refused) => progressing(format!("not available: {}", refused.reason())),
        None => progressing("not available yet"),
    }
}
