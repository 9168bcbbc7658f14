//! `frescod serve` beside a dev platform, whose PostgreSQL and Traefik it uses: so that it dies without them.

use std::ffi::OsString;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Dev, frescod, text};

/// Ended with the test.
pub(crate) struct Daemon(pub(crate) Child);

impl Daemon {
    /// With the platform's configuration and environment, and these arguments and this environment besides.
    pub(crate) fn start(dev: &Dev, arguments: &[&str], environment: &[(&str, OsString)]) -> Self {
        Self::start_logging(dev, arguments, environment, Stdio::null())
    }

    /// The same with its log there.
    pub(crate) fn start_logging(
        dev: &Dev,
        arguments: &[&str],
        environment: &[(&str, OsString)],
        log: impl Into<Stdio>,
    ) -> Self {
        let mut command = frescod();
        command.arg("serve").args(arguments).args(["--config", &dev.ready("config")]);
        command.envs(dev.environment()).envs(environment.iter().map(|(key, value)| (key, value)));
        Self(command.stderr(log).spawn().unwrap())
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// SIGTERM.
    pub(crate) fn stop(mut self) -> ExitStatus {
        kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
        self.0.wait().unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The status of the API's `/readyz`; 0 if nobody answers.
pub(crate) fn answers(dev: &Dev) -> u16 {
    let url = dev.ready("api") + "/readyz";
    let arguments = ["--silent", "--max-time", "5", "--output", "/dev/null", "--write-out", "%{http_code}", &url];
    text(&Command::new("curl").args(arguments).output().unwrap().stdout).parse().unwrap()
}
