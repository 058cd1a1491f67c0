//! The port: a tree and a path in, manifests or every fault out.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use nopea_core::{
    fault::{Code, Fault},
    model::{Inputs, Manifest, ObjectKey, Origin, Rendered, Text},
    port::{Render, Renderer, Rendering, SourceTree, Stop, TreeError},
};

use crate::{
    limits::Limits,
    load::{self, Problem, Source},
    object::{File, Objects},
    walk::{ManifestFile, Walk, whole},
};

/// What decides a render beside the commit and the spec; changes with the meaning of files.
const RENDERER: &str = "nopea-render 1: plain manifests";

/// Renders plain manifests: YAML and JSON as kubectl reads them.
#[derive(Clone, Debug, Default)]
pub struct ManifestRenderer {
    limits: Limits,
}

impl ManifestRenderer {
    /// A renderer with other limits than the default ones.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }
}

impl Renderer for ManifestRenderer {
    fn render(&self, request: &Render) -> Result<Rendering, Vec<Fault>> {
        let tree = &*request.tree;
        if request.known.as_ref().is_some_and(|known| stand(tree, known)) {
            return Ok(Rendering::Unchanged);
        }
        let path = request.spec.path.as_str();
        let walk = Walk::new(tree, path, &self.limits, &request.stop)
            .map_err(|error| vec![damaged(&error)])?;
        let Walk { files, inputs, faults, warnings, .. } = walk;
        let mut reading = Reading {
            tree,
            limits: &self.limits,
            stop: &request.stop,
            bytes: 0,
            nodes_left: self.limits.nodes,
            manifests: Vec::new(),
            faults,
        };
        files.iter().try_for_each(|file| reading.file(file)).unwrap_or_default();
        if request.stop.is_stopped() {
            return Err(vec![Fault::new(
                Code::RenderInterrupted,
                "rendering was stopped before its end",
            )]);
        }
        let Reading { manifests, faults, .. } = reading;
        if !faults.is_empty() {
            return Err(bounded(faults, self.limits.faults));
        }
        let inputs = Inputs(inputs);
        let fingerprint = inputs.fingerprint([RENDERER, path]);
        Ok(Rendering::Fresh(Rendered {
            manifests,
            inputs: Arc::new(inputs),
            fingerprint,
            warnings,
        }))
    }
}

/// Says whether all that was read stands in this tree as it did. Reads no blob.
fn stand(tree: &dyn SourceTree, known: &Inputs) -> bool {
    known.0.iter().all(|input| {
        tree.entry(&input.path).is_ok_and(|entry| entry.map(|entry| entry.id) == input.id)
    })
}

/// No more files are read.
struct Enough;

struct Reading<'a> {
    tree: &'a dyn SourceTree,
    limits: &'a Limits,
    stop: &'a Stop,
    bytes: u64,
    nodes_left: u64,
    manifests: Vec<Manifest>,
    faults: Vec<Fault>,
}

impl Reading<'_> {
    fn file(&mut self, file: &ManifestFile) -> Result<(), Enough> {
        if self.stop.is_stopped() || self.faults.len() > self.limits.faults {
            return Err(Enough);
        }
        let bytes = match self.tree.read(&file.id, self.limits.file_bytes) {
            Ok(bytes) => bytes,
            Err(TreeError::TooLarge { size, limit, .. }) => {
                let what = format!("the file has {size} bytes, more than {limit}");
                self.faults.push(Fault::new(Code::TooLarge, what).at(whole(&file.path)));
                return Ok(());
            }
            Err(error) => {
                self.faults.push(damaged(&error).at(whole(&file.path)));
                return Ok(());
            }
        };
        self.grow(u64::try_from(bytes.len()).unwrap_or(u64::MAX), file)?;
        let loaded = load::load(&bytes, file.named, self.limits, self.stop, self.nodes_left);
        self.nodes_left = loaded.nodes_left;
        self.grow(loaded.grown, file)?;
        let path = Text::from(file.path.as_str());
        let mut objects = Objects::default();
        for document in loaded.documents {
            let (text, syntax, depth) = (&*loaded.text, loaded.syntax, self.limits.depth);
            objects.take(document, File { path: &path, text, syntax, depth });
        }
        let mut problems = objects.problems;
        problems.extend(loaded.problems.into_iter().map(|problem| (problem, None)));
        problems.sort_by_key(|(problem, _)| problem.span.byte);
        let mut source = Source::new(&loaded.text);
        self.faults.extend(
            problems
                .into_iter()
                .map(|(problem, object)| fault(problem, object, &path, &mut source)),
        );
        self.manifests.append(&mut objects.manifests);
        if self.manifests.len() > self.limits.objects {
            let what = format!("the render has more than {} objects", self.limits.objects);
            self.faults.push(Fault::new(Code::TooLarge, what).at(whole(&file.path)));
            return Err(Enough);
        }
        if loaded.exhausted { Err(Enough) } else { Ok(()) }
    }

    fn grow(&mut self, bytes: u64, file: &ManifestFile) -> Result<(), Enough> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= self.limits.render_bytes {
            return Ok(());
        }
        let what = format!(
            "with this file the render has more than {} bytes, what aliases repeat included",
            self.limits.render_bytes
        );
        self.faults.push(Fault::new(Code::TooLarge, what).at(whole(&file.path)));
        Err(Enough)
    }
}

fn fault(
    problem: Problem,
    object: Option<ObjectKey>,
    file: &Text,
    source: &mut Source<'_>,
) -> Fault {
    let Problem { code, message, help, span } = problem;
    let origin = Origin { file: Arc::clone(file), line: span.line, column: span.column };
    let mut fault = Fault::new(code, message).at(origin).excerpt(source.excerpt(span));
    if let Some(help) = help {
        fault = fault.help(help);
    }
    match object {
        Some(object) => fault.on(object),
        None => fault,
    }
}

fn damaged(error: &TreeError) -> Fault {
    let mut what = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        what = format!("{what}: {error}");
        cause = error.source();
    }
    Fault::new(Code::DamagedSource, what)
}

/// Cuts a list of faults, and says so.
fn bounded(mut faults: Vec<Fault>, most: usize) -> Vec<Fault> {
    if faults.len() > most {
        faults.truncate(most);
        let what = format!("there are more than {most} faults; the others are not listed");
        faults.push(Fault::new(Code::TooLarge, what).help("correct the listed ones first"));
    }
    faults
}
