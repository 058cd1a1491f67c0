//! What is measured: counted as notices come, or read off the engine when somebody asks. No label
//! has a value that a user can invent.

use std::{collections::BTreeMap, fmt, sync::Arc};

use nopea_core::{
    model::{Counts, Delivery, Notice, Phase, What},
    port::EventSink,
};
use nopea_engine::{Engine, Gauges, meter::Meter};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _},
    metrics::{
        MetricType,
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::ConstGauge,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::{Registry, Unit},
};

/// One label.
type Label = [(&'static str, &'static str); 1];

/// The verbs of the meter that ask a Git server.
const GIT: [&str; 2] = ["resolve", "open"];
/// The verb of the meter that asks nobody.
const RENDER: &str = "render";

/// Counts what notices tell.
#[derive(Clone)]
pub(crate) struct Tally {
    syncs: Family<Label, Counter>,
    duration: Histogram,
    healed: Counter,
    removed: Counter,
}

impl Tally {
    /// Counters at zero, the results of syncs among them: what never failed is told as well.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let tally = Self {
            syncs: Family::default(),
            // 10 ms to 11 minutes
            duration: Histogram::new(exponential_buckets(0.01, 3.0, 11)),
            healed: Counter::default(),
            removed: Counter::default(),
        };
        for result in ["applied", "unchanged", "failed"] {
            let _at_zero = tally.syncs.get_or_create_owned(&[("result", result)]);
        }
        registry.register("syncs", "Syncs that came to an end", tally.syncs.clone());
        registry.register_with_unit(
            "sync_duration",
            "How long syncs took that reached their end",
            Unit::Seconds,
            tally.duration.clone(),
        );
        registry.register("drift_healed", "Objects that were put back", tally.healed.clone());
        registry.register("removals", "Repositories that were removed", tally.removed.clone());
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        registry.register("build", "The program", Info::new(version));
        tally
    }

    fn ended(&self, result: &'static str) {
        self.syncs.get_or_create(&[("result", result)]).inc();
    }
}

impl EventSink for Tally {
    fn emit(&self, notice: &Notice) {
        match &notice.what {
            What::Synced { delivery, took, .. } => {
                self.ended(match delivery {
                    Delivery::Unchanged => "unchanged",
                    Delivery::Deployed | Delivery::Upgraded | Delivery::RolledBack => "applied",
                });
                self.duration.observe(took.as_secs_f64());
            }
            What::Failed { .. } => self.ended("failed"),
            What::Healed { .. } => {
                self.healed.inc();
            }
            What::Removed { .. } => {
                self.removed.inc();
            }
            What::Started { .. } | What::Planned { .. } | What::Object(_) | What::Warned(_) => {}
        }
    }
}

/// Reads the engine and its meter when somebody asks.
pub(crate) struct Sampled {
    pub(crate) engine: Engine,
    pub(crate) meter: Arc<Meter>,
}

impl fmt::Debug for Sampled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sampled")
    }
}

impl Collector for Sampled {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut write = Writer(encoder);
        let mut phases: BTreeMap<&'static str, usize> =
            PHASES.into_iter().map(|phase| (named(phase), 0)).collect();
        let mut objects = Counts::default();
        for key in self.engine.repositories() {
            let Ok(status) = self.engine.status(&key) else { continue };
            *phases.entry(named(status.phase)).or_default() += 1;
            objects.total += status.objects.total;
            objects.ready += status.objects.ready;
            objects.drifted += status.objects.drifted;
            objects.unhealthy += status.objects.unhealthy;
        }
        write.gauges("repositories", "Repositories by phase", "phase", phases)?;
        let Counts { total, ready, drifted, unhealthy } = objects;
        let states =
            [("all", total), ("ready", ready), ("drifted", drifted), ("unhealthy", unhealthy)];
        write.gauges("objects", "Objects by state", "state", states)?;

        let Gauges { workers, letters, requests, git, renders, restarts } = self.engine.gauges();
        write.gauge("workers", "Workers: one a declared repository", workers)?;
        write.gauge("queue", "Letters that wait for their worker", letters)?;
        let open = [("requests", requests), ("git", git), ("renders", renders)];
        write.gauges("in_flight", "What is under way", "what", open)?;
        let help = "Workers that ended unexpectedly and were started again";
        write.counters("worker_restarts", help, [(None, restarts)])?;

        let verbs = self.meter.read().verbs();
        let of = |what: &'static str, wanted: &dyn Fn(&str) -> bool| {
            let verbs = verbs.iter().filter(|(verb, _)| wanted(verb));
            verbs.map(|(verb, count)| (Some((what, *verb)), *count)).collect::<Vec<_>>()
        };
        let git = |verb: &str| GIT.contains(&verb);
        write.counters("git_operations", "Questions to Git servers", of("operation", &git))?;
        let cluster = |verb: &str| !git(verb) && verb != RENDER;
        let help = "Requests to the cluster by verb, before caches";
        write.counters("cluster_requests", help, of("verb", &cluster))?;
        let help = "Renders, those included that found nothing changed";
        let renders = of("", &|verb| verb == RENDER).into_iter().map(|(_, count)| (None, count));
        write.counters("renders", help, renders)
    }
}

const PHASES: [Phase; 6] = [
    Phase::Pending,
    Phase::Syncing,
    Phase::Synced,
    Phase::Failed,
    Phase::Suspended,
    Phase::Terminating,
];

fn named(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "Pending",
        Phase::Syncing => "Syncing",
        Phase::Synced => "Synced",
        Phase::Failed => "Failed",
        Phase::Suspended => "Suspended",
        Phase::Terminating => "Terminating",
    }
}

/// Writes families of plain numbers.
struct Writer<'a>(DescriptorEncoder<'a>);

impl Writer<'_> {
    fn gauge(&mut self, name: &str, help: &str, value: usize) -> fmt::Result {
        let metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        gauge(value).encode(metric)
    }

    fn gauges(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: impl IntoIterator<Item = (&'static str, usize)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (value, number) in values {
            gauge(number).encode(family.encode_family(&[(label, value)])?)?;
        }
        Ok(())
    }

    fn counters(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Option<(&'static str, &'static str)>, u64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (label, number) in values {
            match label {
                Some(label) => {
                    ConstCounter::new(number).encode(family.encode_family(&[label])?)?;
                }
                None => return ConstCounter::new(number).encode(family),
            }
        }
        Ok(())
    }
}

fn gauge(value: usize) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
