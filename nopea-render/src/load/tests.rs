//! Tests of the loader.

mod kubectl;

use nopea_core::{fault::Code, port::Stop};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Loaded, Named, load, load_all};
use crate::limits::Limits;

fn loaded(text: &str) -> Loaded<'_> {
    let limits = Limits::default();
    load(text.as_bytes(), Named::Yaml, &limits, &Stop::default(), limits.nodes)
}

/// Code, line, column and message of every problem.
fn problems(text: &str) -> Vec<(Code, u32, u32, String)> {
    loaded(text)
        .problems
        .into_iter()
        .map(|p| (p.code, p.span.line, p.span.column, p.message))
        .collect()
}

/// Code, line and column of every problem.
fn places(text: &str) -> Vec<(Code, u32, u32)> {
    problems(text).into_iter().map(|(code, line, column, _)| (code, line, column)).collect()
}

/// Numbers beyond 63 bits are floats to both, however they are printed.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b))
            if a.is_f64() || b.is_f64() || b.as_i64().is_none() =>
        {
            a.as_f64() == b.as_f64()
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => ours == theirs,
    }
}

#[test]
fn scalars_mean_what_they_mean_to_kubectl() {
    let wrong: Vec<String> = kubectl::SCALARS
        .iter()
        .filter_map(|(text, expected)| {
            let ours = load_all(&format!("a: {text}\n"));
            let theirs: Value = serde_json::from_str(expected).unwrap();
            let equal = matches!(&ours, Ok(all) if all.len() == 1 && same(&all[0]["a"], &theirs));
            (!equal).then(|| format!("{text}: {ours:?}, not {theirs}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn documents_mean_what_they_mean_to_kubectl() {
    let wrong: Vec<String> = kubectl::DOCUMENTS
        .iter()
        .filter_map(|(text, expected)| {
            let ours = load_all(text);
            let theirs: Value = serde_json::from_str(expected).unwrap();
            let equal = matches!(&ours, Ok(all) if all.len() == 1 && same(&all[0], &theirs));
            (!equal).then(|| format!("{text:?}: {ours:?}, not {theirs}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_kubectl_refuses_is_refused() {
    // with something behind it, as in the documents that kubectl was asked about
    let taken: Vec<_> = kubectl::REFUSED
        .iter()
        .filter(|text| load_all(&format!("x: 1\n{text}\n")).is_ok())
        .collect();
    assert!(taken.is_empty(), "{taken:#?}");
}

#[test]
fn empty_documents_are_skipped_and_the_others_keep_their_places() {
    let text = "---\n---\na: 1\n---\n# nothing\n---\n~\n---\n  b: 1\n...\n---\n{c: 1}\n";
    let all = loaded(text);
    let found: Vec<_> =
        all.documents.iter().map(|d| (d.value.clone(), d.span.line, d.span.column)).collect();
    assert_eq!(found, [(json!({"a": 1}), 3, 1), (json!({"b": 1}), 9, 3), (json!({"c": 1}), 12, 1)]);
    assert_eq!(all.problems, []);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let all = loaded("\u{feff}a: 1\r\nb: |\r\n  x\r\n  y\r\n---\r\nc: 1\r\n");
    let values: Vec<_> = all.documents.iter().map(|d| &d.value).collect();
    assert_eq!(values, [&json!({"a": 1, "b": "x\ny\n"}), &json!({"c": 1})]);
    assert_eq!(all.documents[1].span.line, 6);
}

#[test]
fn a_duplicate_key_names_both_places() {
    let text = "x: 0\n---\na:\n  - b: 1\n    c: 2\n    b: 3\n    y: 1\n    on: 2\n";
    let expected = [
        (
            Code::DuplicateKey,
            6,
            5,
            "the key \"b\" stands twice in one map, first at 4:5".to_owned(),
        ),
        (
            Code::DuplicateKey,
            8,
            5,
            "the key \"true\" stands twice in one map, first at 7:5".to_owned(),
        ),
    ];
    assert_eq!(problems(text), expected);
    let json = "{\"a\": {\"b\": 1,\n \"b\": 2}}";
    let what = "the key \"b\" stands twice in one map, first at 1:8".to_owned();
    assert_eq!(problems(json), [(Code::DuplicateKey, 2, 2, what)]);
}

#[test]
fn a_key_that_a_merge_brought_may_be_written_out() {
    let text = "d: &d {x: 1, z: 2}\na:\n  <<: *d\n  z: 3\n";
    assert_eq!(load_all(text).unwrap(), [json!({"d": {"x": 1, "z": 2}, "a": {"x": 1, "z": 3}})]);
    assert_eq!(
        places("d: &d {x: 1}\na:\n  <<: *d\n  x: 3\n  x: 4\n"),
        [(Code::DuplicateKey, 5, 3)]
    );
}

#[test]
fn every_fault_of_a_file_is_found() {
    let text =
        "a: [1, 2\n---\nb: 1\nb: 2\nc: !!int x\n---\nok: 1\n---\nd:\n\te: 1\n---\nf: *nothing\n";
    let expected = [
        (Code::Syntax, 1, 4),
        (Code::DuplicateKey, 4, 1),
        (Code::WrongType, 5, 10),
        (Code::Syntax, 10, 2),
        (Code::Syntax, 12, 4),
    ];
    assert_eq!(places(text), expected);
    assert_eq!(loaded(text).documents.iter().filter(|d| d.value == json!({"ok": 1})).count(), 1);
}

#[test]
fn after_a_syntax_error_the_next_document_is_read() {
    let broken = [
        "a: \"never closed\nb: 1\n",
        "a: 'x\n",
        "a: {b: 1\n",
        "a: b: c\n",
        "a:\n\tb: 1\n",
        "a:\n  b: 1\n c: 2\n",
        "a: @x\n",
        "a: [\n",
        "- a\nb: 1\n",
        "a: |x\n  y\n",
        "%YAML 3.0\n---\na: 1\n",
        "a: !<x\n",
        "]\n",
        "a: &\n",
        "? a\n- b\n",
        "a: \"\\q\"\n",
        "key\nother: 1\n",
    ];
    for head in broken {
        let text = format!("{head}---\nok: 1\n");
        let all = loaded(&text);
        assert!(!all.problems.is_empty(), "{head:?}");
        assert!(all.documents.iter().any(|d| d.value == json!({"ok": 1})), "{head:?}");
    }
}

#[test]
fn ten_thousand_levels_are_a_fault() {
    let flow = format!("a: {}", "[".repeat(10_000));
    let block = (0..300).fold(String::new(), |text, level| text + &" ".repeat(level) + "a:\n");
    let dashes = "- ".repeat(10_000);
    let json = format!("{{\"a\": {}", "[".repeat(10_000));
    for text in [&flow, &dashes, &json] {
        assert!(places(text).iter().any(|(code, ..)| *code == Code::TooDeep), "{}", &text[..20]);
    }
    assert!(places(&block).iter().any(|(code, ..)| *code == Code::TooDeep));
}

#[test]
fn a_nest_at_the_limit_is_read() {
    let nest = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    assert!(load_all(&nest(128)).is_ok());
    assert_eq!(places(&nest(129)), [(Code::TooDeep, 1, 129)]);
    // half of it by an alias
    let by_alias = format!("a: &a {}\nb: {}*a{}\n", nest(100), "[".repeat(50), "]".repeat(50));
    assert_eq!(places(&by_alias)[0].0, Code::TooDeep);
}

#[test]
fn an_alias_bomb_is_a_fault() {
    let mut laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..30 {
        let aliases = [format!("*a{}", level - 1).as_str(); 9].join(",");
        laughs = format!("{laughs}a{level}: &a{level} [{aliases}]\n");
    }
    let text = format!("{laughs}---\nok: 1\n");
    assert_eq!(places(&text).iter().map(|p| p.0).collect::<Vec<_>>(), [Code::AliasGrowth]);
    assert_eq!(loaded(&text).documents.len(), 1);
    let labels = "a: &a {x: 1, z: 2}\nb:\n".to_owned() + &"- *a\n- {<<: *a}\n".repeat(200);
    assert!(load_all(&labels).is_ok(), "no bomb");
}

#[test]
fn nested_anchors_of_a_large_value_are_bounded() {
    let (open, close) = ("[&a ".repeat(100), "]".repeat(100));
    let text = format!("{open}[{}]{close}", "x,".repeat(100_000));
    assert!(places(&text).iter().any(|(code, ..)| *code == Code::AliasGrowth));
}

#[test]
fn a_helm_template_is_named_as_such() {
    for text in [
        "a: {{ .Values.x }}\n",
        "{{- if .Values.on }}\na: 1\n{{- end }}\n",
        "a:\n  {{ include \"x\" . | nindent 4 }}\n",
    ] {
        let helps: Vec<_> = loaded(text).problems.into_iter().filter_map(|p| p.help).collect();
        assert!(
            !helps.is_empty() && helps.iter().all(|help| help.contains("Helm")),
            "{text:?}: {helps:?}"
        );
    }
    assert!(load_all("a: \"{{ workflow.name }}\"\n").is_ok());
    let elsewhere = loaded("a: \"{{ $labels.x }}\"\nb: 1\nc: [\n").problems.remove(0).help;
    assert!(!elsewhere.unwrap().contains("Helm"));
}

#[test]
fn what_is_not_utf8_has_its_place_and_hides_nothing() {
    let limits = Limits::default();
    let bytes = b"a: 1\nb: \xc3\xa9\xff\n---\nc: 1\nc: 2\n";
    let all = load(bytes, Named::Yaml, &limits, &Stop::default(), limits.nodes);
    let found: Vec<_> = all.problems.iter().map(|p| (p.code, p.span.line, p.span.column)).collect();
    assert_eq!(found, [(Code::NotUtf8, 2, 5), (Code::DuplicateKey, 5, 1)]);
    let wide = load(b"\xff\xfea\0", Named::Yaml, &limits, &Stop::default(), limits.nodes);
    assert_eq!(
        wide.problems.iter().map(|p| p.message.as_str()).collect::<Vec<_>>(),
        ["the file is UTF-16, not UTF-8"]
    );
}

#[test]
fn json_is_read_strictly_and_as_a_stream() {
    let text = "{\"a\": \"\\ud83d\\ude00\\/\", \"n\": [1.0, 1e3, -0, 1.5],\n\t\"y\": {}}{\"b\": []}\n{\"c\":null}";
    let expected = [
        json!({"a": "😀/", "n": [1, 1000, 0, 1.5], "y": {}}),
        json!({"b": []}),
        json!({"c": null}),
    ];
    assert_eq!(load_all(text).unwrap(), expected);
    assert_eq!(
        loaded(text).documents.iter().map(|d| (d.span.line, d.span.column)).collect::<Vec<_>>(),
        [(1, 1), (2, 10), (3, 1)]
    );
    let limits = Limits::default();
    for (text, line, column) in [
        ("{\"a\": 1,}", 1, 9),
        ("{\"a\": yes}", 1, 7),
        ("{\"a\": 1e400}", 1, 7),
        ("{\"a\": 01}", 1, 7),
        ("{\"a\": [1 2]}", 1, 10),
        ("{\"a\":\n \"x", 2, 2),
        ("{\"a\" 1}", 1, 6),
        ("{\"a\": {\"b\": 1}", 1, 15),
        ("{\"a\": \"\\q\"}", 1, 7),
        ("{\"a\": 1}\n---", 2, 1),
    ] {
        let all = load(text.as_bytes(), Named::Json, &limits, &Stop::default(), limits.nodes);
        let found: Vec<_> =
            all.problems.iter().map(|p| (p.code, p.span.line, p.span.column)).collect();
        assert_eq!(found, [(Code::Syntax, line, column)], "{text}");
    }
}

#[test]
fn a_stop_ends_the_loading() {
    let (limits, stop) = (Limits::default(), Stop::default());
    stop.stop();
    let text = "a: 1\n---\n".repeat(10_000);
    assert!(load(text.as_bytes(), Named::Yaml, &limits, &stop, limits.nodes).documents.len() < 10);
}

#[test]
fn the_nodes_of_a_render_are_bounded() {
    let limits = Limits::default();
    let text = format!("[{}]", "a,".repeat(1_000));
    let all = load(text.as_bytes(), Named::Yaml, &limits, &Stop::default(), 500);
    assert_eq!(all.problems.iter().map(|p| p.code).collect::<Vec<_>>(), [Code::TooLarge]);
    assert!(all.exhausted);
    // exactly as many as may be: [, 3 times a, ]
    let all = load(b"[a, a, a]", Named::Yaml, &limits, &Stop::default(), 5);
    assert_eq!((all.documents.len(), all.nodes_left, all.exhausted), (1, 0, false));
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::from(f64::from(number) + 0.375)),
        "\\PC{0,12}".prop_map(Value::from),
        "[yn~0-9.e+:# \\-\"'\\n\\t\\\\]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,8}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_loaded_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let limits = Limits::default();
        let _loaded = load(&bytes, Named::Yaml, &limits, &Stop::default(), limits.nodes);
        let _loaded = load(&bytes, Named::Json, &limits, &Stop::default(), limits.nodes);
    }

    #[test]
    fn any_yaml_like_text_is_loaded_without_a_panic(text in "[-a:{}\\[\\],&*!|>'\"#%\\n \\t?<0]{0,60}") {
        let all = loaded(&text);
        let breaks = u32::try_from(text.matches(['\n', '\r']).count()).unwrap();
        for problem in &all.problems {
            prop_assert!((1..=breaks + 2).contains(&problem.span.line), "{problem:?}");
            let mut source = super::Source::new(&all.text);
            let excerpt = source.excerpt(problem.span);
            prop_assert!(excerpt.length >= 1);
        }
    }

    #[test]
    fn a_value_that_is_written_out_is_read_back(value in values()) {
        prop_assume!(!value.is_null());
        let json = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(load_all(&json), Ok(vec![value.clone()]), "as JSON: {}", json);
        let yaml = format!("--- # not JSON\n{json}\n");
        prop_assert_eq!(load_all(&yaml), Ok(vec![value]), "as YAML: {}", yaml);
    }
}
