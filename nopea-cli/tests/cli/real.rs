//! `--context` and `--kubeconfig`: which cluster is meant, and that nothing is tried without one.
//! The server is a thread of the test that answers what it is told.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};

use crate::{
    manifest::BARE,
    run::{Run, folder, nopea},
};

/// Answers each request by its line, and records the lines. It ends with the process.
fn server(answer: fn(&str) -> (u16, Value)) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&lines);
    thread::spawn(move || {
        for socket in listener.incoming() {
            let record = Arc::clone(&record);
            thread::spawn(move || serve(socket.unwrap(), answer, &record));
        }
    });
    (port, lines)
}

fn serve(socket: TcpStream, answer: fn(&str) -> (u16, Value), record: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let mut writer = socket;
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let before = head.len();
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
            let line = head[before..].trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
        let (code, body) = answer(&line);
        record.lock().unwrap().push(line);
        let body = body.to_string();
        let length = body.len();
        let head = format!("HTTP/1.1 {code} X\r\ncontent-type: application/json\r\n");
        write!(writer, "{head}content-length: {length}\r\n\r\n{body}").unwrap();
    }
}

fn not_found(message: &str, kind: &str) -> (u16, Value) {
    let status = json!({"kind": "Status", "code": 404, "reason": "NotFound",
        "message": message, "details": {"kind": kind}});
    (404, status)
}

/// Runs a command against a server at `port`.
fn run(command: &str, port: u16, extra: &[&str]) -> Run {
    let kubeconfig = format!(
        "current-context: dev\n\
         clusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{port}'}}}}]\n\
         users: [{{name: u, user: {{token: s3cr3t}}}}]\n\
         contexts: [{{name: dev, context: {{cluster: c, user: u, namespace: shop}}}}]\n"
    );
    let folder = folder(&[("app/a.yaml", BARE), ("config", &kubeconfig)]);
    let source = folder.path().join("app");
    let mut arguments = vec![command, source.to_str().unwrap(), "--kubeconfig", "config"];
    arguments.extend(extra);
    let run = nopea(folder.path(), &arguments);
    assert!(!format!("{run:?}").contains("s3cr3t"), "{run:?}");
    run
}

#[test]
fn a_name_that_a_git_repository_runs_is_refused() {
    for command in ["sync", "plan"] {
        let (port, lines) = server(|line| {
            assert!(line.contains("/gitrepositories/"), "{line}");
            (200, json!({"metadata": {"name": "web", "uid": "u1"}}))
        });
        let run = run(command, port, &["--name", "web"]);
        assert_eq!(run.code, Some(2), "{run:?}");
        let first = format!("cluster: dev (http://127.0.0.1:{port})\n");
        assert!(run.stdout.starts_with(&first), "{run:?}");
        assert!(run.stderr.contains("error[K011]: an operator runs the GitRepository shop/web"));
        let path = "/apis/nopea.io/v1alpha1/namespaces/shop/gitrepositories/web";
        assert_eq!(*lines.lock().unwrap(), [format!("GET {path}")], "and nothing else is asked");
    }
}

#[test]
fn a_namespace_that_does_not_exist_is_told_before_anything_is_tried() {
    let (port, lines) = server(|line| match line.split(' ').next() {
        Some("POST") => not_found("namespaces \"away\" not found", "namespaces"),
        _ => not_found("the server could not find the requested resource", ""),
    });
    let run = run("sync", port, &["--target-namespace", "away"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("error[K004]: namespace \"away\" does not exist"), "{run:?}");
    assert!(run.stderr.contains("--target-namespace"), "{run:?}");
    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("/namespaces/away/")), "{lines:?}");
}

#[test]
fn a_cluster_that_does_not_answer_is_an_error() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let run = run("plan", port, &[]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("error[K001]: no answer from the cluster"), "{run:?}");
}

#[test]
fn a_context_that_is_not_there_is_an_error() {
    let run = run("sync", 1, &["--context", "prod"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert_eq!(run.stderr, "error: the kubeconfig has no context \"prod\"; it has dev\n");
    let folder = folder(&[("a.yaml", BARE)]);
    let run = nopea(folder.path(), &["sync", ".", "--kubeconfig", "absent"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.starts_with("error: the kubeconfig absent cannot be read: "), "{run:?}");
}

#[test]
fn a_kubeconfig_is_read_only_where_it_is_asked_for() {
    let folder = folder(&[("a.yaml", BARE)]);
    fs::write(folder.path().join("config"), "{").unwrap();
    let mut command = crate::run::command(folder.path(), &["sync", "."]);
    let output = command.env("KUBECONFIG", "config").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("cluster: embedded cluster"));
}
