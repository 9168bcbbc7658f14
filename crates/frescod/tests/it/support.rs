//! A dev platform in a folder of its own, on ports of its own; removed with everything it made, also after a panic.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::ports::Ports;

const DEADLINE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// The program, without what the environment would tell it.
pub(crate) fn frescod() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frescod"));
    for variable in ["FRESCOD_CONFIG", "FRESCOD_SERVER", "FRESCOD_KEY_FILE", "FRESCOD_LOG__FILTER", "NOTIFY_SOCKET"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null());
    command
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a program answers; it must succeed.
pub(crate) fn output_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The sample app's image, made if it isn't there.
pub(crate) fn image() -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/sample-image");
    output_of(script.to_str().unwrap(), &[]);
    "fresco-sample:4.0.0".to_owned()
}

/// The engine's socket: the machine's, or a private one that a test has started.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]
pub(crate) fn engine() -> PathBuf {
    std::env::var_os("FRESCO_TEST_ENGINE").map_or_else(|| "/var/run/docker.sock".into(), PathBuf::from)
}

/// A running platform.
pub(crate) struct Dev {
    folder: tempfile::TempDir,
    ports: Ports,
    environment: Vec<(&'static str, OsString)>,
    process: Option<Child>,
}

impl Dev {
    /// Instances that nobody has set up are open: for tests of what they do.
    pub(crate) fn start() -> Self {
        Self::start_with(vec![])
    }

    /// The same with more in its environment.
    pub(crate) fn start_with(mut environment: Vec<(&'static str, OsString)>) -> Self {
        environment.push(("FRESCOD_GATE__ENABLED", "false".into()));
        Self::start_gated(environment)
    }

    /// As people get it: closed until their owners have set them up.
    pub(crate) fn start_gated(environment: Vec<(&'static str, OsString)>) -> Self {
        Self::start_in(&std::env::temp_dir(), environment)
    }

    /// The same with all it keeps below that folder.
    pub(crate) fn start_in(place: &Path, environment: Vec<(&'static str, OsString)>) -> Self {
        // PostgreSQL runs under another account when we are root, and must pass.
        let folder = tempfile::Builder::new()
            .prefix("frescod-dev-test-")
            .permissions(std::fs::Permissions::from_mode(0o755))
            .tempdir_in(place)
            .unwrap();
        let mut dev = Self { folder, ports: Ports::reserve(), environment, process: None };
        dev.start_again();
        dev
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn ready_file(&self) -> PathBuf {
        self.folder.path().join("ready.json")
    }

    pub(crate) fn environment(&self) -> impl Iterator<Item = (&'static str, OsString)> {
        self.environment.iter().cloned()
    }

    pub(crate) fn command(&self) -> Command {
        let [http, https, api] = self.ports.numbers.map(|port| port.to_string());
        let mut command = frescod();
        command.args(["dev", "--http", &http, "--https", &https, "--api", &api]).arg("--engine").arg(engine());
        command.arg("--state").arg(self.state()).arg("--ready-file").arg(self.ready_file());
        command.envs(self.environment());
        command
    }

    pub(crate) fn start_again(&mut self) {
        if self.ready_file().exists() {
            std::fs::remove_file(self.ready_file()).unwrap();
        }
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        let process = self.command().stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.process = Some(process);
        let until = Instant::now() + DEADLINE;
        while !self.ready_file().exists() {
            let ended = self.process.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "it ended before it was ready:\n{}", self.log());
            assert!(Instant::now() < until, "not ready by the deadline:\n{}", self.log());
            std::thread::sleep(POLL);
        }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// A value of the ready file.
    pub(crate) fn ready(&self, key: &str) -> String {
        let ready: Value = serde_json::from_slice(&std::fs::read(self.ready_file()).unwrap()).unwrap();
        ready[key].as_str().unwrap().to_owned()
    }

    /// SIGTERM; the exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let mut process = self.process.take().unwrap();
        kill_process(Pid::from_child(&process), Signal::TERM).unwrap();
        let code = process.wait().unwrap().code();
        assert!(!self.ready_file().exists(), "nothing is ready any more");
        code
    }

    /// SIGKILL: nothing is cleaned up, its children live on.
    pub(crate) fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Kills it, has `look` look at what its children do without it, and starts it again.
    pub(crate) fn kill_for_a_while(&mut self, look: impl FnOnce(&Self)) {
        self.kill();
        look(self);
        self.start_again();
    }

    fn clean_command(&self) -> Command {
        self.clean_command_by(&engine())
    }

    /// By an engine's other socket.
    pub(crate) fn clean_command_by(&self, engine: &Path) -> Command {
        let mut command = frescod();
        command.args(["dev", "clean", "--state"]).arg(self.state()).arg("--engine").arg(engine);
        command
    }

    pub(crate) fn clean(&mut self) {
        if self.process.is_some() {
            self.stop();
        }
        let output = self.clean_command().output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    /// `frescod tenant …` against this platform.
    pub(crate) fn tenant(&self, arguments: &[&str]) -> Output {
        self.tenant_command(arguments).output().unwrap()
    }

    pub(crate) fn tenant_command(&self, arguments: &[&str]) -> Command {
        let mut command = frescod();
        command.arg("tenant").args(arguments).env("FRESCOD_SERVER", self.ready("api"));
        command.env("FRESCOD_KEY_FILE", self.ready("key_file"));
        command
    }

    /// What the API shows of all tenants; nothing if it doesn't answer.
    pub(crate) fn list(&self) -> Vec<Value> {
        serde_json::from_slice(&self.tenant(&["list", "--json"]).stdout).unwrap_or_default()
    }

    /// Status and body of the API's answer to what an operator sends; `None` if it doesn't answer, or breaks off.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> Option<(u16, Value)> {
        let key = std::fs::read_to_string(self.ready("key_file")).unwrap();
        self.ask_as(Some(key.trim()), (method, path), body)
    }

    /// The same of whoever has this key or token.
    pub(crate) fn ask_as(
        &self,
        bearer: Option<&str>,
        (method, path): (&str, &str),
        body: &Value,
    ) -> Option<(u16, Value)> {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--max-time", "10", "--write-out", "\n%{http_code}", "--request", method]);
        curl.args(["--json", &body.to_string()]);
        if let Some(bearer) = bearer {
            curl.args(["--header", &format!("Authorization: Bearer {bearer}")]);
        }
        let output = curl.arg(self.ready("api") + path).output().unwrap();
        let answer = text(&output.stdout);
        let (body, status) = answer.rsplit_once('\n').filter(|_| output.status.success())?;
        Some((status.parse().unwrap(), serde_json::from_str(body).unwrap_or_default()))
    }

    /// Status and body of the API's answer.
    pub(crate) fn curl(&self, path: &str) -> (u16, String) {
        self.fetch(&(self.ready("api") + path))
    }

    /// Status and body, by a client that trusts the platform's authority and nobody else.
    pub(crate) fn fetch(&self, url: &str) -> (u16, String) {
        let authority = self.ready("ca_file");
        let arguments = [
            "--silent",
            "--show-error",
            "--max-time",
            "10",
            "--cacert",
            &authority,
            "--write-out",
            "\n%{http_code}",
            url,
        ];
        let answer = output_of("curl", &arguments);
        let (body, status) = answer.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), body.to_owned())
    }

    /// Whether plain HTTP leads to HTTPS.
    pub(crate) fn redirects(&self) -> bool {
        let url = format!("http://any.localhost:{}/page", self.ports.numbers[0]);
        let arguments =
            ["--silent", "--max-time", "2", "--output", "/dev/null", "--write-out", "%{redirect_url}", &url];
        let output = Command::new("curl").args(arguments).output().unwrap();
        text(&output.stdout) == format!("https://any.localhost:{}/page", self.ports.numbers[1])
    }

    /// The process of this name that works in the state's folder of that name.
    pub(crate) fn child(&self, name: &str) -> Pid {
        let folder = self.state().join(name).canonicalize().unwrap();
        let mut found = None;
        self.wait_until(name, || {
            let entries = std::fs::read_dir("/proc").unwrap().flatten();
            let mut pids =
                entries.filter(|entry| std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == folder));
            found = pids.find_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
            found.is_some()
        });
        found.unwrap()
    }

    /// The command lines of all processes that name the state's folder.
    pub(crate) fn processes(&self) -> Vec<String> {
        let folder = self.state().display().to_string();
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        lines.map(|line| text(&line).replace('\0', " ")).filter(|line| line.contains(&folder)).collect()
    }

    /// The tenants' network.
    pub(crate) fn network(&self) -> String {
        self.configured("engine", "network")
    }

    /// What all that the platform makes on the engine is labelled with.
    pub(crate) fn platform(&self) -> String {
        self.configured("tenants", "platform_id")
    }

    fn configured(&self, section: &str, key: &str) -> String {
        let config = std::fs::read_to_string(self.ready("config")).unwrap();
        let config: toml::Table = config.parse().unwrap();
        config[section][key].as_str().unwrap().to_owned()
    }

    /// The names of the files in one of the state's folders; none if it isn't there.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.state().join(folder)).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
    }

    pub(crate) fn wait_until(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let until = Instant::now() + DEADLINE;
        while !condition() {
            assert!(Instant::now() < until, "not by the deadline: {what}\n{}", self.log());
            std::thread::sleep(POLL);
        }
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Killed, so that a test that failed doesn't hang in a stop that does; cleaning ends the orphans.
            drop(process.kill());
            drop(process.wait());
        }
        let output = self.clean_command().output().unwrap();
        let told = text(&output.stderr);
        // Docker 20.10 now and then goes on counting who is in a network, and that is all that is left then.
        let is_clean = output.status.success() || told.contains("though no container is in it");
        // A second panic would hide the first.
        assert!(is_clean || std::thread::panicking(), "{told}");
    }
}
