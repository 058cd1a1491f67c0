//! What the objects of a set contradict among themselves although each alone is right (R17).

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

use serde_json::Value;

use super::{About, Prepared, defined_kind, is_custom_resource_definition};
use crate::fault::{Code, Fault};

/// The most bytes of an object as JSON: 1.4 MiB, what etcd takes of 1.5 MiB beside its own.
const BODY_LIMIT: usize = 1_468_006;

/// Checks a set whose objects are sorted.
pub(super) fn check(objects: &[Prepared], faults: &mut Vec<Fault>) {
    let mut held: BTreeMap<String, &Prepared> = BTreeMap::new();
    for object in objects {
        let about = About { manifest: &object.manifest, key: &object.manifest.key };
        for claim in claims(object) {
            let Some(first) = held.get(&claim) else {
                held.insert(claim, object);
                continue;
            };
            let (other, place) = (&first.manifest.key, &first.manifest.origin);
            let message = format!("{claim} is also claimed by {other} at {place}");
            faults.push(about.fault(Code::Contradiction, message));
        }
        let size = size(&object.manifest.body);
        if size > BODY_LIMIT {
            let message = format!("it has {size} bytes, more than {BODY_LIMIT}");
            faults.push(about.fault(Code::BodyTooLarge, message));
        }
    }
}

/// What only one object of a cluster may have, in words; each claim once.
fn claims(object: &Prepared) -> BTreeSet<String> {
    let key = &object.manifest.key;
    if is_custom_resource_definition(&key.kind) {
        defined_kind(&object.manifest.body).map(|kind| format!("kind {kind}")).into_iter().collect()
    } else if key.kind.is("", "Service") {
        addresses(&object.manifest.body)
    } else {
        BTreeSet::new()
    }
}

fn addresses(service: &Value) -> BTreeSet<String> {
    let spec = |field: &str| service.pointer(&format!("/spec/{field}"));
    let list = |field| spec(field).and_then(Value::as_array).into_iter().flatten();
    let ports = list("ports").filter_map(|port| port.get("nodePort"));
    let node_ports = ports
        .chain(spec("healthCheckNodePort"))
        .filter_map(Value::as_u64)
        .filter(|port| *port > 0)
        .map(|port| format!("nodePort {port}"));
    let addresses = spec("clusterIP")
        .into_iter()
        .chain(list("clusterIPs"))
        .filter_map(Value::as_str)
        .filter(|address| !matches!(*address, "" | "None"))
        .map(|address| format!("clusterIP {address}"));
    node_ports.chain(addresses).collect()
}

fn size(body: &Value) -> usize {
    let mut counter = Counter(0);
    match serde_json::to_writer(&mut counter, body) {
        Ok(()) => counter.0,
        Err(_) => usize::MAX,
    }
}

/// Counts what is written into it.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0 += buf.len();
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
