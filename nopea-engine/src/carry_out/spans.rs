//! Whatever a request logs stands in a span that names repository, attempt and commit.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use nopea_core::{
    model::What,
    reconcile::{Attempt, Effect, Ticket},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::{
    fixture::{Mocks, commit, location, spec},
    shared::lock,
};

type Fields = BTreeMap<&'static str, String>;

/// Keeps the fields of every span.
#[derive(Clone, Default)]
struct Recorder {
    spans: Arc<Mutex<Vec<Fields>>>,
    number: Arc<AtomicU64>,
}

struct Reader<'a>(&'a mut Fields);

impl Visit for Reader<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let mut fields = Fields::new();
        span.record(&mut Reader(&mut fields));
        lock(&self.spans).push(fields);
        span::Id::from_u64(self.number.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}
    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}
    fn event(&self, _event: &Event<'_>) {}
    fn enter(&self, _span: &span::Id) {}
    fn exit(&self, _span: &span::Id) {}
}

#[tokio::test]
async fn a_request_is_logged_with_its_repository_attempt_and_commit() {
    let recorder = Recorder::default();
    let mut mocks = Mocks::default();
    mocks.events.expect_emit().return_const(());
    let mut worker = mocks.worker();
    let (ticket, location, known) = (Ticket(1), location(), None);
    let (first, attempt) = (commit('a'), Attempt(7));
    let _recording = tracing::subscriber::set_default(recorder.clone());
    let spec = Arc::new(spec());
    worker.carry_out(Effect::Render { ticket, location, commit: first, spec, known });
    worker.carry_out(Effect::Scope { attempt, kinds: std::collections::BTreeSet::new() });
    worker.carry_out(Effect::Notify(What::Started { commit: commit('a') }));
    let spans = lock(&recorder.spans);
    let requests: Vec<_> = spans.iter().map(|fields| fields.get("request").unwrap()).collect();
    let expected = ["\"Renderer::render\"", "\"ClusterView::scopes\"", "\"EventSink::emit\""];
    assert_eq!(requests, expected);
    let last = spans.last().unwrap();
    assert_eq!(last.get("repository").unwrap(), "shop/web");
    assert_eq!(last.get("attempt").unwrap(), "7");
    assert_eq!(last.get("commit").unwrap(), "\"aaaaaaa\"");
}
