//! Logging in from a machine: by a key that one has, and by way of a browser.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::json;

use crate::people::{log_in, register, said};
use crate::support::{Dev, frescod, text};

/// An account of this machine.
struct Shell(tempfile::TempDir);

impl Shell {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = frescod();
        command.args(arguments).env("XDG_CONFIG_HOME", self.0.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What it says; it must succeed.
    fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    fn kept(&self) -> PathBuf {
        self.0.path().join("fresco-platform/credentials.toml")
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_key_that_one_has_is_tried_kept_and_used_at_its_own_server_only() {
    let dev = Dev::start();
    let shell = Shell::new();
    let log_in = |key: &str| {
        let mut login = shell.command(&["login", "--url", &dev.ready("api"), "--key", "-"]);
        let mut login = login.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        login.stdin.take().unwrap().write_all(key.as_bytes()).unwrap();
        login.wait_with_output().unwrap()
    };
    let wrong = log_in(&format!("fr_{}_{}", "0".repeat(32), "0".repeat(64)));
    assert_eq!(wrong.status.code(), Some(1), "{}", text(&wrong.stderr));
    assert!(!shell.kept().exists(), "a key that is not good is not kept");
    assert_eq!(shell.run(&["tenant", "list"]).status.code(), Some(78), "there is no key");

    let key = std::fs::read_to_string(dev.ready("key_file")).unwrap();
    let right = log_in(&key);
    assert!(right.status.success(), "{}", text(&right.stderr));
    assert_eq!(mode(&shell.kept()), 0o600);
    assert_eq!(shell.said(&["whoami"]).trim(), "the operator");
    assert_eq!(shell.said(&["tenant", "list", "--json"]).trim(), "[]");
    let elsewhere = shell.run(&["tenant", "list", "--server", "http://127.0.0.1:9"]);
    assert_eq!(elsewhere.status.code(), Some(78), "it goes to no other server: {}", text(&elsewhere.stderr));

    shell.said(&["logout"]);
    assert!(!shell.kept().exists());
    assert!(shell.said(&["logout"]).contains("nowhere"));
    assert_eq!(dev.ask("GET", "/api/v1/tenants", &json!({})).unwrap().0, 200, "the key is somebody else's to end");
}

#[test]
fn by_way_of_a_browser_one_gets_a_key_of_ones_own_that_ends_with_logging_out() {
    let dev = Dev::start();
    let shell = Shell::new();
    let ada = "ada@example.org";
    register(&dev, ada);
    said(&dev, &["verify", ada]);
    let (_, access) = log_in(&dev, ada);

    let mut login = shell.command(&["login", "--url", &dev.ready("api"), "--name", "frescod on a test"]);
    let mut login = login.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(login.stderr.take().unwrap()).lines().map(Result::unwrap);
    let code = lines.find(|line| line.starts_with("    ")).unwrap().trim().to_owned();
    let answer = json!({ "user_code": code, "allow": true });
    let (status, told) = dev.ask_as(Some(&access), ("POST", "/api/v1/auth/device/answer"), &answer).unwrap();
    assert_eq!(status, 204, "{told}");
    // Read to its end, so that it can write to its end.
    let rest: Vec<String> = lines.collect();
    let output = login.wait_with_output().unwrap();
    assert!(output.status.success(), "{rest:?}");
    assert!(text(&output.stdout).contains("logged in as ada@example.org, owner in"), "{}", text(&output.stdout));
    assert_eq!(mode(&shell.kept()), 0o600);
    assert!(shell.said(&["whoami", "--json"]).contains("tenant.create"));
    assert_eq!(shell.said(&["tenant", "list", "--json"]).trim(), "[]");

    let kept: toml::Table = std::fs::read_to_string(shell.kept()).unwrap().parse().unwrap();
    let key = kept["key"].as_str().unwrap().to_owned();
    let knows = || dev.ask_as(Some(&key), ("GET", "/api/v1/auth/caller"), &json!({})).unwrap().0;
    assert_eq!(knows(), 200);
    shell.said(&["logout"]);
    assert_eq!(knows(), 401);
    assert!(!shell.kept().exists());
    assert!(!dev.log().contains(&key) && !dev.log().contains(&code), "no secret is in the log");
}
