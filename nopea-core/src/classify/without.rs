//! Takes fields out of an object by the paths that servers write: `.spec.ports[port=80].targetport`.

use serde_json::Value;

use super::message::outside_quotes;

/// Takes what stands at `path` out of `object`; says whether something stood there.
pub(crate) fn take(object: &mut Value, path: &str) -> bool {
    match path.strip_prefix('[') {
        Some(rest) => item(object, rest),
        None => field(object, path.strip_prefix('.').unwrap_or(path)),
    }
}

/// A field: the longest key that the path begins with, as keys may hold dots themselves.
fn field(object: &mut Value, path: &str) -> bool {
    let Value::Object(map) = object else { return false };
    let ends = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
    let keys = map.keys().filter(|key| path.strip_prefix(key.as_str()).is_some_and(ends));
    let Some(key) = keys.max_by_key(|key| key.len()).cloned() else { return false };
    match path.get(key.len()..) {
        Some("") | None => map.remove(&key).is_some(),
        Some(rest) => map.get_mut(&key).is_some_and(|below| take(below, rest)),
    }
}

/// An item of a list: `0]`, `="a"]` or `name="a",port=80]`, and what follows.
fn item(object: &mut Value, path: &str) -> bool {
    let Value::Array(items) = object else { return false };
    let Some(end) = outside_quotes(path, "]") else { return false };
    let (Some(selector), Some(rest)) = (path.get(..end), path.get(end + 1..)) else { return false };
    let at = match selector.parse() {
        Ok(at) => Some(at),
        Err(_) => {
            let exact = items.iter().position(|item| selects(selector, item, false));
            exact.or_else(|| items.iter().position(|item| selects(selector, item, true)))
        }
    };
    match at.filter(|at| *at < items.len()) {
        None => false,
        Some(at) if rest.is_empty() => {
            items.remove(at);
            true
        }
        Some(at) => items.get_mut(at).is_some_and(|below| take(below, rest)),
    }
}

/// Whether an item has these keys; one that it leaves out may have a default where that is allowed.
fn selects(selector: &str, item: &Value, defaults: bool) -> bool {
    let mut rest = selector;
    loop {
        let end = outside_quotes(rest, ",").unwrap_or(rest.len());
        let one = rest.get(..end).unwrap_or(rest);
        let Some((name, value)) = one.split_once('=') else { return false };
        let Ok(value) = serde_json::from_str::<Value>(value) else { return false };
        let same = if name.is_empty() {
            *item == value
        } else {
            item.get(name).map_or(defaults, |found| *found == value)
        };
        match rest.get(end + 1..) {
            _ if !same => return false,
            Some(more) => rest = more,
            None => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_and_items_are_taken_by_the_paths_of_servers() {
        let object = json!({
            "data": {"a.b": 1, "a": {"b": 2}},
            "spec": {
                "ports": [{"port": 80, "x": 1}, {"port": 80, "protocol": "UDP", "x": 2}],
                "names": ["a,]b", "c"],
                "rules": [{"x": 1}, {"x": 2}],
            },
        });
        for (path, pointer) in [
            (".data.a.b", "/data/a.b"),
            ("spec.ports[port=80,protocol=\"UDP\"].x", "/spec/ports/1/x"),
            ("spec.ports[port=80,protocol=\"TCP\"].x", "/spec/ports/0/x"),
            (".spec.rules[1].x", "/spec/rules/1/x"),
        ] {
            let mut taken = object.clone();
            assert!(take(&mut taken, path), "{path}");
            assert!(taken.pointer(pointer).is_none(), "{path}: {taken}");
            assert_ne!(taken, object);
        }
        let mut taken = object.clone();
        assert!(take(&mut taken, ".spec.names[=\"a,]b\"]"));
        assert_eq!(taken["spec"]["names"], json!(["c"]));
    }

    #[test]
    fn a_path_that_leads_nowhere_takes_nothing() {
        let object = json!({"spec": {"ports": [{"port": 80}]}});
        for path in [
            "",
            ".",
            "spec.x",
            "spec.ports[port=81].x",
            "spec.ports[",
            "spec.ports[9].x",
            "spec[0]",
            "[x]",
        ] {
            let mut taken = object.clone();
            assert!(!take(&mut taken, path), "{path}");
            assert_eq!(taken, object, "{path}");
        }
    }
}
