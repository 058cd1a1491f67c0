//! fieldsV1 values as sets of fields: what is left, what is shared. Knows no live object.

use serde_json::{Map, Value};

use super::{MAX_DEPTH, children, has_children, is_member};

/// The fields of `a` that `b` does not name; none where nothing is left.
///
/// The mark `.` of a map or item goes with the last field below it.
///
/// ```
/// use nopea_core::fields::subtract;
/// let a = serde_json::json!({"f:data": {".": {}, "f:a": {}, "f:b": {}}});
/// let b = serde_json::json!({"f:data": {"f:a": {}}});
/// assert_eq!(subtract(&a, &b), Some(serde_json::json!({"f:data": {".": {}, "f:b": {}}})));
/// assert_eq!(subtract(&b, &a), None);
/// ```
pub fn subtract(a: &Value, b: &Value) -> Option<Value> {
    let rest = below(a, b, 0);
    (!rest.is_empty()).then_some(Value::Object(rest))
}

fn below(a: &Value, b: &Value, depth: usize) -> Map<String, Value> {
    let left = children(a).filter_map(|(key, mine)| {
        let rest = match b.get(key) {
            None => Some(mine.clone()),
            Some(theirs) => node(mine, theirs, depth + 1),
        };
        rest.map(|rest| (key.clone(), rest))
    });
    left.collect()
}

fn node(a: &Value, b: &Value, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH {
        return Some(a.clone());
    }
    let kept = is_member(a) && !is_member(b);
    let mut rest = below(a, b, depth);
    if rest.is_empty() {
        return (kept && !has_children(a)).then(|| a.clone());
    }
    if kept {
        rest.insert(".".to_owned(), Value::Object(Map::new()));
    }
    Some(Value::Object(rest))
}

/// Says whether any field is named by both.
///
/// ```
/// use nopea_core::fields::intersects;
/// let ours = serde_json::json!({"f:spec": {"f:replicas": {}}});
/// assert!(intersects(&ours, &serde_json::json!({"f:spec": {"f:replicas": {}, "f:paused": {}}})));
/// assert!(!intersects(&ours, &serde_json::json!({"f:spec": {"f:paused": {}}})));
/// ```
pub fn intersects(a: &Value, b: &Value) -> bool {
    shared(a, b, 0)
}

fn shared(a: &Value, b: &Value, depth: usize) -> bool {
    children(a).any(|(key, mine)| {
        b.get(key).is_some_and(|theirs| {
            (is_member(mine) && is_member(theirs))
                || (depth < MAX_DEPTH && shared(mine, theirs, depth + 1))
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_left_is_a_set_difference() {
        let item = r#"k:{"name":"web"}"#;
        let cases = [
            (json!({}), json!({}), None),
            (json!({"f:a": {}}), json!({}), Some(json!({"f:a": {}}))),
            (json!({"f:a": {}}), json!({"f:a": {}}), None),
            // a map that others own as such goes with its last key
            (json!({"f:a": {".": {}, "f:b": {}}}), json!({"f:a": {"f:b": {}}}), None),
            (
                json!({"f:a": {item: {".": {}, "f:name": {}, "f:tty": {}}}}),
                json!({"f:a": {item: {".": {}, "f:name": {}}}}),
                Some(json!({"f:a": {item: {"f:tty": {}}}})),
            ),
            // we own `{}`, they own what they put inside
            (json!({"f:a": {"f:b": {}}}), json!({"f:a": {}}), Some(json!({"f:a": {"f:b": {}}}))),
            (json!({"f:a": {}}), json!({"f:a": {"f:b": {}}}), Some(json!({"f:a": {}}))),
            (json!({"v:1": {}, "v:2": {}}), json!({"v:2": {}}), Some(json!({"v:1": {}}))),
        ];
        for (a, b, left) in cases {
            assert_eq!(subtract(&a, &b), left, "{a} - {b}");
            let whole = (a != json!({})).then(|| a.clone());
            assert_eq!(intersects(&a, &b), left != whole, "{a} & {b}");
        }
    }
}
