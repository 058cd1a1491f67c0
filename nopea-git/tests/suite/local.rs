//! Folders of this machine: work trees, bare repositories, plain files.

use std::{fs, os::unix::fs::symlink, sync::Arc};

use nopea_core::{
    model::{Commit, Reference, SourceUrl},
    port::EntryKind,
};
use nopea_git::{Local, testing::Repository};
use tempfile::TempDir;

use crate::{Source, fault, read};

fn url(path: &std::path::Path) -> SourceUrl {
    SourceUrl::parse(path.to_str().unwrap()).unwrap()
}

fn worktree() -> Source {
    Source::with(|options| options.local = Local::Worktree)
}

#[tokio::test]
async fn a_work_tree_is_read_at_its_commits_and_never_written() {
    let repository = Repository::new();
    let first = repository.commit(&[("a.yaml", "one")]);
    repository.git(&["tag", "-a", "v1.0.0", "-m", "annotated"]);
    let second = repository.commit(&[("a.yaml", "two")]);
    repository.write("a.yaml", "uncommitted");
    let source = Source::new();
    let in_place = repository.url();
    let file = SourceUrl::parse(&format!("file://{}", repository.path().display())).unwrap();
    for url in [in_place, file] {
        for (reference, commit, content) in [
            (Reference::Head, &second, "two"),
            (Reference::Branch("main".into()), &second, "two"),
            (Reference::Tag("v1.0.0".into()), &first, "one"),
            (Reference::Semver("^1".into()), &first, "one"),
            (Reference::Commit(first.clone()), &first, "one"),
            (Reference::Ref("refs/heads/main".into()), &second, "two"),
        ] {
            let found = source.resolve(&url, reference, 0).await.unwrap();
            assert_eq!(&found, commit);
            assert_eq!(read(&source.open(&url, &found).await.unwrap(), "a.yaml"), content);
        }
    }
    assert_eq!(fs::read_dir(source.mirrors.path()).unwrap().count(), 0);
    assert_eq!(repository.git(&["status", "--porcelain"]), " M a.yaml");
}

#[tokio::test]
async fn a_bare_repository_is_read() {
    let repository = Repository::new();
    let commit = repository.commit(&[("a.yaml", "one")]);
    let bare = TempDir::new().unwrap();
    let to = bare.path().to_str().unwrap();
    repository.git(&["clone", "-q", "--bare", ".", to]);
    let (source, url) = (Source::new(), url(bare.path()));
    assert_eq!(source.resolve(&url, Reference::Head, 0).await.unwrap(), commit);
    assert_eq!(read(&source.open(&url, &commit).await.unwrap(), "a.yaml"), "one");
}

#[tokio::test]
async fn unknown_names_of_a_local_repository_are_faults() {
    let repository = Repository::new();
    repository.commit(&[("a.yaml", "one")]);
    let (source, url) = (Source::new(), repository.url());
    let error = source.resolve(&url, Reference::Branch("mian".into()), 0).await.unwrap_err();
    assert_eq!(fault(&error), ("G004", format!("{url} has no branch mian; did you mean main?")));
    let commit = Commit::parse(&"1".repeat(40)).unwrap();
    let error = source.resolve(&url, Reference::Commit(commit.clone()), 0).await.unwrap_err();
    assert_eq!(error.code.id(), "G005");
    assert_eq!(source.open(&url, &commit).await.unwrap_err().code.id(), "G005");
}

#[tokio::test]
async fn uncommitted_files_are_read_where_asked_for() {
    let repository = Repository::new();
    let committed = repository.commit(&[("a.yaml", "one")]);
    repository.write("apps/b.yaml", "new");
    let (source, url) = (worktree(), repository.url());
    let commit = source.resolve(&url, Reference::Head, 0).await.unwrap();
    assert_ne!(commit, committed);
    let tree = source.open(&url, &commit).await.unwrap();
    assert_eq!(read(&tree, "apps/b.yaml"), "new");
    let names: Vec<_> =
        tree.list("").unwrap().into_iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["a.yaml", "apps"]);
}

#[tokio::test]
async fn a_folder_that_is_no_repository_is_its_files() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("apps")).unwrap();
    fs::write(folder.path().join("apps/a.yaml"), "one").unwrap();
    let (source, url) = (Source::new(), url(folder.path()));
    let first = source.resolve(&url, Reference::Head, 0).await.unwrap();
    assert_eq!(source.resolve(&url, Reference::Head, 0).await.unwrap(), first);
    let tree = source.open(&url, &first).await.unwrap();
    assert_eq!(read(&tree, "apps/a.yaml"), "one");
    let before = tree.entry("apps").unwrap().unwrap();
    fs::write(folder.path().join("b.yaml"), "two").unwrap();
    let second = source.resolve(&url, Reference::Head, 0).await.unwrap();
    assert_ne!(second, first);
    let after = source.open(&url, &second).await.unwrap().entry("apps").unwrap().unwrap();
    assert_eq!(after, before, "what did not change keeps its id");
    let error = source.resolve(&url, Reference::Branch("main".into()), 0).await.unwrap_err();
    assert_eq!(error.code.id(), "G002");
}

#[tokio::test]
async fn a_folder_that_changes_while_it_is_read_is_a_fault() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.yaml"), "one").unwrap();
    let (source, url) = (Source::new(), url(folder.path()));
    let commit = source.resolve(&url, Reference::Head, 0).await.unwrap();
    let tree = source.open(&url, &commit).await.unwrap();
    let entry = tree.entry("a.yaml").unwrap().unwrap();
    fs::write(folder.path().join("a.yaml"), "two").unwrap();
    assert_eq!(tree.read(&entry.id, 10).unwrap_err().to_string(), "could not read a.yaml");
    drop(tree);
    let error = source.open(&url, &commit).await.unwrap_err();
    assert_eq!(fault(&error), ("G014", format!("{url} changed while it was read")));
}

#[tokio::test]
async fn nothing_outside_a_folder_is_reached() {
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let folder = TempDir::new().unwrap();
    symlink(outside.path(), folder.path().join("out")).unwrap();
    symlink("loop", folder.path().join("loop")).unwrap();
    let (source, url) = (Source::new(), url(folder.path()));
    let commit = source.resolve(&url, Reference::Head, 0).await.unwrap();
    let tree = source.open(&url, &commit).await.unwrap();
    let out = tree.entry("out").unwrap().unwrap();
    assert_eq!(out.kind, EntryKind::Symlink);
    assert_eq!(read(&tree, "out"), outside.path().to_str().unwrap());
    let name = outside.path().file_name().unwrap().to_str().unwrap();
    for path in ["out/secret", "../x", "..", &format!("../{name}/secret"), "/etc/passwd"] {
        assert_eq!(tree.entry(path).unwrap(), None, "{path}");
        assert_eq!(tree.list(path).unwrap(), [], "{path}");
    }
}

#[tokio::test]
async fn a_folder_past_the_byte_limit_is_refused() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a"), "x".repeat(1000)).unwrap();
    let source = Source::with(|options| options.bytes = 999);
    let error = source.resolve(&url(folder.path()), Reference::Head, 0).await.unwrap_err();
    assert_eq!(error.code.id(), "G009");
}

#[tokio::test]
async fn a_path_that_is_no_folder_is_a_fault() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    for name in ["none", "file"] {
        let url = url(&folder.path().join(name));
        let error = Source::new().resolve(&url, Reference::Head, 0).await.unwrap_err();
        let (code, text) = fault(&error);
        assert_eq!(code, "G012");
        assert!(text.starts_with(&format!("there is no folder {url}: ")), "{text}");
    }
    let url = SourceUrl::parse("example.org/app").unwrap();
    let error = Source::new().resolve(&url, Reference::Head, 0).await.unwrap_err();
    assert_eq!(error.help.as_deref(), Some("if it is a url, write https://example.org/app"));
}

#[tokio::test]
async fn folders_are_refused_where_no_flag_allows_them() {
    let repository = Repository::new();
    repository.commit(&[("a.yaml", "one")]);
    let source = Source::with(|options| options.local = Local::Refused);
    let error = source.resolve(&repository.url(), Reference::Head, 0).await.unwrap_err();
    assert_eq!(
        (error.code.id(), error.help.as_deref()),
        ("G011", Some("folders are not allowed here: use https://"))
    );
}

#[tokio::test]
async fn the_tree_of_one_commit_is_shared() {
    let repository = Repository::new();
    let commit = repository.commit(&[("a.yaml", "one")]);
    let (source, url) = (Source::new(), repository.url());
    let one = source.open(&url, &commit).await.unwrap();
    let two = source.open(&url, &commit).await.unwrap();
    assert!(Arc::ptr_eq(&one, &two));
}
