//! Readings and changes of JSON objects by path. Knows nothing of Kubernetes.

use serde_json::{Map, Value};

/// The text at `path`; empty where there is none.
pub(crate) fn text<'a>(object: &'a Value, path: &[&str]) -> &'a str {
    get(object, path).and_then(Value::as_str).unwrap_or_default()
}

/// The value at `path`.
pub(crate) fn get<'a>(object: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, name| value.get(*name))
}

/// The whole number at `path`.
pub(crate) fn number(object: &Value, path: &[&str]) -> Option<i64> {
    get(object, path).and_then(Value::as_i64)
}

/// The items of the list at `path`; none where there is no list.
pub(crate) fn items<'a>(object: &'a Value, path: &[&str]) -> &'a [Value] {
    get(object, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The entries of the map at `path`.
pub(crate) fn entries<'a>(
    object: &'a Value,
    path: &[&str],
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    get(object, path).and_then(Value::as_object).into_iter().flatten()
}

/// The map at `path`, made where it is not there; none where something else stands in the way.
pub(crate) fn map<'a>(object: &'a mut Value, path: &[&str]) -> Option<&'a mut Map<String, Value>> {
    let mut value = object;
    for name in path {
        let fields = value.as_object_mut()?;
        value = fields.entry(*name).or_insert_with(|| Value::Object(Map::new()));
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
    }
    value.as_object_mut()
}

/// The map at `path`, where it is there.
pub(crate) fn map_if_there<'a>(
    object: &'a mut Value,
    path: &[&str],
) -> Option<&'a mut Map<String, Value>> {
    at(object, path)?.as_object_mut()
}

/// The value at `path`, to be changed.
pub(crate) fn at<'a>(object: &'a mut Value, path: &[&str]) -> Option<&'a mut Value> {
    path.iter().try_fold(object, |value, name| value.get_mut(*name))
}

/// The items of the list at `path`, to be changed.
pub(crate) fn items_mut<'a>(object: &'a mut Value, path: &[&str]) -> &'a mut [Value] {
    at(object, path).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

/// Puts a value at `path`, with the maps that lead to it.
pub(crate) fn set(object: &mut Value, path: &[&str], value: impl Into<Value>) {
    if let Some((last, parents)) = path.split_last()
        && let Some(fields) = map(object, parents)
    {
        fields.insert((*last).to_owned(), value.into());
    }
}

/// Puts a value at `path` where nothing stands, or null does.
pub(crate) fn default(object: &mut Value, path: &[&str], value: impl Into<Value>) {
    if get(object, path).is_none_or(Value::is_null) {
        set(object, path, value);
    }
}

/// Takes the value at `path` away.
pub(crate) fn remove(object: &mut Value, path: &[&str]) -> Option<Value> {
    let (last, parents) = path.split_last()?;
    map_if_there(object, parents)?.remove(*last)
}

/// Makes the value at `path` what it is in `from`, also where it is absent there.
pub(crate) fn carry(object: &mut Value, from: &Value, path: &[&str]) {
    match get(from, path) {
        Some(value) => set(object, path, value.clone()),
        None => drop(remove(object, path)),
    }
}

/// Merges `patch` as RFC 7386 says.
pub(crate) fn merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else { return };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            merge_patch(fields.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_merge_patch_removes_what_it_sets_to_null() {
        let mut target = json!({"a": {"b": 1, "c": 2}, "d": [1]});
        merge_patch(&mut target, &json!({"a": {"b": null, "e": 3}, "d": [2]}));
        assert_eq!(target, json!({"a": {"c": 2, "e": 3}, "d": [2]}));
    }

    #[test]
    fn a_default_leaves_what_stands() {
        let mut object = json!({"spec": {"replicas": 3}});
        default(&mut object, &["spec", "replicas"], 1);
        default(&mut object, &["spec", "strategy", "type"], "RollingUpdate");
        assert_eq!(object, json!({"spec": {"replicas": 3, "strategy": {"type": "RollingUpdate"}}}));
    }
}
