//! Counts requests per verb, as wrappers round the ports. Knows nothing of what is asked.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use nopea_core::{
    fault::Fault,
    model::Observation,
    port::{
        Applied, Applier, Apply, Claim, ClusterView, Delete, Follow, GitSource, Look, Mode, Open,
        Parent, ParentRef, ParentState, Publish, Refusal, Release, Render, Renderer, Rendering,
        Resolve, Resolved, Scopes, ScopesRequest, SourceError, SourceTree, StatusSink, Survey,
        TryCreate, ViewStream,
    },
};

use crate::shared::Ports;

macro_rules! meter {
    ($($verb:ident: $meaning:literal,)+) => {
        /// Counters of requests, shared by all wrappers of an engine.
        #[derive(Debug, Default)]
        pub struct Meter {
            $($verb: AtomicU64,)+
        }

        /// What a [`Meter`] showed at one moment.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Reading {
            $(#[doc = $meaning] pub $verb: u64,)+
        }

        impl Meter {
            /// What it shows now.
            pub fn read(&self) -> Reading {
                Reading { $($verb: self.$verb.load(Ordering::Relaxed),)+ }
            }
        }

        impl Reading {
            /// What was counted between `earlier` and this reading.
            #[must_use]
            pub fn since(&self, earlier: &Self) -> Self {
                Self { $($verb: self.$verb.saturating_sub(earlier.$verb),)+ }
            }

            /// Each verb with its count, for metrics.
            pub fn verbs(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($verb), self.$verb),)+]
            }
        }
    };
}

meter! {
    resolve: "Look-ups of a reference.",
    open: "Trees opened, with a fetch where needed.",
    render: "Renders, those included that found nothing changed.",
    dry_run: "Server-side dry runs: applies, creations and deletes that were not meant.",
    apply: "Writes of an object or of its managedFields.",
    delete: "Deletes.",
    read: "Single objects read, parents included.",
    list: "Discoveries and surveys.",
    follow: "Watches opened.",
    claim: "Claims and releases of a parent.",
    status: "Statuses published; the sink writes only those that differ.",
}

/// A port whose requests are counted.
pub struct Metered<P: ?Sized> {
    port: Arc<P>,
    meter: Arc<Meter>,
}

impl<P: ?Sized> std::fmt::Debug for Metered<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metered").field("meter", &self.meter).finish_non_exhaustive()
    }
}

impl<P: ?Sized> Metered<P> {
    /// Wraps a port.
    pub fn new(port: Arc<P>, meter: &Arc<Meter>) -> Self {
        Self { port, meter: Arc::clone(meter) }
    }
}

impl Ports {
    /// The same ports, counted.
    #[must_use]
    pub fn metered(self, meter: &Arc<Meter>) -> Self {
        Self {
            git: Arc::new(Metered::new(self.git, meter)),
            renderer: Arc::new(Metered::new(self.renderer, meter)),
            applier: Arc::new(Metered::new(self.applier, meter)),
            view: Arc::new(Metered::new(self.view, meter)),
            parent: Arc::new(Metered::new(self.parent, meter)),
            status: Arc::new(Metered::new(self.status, meter)),
            events: self.events,
        }
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

#[async_trait]
impl<P: GitSource + ?Sized> GitSource for Metered<P> {
    async fn resolve(&self, request: &Resolve) -> Result<Resolved, SourceError> {
        count(&self.meter.resolve);
        self.port.resolve(request).await
    }

    async fn open(&self, request: &Open) -> Result<Arc<dyn SourceTree>, SourceError> {
        count(&self.meter.open);
        self.port.open(request).await
    }
}

impl<P: Renderer + ?Sized> Renderer for Metered<P> {
    fn render(&self, request: &Render) -> Result<Rendering, Vec<Fault>> {
        count(&self.meter.render);
        self.port.render(request)
    }
}

#[async_trait]
impl<P: Applier + ?Sized> Applier for Metered<P> {
    async fn apply(&self, request: &Apply) -> Result<Applied, Refusal> {
        count(match request.mode {
            Mode::Try => &self.meter.dry_run,
            Mode::Real => &self.meter.apply,
        });
        self.port.apply(request).await
    }

    async fn release(&self, request: &Release) -> Result<Box<Observation>, Refusal> {
        count(&self.meter.apply);
        self.port.release(request).await
    }

    async fn delete(&self, request: &Delete) -> Result<(), Refusal> {
        count(match request.mode {
            Mode::Try => &self.meter.dry_run,
            Mode::Real => &self.meter.delete,
        });
        self.port.delete(request).await
    }

    async fn try_create(&self, request: &TryCreate) -> Result<(), Refusal> {
        count(&self.meter.dry_run);
        self.port.try_create(request).await
    }
}

#[async_trait]
impl<P: ClusterView + ?Sized> ClusterView for Metered<P> {
    async fn scopes(&self, request: &ScopesRequest) -> Result<Scopes, Refusal> {
        count(&self.meter.list);
        self.port.scopes(request).await
    }

    async fn look(&self, request: &Look) -> Result<Option<Box<Observation>>, Refusal> {
        count(&self.meter.read);
        self.port.look(request).await
    }

    async fn follow(&self, request: &Follow) -> Result<ViewStream, Refusal> {
        count(&self.meter.follow);
        self.port.follow(request).await
    }

    async fn survey(&self, request: &Survey) -> Result<Vec<Observation>, Refusal> {
        count(&self.meter.list);
        self.port.survey(request).await
    }
}

#[async_trait]
impl<P: Parent + ?Sized> Parent for Metered<P> {
    async fn read(&self, request: &ParentRef) -> Result<ParentState, Refusal> {
        count(&self.meter.read);
        self.port.read(request).await
    }

    async fn claim(&self, request: &Claim) -> Result<(), Refusal> {
        count(&self.meter.claim);
        self.port.claim(request).await
    }

    async fn release(&self, request: &ParentRef) -> Result<(), Refusal> {
        count(&self.meter.claim);
        self.port.release(request).await
    }
}

#[async_trait]
impl<P: StatusSink + ?Sized> StatusSink for Metered<P> {
    async fn publish(&self, request: &Publish) -> Result<(), Refusal> {
        count(&self.meter.status);
        self.port.publish(request).await
    }
}

#[cfg(test)]
mod tests {
    use nopea_core::port::{Guard, ServerStatus};

    use super::*;
    use crate::fixture::{Mocks, manifest, observation};

    #[tokio::test]
    async fn a_dry_run_and_a_write_count_apart_and_a_refusal_counts_too() {
        let mut mocks = Mocks::default();
        let refused =
            || Refusal::Status(Box::new(ServerStatus { code: 409, ..ServerStatus::default() }));
        mocks.applier.expect_apply().times(1).returning(move |_| Err(refused()));
        mocks
            .applier
            .expect_apply()
            .times(2)
            .returning(|_| Ok(Applied { created: true, now: observation("a", 1) }));
        mocks.applier.expect_try_create().returning(|_| Ok(()));
        let meter = Arc::new(Meter::default());
        let ports = mocks.ports().metered(&meter);
        let apply = |mode| Apply { manifest: manifest("a"), guard: Guard::Absent, mode };
        assert!(ports.applier.apply(&apply(Mode::Try)).await.is_err());
        let before = meter.read();
        for mode in [Mode::Try, Mode::Real] {
            ports.applier.apply(&apply(mode)).await.unwrap();
        }
        ports.applier.try_create(&TryCreate { manifest: manifest("a") }).await.unwrap();
        let counted = Reading { dry_run: 2, apply: 1, ..Reading::default() };
        assert_eq!(meter.read().since(&before), counted);
        assert_eq!(meter.read().dry_run, 3);
        assert!(meter.read().verbs().contains(&("apply", 1)));
    }
}
