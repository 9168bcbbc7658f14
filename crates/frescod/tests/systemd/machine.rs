//! A whole host with systemd, engine and PostgreSQL in a container of its own, removed with the test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// What systemd needs of the engine, and not more. A cgroup namespace of its own is essential: in the host's, systemd
/// would mount what takes every engine's statistics away.
const SYSTEMD: [&str; 17] = [
    "--cap-add=ALL",
    "--cap-drop=SYS_RESOURCE",
    "--security-opt=seccomp=unconfined",
    "--security-opt=systempaths=unconfined",
    "--cgroupns=private",
    "--device-cgroup-rule=a *:* rwm",
    "--stop-signal=SIGRTMIN+3",
    "--tmpfs=/run:exec",
    "--tmpfs=/run/lock",
    "--tmpfs=/tmp:exec",
    "--env=container=docker",
    // The engine inside can't keep its layers on this one's.
    "--volume=/var/lib/docker",
    "--cpus=2",
    "--memory=2g",
    "--pids-limit=2000",
    "--label=fresco.test=machine",
    "--detach",
];

/// On a host with cgroup v1 systemd is shown only the controllers that are mounted, writable.
const BOOT: &str = r#"
    mount --make-rshared /
    mount -o remount,rw /sys/fs/cgroup
    for controller in /sys/fs/cgroup/*; do
        [ -d $controller ] && [ ! -L $controller ] && mount -o remount,bind,rw $controller 2>/dev/null
    done
    if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
        grep -vE '^(net_cls|net_prio|perf_event|hugetlb)' /proc/cgroups >/run/cgroups
        mount --bind /run/cgroups /proc/cgroups
    fi
    exec /sbin/init"#;

pub(crate) struct Machine {
    name: String,
}

impl Machine {
    /// One that is up. `name` is the test's.
    pub(crate) fn boot(name: &str) -> Self {
        let repository = repository();
        let made = Command::new(repository.join("scripts/machine-image")).output().unwrap();
        assert!(made.status.success(), "{}{}", text(&made.stdout), text(&made.stderr));
        let machine = Self { name: format!("fresco-machine-{name}-{}", std::process::id()) };
        let mounts = [
            format!("{}:/platform/scripts:ro", repository.join("scripts").display()),
            format!("{}:/platform/systemd:ro", repository.join("systemd").display()),
            format!("{}:/platform/frescod:ro", env!("CARGO_BIN_EXE_frescod")),
        ];
        let mut run = Command::new("docker");
        run.args(["run", "--name", &machine.name]).args(SYSTEMD);
        mounts.iter().for_each(|mount| _ = run.args(["--volume", mount]));
        let ran = run.args(["fresco-machine:bookworm", "/bin/sh", "-c", BOOT]).output().unwrap();
        assert!(ran.status.success(), "{}", text(&ran.stderr));
        machine.wait_up();
        machine
    }

    fn wait_up(&self) {
        self.wait_until("systemd is up", "systemctl is-system-running | grep -E 'running|degraded'");
    }

    /// Off and on again.
    pub(crate) fn reboot(&self) {
        let again = Command::new("docker").args(["restart", "--time", "60", &self.name]).output().unwrap();
        assert!(again.status.success(), "{}", text(&again.stderr));
        self.wait_up();
    }

    /// Runs the installer with the program under test.
    pub(crate) fn install(&self, arguments: &str) -> String {
        self.run(&format!("/platform/scripts/install --binary /platform/frescod {arguments}"))
    }

    /// What a script prints; it must succeed.
    pub(crate) fn run(&self, script: &str) -> String {
        let output = self.try_run(script);
        assert!(
            output.status.success(),
            "{script}: {}{}\n{}",
            text(&output.stdout),
            text(&output.stderr),
            self.journal()
        );
        text(&output.stdout).trim_end().to_owned()
    }

    pub(crate) fn try_run(&self, script: &str) -> Output {
        let mut command = Command::new("docker");
        command.args(["exec", &self.name, "bash", "-euo", "pipefail", "-c", script]).stdin(Stdio::null());
        command.output().unwrap()
    }

    /// A property of a unit.
    pub(crate) fn show(&self, unit: &str, property: &str) -> String {
        self.run(&format!("systemctl show --value --property {property} {unit}"))
    }

    pub(crate) fn wait_until(&self, what: &str, script: &str) {
        let until = Instant::now() + DEADLINE;
        while !self.try_run(script).status.success() {
            assert!(Instant::now() < until, "not by the deadline: {what}\n{}", self.journal());
            std::thread::sleep(POLL);
        }
    }

    /// Waits until the unit has another main process than `before`, which is ready.
    pub(crate) fn wait_for_another(&self, unit: &str, before: &str) -> String {
        self.wait_until(
            &format!("{unit} is back"),
            &format!("[ $(systemctl show --value -p MainPID {unit}) != {before} ] && systemctl is-active {unit}"),
        );
        self.show(unit, "MainPID")
    }

    /// Brings an image of the engine outside in.
    pub(crate) fn bring_image(&self, image: &str) {
        let mut save = Command::new("docker").args(["save", image]).stdout(Stdio::piped()).spawn().unwrap();
        let image = save.stdout.take().unwrap();
        let load = Command::new("docker").args(["exec", "-i", &self.name, "docker", "load"]).stdin(image).output();
        assert!(load.unwrap().status.success() && save.wait().unwrap().success());
    }

    fn journal(&self) -> String {
        let arguments = ["exec", &self.name, "journalctl", "--no-pager", "--lines=60", "--output=short-precise"];
        text(&Command::new("docker").args(arguments).output().unwrap().stdout)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let removed = Command::new("docker").args(["rm", "--force", "--volumes", &self.name]).output().unwrap();
        // A second panic would hide the first.
        assert!(removed.status.success() || std::thread::panicking(), "{}", text(&removed.stderr));
    }
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
