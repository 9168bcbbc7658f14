//! Containers of the real engine, gone with the test.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{DateTime, Utc};

/// An image of busybox alone, and the containers made from it.
pub(crate) struct Engine {
    image: String,
    containers: Vec<String>,
}

impl Engine {
    /// `test` tells this test's objects from all others.
    pub(crate) fn new(test: &str) -> Self {
        let image = format!("fresco-routing-{test}-{}", std::process::id());
        let tar = run(Command::new("tar").args(["-c", "-C", "/", "bin/busybox"]));
        let mut import = Command::new("docker");
        import.args(["import", "-", &image]).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut import = import.spawn().unwrap();
        import.stdin.take().unwrap().write_all(&tar).unwrap();
        assert!(import.wait().unwrap().success());
        Self { image, containers: vec![] }
    }

    /// Starts a server of `folder` on `port`, labelled.
    pub(crate) fn serve(&mut self, folder: &Path, port: u16, labels: &BTreeMap<String, String>) {
        let name = format!("{}-{}", self.image, self.containers.len());
        self.containers.push(name.clone());
        let mut command = Command::new("docker");
        command.args(["run", "--detach", "--init", "--network", "bridge", "--name", &name]);
        command.args(["--volume", &format!("{}:/www:ro", folder.display())]);
        command.args(labels.iter().map(|(key, value)| format!("--label={key}={value}")));
        command.args([&self.image, "/bin/busybox", "httpd", "-f", "-p", &port.to_string(), "-h", "/www"]);
        run(&mut command);
    }

    /// Ends it and starts it again, of which the engine tells.
    pub(crate) fn restart(&self, number: usize) {
        run(Command::new("docker").args(["restart", "--time", "0", &self.containers[number]]));
    }

    /// Which container it is and since when it runs: the same text, the same untouched process.
    pub(crate) fn identity(&self, number: usize) -> String {
        self.inspect(number, "{{.Id}} {{.State.StartedAt}}")
    }

    pub(crate) fn started_at(&self, number: usize) -> DateTime<Utc> {
        self.inspect(number, "{{.State.StartedAt}}").trim().parse().unwrap()
    }

    fn inspect(&self, number: usize, format: &str) -> String {
        let answer = run(Command::new("docker").args(["inspect", "--format", format, &self.containers[number]]));
        String::from_utf8(answer).unwrap()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let quietly = |arguments: &[&str]| {
            Command::new("docker").args(arguments).stdout(Stdio::null()).status().unwrap();
        };
        for name in &self.containers {
            quietly(&["rm", "--force", name]);
        }
        quietly(&["image", "rm", &self.image]);
    }
}

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
