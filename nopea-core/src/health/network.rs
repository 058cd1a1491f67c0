//! Service. An Ingress has no rule: many controllers never write its status.

use super::read::{Look, progressing};
use crate::model::Health;

pub(super) fn service(look: Look<'_>) -> Health {
    let balanced = look.text("/spec/type") == Some("LoadBalancer");
    if balanced && look.list("/status/loadBalancer/ingress").is_empty() {
        return progressing("waiting for the address of a load balancer");
    }
    Health::Healthy
}
