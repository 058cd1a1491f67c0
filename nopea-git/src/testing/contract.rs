//! What every `GitSource` must do, whatever stands behind it. Names no adapter.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "only tests use it, and they end at once"
)]

use nopea_core::{
    fault::Code,
    model::{Commit, Reference, SourceUrl, Timestamp},
    port::{EntryKind, GitSource, Location, Open, Resolve, TreeError},
};

use super::Repository;

/// Where the contract's commits are made.
pub trait Upstream {
    /// How the source under test reaches it.
    fn url(&self) -> SourceUrl;

    /// Writes files on branch `main`, which HEAD names, and commits all.
    fn commit(&self, files: &[(&str, &str)]) -> Commit;
}

impl Upstream for Repository {
    fn url(&self) -> SourceUrl {
        Self::url(self)
    }

    fn commit(&self, files: &[(&str, &str)]) -> Commit {
        Self::commit(self, files)
    }
}

/// Holds a source to the contract of its port. The upstream must be empty.
pub async fn git_source(source: &dyn GitSource, upstream: &dyn Upstream) {
    let first = upstream.commit(&[("b/z.yaml", "one"), ("b.yaml", "two"), ("a/b/c", "deep")]);
    let second = upstream.commit(&[("b.yaml", "changed")]);
    let at = |reference| Location { url: upstream.url(), reference };
    let ask = |reference| Resolve { location: at(reference), not_before: Timestamp(0) };

    for reference in [Reference::Head, Reference::Branch("main".into())] {
        let found = source.resolve(&ask(reference.clone())).await.unwrap();
        assert_eq!(found.commit, second, "{reference} names the newest commit");
    }
    let unknown = source.resolve(&ask(Reference::Branch("nowhere-near".into()))).await.unwrap_err();
    assert_eq!(unknown.code, Code::UnknownReference, "an unknown branch is a fault of its own");

    let open = |commit: &Commit| Open { location: at(Reference::Head), commit: commit.clone() };
    let absent = Commit::parse(&"0a".repeat(first.as_str().len() / 2)).unwrap();
    let absent = source.open(&open(&absent)).await.unwrap_err();
    assert_eq!(absent.code, Code::UnknownCommit, "an unknown commit is a fault of its own");
    let older = source.open(&open(&first)).await.unwrap();
    let newer = source.open(&open(&second)).await.unwrap();

    let list: Vec<_> = older.list("").unwrap();
    let names: Vec<&str> = list.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["a", "b", "b.yaml"], "names come in byte order");
    for (name, entry) in list {
        assert_eq!(older.entry(&name).unwrap(), Some(entry), "a list and a look agree");
    }
    for path in ["none", "b/none", "b.yaml/none", "a/b/c/d"] {
        assert_eq!(older.entry(path).unwrap(), None, "{path} does not exist");
        assert_eq!(older.list(path).unwrap(), [], "{path} is no folder");
    }
    let entry =
        |path: &str| (older.entry(path).unwrap().unwrap(), newer.entry(path).unwrap().unwrap());
    for path in ["b", "b/z.yaml", "a/b"] {
        let (before, after) = entry(path);
        assert_eq!(before, after, "what did not change keeps its id");
    }
    for path in ["", "b.yaml"] {
        let (before, after) = entry(path);
        assert_ne!(before.id, after.id, "what changed has another id");
    }
    let (before, after) = entry("b.yaml");
    assert_eq!(entry("").0.kind, EntryKind::Tree, "the empty path is the root");
    assert_eq!(older.read(&before.id, 3).unwrap(), b"two");
    assert_eq!(newer.read(&after.id, 7).unwrap(), b"changed");
    let refused = older.read(&before.id, 2).unwrap_err();
    assert!(
        matches!(refused, TreeError::TooLarge { size: 3, limit: 2, .. }),
        "more than asked for is refused"
    );
}
