//! Where a url leads: to a remote over HTTP, or to a folder of this machine. Pure.

use std::path::PathBuf;

use nopea_core::model::{Reference, SourceUrl};

use crate::error::GitError;

/// Where a url leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A remote on this host.
    Remote { host: String },
    /// A folder.
    Folder { path: PathBuf },
}

impl Place {
    /// Reads a url or the path of a folder.
    pub(crate) fn of(url: &SourceUrl) -> Result<Self, GitError> {
        let unsupported = |help| Err(GitError::UnsupportedUrl { url: url.clone(), help });
        let text = url.expose();
        match text.split_once("://") {
            Some(("http" | "https", _)) => match reqwest::Url::parse(text) {
                Ok(parsed) if parsed.scheme() == "http" && !parsed.username().is_empty() => {
                    unsupported("credentials are sent over https:// only")
                }
                Ok(parsed) => {
                    let host = parsed.host_str().unwrap_or_default();
                    let port = parsed.port_or_known_default().unwrap_or_default();
                    Ok(Self::Remote { host: format!("{host}:{port}") })
                }
                Err(_) => unsupported("it is no valid url"),
            },
            Some(("file", path)) => match decode(path.strip_prefix("localhost").unwrap_or(path)) {
                Some(path) if path.starts_with('/') => Ok(Self::Folder { path: path.into() }),
                Some(_) | None => unsupported("write it as file:///absolute/path"),
            },
            Some(("ssh" | "git+ssh", _)) => unsupported("ssh is not supported yet: use https://"),
            Some(_) => unsupported("use https://, http://, file:// or the path of a folder"),
            None if is_scp_like(text) => unsupported("ssh is not supported yet: use https://"),
            None => Ok(Self::Folder { path: text.into() }),
        }
    }
}

/// `git@host:path`: a colon before any slash, after an at sign.
fn is_scp_like(text: &str) -> bool {
    let host = text.split_once(':').map(|(host, _)| host);
    host.is_some_and(|host| host.contains('@') && !host.contains('/'))
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The full name that a remote may be asked for instead of a bare commit id.
pub(crate) fn full_name(reference: &Reference) -> Option<String> {
    match reference {
        Reference::Head => Some("HEAD".to_owned()),
        Reference::Branch(name) => Some(format!("refs/heads/{name}")),
        Reference::Tag(name) => Some(format!("refs/tags/{name}")),
        Reference::Ref(name) => Some(name.to_string()),
        Reference::Semver(_) | Reference::Commit(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_url_leads_somewhere_or_says_what_to_write() {
        let folder = |path: &str| Ok(Place::Folder { path: path.into() });
        let remote = |host: &str| Ok(Place::Remote { host: host.to_owned() });
        for (url, place) in [
            ("https://example.org/a.git", remote("example.org:443")),
            ("https://me:secret@example.org/a.git", remote("example.org:443")),
            ("http://127.0.0.1:80/a", remote("127.0.0.1:80")),
            ("file:///srv/a%20b", folder("/srv/a b")),
            ("../app", folder("../app")),
            ("a@b/c:d", folder("a@b/c:d")),
            ("file://srv/a", Err("write it as file:///absolute/path")),
            ("file:///%f", Err("write it as file:///absolute/path")),
            ("ssh://git@example.org/a", Err("ssh is not supported yet: use https://")),
            ("git@example.org:a.git", Err("ssh is not supported yet: use https://")),
            ("ftp://example.org/a", Err("use https://, http://, file:// or the path of a folder")),
            ("https://", Err("it is no valid url")),
            ("http://me:secret@example.org/a", Err("credentials are sent over https:// only")),
        ] {
            let found = Place::of(&SourceUrl::parse(url).unwrap());
            let found = found.map_err(|error| {
                assert!(!error.to_string().contains("secret"));
                let GitError::UnsupportedUrl { help, .. } = error else { panic!("{error}") };
                help
            });
            assert_eq!(found, place, "{url}");
        }
    }
}
