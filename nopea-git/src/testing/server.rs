//! A smart HTTP server on loopback over `git http-backend`, which can misbehave when asked to.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "only tests use it, and they end at once"
)]

use std::{
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
};

use nopea_core::model::SourceUrl;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::AbortHandle,
};

use super::repository::command;

/// What a [`Server`] does with requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// It serves.
    Serve,
    /// It takes requests and never answers.
    Hang,
    /// It answers every request with this status.
    Status(u16),
    /// It answers every request with 200 and a web page.
    Garbage,
    /// It answers look-ups, and this many bytes of a pack, then hangs up.
    CutPack(usize),
    /// It answers look-ups, and this many bytes of a pack, then nothing more.
    HangPack(usize),
    /// It serves, but speaks the first protocol only, and gives out only what its references reach.
    FirstProtocol,
    /// It says that look-ups are answered elsewhere: the url to which path and query are added.
    Redirect(String),
}

/// A server of all repositories below one folder. It ends when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    behaviour: Mutex<Behaviour>,
    requests: watch::Sender<Vec<String>>,
}

struct Request {
    method: String,
    path: String,
    query: String,
    head: String,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    fn wants_pack(&self) -> bool {
        self.body.windows(13).any(|window| window == b"command=fetch")
    }

    fn name(&self) -> String {
        let fetch = if self.wants_pack() { " fetch" } else { "" };
        format!("{} {}{fetch}", self.method, self.path)
    }
}

impl Server {
    /// Serves the repositories below `root`.
    pub async fn start(root: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, _) = watch::channel(Vec::new());
        let behaviour = Mutex::new(Behaviour::Serve);
        let shared = Arc::new(Shared { root: root.to_owned(), behaviour, requests });
        let serving = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(connection(Arc::clone(&serving), stream));
            }
        });
        Self { address, shared, accepting: accepting.abort_handle() }
    }

    /// Changes what the server does with the requests to come.
    pub fn behave(&self, behaviour: Behaviour) {
        *self.shared.behaviour.lock().unwrap_or_else(PoisonError::into_inner) = behaviour;
    }

    /// The url of what stands at `path`.
    pub fn url(&self, path: &str) -> SourceUrl {
        SourceUrl::parse(&format!("http://{}/{path}", self.address)).unwrap()
    }

    /// How many requests named this came: `GET /app/info/refs`, `POST /app/git-upload-pack`, the
    /// latter with ` fetch` where it asks for a pack and not for references.
    pub fn count(&self, name: &str) -> usize {
        self.shared.requests.borrow().iter().filter(|known| *known == name).count()
    }

    /// Waits until a request of this name came.
    pub async fn asked(&self, name: &str) {
        let mut requests = self.shared.requests.subscribe();
        let _came = requests.wait_for(|all| all.iter().any(|known| known == name)).await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn connection(shared: Arc<Shared>, mut stream: TcpStream) {
    let Some(request) = receive(&mut stream).await else { return };
    let behaviour = shared.behaviour.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let wants_pack = request.wants_pack();
    shared.requests.send_modify(|all| all.push(request.name()));
    let response = match behaviour {
        Behaviour::Hang => return std::future::pending().await,
        Behaviour::Status(status) => respond(&format!("{status} Told So"), "", b""),
        Behaviour::Garbage => {
            respond("200 OK", "Content-Type: text/html\r\n", b"<html>hello</html>")
        }
        Behaviour::Redirect(to) if request.method == "GET" => {
            let location = format!("Location: {to}{}?{}\r\n", request.path, request.query);
            respond("301 Moved Permanently", &location, b"")
        }
        Behaviour::Serve
        | Behaviour::FirstProtocol
        | Behaviour::CutPack(_)
        | Behaviour::HangPack(_)
        | Behaviour::Redirect(_) => {
            let root = shared.root.clone();
            let version = if behaviour == Behaviour::FirstProtocol { "0" } else { "2" };
            tokio::task::spawn_blocking(move || backend(&root, &request, version)).await.unwrap()
        }
    };
    let part = |bytes: usize| response.get(..bytes).unwrap_or(&response);
    // Whether the client still listens is its own affair.
    match behaviour_of_pack(&shared, wants_pack) {
        Some(Behaviour::CutPack(bytes)) => drop(stream.write_all(part(bytes)).await),
        Some(Behaviour::HangPack(bytes)) => {
            drop(stream.write_all(part(bytes)).await);
            std::future::pending::<()>().await;
        }
        Some(_) | None => drop(stream.write_all(&response).await),
    }
    drop(stream.shutdown().await);
}

fn behaviour_of_pack(shared: &Shared, wants_pack: bool) -> Option<Behaviour> {
    let behaviour = shared.behaviour.lock().unwrap_or_else(PoisonError::into_inner).clone();
    wants_pack.then_some(behaviour)
}

async fn receive(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let body = bytes.split_off(end + 4);
    let head = String::from_utf8(bytes).ok()?;
    let mut words = head.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let mut request = Request { method, path, query, head, body };
    let length: usize = request.header("content-length").unwrap_or("0").parse().ok()?;
    while request.body.len() < length {
        if stream.read_buf(&mut request.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(request)
}

/// Runs `git http-backend` as a web server does (CGI).
fn backend(root: &Path, request: &Request, version: &str) -> Vec<u8> {
    let mut git = command();
    git.arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", &request.path)
        .env("QUERY_STRING", &request.query)
        .env("REQUEST_METHOD", &request.method)
        .env("CONTENT_TYPE", request.header("content-type").unwrap_or(""))
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("GIT_PROTOCOL", format!("version={version}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = git.spawn().unwrap();
    running.stdin.take().unwrap().write_all(&request.body).unwrap();
    let output = running.wait_with_output().unwrap().stdout;
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let (head, body) = output.split_at(end + 4);
    let head = String::from_utf8_lossy(head);
    let (mut status, mut headers) = ("200 OK".to_owned(), String::new());
    for line in head.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("Status: ") {
            Some(other) => other.clone_into(&mut status),
            None => headers.extend([line, "\r\n"]),
        }
    }
    respond(&status, &headers, body)
}

fn respond(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}
