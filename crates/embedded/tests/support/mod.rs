//! What the suites of this crate share: folders that every account can pass through, programs, clients.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use embedded::{Places, Postgres, PostgresOptions};
use tempfile::TempDir;

/// The programs that `scripts/setup` installed.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]
pub(crate) fn places() -> Places {
    Places::usual(|name| std::env::var_os(name))
}

/// A folder that goes with the test. Open to pass through: PostgreSQL runs under another account when we are root.
pub(crate) fn folder() -> TempDir {
    let folder = TempDir::with_prefix("embedded-").unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

pub(crate) fn postgres_options(data_dir: PathBuf) -> PostgresOptions {
    PostgresOptions {
        binaries: places().postgres(None, None).unwrap(),
        data_dir,
        listen: vec![],
        port: None,
        run_as: None,
        admitted: vec![],
        settings: vec![("max_connections".to_owned(), "20".to_owned())],
        superuser_password: "it's / a @ secret".into(),
    }
}

/// Every process that works in `folder`: what must be empty after a stop.
pub(crate) fn processes_in(folder: &Path) -> Vec<i32> {
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let works = |pid: &i32| std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == folder);
    pids.filter(works).collect()
}

pub(crate) fn kill_9(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// Waits for a condition, with a deadline.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < until, "not within 20 s: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Another process of this test program, to be killed: it runs the ignored test `victim`, which reads a folder from its
/// input, starts a server in it and waits for the end.
pub(crate) struct Victim(Child);

impl Victim {
    pub(crate) fn start(folder: &Path) -> Self {
        use std::io::Write;
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["victim", "--exact", "--ignored", "--nocapture"]).stdin(Stdio::piped());
        let mut process = command.spawn().unwrap();
        writeln!(process.stdin.as_mut().unwrap(), "{}", folder.display()).unwrap();
        Self(process)
    }

    /// The folder that the process before us wants a server in, if this process is a victim.
    pub(crate) fn folder() -> Option<PathBuf> {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
        let path = PathBuf::from(line.trim());
        path.is_absolute().then_some(path)
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        kill_9(self.0.id());
        self.0.wait().unwrap();
    }
}

pub(crate) async fn start(options: &PostgresOptions) -> Postgres {
    Postgres::start(options.clone()).await.unwrap()
}
