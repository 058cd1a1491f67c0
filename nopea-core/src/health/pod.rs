//! Pod: its phase, and what keeps its containers from running.

use serde_json::Value;

use super::read::{Look, degraded, progressing, shorten};
use crate::model::Health;

pub(super) fn pod(look: Look<'_>) -> Health {
    let phase = look.text("/status/phase").unwrap_or_default();
    match phase {
        "Succeeded" => return Health::Healthy,
        "Failed" => return degraded(failure(look)),
        _ => {}
    }
    if let Some(obstacle) = obstacle(look) {
        return degraded(obstacle);
    }
    let scheduled = look.condition("PodScheduled");
    if let Some(refused) = scheduled.filter(|c| c.fails() && c.reason() == "Unschedulable") {
        let words = refused.words();
        let nodes = words.split(" preemption:").next().unwrap_or_default();
        return degraded(format!("no node can take it: {}", nodes.trim_end_matches('.')));
    }
    if phase == "Running" && look.condition("Ready").is_some_and(super::read::Condition::holds) {
        return Health::Healthy;
    }
    progressing(match phase {
        "Running" => "running, but not ready",
        "Pending" => "its containers have not started yet",
        _ => "it has not been scheduled yet",
    })
}

fn failure(look: Look<'_>) -> String {
    let reason = look.text("/status/reason").unwrap_or_default();
    let message = look.text("/status/message").unwrap_or_default();
    if !reason.is_empty() {
        let colon = if message.is_empty() { "" } else { ": " };
        return shorten(&format!("failed: {reason}{colon}{message}"));
    }
    let exited = statuses(look).find_map(|status| {
        let code =
            status.pointer("/state/terminated/exitCode")?.as_i64().filter(|code| *code != 0)?;
        Some(format!("container {} exited with code {code}", name(status)))
    });
    exited.unwrap_or_else(|| "its containers failed".to_owned())
}

/// What keeps a container from running and does not pass by waiting.
fn obstacle(look: Look<'_>) -> Option<String> {
    statuses(look).find_map(|status| {
        let reason = status.pointer("/state/waiting/reason")?.as_str()?;
        let name = name(status);
        let image = status.get("image").and_then(Value::as_str).unwrap_or_default();
        // a pull alternates between two reasons: one text for both
        match reason {
            "CrashLoopBackOff" => Some(format!("container {name} crashes again and again")),
            "ImagePullBackOff" | "ErrImagePull" => {
                Some(format!("container {name} cannot pull its image {image}"))
            }
            "InvalidImageName" => Some(format!("container {name} has an invalid image {image}")),
            "ErrImageNeverPull" => Some(format!("container {name} may not pull its image {image}")),
            "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
                let message = status.pointer("/state/waiting/message").and_then(Value::as_str);
                Some(shorten(&format!(
                    "container {name} cannot start: {}",
                    message.unwrap_or(reason)
                )))
            }
            _ => None,
        }
    })
}

fn statuses(look: Look<'_>) -> impl Iterator<Item = &Value> {
    let init = look.list("/status/initContainerStatuses");
    init.iter().chain(look.list("/status/containerStatuses"))
}

fn name(status: &Value) -> &str {
    status.get("name").and_then(Value::as_str).unwrap_or("?")
}
