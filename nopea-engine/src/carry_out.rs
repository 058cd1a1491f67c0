//! Effects become port calls, and their answers events. One arm an effect, nothing decided.

use std::sync::Arc;

use nopea_core::{
    model::{Notice, ObjectKey, RepoKey, What},
    port::{
        Applied, Apply, Claim, Delete, Look, Mode, Publish, Refusal, Release, Rendering,
        ScopesRequest, Survey, TryCreate,
    },
    reconcile::{Answer, Ask, Attempt, Effect, Event, Ticket},
};

use crate::{
    entry::Entry,
    follow,
    publish::publish,
    request::Label,
    shared::Shared,
    source::Wish,
    subscription::Update,
    want::{Heard, Question},
    worker::Worker,
};

/// What a request needs of its repository.
struct Call {
    shared: Arc<Shared>,
    entry: Arc<Entry>,
}

impl Worker {
    /// Carries out one effect; nothing here waits.
    pub(crate) fn carry_out(&mut self, effect: Effect) {
        let call = Call { shared: Arc::clone(&self.shared), entry: Arc::clone(&self.entry) };
        match effect {
            Effect::Restore { ticket, parent } => {
                self.ask(reading("Parent::read", Some(ticket)), async move {
                    let _permit = call.shared.limits.restore(&call.entry.requests).await;
                    let result = call.shared.ports.parent.read(&parent).await;
                    if let Ok(state) = &result {
                        call.entry.restored(parent, state.status.as_ref());
                    }
                    Event::Restored { ticket, result: result.map(Box::new) }
                });
            }
            Effect::Survey { ticket, kinds } => {
                let repo = call.entry.key.clone();
                let request = match kinds {
                    Some(kinds) => Survey::Members { repo, kinds },
                    None => Survey::AllKinds { repo },
                };
                self.ask(reading("ClusterView::survey", Some(ticket)), async move {
                    let _permit = call.shared.limits.restore(&call.entry.requests).await;
                    let result = call.shared.ports.view.survey(&request).await;
                    Event::Surveyed { ticket, result }
                });
            }
            Effect::Resolve { ticket, location, not_before } => {
                self.ask(reading("GitSource::resolve", Some(ticket)), async move {
                    let result = call.shared.source.resolve(location, not_before).await;
                    Event::Resolved { ticket, result }
                });
            }
            Effect::Render { ticket, location, commit, spec, known } => {
                self.commit = Some(commit.clone());
                let wish = Wish { location, commit, spec, known };
                self.ask(reading("Renderer::render", Some(ticket)), async move {
                    let commit = wish.commit.clone();
                    let result = call.shared.source.render(wish).await;
                    if let Ok(Rendering::Unchanged) = &result {
                        call.shared.wants.unchanged(&call.entry.key, &commit);
                    }
                    Event::Rendered { ticket, result }
                });
            }
            Effect::Scope { attempt, kinds } => {
                let request = ScopesRequest { kinds };
                self.ask_for(attempt, reading("ClusterView::scopes", None), async move {
                    let _permit = call.shared.limits.request(&call.entry.requests).await;
                    Event::Scoped { attempt, result: call.shared.ports.view.scopes(&request).await }
                });
            }
            Effect::Follow { kinds } => {
                let kinds = self.followed.add(kinds);
                let (label, span) = (reading("ClusterView::follow", None), self.span("follow"));
                let following = follow::follow(call.shared, call.entry, kinds.clone());
                let task = self.requests.spawn(label, span, async move {
                    following.await;
                    None
                });
                self.followed.run_by(kinds, task);
            }
            Effect::Claim { attempt, parent, kinds } => {
                let request = Claim { parent, kinds };
                self.ask_for(attempt, writing("Parent::claim", None), async move {
                    let _permit = call.shared.limits.request(&call.entry.requests).await;
                    Event::Claimed {
                        attempt,
                        result: call.shared.ports.parent.claim(&request).await,
                    }
                });
            }
            Effect::Ask { ticket, key, ask } => {
                self.ask(label_of(&ask, ticket), async move {
                    let _permit = call.shared.limits.request(&call.entry.requests).await;
                    let result = call.answer(&key, ask).await;
                    Event::Answered { ticket, key, result }
                });
            }
            Effect::AskWanted { attempt, commit, keys } => {
                self.ask_for(attempt, reading("the want index", None), async move {
                    let (asker, clock) = (&call.entry.key, call.shared.clock);
                    let question = Question { asker, commit: &commit, clock };
                    let now = clock.now();
                    let nudge = |other: &RepoKey| {
                        if let Some(entry) = call.shared.entry(other) {
                            entry.mailbox.pushed(now);
                        }
                    };
                    let Heard { elsewhere, heard } =
                        call.shared.wants.ask(question, keys, nudge).await;
                    Event::Wanted { attempt, elsewhere, heard }
                });
            }
            Effect::AskContents { attempt, key } => {
                self.ask_for(attempt, reading("ClusterView::survey", None), async move {
                    let _permit = call.shared.limits.request(&call.entry.requests).await;
                    let request = Survey::Contents { key: key.clone() };
                    let result = call.shared.ports.view.survey(&request).await;
                    Event::Contents { attempt, key, result }
                });
            }
            Effect::Want { commit, keys } => self.shared.wants.want(&self.entry.key, commit, keys),
            Effect::Publish { parent, status } => {
                if self.entry.show(&status) {
                    let update = Update::Changed(self.entry.key.clone(), Arc::clone(&status));
                    let _nobody_listens = self.shared.updates.send(update);
                }
                publish(&self.shared, &self.entry, Publish { parent, status });
            }
            Effect::Notify(what) => self.notify(what),
            Effect::Reply { waiter, result } => self.entry.reply(waiter, result),
            Effect::WakeAt(at) => self.wake = self.shared.clock.instant(at),
            Effect::Cancel(ticket) => self.requests.cancel(ticket),
            Effect::Release { ticket, parent } => {
                self.ask(writing("Parent::release", Some(ticket)), async move {
                    let _permit = call.shared.limits.request(&call.entry.requests).await;
                    let result = call.shared.ports.parent.release(&parent).await;
                    Event::Released { ticket, result }
                });
            }
            Effect::Retire => self.retired = true,
        }
    }

    fn ask(&mut self, label: Label, request: impl Future<Output = Event> + Send + 'static) {
        let span = self.span(label.name);
        self.requests.spawn(label, span, async move { Some(request.await) });
    }

    /// A request whose answer echoes the attempt and nothing else.
    fn ask_for(
        &mut self,
        attempt: Attempt,
        label: Label,
        request: impl Future<Output = Event> + Send + 'static,
    ) {
        if attempt > self.attempt {
            self.attempt = attempt;
            self.requests.supersede(attempt);
        }
        self.ask(Label { attempt: Some(attempt), ..label }, request);
    }

    fn span(&self, request: &'static str) -> tracing::Span {
        let commit = self.commit.as_ref().map_or("", |commit| commit.short());
        let (repository, attempt) = (&self.entry.key, self.attempt.0);
        tracing::info_span!("request", %repository, attempt, commit, request)
    }

    fn notify(&self, what: What) {
        let _span = self.span("EventSink::emit").entered();
        let (repo, at) = (self.entry.key.clone(), self.shared.clock.now());
        self.shared.ports.events.emit(&Notice { repo, at, what });
    }
}

impl Call {
    async fn answer(&self, key: &ObjectKey, ask: Ask) -> Result<Answer, Refusal> {
        let (applier, key) = (&self.shared.ports.applier, key.clone());
        match ask {
            Ask::Apply { manifest, guard, mode } => {
                let Applied { created, now } =
                    applier.apply(&Apply { manifest, guard, mode }).await?;
                Ok(Answer::Applied { created, now })
            }
            Ask::Look { api_version } => {
                let found = self.shared.ports.view.look(&Look { key, api_version }).await?;
                Ok(found.map_or(Answer::Absent, Answer::Live))
            }
            Ask::Delete { api_version, uid, version } => {
                let request = Delete { key, api_version, uid, version, mode: Mode::Real };
                applier.delete(&request).await.map(|()| Answer::Deleted)
            }
            Ask::Release { api_version, version, managed_fields } => {
                let request = Release { key, api_version, version, managed_fields };
                applier.release(&request).await.map(Answer::Live)
            }
            Ask::TryCreate { manifest } => {
                applier.try_create(&TryCreate { manifest }).await.map(|()| Answer::Creatable)
            }
        }
    }
}

fn reading(name: &'static str, ticket: Option<Ticket>) -> Label {
    Label { name, ticket, attempt: None, writes: false }
}

fn writing(name: &'static str, ticket: Option<Ticket>) -> Label {
    Label { name, ticket, attempt: None, writes: true }
}

fn label_of(ask: &Ask, ticket: Ticket) -> Label {
    let ticket = Some(ticket);
    match ask {
        Ask::Apply { mode: Mode::Try, .. } => reading("Applier::apply", ticket),
        Ask::Apply { mode: Mode::Real, .. } => writing("Applier::apply", ticket),
        Ask::Look { .. } => reading("ClusterView::look", ticket),
        Ask::Delete { .. } => writing("Applier::delete", ticket),
        Ask::Release { .. } => writing("Applier::release", ticket),
        Ask::TryCreate { .. } => reading("Applier::try_create", ticket),
    }
}

#[cfg(test)]
mod spans;
#[cfg(test)]
mod tests;
