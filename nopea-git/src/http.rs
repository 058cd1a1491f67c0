//! The HTTP client under gix: bounded in time and bytes, interruptible at every byte.
//!
//! gix's own client cannot be stopped while a server hangs, and hides the status of an answer in a
//! chain of texts. Knows nothing of references and packs, and reads no configuration of the host.

use std::{
    io::{self, BufRead, Read, Write},
    sync::{Arc, Mutex, PoisonError},
};

use gix::protocol::transport::client::blocking_io::http::{
    GetResponse, Http, PostBodyDataKind, PostResponse,
};
use reqwest::{
    Method, Response, StatusCode, Url,
    header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION},
};
use tokio::runtime::Handle;

use crate::stop::{Ended, Stop};

/// How often a look-up may be sent elsewhere.
const MAX_REDIRECTS: usize = 5;

/// Why a request gave nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No connection, or one that broke.
    Broken(reqwest::Error),
    /// An answer that is no success.
    Status(u16),
    /// A redirect that is not followed.
    Redirected(String),
    /// The caller went away, or the time is over.
    Ended(Ended),
    /// The byte limit passed.
    TooLarge,
}

impl From<Ended> for Failure {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Broken(error.without_url())
    }
}

/// What all requests of one piece of work share.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    client: reqwest::Client,
    runtime: Handle,
    stop: Arc<Stop>,
    failure: Arc<Mutex<Option<Failure>>>,
}

impl Exchange {
    /// Prepares for requests by `client` on `runtime`, within the limits of `stop`.
    pub(crate) fn new(client: reqwest::Client, runtime: Handle, stop: Arc<Stop>) -> Self {
        Self { client, runtime, stop, failure: Arc::default() }
    }

    /// The first thing that went wrong.
    pub(crate) fn take_failure(&self) -> Option<Failure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, failure: Failure) -> io::Error {
        let mut first = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(failure);
        io::Error::other("the request failed")
    }

    fn send(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        body: Vec<u8>,
    ) -> Result<Response, Failure> {
        let request = self.client.request(method.clone(), url.clone()).headers(headers.clone());
        let sent = self.stop.race(request.body(body).send());
        Ok(self.runtime.block_on(sent)??)
    }

    /// Gets `url`; follows redirects that keep `tail` and never lead from https to http.
    fn get(&self, mut url: Url, tail: &str, mut headers: HeaderMap) -> Result<Response, Failure> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(&Method::GET, &url, &headers, Vec::new())?;
            let status = response.status();
            if !status.is_redirection() {
                return succeeded(response);
            }
            let refused = |why: &str| Failure::Redirected(format!("it {why} (HTTP {status})"));
            let location = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            let target = location
                .and_then(|to| url.join(to).ok())
                .ok_or_else(|| refused("redirects to nowhere"))?;
            let safe = target.scheme() == "https" || target.scheme() == url.scheme();
            if !safe || !matches!(target.scheme(), "http" | "https") {
                return Err(refused("redirects to an unsafe scheme"));
            }
            if !target.as_str().ends_with(tail) {
                return Err(refused("redirects to something else"));
            }
            if target.origin() != url.origin() {
                headers.remove(AUTHORIZATION);
            }
            url = target;
        }
        Err(Failure::Redirected("it redirects without end".to_owned()))
    }

    fn chunk(&self, response: &mut Response) -> Result<Vec<u8>, Failure> {
        let chunk = self.runtime.block_on(self.stop.race(response.chunk()))??;
        let chunk = chunk.map(Vec::from).unwrap_or_default();
        if self.stop.count(u64::try_from(chunk.len()).unwrap_or(u64::MAX)) {
            Ok(chunk)
        } else {
            Err(Failure::TooLarge)
        }
    }
}

fn succeeded(response: Response) -> Result<Response, Failure> {
    match response.status() {
        StatusCode::OK => Ok(response),
        other => Err(Failure::Status(other.as_u16())),
    }
}

/// gix's view of an [`Exchange`].
#[derive(Debug)]
pub(crate) struct Client {
    exchange: Exchange,
    redirected: Option<String>,
}

impl Client {
    pub(crate) fn new(exchange: Exchange) -> Self {
        Self { exchange, redirected: None }
    }
}

/// A response whose request may still have to be sent: its body is complete once it is read from.
#[derive(Debug)]
struct Pending {
    exchange: Exchange,
    url: Url,
    headers: HeaderMap,
    body: Vec<u8>,
    response: Option<Response>,
}

impl Pending {
    fn response(&mut self) -> io::Result<&mut Response> {
        let response = match self.response.take() {
            Some(response) => response,
            None => self
                .exchange
                .send(&Method::POST, &self.url, &self.headers, std::mem::take(&mut self.body))
                .and_then(succeeded)
                .map_err(|failure| self.exchange.note(failure))?,
        };
        Ok(self.response.insert(response))
    }
}

type Shared = Arc<Mutex<Pending>>;

/// The body that is posted.
#[derive(Debug)]
pub(crate) struct Upload(Shared);

impl Write for Upload {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.body.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The headers of a response, or its body, chunk by chunk.
#[derive(Debug)]
pub(crate) struct Download {
    shared: Shared,
    part: Part,
    buffer: Vec<u8>,
    at: usize,
}

#[derive(Debug, PartialEq)]
enum Part {
    Headers,
    Body,
    End,
}

impl Download {
    fn pair(pending: Pending) -> (Self, Self, Shared) {
        let shared = Arc::new(Mutex::new(pending));
        let of = |part| Self { shared: Arc::clone(&shared), part, buffer: Vec::new(), at: 0 };
        (of(Part::Headers), of(Part::Body), Arc::clone(&shared))
    }

    fn refill(&mut self) -> io::Result<()> {
        self.at = 0;
        self.buffer.clear();
        let mut pending = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        match self.part {
            Part::End => {}
            Part::Headers => {
                for (name, value) in pending.response()?.headers() {
                    self.buffer.extend_from_slice(name.as_str().as_bytes());
                    self.buffer.push(b':');
                    self.buffer.extend_from_slice(value.as_bytes());
                    self.buffer.push(b'\n');
                }
                self.part = Part::End;
            }
            Part::Body => {
                let exchange = pending.exchange.clone();
                let chunk = exchange.chunk(pending.response()?);
                self.buffer = chunk.map_err(|failure| exchange.note(failure))?;
                if self.buffer.is_empty() {
                    self.part = Part::End;
                }
            }
        }
        Ok(())
    }
}

impl BufRead for Download {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.buffer.len() {
            self.refill()?;
        }
        Ok(self.buffer.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

impl Read for Download {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buf)?;
        self.consume(read);
        Ok(read)
    }
}

impl Http for Client {
    type Headers = Download;
    type ResponseBody = Download;
    type PostBody = Upload;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix::Result<GetResponse<Download, Download>> {
        let exchange = self.exchange.clone();
        let (address, headers) = prepare(url, headers)?;
        let tail = url.strip_prefix(base_url).unwrap_or(url).trim_start_matches('/');
        let tail = format!("/{tail}");
        let response = exchange
            .get(address.clone(), &tail, headers.clone())
            .map_err(|failure| gix::Error::from_error(exchange.note(failure)))?;
        if response.url() != &address {
            self.redirected = response.url().as_str().strip_suffix(&tail).map(str::to_owned);
        }
        let pending =
            Pending { exchange, url: address, headers, body: Vec::new(), response: Some(response) };
        let (headers, body, _) = Download::pair(pending);
        Ok(GetResponse { headers, body })
    }

    fn post(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _body: PostBodyDataKind,
    ) -> gix::Result<PostResponse<Download, Download, Upload>> {
        let exchange = self.exchange.clone();
        let (url, headers) = prepare(url, headers)?;
        let pending = Pending { exchange, url, headers, body: Vec::new(), response: None };
        let (headers, body, shared) = Download::pair(pending);
        Ok(PostResponse { post_body: Upload(shared), headers, body })
    }

    fn configure(&mut self, _config: &dyn std::any::Any) -> gix::Result {
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.redirected.clone()
    }
}

/// The address without credentials (gix sends them as a header) and the header lines as a map.
fn prepare(
    url: &str,
    lines: impl IntoIterator<Item = impl AsRef<str>>,
) -> gix::Result<(Url, HeaderMap)> {
    let mut url = Url::parse(url).map_err(gix::Error::from_error)?;
    let _cannot_fail_with_a_host = (url.set_username(""), url.set_password(None));
    let mut headers = HeaderMap::new();
    for line in lines {
        let Some((name, value)) = line.as_ref().split_once(':') else { continue };
        let name = HeaderName::try_from(name).map_err(gix::Error::from_error)?;
        let value = HeaderValue::try_from(value.trim()).map_err(gix::Error::from_error)?;
        headers.append(name, value);
    }
    Ok((url, headers))
}
