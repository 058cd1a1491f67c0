//! What was asked of an API server, by its own audit log.

use std::fs;

use serde_json::Value;

use super::{Plane, Server, eventually, unique};

/// A moment in the audit log.
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `get`, `list`, `watch`, `create`, `patch`, …
    pub verb: String,
    /// Path and query.
    pub uri: String,
    /// The HTTP status code.
    pub code: u64,
}

impl Plane {
    /// Now, as the audit log knows it.
    pub fn mark(&self) -> Mark {
        Mark(self.audit_log().len())
    }

    /// What this user agent asked since the mark, watches included once they are answered.
    ///
    /// A request of another client that is answered later is waited for first, so that the log holds what
    /// was answered before this call.
    ///
    /// # Panics
    ///
    /// Where the log cannot be read.
    pub async fn asked(&self, since: Mark, agent: &str) -> Vec<Asked> {
        let later = unique("mark");
        let server: Server = self.server("mark").await;
        server.get(&format!("/version?{later}")).await.ok();
        eventually("the audit log holds the mark", async || {
            let log = self.audit_log();
            let news = log.get(since.0..).unwrap_or_default();
            news.lines().any(|line| line.contains(&later)).then_some(())
        })
        .await;
        let log = self.audit_log();
        let news = log.get(since.0..).unwrap_or_default();
        let events = news.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        events
            .filter(|event| event["userAgent"] == agent && is_counted(event))
            .map(|event| Asked {
                verb: text(&event["verb"]),
                uri: text(&event["requestURI"]),
                code: event["responseStatus"]["code"].as_u64().unwrap_or_default(),
            })
            .collect()
    }

    fn audit_log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.dir.join("audit.log")).unwrap()).into_owned()
    }
}

/// A watch is counted when it begins, anything else when it ends: each once.
fn is_counted(event: &Value) -> bool {
    event["stage"] == if event["verb"] == "watch" { "ResponseStarted" } else { "ResponseComplete" }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
