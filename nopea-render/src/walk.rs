//! Finds the manifests below a path: which files, in which order, and what else stands there.
//!
//! Knows names, links and `.nopeaignore`; what is in a manifest is for others.

use nopea_core::{
    fault::{Code, Fault},
    model::{Input, ObjectId, Origin, Text},
    port::{Entry, EntryKind, SourceTree, Stop, TreeError},
};

use crate::{
    ignore::Ignore,
    limits::Limits,
    link::{Target, follow, record},
    load::Named,
};

/// Names that make a folder a kustomize build.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// How many names are looked at for each object that a render may have.
const NAMES_PER_OBJECT: usize = 10;

/// A manifest file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ManifestFile {
    /// Its path, as a user reaches it.
    pub(crate) path: String,
    /// Its content.
    pub(crate) id: ObjectId,
    /// What its name says.
    pub(crate) named: Named,
}

/// All that a walk found.
pub(crate) struct Walk<'a> {
    tree: &'a dyn SourceTree,
    limits: &'a Limits,
    stop: &'a Stop,
    names: usize,
    /// The folders that are being looked at, without links: one of them again is a loop.
    open: Vec<String>,
    /// The patterns in force, each with the folder that they count from.
    ignores: Vec<(String, Ignore)>,
    pub(crate) files: Vec<ManifestFile>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) warnings: Vec<Fault>,
}

/// Whether to go on.
enum Go {
    On,
    /// The listing is too long, or somebody asked to stop.
    Home,
}

impl<'a> Walk<'a> {
    /// Walks everything below `path`.
    pub(crate) fn new(
        tree: &'a dyn SourceTree,
        path: &str,
        limits: &'a Limits,
        stop: &'a Stop,
    ) -> Result<Self, TreeError> {
        let (open, ignores, files) = (Vec::new(), Vec::new(), Vec::new());
        let (inputs, faults, warnings) = (Vec::new(), Vec::new(), Vec::new());
        let mut walk =
            Self { tree, limits, stop, names: 0, open, ignores, files, inputs, faults, warnings };
        walk.begin(path)?;
        walk.files.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        walk.inputs.sort();
        walk.inputs.dedup();
        Ok(walk)
    }

    fn begin(&mut self, path: &str) -> Result<(), TreeError> {
        let (real, entry) = match follow(self.tree, path, &mut self.inputs)? {
            Target::Found(real, entry) => (real, entry),
            // an empty repository may have no root
            Target::Absent(real) if real.is_empty() => {
                record(&mut self.inputs, &real, None);
                return Ok(());
            }
            Target::Absent(real) => {
                let what = if real == path {
                    format!("the path {path:?} does not exist in the commit")
                } else {
                    format!(
                        "the path {path:?} leads to {real:?}, which does not exist in the commit"
                    )
                };
                self.faults.push(Fault::new(Code::PathAbsent, what));
                return Ok(());
            }
            Target::Wrong(code, why) => {
                self.faults
                    .push(Fault::new(code, format!("the path {path:?} cannot be used: {why}")));
                return Ok(());
            }
        };
        record(&mut self.inputs, &real, Some(entry.id.clone()));
        match entry.kind {
            EntryKind::Tree => {
                self.folder(path, &real)?;
            }
            EntryKind::Blob => {
                let before = self.files.len();
                self.file(path, entry.id);
                if self.files.len() == before {
                    let what = format!("the path {path:?} is a file, but no .yaml, .yml or .json");
                    let help = "point `path` at a folder or at a manifest";
                    self.faults.push(Fault::new(Code::PathAbsent, what).help(help));
                }
            }
            EntryKind::Submodule => {
                let what = format!("the path {path:?} is a submodule or leads into one");
                self.faults.push(Fault::new(Code::Submodule, what));
            }
            EntryKind::Symlink => {}
        }
        Ok(())
    }

    /// Looks at a folder: `path` as the user reaches it, `real` where it is.
    fn folder(&mut self, path: &str, real: &str) -> Result<Go, TreeError> {
        if self.open.len() >= self.limits.depth {
            let what = format!("folders are nested deeper than {} levels", self.limits.depth);
            self.faults.push(Fault::new(Code::TooDeep, what).at(whole(path)));
            return Ok(Go::On);
        }
        let entries = self.tree.list(real)?;
        self.names += entries.len();
        if self.names > self.limits.objects.saturating_mul(NAMES_PER_OBJECT) {
            let what = format!(
                "there are more than {} files and folders to look at, links followed",
                self.names
            );
            let help = "point `path` at fewer files, or raise the limit of objects";
            self.faults.push(Fault::new(Code::TooLarge, what).help(help).at(whole(path)));
            return Ok(Go::Home);
        }
        let patterns = self.patterns(path, &entries)?;
        let build = entries.iter().find(|(name, entry)| {
            let file = matches!(entry.kind, EntryKind::Blob | EntryKind::Symlink);
            file && KUSTOMIZATIONS.contains(&&**name) && !self.is_ignored(&join(path, name), false)
        });
        let mut go = Go::On;
        if let Some((name, _)) = build {
            let what =
                "this folder is a kustomize build; native kustomize comes with a later version";
            let at = whole(&join(path, name));
            self.faults.push(Fault::new(Code::KustomizeUnsupported, what).at(at));
        } else {
            self.open.push(real.to_owned());
            for (name, entry) in entries {
                if self.stop.is_stopped() {
                    go = Go::Home;
                    break;
                }
                if name.starts_with('.') {
                    continue;
                }
                go = self.entry(&join(path, &name), &join(real, &name), entry)?;
                if matches!(go, Go::Home) {
                    break;
                }
            }
            self.open.pop();
        }
        self.ignores.truncate(self.ignores.len().saturating_sub(usize::from(patterns)));
        Ok(go)
    }

    fn entry(&mut self, path: &str, real: &str, entry: Entry) -> Result<Go, TreeError> {
        if self.is_ignored(path, entry.kind == EntryKind::Tree) {
            return Ok(Go::On);
        }
        match entry.kind {
            EntryKind::Tree => return self.folder(path, real),
            EntryKind::Blob => self.file(path, entry.id),
            EntryKind::Submodule => self.submodule(path),
            EntryKind::Symlink => return self.link(path, real),
        }
        Ok(Go::On)
    }

    fn link(&mut self, path: &str, real: &str) -> Result<Go, TreeError> {
        let target = follow(self.tree, real, &mut self.inputs)?;
        match target {
            Target::Found(real, entry) => {
                record(&mut self.inputs, &real, Some(entry.id.clone()));
                match entry.kind {
                    EntryKind::Tree if self.is_ignored(path, true) => {}
                    EntryKind::Tree if self.open.contains(&real) => {
                        let what = "the symbolic link leads to a folder that it stands in";
                        self.faults.push(Fault::new(Code::LinkLoop, what).at(whole(path)));
                    }
                    EntryKind::Tree => return self.folder(path, &real),
                    EntryKind::Blob => self.file(path, entry.id),
                    EntryKind::Submodule | EntryKind::Symlink => self.submodule(path),
                }
            }
            Target::Absent(real) if manifest(path).is_some() => {
                let what = format!("the symbolic link leads to {real:?}, which does not exist");
                let help = "commit what it leads to, or remove the link";
                self.faults.push(Fault::new(Code::PathAbsent, what).help(help).at(whole(path)));
            }
            Target::Absent(real) => {
                let what = format!("the symbolic link leads to {real:?}, which does not exist");
                self.warnings.push(Fault::new(Code::IgnoredFile, what).at(whole(path)));
            }
            Target::Wrong(code, why) => {
                let what = format!("the symbolic link cannot be followed: {why}");
                self.faults.push(Fault::new(code, what).at(whole(path)));
            }
        }
        Ok(Go::On)
    }

    fn file(&mut self, path: &str, id: ObjectId) {
        if let Some(named) = manifest(path) {
            self.files.push(ManifestFile { path: path.to_owned(), id, named });
        } else if manifest(&path.to_ascii_lowercase()).is_some() {
            let what = "the file is not read: its ending is not written in lower case";
            self.warnings.push(Fault::new(Code::IgnoredFile, what).at(whole(path)));
        }
    }

    fn submodule(&mut self, path: &str) {
        let what = "the submodule is not read";
        self.warnings.push(Fault::new(Code::Submodule, what).at(whole(path)));
    }

    /// Reads a folder's `.nopeaignore`; says whether it has one.
    fn patterns(&mut self, path: &str, entries: &[(Text, Entry)]) -> Result<bool, TreeError> {
        let file = entries
            .iter()
            .find(|(name, entry)| &**name == ".nopeaignore" && entry.kind == EntryKind::Blob);
        let Some((name, entry)) = file else { return Ok(false) };
        match self.tree.read(&entry.id, self.limits.file_bytes) {
            Ok(bytes) => {
                let ignore = Ignore::parse(&String::from_utf8_lossy(&bytes));
                self.ignores.push((path.to_owned(), ignore));
                Ok(true)
            }
            Err(TreeError::TooLarge { size, limit, .. }) => {
                let what = format!("the file has {size} bytes, more than {limit}");
                self.faults.push(Fault::new(Code::TooLarge, what).at(whole(&join(path, name))));
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn is_ignored(&self, path: &str, folder: bool) -> bool {
        let verdict = |(base, ignore): &(String, Ignore)| {
            let below = path.strip_prefix(base.as_str())?;
            ignore.leaves_out(below.strip_prefix('/').unwrap_or(below), folder)
        };
        self.ignores.iter().rev().find_map(verdict).unwrap_or(false)
    }
}

/// What the name of a file says about its syntax; none where it is no manifest.
fn manifest(path: &str) -> Option<Named> {
    let (stem, ending) = path.rsplit_once('.')?;
    match ending {
        _ if stem.is_empty() || stem.ends_with('/') => None,
        "yaml" | "yml" => Some(Named::Yaml),
        "json" => Some(Named::Json),
        _ => None,
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A file or folder as a whole.
pub(crate) fn whole(path: &str) -> Origin {
    Origin { file: path.into(), line: 1, column: 1 }
}
