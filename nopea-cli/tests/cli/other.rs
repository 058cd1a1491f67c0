//! `nopea demo`, `version`, `completion`, and how the command line itself fails.

use std::{io::Read as _, process::Stdio};

use crate::{
    manifest::config,
    run::{command, folder, nopea},
};

#[test]
fn the_demonstration_holds_in_every_step() {
    let folder = folder(&[]);
    let run = nopea(folder.path(), &["demo"]);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    assert!(!run.stdout.contains("FAILED"), "{}", run.stdout);
    for said in [
        "synced ",
        "--> deploy/web.yaml:16:",
        "error[K013]: held",
        "--approve ",
        "healed Deployment.apps shop/web, which kubectl-edit had changed",
        "checks hold",
    ] {
        assert!(run.stdout.contains(said), "{said}: {}", run.stdout);
    }
    assert_eq!(run.stderr, "");
}

#[test]
fn the_version_is_the_workspace_s() {
    let folder = folder(&[]);
    let wanted = format!("nopea {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(nopea(folder.path(), &["version"]).stdout, wanted);
    assert_eq!(nopea(folder.path(), &["--version"]).stdout, wanted);
}

#[test]
fn each_shell_gets_a_completion_script() {
    let folder = folder(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = nopea(folder.path(), &["completion", shell]);
        assert_eq!(run.code, Some(0));
        assert!(run.stdout.contains("target-namespace"), "{shell}");
    }
}

#[test]
fn a_command_line_that_cannot_be_read_ends_with_2() {
    let folder = folder(&[]);
    for arguments in [
        &["sink"][..],
        &["sync"],
        &["sync", ".", "--branch", "a", "--tag", "b"],
        &["sync", ".", "--timeout", "soon"],
        &["sync", ".", "--interval", "5s"],
        &["sync", ".", "-o", "xml"],
    ] {
        let run = nopea(folder.path(), arguments);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.starts_with("error: "), "{run:?}");
    }
    assert_eq!(nopea(folder.path(), &["--help"]).code, Some(0));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let files: Vec<_> = (0..2000).map(|at| config(&format!("c{at}"))).collect();
    let folder = folder(&[("a.yaml", &files.join("---\n"))]);
    let mut child = command(folder.path(), &["render", "."])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 3];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
