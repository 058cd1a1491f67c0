//! A source tree in memory: for tests, and for embedders that have their files at hand.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

use nopea_core::{
    model::{ObjectId, Text, hash::Hasher},
    port::{Entry, EntryKind, SourceTree, TreeError},
};

/// Files, links and submodules by path. Ids are digests of the content, so equal trees have equal
/// ids, as in Git.
///
/// ```
/// use nopea_core::port::SourceTree as _;
/// use nopea_render::MemoryTree;
///
/// let tree = MemoryTree::new().file("apps/web.yaml", "kind: Service").symlink("current", "apps");
/// assert_eq!(tree.list("")?.len(), 2);
/// # Ok::<(), nopea_core::port::TreeError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryTree {
    leaves: BTreeMap<String, (EntryKind, Vec<u8>)>,
    index: OnceLock<Index>,
}

#[derive(Clone, Debug, Default)]
struct Index {
    entries: BTreeMap<String, Entry>,
    folders: BTreeMap<String, Vec<(Text, Entry)>>,
    blobs: HashMap<ObjectId, Vec<u8>>,
}

impl MemoryTree {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a file.
    #[must_use]
    pub fn file(self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.with(path, EntryKind::Blob, content.into())
    }

    /// Adds or replaces a symbolic link.
    #[must_use]
    pub fn symlink(self, path: &str, target: &str) -> Self {
        self.with(path, EntryKind::Symlink, target.into())
    }

    /// Adds or replaces a submodule at a commit.
    #[must_use]
    pub fn submodule(self, path: &str, commit: &str) -> Self {
        self.with(path, EntryKind::Submodule, commit.into())
    }

    /// Removes a file, a link or a submodule.
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        self.leaves.remove(path);
        self.index = OnceLock::new();
        self
    }

    fn with(mut self, path: &str, kind: EntryKind, content: Vec<u8>) -> Self {
        self.leaves.insert(path.to_owned(), (kind, content));
        self.index = OnceLock::new();
        self
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut index = Index::default();
            let mut folders: BTreeMap<String, BTreeMap<Text, Entry>> = BTreeMap::new();
            folders.insert(String::new(), BTreeMap::new());
            for (path, (kind, content)) in &self.leaves {
                let entry = Entry { id: id(&format!("{kind:?}"), &[content]), kind: *kind };
                index.blobs.insert(entry.id.clone(), content.clone());
                let (folder, name) = split(path);
                folders.entry(folder.to_owned()).or_default().insert(name.into(), entry.clone());
                index.entries.insert(path.clone(), entry);
                let mut above = folder;
                while !above.is_empty() {
                    above = split(above).0;
                    folders.entry(above.to_owned()).or_default();
                }
            }
            // the deepest first: a folder's id is made of its children's
            let mut paths: Vec<String> = folders.keys().cloned().collect();
            paths.sort_by_key(|path| {
                Reverse(path.split('/').filter(|part| !part.is_empty()).count())
            });
            for path in paths {
                let children = folders.remove(&path).unwrap_or_default();
                let parts: Vec<Vec<u8>> = children
                    .iter()
                    .map(|(name, entry)| format!("{name}\0{}", entry.id).into_bytes())
                    .collect();
                let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
                let entry = Entry { id: id("Tree", &parts), kind: EntryKind::Tree };
                if !path.is_empty() {
                    let (folder, name) = split(&path);
                    folders
                        .entry(folder.to_owned())
                        .or_default()
                        .insert(name.into(), entry.clone());
                }
                index.entries.insert(path.clone(), entry);
                index.folders.insert(path, children.into_iter().collect());
            }
            index
        })
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn id(kind: &str, parts: &[&[u8]]) -> ObjectId {
    let mut hasher = Hasher::default();
    hasher.part(kind.as_bytes());
    for part in parts {
        hasher.part(part);
    }
    ObjectId::new(hasher.finish().to_string())
}

impl SourceTree for MemoryTree {
    fn entry(&self, path: &str) -> Result<Option<Entry>, TreeError> {
        Ok(self.index().entries.get(path).cloned())
    }

    fn list(&self, dir: &str) -> Result<Vec<(Text, Entry)>, TreeError> {
        Ok(self.index().folders.get(dir).cloned().unwrap_or_default())
    }

    fn read(&self, id: &ObjectId, limit: u64) -> Result<Vec<u8>, TreeError> {
        let Some(content) = self.index().blobs.get(id) else {
            let source = "no such object".into();
            return Err(TreeError::Damaged { what: id.to_string(), source });
        };
        let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
        if size > limit {
            return Err(TreeError::TooLarge { id: id.clone(), size, limit });
        }
        Ok(content.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_changes_its_id_with_whatever_is_in_it() {
        let tree = MemoryTree::new().file("a/b/c.yaml", "1").file("d/e.yaml", "1");
        let changed = tree.clone().file("a/b/c.yaml", "2");
        let id = |tree: &MemoryTree, path: &str| tree.entry(path).unwrap().unwrap().id;
        for path in ["", "a", "a/b", "a/b/c.yaml"] {
            assert_ne!(id(&tree, path), id(&changed, path), "{path}");
        }
        assert_eq!(id(&tree, "d"), id(&changed, "d"));
        assert_eq!(id(&changed.file("a/b/c.yaml", "1"), ""), id(&tree, ""));
    }

    #[test]
    fn an_empty_tree_has_a_root_and_nothing_in_it() {
        let tree = MemoryTree::new();
        assert_eq!(tree.entry("").unwrap().unwrap().kind, EntryKind::Tree);
        assert_eq!(tree.list("").unwrap(), []);
        assert_eq!(tree.entry("a").unwrap(), None);
    }

    #[test]
    fn a_blob_beyond_the_limit_is_refused() {
        let tree = MemoryTree::new().file("a", "12345");
        let id = tree.entry("a").unwrap().unwrap().id;
        assert!(matches!(tree.read(&id, 4), Err(TreeError::TooLarge { size: 5, .. })));
        assert_eq!(tree.read(&id, 5).unwrap(), b"12345");
    }
}
