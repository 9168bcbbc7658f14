//! What the containers of the cases run: a shell's words for a real engine, a script for the fake.

use std::time::Duration;

use domain::limits::Millicpus;
use provisioner::container::fake::{Behaviour, End};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// Runs, and dies of SIGTERM.
    Sleeps,
    /// Says `ready`, and ends with 3 when told to.
    EndsWhenTold,
    /// Says `ready`, and ignores SIGTERM.
    IgnoresSigterm,
    /// Ends with 7 at once.
    Fails,
    EatsMemory,
    /// Keeps its share of a processor busy.
    Works,
    /// Says `first`, `second` (as an error), `third`, and ends with 0.
    Speaks,
    /// Whatever the image says: ends with 5.
    ImagesOwn,
}

const ALL: [Program; 8] = [
    Program::Sleeps,
    Program::EndsWhenTold,
    Program::IgnoresSigterm,
    Program::Fails,
    Program::EatsMemory,
    Program::Works,
    Program::Speaks,
    Program::ImagesOwn,
];

impl Program {
    pub(crate) fn command(self) -> Option<Vec<String>> {
        match self {
            Self::Sleeps => Some(shell("exec sleep 600")),
            Self::EndsWhenTold => Some(shell("trap 'exit 3' TERM; echo ready; sleep 600 & wait")),
            Self::IgnoresSigterm => Some(shell("trap '' TERM; echo ready; sleep 600")),
            Self::Fails => Some(shell("exit 7")),
            Self::EatsMemory => Some(shell("x=aaaaaaaa; while :; do x=$x$x; done")),
            Self::Works => Some(shell("while :; do :; done")),
            Self::Speaks => Some(shell("echo first; sleep 0.05; echo second >&2; sleep 0.05; echo third")),
            Self::ImagesOwn => None,
        }
    }

    pub(crate) fn behaviour(command: Option<&Vec<String>>) -> Behaviour {
        let program = ALL.into_iter().find(|program| program.command().as_ref() == command).expect("one of ours");
        let soon = |code| End { after: Duration::from_millis(20), code, oom_killed: false };
        match program {
            Self::Sleeps => Behaviour::default(),
            Self::EndsWhenTold => Behaviour { on_term: Some(3), log: ready(), ..Behaviour::default() },
            Self::IgnoresSigterm => Behaviour { on_term: None, log: ready(), ..Behaviour::default() },
            Self::Fails => Behaviour::ends(soon(7)),
            Self::EatsMemory => Behaviour::ends(End::out_of_memory()),
            Self::Works => Behaviour { busy: Millicpus(500), ..Behaviour::default() },
            Self::Speaks => {
                let log = ["first", "second", "third"].map(str::to_owned).into();
                Behaviour { log, errors: vec![1], ..Behaviour::ends(soon(0)) }
            }
            Self::ImagesOwn => Behaviour::ends(soon(5)),
        }
    }
}

fn ready() -> Vec<String> {
    vec!["ready".to_owned()]
}

/// A user whom the image does not know, so that nothing can be started as it.
pub(crate) const STRANGER: &str = "stranger";

/// A command of the test image's shell.
pub(crate) fn shell(script: &str) -> Vec<String> {
    ["/bin/busybox", "sh", "-c", script].map(str::to_owned).into()
}
