//! The built binary as a process: it starts without an API server, says so, and ends when it is told.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, ChildStderr, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

/// More than the operator may take to say farewell.
const LIMIT: Duration = Duration::from_secs(15);

/// A cluster where nobody listens: the discard port of this machine.
const NOWHERE: &str = r#"{"apiVersion": "v1", "kind": "Config", "current-context": "x",
    "clusters": [{"name": "x", "cluster": {"server": "http://127.0.0.1:9"}}],
    "users": [{"name": "x", "user": {}}],
    "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}]}"#;

/// A running operator; it ends with the test.
struct Operator {
    child: Child,
    log: BufReader<ChildStderr>,
    address: String,
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _its_code = self.child.wait();
    }
}

fn command(folder: &tempfile::TempDir, kubeconfig: &str) -> Command {
    let file = folder.path().join("kubeconfig");
    std::fs::write(&file, kubeconfig).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_nopea-operator"));
    command
        .env_clear()
        .env("KUBECONFIG", file)
        .args(["--health-addr", "127.0.0.1:0", "--log-format", "json"])
        .stderr(Stdio::piped());
    command
}

fn start(folder: &tempfile::TempDir) -> Operator {
    let mut child = command(folder, NOWHERE).spawn().unwrap();
    let log = BufReader::new(child.stderr.take().unwrap());
    let mut operator = Operator { child, log, address: String::new() };
    operator.address = operator.line(|line| line["address"].as_str().map(str::to_owned));
    operator
}

impl Operator {
    /// What `find` makes of the first line of the log that it knows.
    fn line<T>(&mut self, find: impl Fn(&Value) -> Option<T>) -> T {
        loop {
            let mut line = String::new();
            assert!(self.log.read_line(&mut line).unwrap() > 0, "the log ended");
            let line = serde_json::from_str(&line).unwrap();
            if let Some(found) = find(&line) {
                return found;
            }
        }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends a signal and gives the exit code.
    fn end(&mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let began = Instant::now();
        while began.elapsed() < LIMIT {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end");
    }
}

#[test]
fn without_an_api_server_it_lives_is_not_ready_says_why_and_ends_when_told() {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir().unwrap();
        let mut operator = start(&folder);
        assert!(operator.get("/healthz").starts_with("HTTP/1.1 200"));
        assert!(operator.get("/readyz").starts_with("HTTP/1.1 503"));
        assert!(operator.get("/metrics").trim_end().ends_with("# EOF"));
        let told = |line: &Value| {
            let message = line["message"].as_str()?;
            message.starts_with("GitRepositories cannot be watched").then_some(())
        };
        operator.line(told);
        assert_eq!(operator.end(signal), Some(0), "{signal}");
    }
}

#[test]
fn without_the_context_it_says_which_there_are_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let output = command(&folder, NOWHERE).args(["--context", "elsewhere"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("it has x"), "{log}");
}
