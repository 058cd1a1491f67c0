//! A violating example of each rule about one file, and what only looks like one.

use super::*;

fn file(path: &str, text: &str) -> File {
    File { path: path.into(), text: text.into() }
}

#[test]
fn a_rust_file_without_a_head_is_named() {
    let files =
        [file("a/src/lib.rs", "//! Good.\n"), file("a/src/b.rs", "// b\n"), file("a.toml", "[a]")];
    let found = heads(&files);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("a/src/b.rs: "));
}

#[test]
fn code_past_400_lines_is_named_and_400_pass() {
    let files = [file("a/src/b.rs", &"x\n".repeat(401)), file("a/src/c.rs", &"x\n".repeat(400))];
    let found = lengths(&files);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("a/src/b.rs: 401 lines"));
}

#[test]
fn tests_do_not_count_wherever_they_stand() {
    let long = "x\n".repeat(401);
    let foot = format!("x\n#[cfg(test)]\nmod tests {{\n{long}}}\n");
    let files = [
        file("a/src/b.rs", &foot),
        file("a/src/b/tests.rs", &long),
        file("tests/suite/c.rs", &long),
        file("a/tests/d.rs", &long),
    ];
    assert_eq!(lengths(&files), [""; 0]);
}

#[test]
fn a_module_of_tests_that_stands_elsewhere_does_not_end_the_count() {
    let text = format!("#[cfg(test)]\nmod tests;\n{}", "x\n".repeat(400));
    assert_eq!(lengths(&[file("a/src/b.rs", &text)]).len(), 1);
}

#[test]
fn a_main_past_30_lines_is_named() {
    let long = "x\n".repeat(31);
    let files = [
        file("a/src/main.rs", &long),
        file("b/src/main.rs", &"x\n".repeat(30)),
        file("tests/suite/main.rs", &long),
    ];
    let found = short_mains(&files);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("a/src/main.rs: 31 lines"));
}

#[test]
fn a_mod_rs_is_named() {
    let found = names(&[file("a/src/b/mod.rs", ""), file("a/src/model.rs", "")]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("a/src/b/mod.rs: "));
}

#[test]
fn names_that_say_nothing_are_named() {
    let files =
        ["utils.rs", "common.rs", "helpers.rs"].map(|name| file(&format!("a/src/{name}"), ""));
    assert_eq!(names(&files).len(), 3);
}

#[test]
fn work_left_over_is_named_with_its_line() {
    let text = format!("a\n// {}: later\n{}]\n", concat!("TO", "DO"), concat!("#[ign", "ore"));
    let found = leftovers(&[file("a/src/b.rs", &text)]);
    assert_eq!(found.len(), 2);
    assert!(found[0].starts_with("a/src/b.rs:2: "));
    assert!(found[1].starts_with("a/src/b.rs:3: "));
    let text = format!("# {} this", concat!("FIX", "ME"));
    assert_eq!(leftovers(&[file("Cargo.toml", &text)]).len(), 1);
}

#[test]
fn a_word_that_only_holds_a_mark_is_none() {
    let text = format!("MAS{}NS, {}_LIST", concat!("TO", "DO"), concat!("FIX", "ME"));
    assert_eq!(leftovers(&[file("a/src/b.rs", &text)]), [""; 0]);
}
