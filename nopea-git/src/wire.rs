//! The two questions a remote is asked: which references it has, and the objects of a commit.
//!
//! Blocking; knows limits only through `stop.rs`, and no folder but the repository it is given.

use std::{
    io::{self, ErrorKind},
    num::NonZeroU32,
    sync::Arc,
};

use gix::{
    bstr::{BStr, BString, ByteSlice as _},
    progress::Discard,
    protocol::{
        LsRefsCommand,
        handshake::Ref,
        ls_refs::RefPrefixes,
        transport::{
            Protocol, Service,
            client::{Account, TransportWithoutIO as _, blocking_io::http::Transport},
        },
    },
    remote::{Direction, fetch::Shallow},
};
use nopea_core::model::{Commit, SourceUrl};
use tokio::runtime::Handle;

use crate::{
    error::GitError,
    http::{Client, Exchange, Failure},
    refs::Advertisement,
    stop::{Ended, Stop},
};

/// Where the commits of a mirror are kept.
pub(crate) const KEPT: &str = "refs/nopea/";
/// What servers say, and gix reports, where a commit is not given out. The last is how gix reads the
/// `ERR` line that servers of the first protocol send where a pack should begin.
const REFUSALS: [&str; 5] = [
    "not our ref",
    "unadvertised object",
    "matched any of the",
    "for object hashes",
    "non-side channel line or input was malformed: 69",
];
/// Matches nothing anywhere: keeps a server from listing all its references before a fetch by id.
const NOTHING: &str = "refs/nopea-nothing/*:refs/nopea-nothing/*";

/// A remote, and the limits of one piece of work with it.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) url: SourceUrl,
    pub(crate) client: reqwest::Client,
    pub(crate) runtime: Handle,
    pub(crate) stop: Arc<Stop>,
}

impl Wire {
    /// Asks for HEAD, branches and tags, and for one more reference where that is not enough.
    pub(crate) fn advertise(&self, also: Option<&str>) -> Result<Advertisement, GitError> {
        let exchange = self.exchange();
        self.list(&exchange, also).map_err(|error| {
            let what = what_came(&error);
            self.explain(&exchange, GitError::NotARepository { url: self.url.clone(), what })
        })
    }

    fn list(&self, exchange: &Exchange, also: Option<&str>) -> gix::Result<Advertisement> {
        let mut transport = self.transport(exchange)?;
        let handshake = gix::protocol::handshake(
            &mut transport,
            Service::UploadPack,
            |_action| Ok(None),
            Vec::new(),
            &mut Discard,
        )?;
        if let Some(refs) = &handshake.refs {
            return Ok(collect(refs));
        }
        let mut prefixes = RefPrefixes::new();
        prefixes.extend(["HEAD", "refs/heads/", "refs/tags/"].map(BString::from));
        prefixes.extend(also.map(BString::from));
        let agent = ("agent", Some(gix::protocol::agent("nopea")));
        let refs = LsRefsCommand::new(Some(prefixes), &handshake.capabilities, agent)
            .invoke_blocking(&mut transport, &mut Discard, false)?;
        Ok(collect(&refs))
    }

    /// Fetches commits, without their history, each to be kept under its own id.
    pub(crate) fn fetch(&self, into: &gix::Repository, commits: &[Commit]) -> Result<(), GitError> {
        let mut specs: Vec<String> =
            commits.iter().map(|commit| format!("+{commit}:{KEPT}{commit}")).collect();
        if specs.is_empty() {
            return Ok(());
        }
        specs.push(NOTHING.to_owned());
        self.receive(into, &specs, commits.first())
    }

    /// Fetches the commit that `name` leads to now, for servers that give out no bare ids.
    pub(crate) fn fetch_by_name(
        &self,
        into: &gix::Repository,
        name: &str,
        commit: &Commit,
    ) -> Result<(), GitError> {
        self.receive(into, &[format!("+{name}:{KEPT}{commit}")], Some(commit))
    }

    fn receive(
        &self,
        into: &gix::Repository,
        specs: &[String],
        wanted: Option<&Commit>,
    ) -> Result<(), GitError> {
        let exchange = self.exchange();
        let received = self.receive_pack(&exchange, into, specs);
        received.map_err(|error| {
            let text = whole(&error);
            match wanted {
                Some(commit) if REFUSALS.iter().any(|words| text.contains(words)) => {
                    GitError::UnknownCommit { url: self.url.clone(), commit: commit.clone() }
                }
                _ => self.explain(&exchange, self.broken(into, error)),
            }
        })
    }

    fn receive_pack(
        &self,
        exchange: &Exchange,
        into: &gix::Repository,
        specs: &[String],
    ) -> gix::Result<()> {
        let specs = specs.iter().map(BStr::new);
        let remote = into
            .remote_at_without_url_rewrite(self.address()?.0)?
            .with_refspecs(specs, Direction::Fetch)?
            .with_fetch_tags(gix::remote::fetch::Tags::None);
        let mut connection = remote.to_connection_with_transport(self.transport(exchange)?);
        connection.set_credentials(|_action| Ok(None)).set_transport_options(Box::new(()));
        let _outcome = connection
            .prepare_fetch(Discard, gix::remote::ref_map::Options::default())?
            .with_shallow(Shallow::DepthAtRemote(NonZeroU32::MIN))
            .receive(Discard, self.stop.flag())?;
        Ok(())
    }

    fn exchange(&self) -> Exchange {
        Exchange::new(self.client.clone(), self.runtime.clone(), Arc::clone(&self.stop))
    }

    fn transport(&self, exchange: &Exchange) -> gix::Result<Transport<Client>> {
        let (url, identity) = self.address()?;
        let client = Client::new(exchange.clone());
        let mut transport = Transport::new_http(client, url, Protocol::V2, false);
        if let Some(identity) = identity {
            transport.set_identity(identity).map_err(gix::Error::from_error)?;
        }
        Ok(transport)
    }

    /// The url without credentials, so that no error of gix can print them, and these apart.
    fn address(&self) -> gix::Result<(gix::Url, Option<Account>)> {
        let mut url = gix::url::parse(BStr::new(self.url.expose()))?;
        let identity = url.user().map(|username| Account {
            username: username.to_owned(),
            password: url.password().unwrap_or_default().to_owned(),
            oauth_refresh_token: None,
        });
        url.set_user(None);
        url.set_password(None);
        Ok((url, identity))
    }

    /// What an error in the middle of a transfer means: the disk is full, or the transfer broke.
    fn broken(&self, into: &gix::Repository, error: gix::Error) -> GitError {
        if error.is_resource_exhausted() {
            return GitError::TooLarge { url: self.url.clone(), limit: self.stop.limit() };
        }
        let disk = error.iter_errors().any(|error| {
            let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
            matches!(
                kind,
                Some(
                    ErrorKind::StorageFull
                        | ErrorKind::PermissionDenied
                        | ErrorKind::ReadOnlyFilesystem
                )
            )
        });
        let (url, source) = (self.url.clone(), error.into());
        if disk {
            GitError::Mirror { url, path: into.git_dir().to_owned(), source }
        } else {
            GitError::Unreachable { url, source }
        }
    }

    /// Says why work failed: what the HTTP client saw, or else `otherwise`.
    fn explain(&self, exchange: &Exchange, otherwise: GitError) -> GitError {
        let url = self.url.clone();
        match exchange.take_failure() {
            Some(Failure::Ended(Ended::TimedOut)) => {
                GitError::TimedOut { url, limit: self.stop.time() }
            }
            Some(Failure::Ended(Ended::Interrupted)) => GitError::Interrupted { url },
            Some(Failure::TooLarge) => GitError::TooLarge { url, limit: self.stop.limit() },
            Some(Failure::Broken(source)) => {
                GitError::Unreachable { url, source: Box::new(source) }
            }
            Some(Failure::Redirected(what)) => GitError::NotARepository { url, what },
            Some(Failure::Status(status @ (401 | 403))) => {
                GitError::AuthenticationRequired { url, status }
            }
            Some(Failure::Status(status)) if status == 429 || status >= 500 => {
                GitError::ServerFailed { url, status }
            }
            Some(Failure::Status(status)) => {
                GitError::NotARepository { url, what: format!("it answers HTTP {status}") }
            }
            None => match self.stop.ended() {
                Some(Ended::Interrupted) => GitError::Interrupted { url },
                Some(Ended::TimedOut) => GitError::TimedOut { url, limit: self.stop.time() },
                None => otherwise,
            },
        }
    }
}

fn what_came(error: &gix::Error) -> String {
    let text = whole(error);
    if text.contains("'smart' protocol") {
        return "it answers something else than Git's smart HTTP protocol".to_owned();
    }
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// The texts of an error and of all its causes, in one line.
fn whole(error: &gix::Error) -> String {
    let texts: Vec<String> = error.iter_errors().map(ToString::to_string).collect();
    texts.join(": ")
}

fn collect(refs: &[Ref]) -> Advertisement {
    let mut all = Advertisement::default();
    for entry in refs {
        let (name, target, object) = entry.unpack();
        let commit = object
            .or(target)
            .filter(|id| !id.is_null())
            .and_then(|id| Commit::parse(&id.to_string()).ok());
        if let Ref::Unborn { target, .. } | Ref::Symbolic { target, .. } = entry
            && name == "HEAD"
        {
            all.head_branch =
                target.strip_prefix(b"refs/heads/").map(|name| name.to_str_lossy().into());
        }
        match commit {
            Some(commit) if name == "HEAD" => all.head = Some(commit),
            Some(commit) => {
                all.refs.insert(name.to_str_lossy().into_owned(), commit);
            }
            None => {}
        }
    }
    all
}
