//! `nopea sync --watch`: each commit as it comes, and a clean end.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use nopea_git::testing::Repository;

use crate::{manifest::config, run::command};

/// More than any line takes.
const BOUND: Duration = Duration::from_secs(30);

/// A watching process and its lines.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(repository: &Repository, flags: &[&str]) -> Self {
        let arguments = [&["sync", ".", "--watch", "--interval", "1s"], flags].concat();
        let mut child = command(&repository.path(), &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stdout: ChildStdout = child.stdout.take().unwrap();
        let stderr = child.stderr.take().unwrap();
        let errors = sender.clone();
        std::thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).for_each(|line| {
                let _gone = sender.send(line);
            });
        });
        std::thread::spawn(move || {
            BufReader::new(stderr).lines().map_while(Result::ok).for_each(|line| {
                let _gone = errors.send(line);
            });
        });
        Self { child, lines }
    }

    /// Waits for a line that begins so.
    fn line(&self, beginning: &str) -> String {
        loop {
            let line =
                self.lines.recv_timeout(BOUND).unwrap_or_else(|_| panic!("no {beginning:?}"));
            if line.starts_with(beginning) {
                return line;
            }
        }
    }

    /// Presses Ctrl-C; gives the exit code.
    fn interrupt(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

fn many(repository: &Repository, count: usize) {
    let files: Vec<_> = (0..count).map(|at| config(&format!("c{at:02}"))).collect();
    repository.commit(&[("a.yaml", &files.join("---\n"))]);
}

#[test]
fn each_commit_is_synced_as_it_comes_and_ctrl_c_ends_with_130() {
    let repository = Repository::new();
    many(&repository, 2);
    let watching = Watching::start(&repository, &[]);
    assert!(watching.line("synced ").contains(": 2 created"));
    many(&repository, 3);
    assert!(watching.line("synced ").contains(": 1 created, 2 unchanged"));
    repository.commit(&[("a.yaml", "kind: [\n")]);
    watching.line("error[M005]: ");
    assert_eq!(watching.interrupt(), Some(130));
}

#[test]
fn a_held_prune_shows_its_digest_and_goes_through_with_it() {
    let repository = Repository::new();
    many(&repository, 12);
    let watching = Watching::start(&repository, &["--name", "shop"]);
    watching.line("synced ");
    many(&repository, 2);
    watching.line("error[K013]: ");
    let help = watching.line("  = help: ");
    assert_eq!(watching.interrupt(), Some(130));
    let digest = help.rsplit(' ').next().unwrap().trim_end_matches('`');

    many(&repository, 12);
    let watching = Watching::start(&repository, &["--name", "shop", "--approve", digest]);
    watching.line("synced ");
    many(&repository, 2);
    assert!(watching.line("synced ").contains(": 10 pruned, 2 unchanged"));
    assert_eq!(watching.interrupt(), Some(130));
}
