//! What the steps of the demonstration share: repository, cluster, and the count of checks.
//! Knows no step.

use std::{collections::BTreeMap, time::Duration};

use nopea_core::model::{ObjectKey, Orders, RepoKey, SourceUrl, Spec, TreePath};
use nopea_git::{GixSource, Local, Options};
use nopea_memory::{MemoryCluster, Strictness};
use nopea_render::ManifestRenderer;

use super::repository::Repository;
use crate::{
    args::Format,
    attempt::{Outcome, again},
    output::Output,
    progress::Progress,
    show,
    target::Target,
    wire::{Session, Setup},
};

/// More than any step needs.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The demonstration as it stands.
pub(super) struct Stage<'a> {
    pub(super) output: &'a Output,
    pub(super) repository: Repository,
    pub(super) session: Session,
    pub(super) cluster: MemoryCluster,
    pub(super) checks: usize,
    pub(super) failed: usize,
    steps: usize,
}

impl<'a> Stage<'a> {
    /// Sets up an empty strict cluster and an engine.
    pub(super) fn new(
        output: &'a Output,
        repository: Repository,
        orders: Orders,
    ) -> anyhow::Result<Self> {
        let path = repository.path();
        let mut spec = Spec::new(SourceUrl::parse(&path.to_string_lossy())?);
        spec.path = TreePath::parse("deploy")?;
        spec.timeout = TIMEOUT;
        // the steps ask; nothing polls in between
        spec.interval = Duration::from_hours(24);
        let mirrors = tempfile::tempdir()?;
        let mut options = Options::new(mirrors.path());
        options.local = Local::Committed;
        let git = GixSource::new(options)?;
        let key = RepoKey::new("default", "shop");
        let cluster = MemoryCluster::builder().strictness(Strictness::Strict).build();
        let target = Target::Embedded(cluster.clone());
        let setup = Setup { key, spec, orders, target };
        let session = Session::assemble(git, mirrors, ManifestRenderer::default(), setup);
        Ok(Self { output, repository, session, cluster, checks: 0, failed: 0, steps: 0 })
    }

    /// Begins a step.
    pub(super) fn step(&mut self, title: &str, about: &str) {
        self.steps += 1;
        self.output.result(format!("\n== {}. {title}\n\n{about}\n", self.steps));
    }

    /// Says what is true, or that it is not.
    pub(super) fn check(&mut self, holds: bool, what: &str) {
        self.checks += 1;
        if !holds {
            self.failed += 1;
        }
        let word = if holds { "ok" } else { "FAILED" };
        self.output.result(format!("{word}: {what}"));
    }

    /// Shows how a sync ended.
    pub(super) fn show(&self, outcome: &Outcome) {
        show::outcome(self.output, Format::Table, &self.session.declared.key, outcome);
        self.output.result("");
    }

    /// Syncs now, and shows how it ended.
    pub(super) async fn sync(&mut self) -> Outcome {
        let outcome = again(&mut self.session, &Progress::Silent).await;
        self.show(&outcome);
        outcome
    }

    /// Changes the declaration.
    pub(super) fn declare(&mut self, change: impl FnOnce(&mut Orders)) {
        change(&mut self.session.declared.orders);
        self.session.declared.generation += 1;
        self.session.engine.put(self.session.declared.clone());
    }

    /// What of ours lives, each with its version: equal maps are untouched objects.
    pub(super) fn members(&self) -> BTreeMap<ObjectKey, String> {
        members(&self.cluster)
    }
}

fn members(cluster: &MemoryCluster) -> BTreeMap<ObjectKey, String> {
    let ours = |object: &serde_json::Value| {
        object.pointer("/metadata/labels/nopea.io~1repository").is_some()
            && object.pointer("/metadata/annotations/nopea.io~1object").is_some()
    };
    let version = |object: &serde_json::Value| {
        let version = object.pointer("/metadata/resourceVersion");
        version.map(ToString::to_string).unwrap_or_default()
    };
    let all = cluster.dump().into_iter();
    all.filter(|(_, object)| ours(object)).map(|(key, object)| (key, version(&object))).collect()
}
