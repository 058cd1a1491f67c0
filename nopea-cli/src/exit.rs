//! What the shell is told. Knows no command.

use std::process::ExitCode;

use nopea_core::fault::Fault;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked to; of a plan: nothing is to be done.
    Done,
    /// The cluster is not what the commit says; of a plan: something is to be done.
    Differs,
    /// It could not even try; of a plan: the commit cannot be applied.
    Error,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The exit of a sync that ended in faults: without a commit there was nothing to try.
    pub(crate) fn of_faults(faults: &[Fault]) -> Self {
        let no_source = !faults.is_empty() && faults.iter().all(is_of_source);
        if no_source { Self::Error } else { Self::Differs }
    }
}

/// Says whether a fault means that no commit could be had.
pub(crate) fn is_of_source(fault: &Fault) -> bool {
    fault.code.id().starts_with('G')
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Differs => Self::from(1),
            Exit::Error => Self::from(2),
            Exit::Interrupted => Self::from(130),
        }
    }
}

#[cfg(test)]
mod tests {
    use nopea_core::fault::Code;

    use super::*;

    #[test]
    fn a_source_without_a_commit_is_an_error_and_anything_else_a_difference() {
        let fault = |code| Fault::new(code, "x");
        assert_eq!(Exit::of_faults(&[fault(Code::UnknownReference)]), Exit::Error);
        assert_eq!(Exit::of_faults(&[fault(Code::Syntax)]), Exit::Differs);
        assert_eq!(
            Exit::of_faults(&[fault(Code::Unreachable), fault(Code::Invalid)]),
            Exit::Differs
        );
        assert_eq!(Exit::of_faults(&[]), Exit::Differs);
    }
}
