//! Processes by their id: whether one still is what was started, and its end. An id that the system gave
//! to somebody else is never signalled.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};

use super::GRACE;

const PAUSE: Duration = Duration::from_millis(10);

/// Whether the process runs this command. One that has ended and was not waited for does not.
pub(super) fn runs(pid: u32, argv: &[String]) -> bool {
    let shown = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    if shown.is_empty() {
        // ended, or so young that it does not show its command yet
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        return stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with(['R', 'S', 'D']));
    }
    shown == argv.iter().flat_map(|part| [part.as_bytes(), b"\0"].concat()).collect::<Vec<_>>()
}

/// Whether any process has this id.
pub(super) fn exists(pid: u32) -> bool {
    fs::metadata(format!("/proc/{pid}")).is_ok()
}

/// Ends the process at once, where it still is the one that was started. Says whether it has ended.
pub(super) fn kill(pid: u32, argv: &[String]) -> bool {
    let Some(id) = id(pid) else { return true };
    let begun = Instant::now();
    while runs(pid, argv) {
        // gone between the look and the signal: the next look says so
        let _gone = kill_process(id, Signal::KILL);
        if begun.elapsed() > GRACE {
            return false;
        }
        thread::sleep(PAUSE);
    }
    true
}

fn id(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// A command with all that it started. Dropped, it is told to end, and made to where it does not.
pub(super) struct Group(Option<Pid>);

impl Group {
    /// The group that the process leads.
    pub(super) fn of(pid: Option<u32>) -> Self {
        Self(pid.and_then(id))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(group) = self.0 else { return };
        let begun = Instant::now();
        // an error says that nobody is left
        if kill_process_group(group, Signal::TERM).is_err() {
            return;
        }
        while begun.elapsed() < GRACE && test_kill_process_group(group).is_ok() {
            thread::sleep(PAUSE);
        }
        let _gone = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// A process that shows its command.
    fn sleeping() -> (std::process::Child, Vec<String>) {
        let child = Command::new("sleep").arg("600").spawn().unwrap();
        let begun = Instant::now();
        while fs::read(format!("/proc/{}/cmdline", child.id())).unwrap().is_empty() {
            assert!(begun.elapsed() < GRACE, "the command never showed");
            thread::yield_now();
        }
        (child, vec!["sleep".to_owned(), "600".to_owned()])
    }

    #[test]
    fn what_was_started_is_known_by_its_command_and_ended() {
        let (mut child, argv) = sleeping();
        assert!(runs(child.id(), &argv));
        assert!(kill(child.id(), &argv));
        assert!(!child.wait().unwrap().success());
    }

    #[test]
    fn an_id_that_now_belongs_to_another_command_is_let_alone() {
        let (mut child, _) = sleeping();
        let other = ["sleep".to_owned(), "1".to_owned()];
        assert!(kill(child.id(), &other));
        assert!(child.try_wait().unwrap().is_none(), "it was not ours to end");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
