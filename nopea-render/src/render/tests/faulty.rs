//! What is wrong in files: every fault with its place, its line and the way out.

use std::fmt::Write as _;

use nopea_core::fault::Retry;

use super::{brief, config, faults, of_file};
use crate::MemoryTree;

#[test]
fn a_document_without_a_kind_name_or_api_version_is_a_fault() {
    let text = "\
kind: Pod
metadata: {name: a}
---
apiVersion: v1
metadata:
  name: a
---
apiVersion: v1
kind: Pod
metadata:
  labels: {a: b}
---
apiVersion: v1
kind: Pod
---
apiVersion: ''
kind: ~
metadata: {name: ''}
";
    let found = of_file(text);
    let expected = [
        "MissingField a.yaml:1:1",
        "MissingField a.yaml:4:1",
        "MissingField a.yaml:10:1",
        "MissingField a.yaml:13:1",
        "MissingField a.yaml:16:1",
        "MissingField a.yaml:17:1",
        "MissingField a.yaml:18:12",
    ];
    assert_eq!(brief(&found), expected);
    let messages: Vec<_> = found.iter().map(|fault| &*fault.message).collect();
    assert_eq!(
        messages[..3],
        ["apiVersion is missing", "kind is missing", "metadata.name is missing"]
    );
    assert_eq!(
        messages[4..],
        ["apiVersion is empty", "kind has no value", "metadata.name is empty"]
    );
    assert!(found.iter().all(|fault| fault.retry == Retry::Never));
}

#[test]
fn a_field_of_the_wrong_type_is_a_fault_at_its_value() {
    let text = "\
apiVersion: v1
kind: Pod
metadata:
  name: 123
---
apiVersion: v1
kind: Pod
metadata:
  name: on
  namespace: [a]
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {a: 1, b: x, c: ~}
  annotations:
    ok: yes
---
apiVersion: a/b/c
kind: Pod
metadata: []
---
- a
---
text
";
    let found = of_file(text);
    let expected = [
        "WrongType a.yaml:4:9",
        "WrongType a.yaml:9:9",
        "WrongType a.yaml:10:14",
        "WrongType a.yaml:16:15",
        "WrongType a.yaml:18:9",
        "WrongType a.yaml:20:13",
        "WrongType a.yaml:22:1",
        "WrongType a.yaml:24:1",
        "WrongType a.yaml:26:1",
    ];
    assert_eq!(brief(&found), expected);
    assert!(found[1].help.contains("booleans"));
    assert_eq!(found[3].object.as_ref().unwrap().to_string(), "Pod web");
    assert_eq!(&*found[3].message, "metadata.labels[\"a\"] must be a text, not a number");
}

#[test]
fn a_generated_name_is_a_fault_with_the_way_out() {
    let found = of_file("apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: a-\n");
    assert_eq!(brief(&found), ["GenerateName a.yaml:4:3"]);
    assert!(found[0].help.contains("metadata.name"));
}

#[test]
fn all_faults_of_all_files_come_in_one_answer() {
    let tree = MemoryTree::new()
        .file("a.yaml", "a: [\n---\nkind: Pod\nkind: Pod\n")
        .file("b.yaml", config("fine"))
        .file("c/d.json", "{")
        .file("e.yaml", "a:\n\tb: 1\n")
        .symlink("f.yaml", "nowhere.yaml")
        .symlink("g", "../outside");
    let expected = [
        "PathAbsent f.yaml:1:1",
        "PathOutside g:1:1",
        "Syntax a.yaml:1:4",
        "MissingField a.yaml:3:1",
        "MissingField a.yaml:3:1",
        "DuplicateKey a.yaml:4:1",
        "Syntax c/d.json:1:2",
        "Syntax e.yaml:2:2",
    ];
    assert_eq!(faults(&tree, ""), expected);
}

#[test]
fn a_fault_shows_its_line() {
    let found = of_file("apiVersion: v1\nkind: Pod\nmetadata:\n\t- name: x\n  name: 123\n");
    let shown = found[0].excerpt.as_ref().unwrap();
    assert_eq!((&*shown.text, shown.start), ("→- name: x", 1));
    let found = of_file("apiVersion: v1\nkind: Pod\nmetadata:\n  name: 123\n");
    let shown = found[0].excerpt.as_ref().unwrap();
    assert_eq!((&*shown.text, shown.start, shown.length), ("  name: 123", 8, 3));
    let long = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{labels: {{x: '{}'}}, name: 1}}\n",
        "é".repeat(5_000)
    );
    let shown = of_file(&long)[0].excerpt.clone().unwrap();
    assert_eq!(shown.text.chars().nth(shown.start), Some('1'));
    assert!(shown.text.chars().count() < 130);
}

#[test]
fn an_excerpt_of_a_secret_shows_no_value() {
    let bodies = [
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: 'hunter2\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: hunter2: x\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: *hunter2\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: !!int hunter2\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: @hunter2\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: |\n    x\n\thunter2\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {hunter2: 1}}\n",
        "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret, data: {a: hunter2}}]\n",
        "{\"kind\": \"Secret\", \"data\": {\"a\": \"hunter2\"",
        "stringData: {hunter2\nkind: Secret\n",
        "data:\n  a: 1\n  a: hunter2\nkind: !!str Secret\n",
    ];
    for body in bodies {
        let text = format!("{}---\n{body}", config("hunter2"));
        let found = if body.starts_with('{') { of_file(body) } else { of_file(&text) };
        assert!(!found.is_empty(), "{body}");
        for fault in found {
            let shown = fault.excerpt.as_ref().unwrap();
            assert!(!shown.text.contains("hunter2"), "{body}: {shown:?}");
            let public = body.contains("labels: {hunter2");
            assert!(public || !fault.to_string().contains("hunter2"), "{body}: {fault}");
            assert!(!fault.help.contains("hunter2"), "{body}: {fault:?}");
            assert!(shown.start < shown.text.chars().count().max(1), "{body}: {shown:?}");
        }
    }
    let found = of_file(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 1}\nspec: {imagePullSecrets: []}\n",
    );
    assert!(found[0].excerpt.as_ref().unwrap().text.contains("name: 1"));
}

#[test]
fn a_manifest_that_is_an_lfs_pointer_is_a_fault() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n";
    assert_eq!(brief(&of_file(pointer)), ["LfsPointer a.yaml:1:1"]);
}

#[test]
fn a_flood_of_faults_is_cut_and_says_so() {
    let mut text = String::new();
    (0..5_000).for_each(|number| write!(text, "---\na{number}: [\n").unwrap());
    let found = of_file(&text);
    assert_eq!(found.len(), 1_001);
    assert!(found[1_000].message.contains("more than 1000 faults"));
    let found = of_file(&"a: 1\n".repeat(5_000));
    assert_eq!(found.len(), 1_001);
}
