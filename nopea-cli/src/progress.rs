//! How far a sync is, for whoever watches: a bar on a terminal, lines elsewhere, nothing beside
//! results for programs. Knows no result.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use nopea_core::model::What;

use crate::{args::Format, output::Output};

/// Shows progress on standard error.
pub(crate) enum Progress<'a> {
    /// A bar that is drawn over.
    Bar(ProgressBar),
    /// A line when the work is known.
    Lines(&'a Output),
    /// Nothing.
    Silent,
}

impl<'a> Progress<'a> {
    /// What fits the terminal and the format.
    pub(crate) fn new(output: &'a Output, format: Format) -> Self {
        match (io::stderr().is_terminal(), format) {
            (true, _) => Self::Bar(bar()),
            (false, Format::Table) => Self::Lines(output),
            (false, Format::Json | Format::Yaml) => Self::Silent,
        }
    }

    /// Takes a notice.
    pub(crate) fn hear(&self, what: &What) {
        match (self, what) {
            (Self::Bar(bar), What::Started { commit }) => {
                bar.set_message(format!("rendering {}", commit.short()));
            }
            (Self::Bar(bar), What::Planned { objects, commit, .. }) => {
                bar.set_length(u64::try_from(*objects).unwrap_or(u64::MAX));
                bar.set_message(format!("applying {}", commit.short()));
            }
            (Self::Bar(bar), What::Object(_)) => bar.inc(1),
            (Self::Lines(output), What::Planned { commit, objects, writes, prunes, .. }) => {
                let noun = if *objects == 1 { "object" } else { "objects" };
                let text = format!(
                    "{}: {objects} {noun}, {writes} to write, {prunes} to prune",
                    commit.short()
                );
                output.note(text);
            }
            (
                Self::Bar(_) | Self::Lines(_),
                What::Started { .. }
                | What::Object(_)
                | What::Warned(_)
                | What::Synced { .. }
                | What::Failed { .. }
                | What::Healed { .. }
                | What::Removed { .. },
            )
            | (Self::Silent, _) => {}
        }
    }

    /// Takes the bar away.
    pub(crate) fn done(&self) {
        match self {
            Self::Bar(bar) => bar.finish_and_clear(),
            Self::Lines(_) | Self::Silent => {}
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let template = "{spinner} {msg} [{bar:24}] {pos}/{len} {elapsed}";
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    bar.set_message("asking Git");
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
