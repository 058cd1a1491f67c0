//! The published JSON schemas of CDEvents 0.5.1, for the tests. `tests/cdevents-0.5.1/README.md` says
//! where they come from. Knows no event of ours.

use std::error::Error;

use jsonschema::{Retrieve, Uri, Validator};
use serde_json::Value;

macro_rules! published {
    ($path:literal) => {
        include_str!(concat!("../../tests/cdevents-0.5.1/", $path))
    };
}

const DEPLOYED: &str = published!("schemas/servicedeployed.json");
const UPGRADED: &str = published!("schemas/serviceupgraded.json");
const ROLLED_BACK: &str = published!("schemas/servicerolledback.json");
const REMOVED: &str = published!("schemas/serviceremoved.json");
const CUSTOM: &str = published!("custom/schema.json");
/// What they refer to.
const LINKS: [&str; 4] = [
    published!("schemas/links/embeddedlinksarray.json"),
    published!("schemas/links/embeddedlinkend.json"),
    published!("schemas/links/embeddedlinkpath.json"),
    published!("schemas/links/embeddedlinkrelation.json"),
];

/// Answers from what is vendored, and from nowhere else.
struct Vendored;

impl Retrieve for Vendored {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        let schemas = LINKS.into_iter().map(read);
        let found = schemas.into_iter().find(|schema| schema["$id"] == uri.as_str());
        found.ok_or_else(|| format!("{uri} is not vendored").into())
    }
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Makes the validator of an event type; of custom events where the specification has no such type.
pub(super) fn validator(kind: &str) -> Validator {
    let text = match kind {
        "dev.cdevents.service.deployed.0.3.0" => DEPLOYED,
        "dev.cdevents.service.upgraded.0.3.0" => UPGRADED,
        "dev.cdevents.service.rolledback.0.3.0" => ROLLED_BACK,
        "dev.cdevents.service.removed.0.3.0" => REMOVED,
        _custom => CUSTOM,
    };
    let options = jsonschema::options().should_validate_formats(true).with_retriever(Vendored);
    options.build(&read(text)).unwrap()
}
