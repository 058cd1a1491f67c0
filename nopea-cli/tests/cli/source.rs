//! Where commits come from: references, folders, and what is none of both.

use std::net::TcpListener;

use nopea_git::testing::Repository;

use crate::{
    manifest::{BARE, SHOP, config},
    run::{folder, nopea},
};

fn names(run: &crate::run::Run) -> Vec<String> {
    let json = run.json();
    let objects = json["objects"].as_array().unwrap().iter();
    objects.map(|object| object["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_branch_a_tag_a_version_a_commit_and_a_reference_are_found() {
    let repository = Repository::new();
    let first = repository.commit(&[("a.yaml", &config("first"))]);
    repository.git(&["tag", "v1.0.0"]);
    repository.git(&["branch", "old"]);
    repository.commit(&[("a.yaml", &config("second"))]);
    for (flags, name) in [
        (vec![], "second"),
        (vec!["--branch", "old"], "first"),
        (vec!["--tag", "v1.0.0"], "first"),
        (vec!["--semver", "^1"], "first"),
        (vec!["--commit", first.as_str()], "first"),
        (vec!["--ref", "refs/heads/main"], "second"),
    ] {
        let arguments = [&["sync", ".", "-o", "json"], &flags[..]].concat();
        let run = nopea(&repository.path(), &arguments);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert_eq!(names(&run), [name], "{flags:?}");
    }
}

#[test]
fn uncommitted_files_count_only_where_they_are_asked_for() {
    let repository = Repository::new();
    repository.commit(&[("a.yaml", &config("committed"))]);
    repository.write("b.yaml", config("uncommitted"));
    let head = nopea(&repository.path(), &["sync", ".", "-o", "json"]);
    let files = nopea(&repository.path(), &["sync", ".", "--worktree", "-o", "json"]);
    assert_eq!(names(&head), ["committed"]);
    assert_eq!(names(&files), ["committed", "uncommitted"]);
}

#[test]
fn an_unknown_branch_ends_with_2() {
    let repository = Repository::new();
    repository.commit(&[("a.yaml", BARE)]);
    let run = nopea(&repository.path(), &["sync", ".", "--branch", "mian"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.starts_with("error[G004]: . has no branch mian"), "{run:?}");
    assert!(run.stderr.contains("  = help: did you mean main?"), "{run:?}");
    assert!(run.stdout.contains("failed: no commit could be had"), "{run:?}");
}

#[test]
fn a_folder_that_does_not_exist_ends_with_2() {
    let folder = folder(&[]);
    let run = nopea(folder.path(), &["sync", "nowhere"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.starts_with("error[G012]: "), "{run:?}");
}

#[test]
fn a_server_that_refuses_the_connection_ends_with_2() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = folder(&[]);
    let url = format!("http://{address}/shop.git");
    for command in ["sync", "plan", "render"] {
        let run = nopea(folder.path(), &[command, &url]);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.contains("error[G001]: "), "{run:?}");
    }
}

#[test]
fn a_folder_without_a_repository_is_its_files_and_has_no_branch() {
    let folder = folder(&[("a.yaml", SHOP)]);
    let run = nopea(folder.path(), &["sync", ".", "--branch", "main"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.starts_with("error[G002]: "), "{run:?}");
}

#[test]
fn what_cannot_be_asked_for_ends_with_2_before_anything_is_read() {
    let folder = folder(&[("a.yaml", BARE)]);
    for (flags, code) in [
        (["--commit", "abc1234"], "error[G006]: "),
        (["--path", "../x"], "error[M002]: "),
        (["--path", "/etc"], "error[M002]: "),
        (["--approve", "yes"], "error[K013]: "),
        (["--name", "No Name"], "error[M015]: "),
    ] {
        let run = nopea(folder.path(), &["sync", ".", flags[0], flags[1]]);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.starts_with(code), "{run:?}");
        assert_eq!(run.stdout, "");
    }
}
