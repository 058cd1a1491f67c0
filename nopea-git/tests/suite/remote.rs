//! Which commit a reference of a remote names, and how often the remote is asked.

use nopea_core::{
    model::{Commit, Reference, SourceUrl},
    port::EntryKind,
};
use nopea_git::testing::contract::{self, Upstream};
use nopea_git::testing::{Behaviour, Repository, Server};

use crate::{FETCH, LOOK_UP, Source, fault, read, served};

#[tokio::test]
async fn each_kind_of_reference_names_its_commit() {
    let (repository, _server, url, first) = served().await;
    repository.git(&["tag", "v1.2.0"]);
    let second = repository.commit(&[("apps/web.yaml", "two")]);
    repository.git(&["tag", "-a", "v1.10.0", "-m", "annotated"]);
    repository.git(&["branch", "next"]);
    let third = repository.commit(&[("apps/web.yaml", "three")]);
    repository.git(&["update-ref", "refs/pull/1/head", first.as_str()]);
    let source = Source::new();
    for (reference, commit) in [
        (Reference::Head, &third),
        (Reference::Branch("main".into()), &third),
        (Reference::Branch("next".into()), &second),
        (Reference::Tag("v1.2.0".into()), &first),
        (Reference::Tag("v1.10.0".into()), &second),
        (Reference::Semver("^1.2".into()), &second),
        (Reference::Semver("~1.2".into()), &first),
        (Reference::Ref("refs/pull/1/head".into()), &first),
        (Reference::Commit(second.clone()), &second),
    ] {
        let found = source.resolve(&url, reference.clone(), 0).await.unwrap();
        assert_eq!(&found, commit, "{reference}");
    }
}

#[tokio::test]
async fn the_default_branch_is_what_the_head_of_the_remote_names() {
    let (repository, _server, url, _) = served().await;
    repository.git(&["checkout", "-q", "-b", "trunk"]);
    let trunk = repository.commit(&[("apps/web.yaml", "trunk")]);
    assert_eq!(Source::new().resolve(&url, Reference::Head, 0).await.unwrap(), trunk);
}

#[tokio::test]
async fn a_tree_is_read_without_a_checkout() {
    let (repository, _server, url, _) = served().await;
    repository.write("bin/run", "#!/bin/sh");
    std::os::unix::fs::symlink("../README", repository.path().join("apps/link")).unwrap();
    let id = "a".repeat(40);
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},vendor")]);
    repository.git(&["add", "bin", "apps"]);
    repository.git(&["commit", "-q", "-m", "all kinds"]);
    let commit = repository.head();
    let tree = Source::new().open(&url, &commit).await.unwrap();
    let names = |dir: &str| -> Vec<(String, EntryKind)> {
        let list = tree.list(dir).unwrap();
        list.into_iter().map(|(name, entry)| (name.to_string(), entry.kind)).collect()
    };
    let item = |name: &str, kind| (name.to_owned(), kind);
    assert_eq!(
        names(""),
        [
            item("README", EntryKind::Blob),
            item("apps", EntryKind::Tree),
            item("bin", EntryKind::Tree),
            item("vendor", EntryKind::Submodule),
        ]
    );
    assert_eq!(
        names("apps"),
        [item("link", EntryKind::Symlink), item("web.yaml", EntryKind::Blob),]
    );
    assert_eq!(read(&tree, "apps/web.yaml"), "one");
    assert_eq!(read(&tree, "apps/link"), "../README");
    assert_eq!(tree.entry("apps/none").unwrap(), None);
    assert_eq!(tree.entry("README/below").unwrap(), None);
    assert_eq!(names("README"), []);
    let root = tree.entry("").unwrap().unwrap();
    assert_eq!(root.kind, EntryKind::Tree);
    assert_eq!(*root.id.0, repository.git(&["rev-parse", "HEAD^{tree}"]));
    let readme = tree.entry("README").unwrap().unwrap();
    assert!(
        tree.read(&readme.id, 4).unwrap_err().to_string().ends_with("has 5 bytes, more than 4")
    );
}

#[tokio::test]
async fn a_forced_push_is_followed() {
    let (repository, _server, url, first) = served().await;
    let source = Source::new();
    let second = repository.commit(&[("apps/web.yaml", "two")]);
    assert_eq!(source.resolve(&url, Reference::Head, 0).await.unwrap(), second);
    let before = source.open(&url, &second).await.unwrap();
    repository.git(&["reset", "-q", "--hard", first.as_str()]);
    let forced = repository.commit(&[("apps/web.yaml", "forced")]);
    assert_eq!(source.resolve(&url, Reference::Head, 2).await.unwrap(), forced);
    let after = source.open(&url, &forced).await.unwrap();
    assert_eq!(read(&after, "apps/web.yaml"), "forced");
    assert_eq!(read(&before, "apps/web.yaml"), "two");
}

#[tokio::test]
async fn all_who_ask_at_once_share_one_look_up() {
    let (_repository, server, url, commit) = served().await;
    let source = Source::new();
    let main = || source.resolve(&url, Reference::Branch("main".into()), 1);
    let head = || source.resolve(&url, Reference::Head, 1);
    let (a, b, c, d) = tokio::join!(main(), head(), main(), head());
    for found in [a, b, c, d] {
        assert_eq!(found.unwrap(), commit);
    }
    assert_eq!(server.count(LOOK_UP), 1);
}

#[tokio::test]
async fn the_last_answer_stands_until_a_newer_one_is_asked_for() {
    let (repository, server, url, first) = served().await;
    let source = Source::new();
    assert_eq!(source.resolve(&url, Reference::Head, 1).await.unwrap(), first);
    let second = repository.commit(&[("apps/web.yaml", "two")]);
    assert_eq!(source.resolve(&url, Reference::Head, 1).await.unwrap(), first);
    assert_eq!(server.count(LOOK_UP), 1);
    source.now.store(7, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(source.resolve(&url, Reference::Head, 2).await.unwrap(), second);
    assert_eq!(source.resolve(&url, Reference::Head, 7).await.unwrap(), second);
    assert_eq!(server.count(LOOK_UP), 2);
}

#[tokio::test]
async fn all_who_open_one_commit_at_once_share_one_fetch_and_one_tree() {
    let (_repository, server, url, commit) = served().await;
    let source = Source::new();
    let (a, b, c) = tokio::join!(
        source.open(&url, &commit),
        source.open(&url, &commit),
        source.open(&url, &commit),
    );
    let (a, b, c) = (a.unwrap(), b.unwrap(), c.unwrap());
    assert!(std::sync::Arc::ptr_eq(&a, &b) && std::sync::Arc::ptr_eq(&b, &c));
    assert_eq!(server.count(FETCH), 1);
}

#[tokio::test]
async fn a_repository_of_sha256_objects_is_read() {
    let repository = Repository::with_hash("sha256");
    let commit = repository.commit(&[("apps/web.yaml", "long names")]);
    assert_eq!(commit.as_str().len(), 64);
    let server = Server::start(repository.root()).await;
    let (source, url) = (Source::new(), server.url("app"));
    assert_eq!(source.resolve(&url, Reference::Head, 0).await.unwrap(), commit);
    let tree = source.open(&url, &commit).await.unwrap();
    assert_eq!(read(&tree, "apps/web.yaml"), "long names");
}

#[tokio::test]
async fn a_look_up_that_moved_is_followed_and_the_fetch_goes_there_too() {
    let (_repository, server, _, commit) = served().await;
    let empty = tempfile::TempDir::new().unwrap();
    let front = Server::start(empty.path()).await;
    let moved = server.url("app").to_string();
    front.behave(Behaviour::Redirect(moved.trim_end_matches("/app").to_owned()));
    let (source, url) = (Source::new(), front.url("app"));
    assert_eq!(source.resolve(&url, Reference::Head, 0).await.unwrap(), commit);
    let tree = source.open(&url, &commit).await.unwrap();
    assert_eq!(read(&tree, "README"), "hello");
    assert_eq!(server.count(FETCH), 1);
    assert_eq!(front.count(FETCH), 0);
}

#[tokio::test]
async fn a_redirect_to_itself_ends() {
    let empty = tempfile::TempDir::new().unwrap();
    let server = Server::start(empty.path()).await;
    server.behave(Behaviour::Redirect(server.url("").to_string().trim_end_matches('/').to_owned()));
    let url = server.url("app");
    let error = Source::new().resolve(&url, Reference::Head, 0).await.unwrap_err();
    assert_eq!(
        fault(&error),
        ("G002", format!("{url} is no Git repository: it redirects without end"))
    );
}

struct Remote(Repository, Server);

impl Upstream for Remote {
    fn url(&self) -> SourceUrl {
        self.1.url("app")
    }

    fn commit(&self, files: &[(&str, &str)]) -> Commit {
        self.0.commit(files)
    }
}

#[tokio::test]
async fn remotes_and_local_repositories_keep_the_contract() {
    let repository = Repository::new();
    let server = Server::start(repository.root()).await;
    contract::git_source(&Source::new().gix, &Remote(repository, server)).await;
    contract::git_source(&Source::new().gix, &Repository::new()).await;
}
