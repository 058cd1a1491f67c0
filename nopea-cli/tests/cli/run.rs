//! Runs the binary in a folder, and redacts what differs from run to run.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// Exit code and both streams, for a snapshot.
    pub fn whole(&self) -> String {
        let code = self.code.unwrap();
        let Self { stdout, stderr, .. } = self;
        format!("exit {code}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }

    /// What was printed as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The binary, apart from the settings of whoever runs the tests.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nopea"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    command.env_remove("RUST_LOG").env("NO_COLOR", "1");
    command
}

/// Runs the binary in a folder.
pub fn nopea(folder: &Path, arguments: &[&str]) -> Run {
    let output = command(folder, arguments).output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder of files.
pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (file, content) in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// A snapshot without commits, digests, times, and reads: an event that overtakes an answer may
/// cost one.
macro_rules! shows {
    ($text:expr, @$expected:literal) => {
        insta::with_settings!({filters => vec![
            (r"\b[0-9a-f]{64}\b|\b[0-9a-f]{40}\b", "[ID]"),
            (r"\b[0-9a-f]{32}\b", "[DIGEST]"),
            (r"\b[0-9a-f]{7}\b", "[COMMIT]"),
            (r"\d+\.\d\d s\)", "[TIME])"),
            (r"\d+ reads?", "[N] reads"),
            (r#""read": \d+"#, r#""read": [N]"#),
            (r#""durationMs": \d+"#, r#""durationMs": [N]"#),
            (r"(?m) +$", ""),
        ]}, {
            insta::assert_snapshot!($text, @$expected)
        })
    };
}
pub(crate) use shows;
