//! Parents and their statuses.

use std::sync::Arc;

use async_trait::async_trait;
use nopea_core::port::{Claim, Mode, Parent, ParentRef, ParentState, Publish, Refusal, StatusSink};

use crate::{MemoryCluster, Verb};

#[async_trait]
impl Parent for MemoryCluster {
    async fn read(&self, request: &ParentRef) -> Result<ParentState, Refusal> {
        let answer = self.shared.enter(Verb::Read, None, Mode::Real).await?;
        let state = self.shared.peek(|server| {
            server.parents.read(request).map(|record| ParentState {
                claimed: record.claimed.clone(),
                status: record.status.as_ref().map(Arc::clone),
            })
        });
        answer.deliver(state)
    }

    async fn claim(&self, request: &Claim) -> Result<(), Refusal> {
        let answer = self.shared.enter(Verb::Claim, None, Mode::Real).await?;
        let claimed =
            self.shared.with(|server| server.parents.claim(&request.parent, &request.kinds));
        answer.deliver(claimed)
    }

    async fn release(&self, request: &ParentRef) -> Result<(), Refusal> {
        let answer = self.shared.enter(Verb::Claim, None, Mode::Real).await?;
        answer.deliver(self.shared.with(|server| server.parents.release(request)))
    }
}

#[async_trait]
impl StatusSink for MemoryCluster {
    async fn publish(&self, request: &Publish) -> Result<(), Refusal> {
        let answer = self.shared.enter(Verb::Status, None, Mode::Real).await?;
        let published =
            self.shared.with(|server| server.parents.publish(&request.parent, &request.status));
        answer.deliver(published.map(drop))
    }
}
