//! Paths through symbolic links: followed inside the tree alone, and a bounded number of times.

use nopea_core::{
    fault::Code,
    model::{Input, ObjectId, Text},
    port::{Entry, EntryKind, SourceTree, TreeError},
};

/// How many links one path may lead through, as in Linux.
const MOST_LINKS: usize = 40;
/// How long the target of a link may be.
const TARGET_BYTES: u64 = 4096;

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Target {
    /// Something, at its path without links.
    Found(String, Entry),
    /// Nothing, at this path.
    Absent(String),
    /// Nowhere: why, in words.
    Wrong(Code, String),
}

/// Follows `path` from the root. Every link on the way, and what is at its end, goes to `inputs`.
pub(crate) fn follow(
    tree: &dyn SourceTree,
    path: &str,
    inputs: &mut Vec<Input>,
) -> Result<Target, TreeError> {
    let mut links = 0;
    let mut done: Vec<String> = Vec::new();
    let mut ahead: Vec<String> = path.rsplit('/').map(str::to_owned).collect();
    loop {
        let here = done.join("/");
        let Some(part) = ahead.pop() else {
            let entry = tree.entry(&here)?;
            return Ok(match entry {
                Some(entry) => Target::Found(here, entry),
                None => Target::Absent(here),
            });
        };
        match part.as_str() {
            "" | "." => continue,
            ".." => {
                if done.pop().is_some() {
                    continue;
                }
                let what = "it leads out of the repository".to_owned();
                return Ok(Target::Wrong(Code::PathOutside, what));
            }
            _ => {}
        }
        done.push(part);
        let here = done.join("/");
        let Some(entry) = tree.entry(&here)? else {
            record(inputs, &here, None);
            return Ok(Target::Absent(here));
        };
        if entry.kind != EntryKind::Symlink {
            if entry.kind == EntryKind::Submodule && !ahead.is_empty() {
                return Ok(Target::Found(here, entry));
            }
            continue;
        }
        record(inputs, &here, Some(entry.id.clone()));
        links += 1;
        if links > MOST_LINKS {
            let what =
                format!("it leads in a circle, or through more than {MOST_LINKS} symbolic links");
            return Ok(Target::Wrong(Code::LinkLoop, what));
        }
        let target = match tree.read(&entry.id, TARGET_BYTES) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(TreeError::TooLarge { .. }) => {
                let what = "the target of a link is too long".to_owned();
                return Ok(Target::Wrong(Code::PathOutside, what));
            }
            Err(error) => return Err(error),
        };
        if target.starts_with('/') {
            return Ok(Target::Wrong(
                Code::PathOutside,
                "a link leads to an absolute path".to_owned(),
            ));
        }
        done.pop();
        ahead.extend(target.rsplit('/').map(str::to_owned));
    }
}

/// Notes what stood at a path.
pub(crate) fn record(inputs: &mut Vec<Input>, path: &str, id: Option<ObjectId>) {
    inputs.push(Input { path: Text::from(path), id });
}
