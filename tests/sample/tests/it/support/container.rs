//! The app in a container of a real engine, from the images of `scripts/sample-image`.

use std::{
    path::Path,
    process::{self, Command},
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use super::{app::text, eventually};

/// Names for this test's own images, so that nobody else's change under their feet.
const PREFIX: &str = "fresco-sample-test";

/// As a platform should run it: nothing writable but what serving needs, no right, little of everything.
const HARDENED: &str = "--user 1001:1001 --read-only --tmpfs /tmp \
    --tmpfs /app/.next/cache:uid=1001,gid=1001,mode=0755 --tmpfs /app/lib/db/generated:uid=1001,gid=1001,mode=0755 \
    --cap-drop ALL --security-opt no-new-privileges --memory 128m --memory-swap 128m --pids-limit 100";

/// Builds the images if need be; answers what the script said.
pub(crate) fn build_images() -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/sample-image");
    let output = Command::new(script).args(["--tag-prefix", PREFIX]).output().unwrap();
    assert!(output.status.success(), "sample-image: {}", text(&output));
    text(&output)
}

/// The image of a version, built if need be.
pub(crate) fn image(version: &str) -> String {
    build_images();
    format!("{PREFIX}:{version}")
}

/// Runs the engine's client and answers what it printed.
pub(crate) fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {}", text(&output));
    text(&output).trim().to_owned()
}

/// A container of this test; removed when dropped.
pub(crate) struct Container(String);

impl Container {
    /// Starts `command` with the hardening of a tenant and these variables.
    pub(crate) fn hardened(image: &str, variables: &[&str], command: &str) -> Self {
        let variables = variables.iter().flat_map(|variable| ["--env", variable]);
        let options: Vec<&str> = HARDENED.split_whitespace().chain(variables).collect();
        Self::run(&options, image, command)
    }

    pub(crate) fn run(options: &[&str], image: &str, command: &str) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let container = Self(format!("fresco-sample-test-{}-{number}", process::id()));
        let named = ["run", "--detach", "--name", &container.0];
        docker(&[&named, options, &[image, "/app/sample", command]].concat());
        container
    }

    pub(crate) fn inspect(&self, format: &str) -> String {
        docker(&["inspect", "--format", format, &self.0])
    }

    pub(crate) fn log(&self) -> String {
        docker(&["logs", &self.0])
    }

    pub(crate) async fn logged(&self, part: &str) {
        eventually(part, async || self.log().contains(part).then_some(())).await;
    }

    /// The address the engine gave it.
    pub(crate) fn address(&self) -> String {
        self.inspect("{{.NetworkSettings.IPAddress}}")
    }

    /// The exit code after a polite stop and `grace` seconds.
    pub(crate) fn stop(&self, grace: u32) -> String {
        docker(&["stop", "--time", &grace.to_string(), &self.0]);
        self.inspect("{{.State.ExitCode}}")
    }

    /// The exit code once it has ended by itself.
    pub(crate) fn ended(&self) -> String {
        docker(&["wait", &self.0])
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let removed = Command::new("docker").args(["rm", "--force", "--volumes", &self.0]).output();
        let gone = removed.is_ok_and(|output| output.status.success());
        // A second panic while a test fails would hide the first.
        assert!(gone || thread::panicking(), "container {} is left over", self.0);
    }
}
