//! The app's process: its environment, its log, its answers.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use reqwest::{Client, Response, redirect::Policy};
use tempfile::TempDir;

use super::{Postgres, eventually, postgres::free_port};

pub(crate) const THREE: &str = "3.1.2";
pub(crate) const FOUR: &str = "4.0.0";
/// The public address the app believes to have.
const PUBLIC_HOST: &str = "study.example.org";

/// The app as an image holds it, and the environment it will be started with.
pub(crate) struct App {
    root: TempDir,
    environment: BTreeMap<String, String>,
}

impl App {
    /// The app in `version` on the tenant's own database.
    pub(crate) fn new(version: &str, postgres: &Postgres) -> Self {
        Self::on(version, &postgres.tenant_url())
    }

    pub(crate) fn on(version: &str, database_url: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join(".next/cache")).unwrap();
        let package = format!(r#"{{"name":"fresco-sample","version":"{version}"}}"#);
        fs::write(root.path().join("package.json"), package).unwrap();
        let path = root.path().display().to_string();
        Self { root, environment: BTreeMap::new() }
            .with("SAMPLE_ROOT", &path)
            .with("HOSTNAME", "127.0.0.1")
            .with("PUBLIC_URL", &format!("https://{PUBLIC_HOST}"))
            .with("DATABASE_URL", database_url)
            .with("DATABASE_URL_UNPOOLED", database_url)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sample-app"));
        command.arg(subcommand).env_clear().envs(&self.environment).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, subcommand: &str) -> Output {
        self.command(subcommand).output().unwrap()
    }

    /// Runs the release and expects it to succeed.
    pub(crate) fn release(&self) {
        let output = self.run("release");
        assert!(output.status.success(), "release: {}", text(&output));
    }

    /// Starts serving and waits until it says that it is ready, which need not be so.
    pub(crate) async fn serve(&self) -> Running {
        let running = self.spawn("serve");
        running.logged("✓ Ready in ").await;
        running
    }

    pub(crate) async fn released(self) -> (Self, Running) {
        self.release();
        let running = self.serve().await;
        (self, running)
    }

    /// Starts a command that stays.
    pub(crate) fn spawn(&self, subcommand: &str) -> Running {
        let port = free_port();
        let mut command = self.command(subcommand);
        command.env("PORT", port.to_string()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let log = Arc::default();
        follow(process.stdout.take().unwrap(), &log);
        follow(process.stderr.take().unwrap(), &log);
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Running { process, port, log, client }
    }
}

/// Everything a command printed.
pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn follow(mut stream: impl Read + Send + 'static, log: &Arc<Mutex<String>>) {
    let log = Arc::clone(log);
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            log.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
    });
}

/// A running app; killed when dropped.
pub(crate) struct Running {
    process: Child,
    pub(crate) port: u16,
    log: Arc<Mutex<String>>,
    client: Client,
}

/// An answer's parts that tests look at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) cookie: Option<String>,
    pub(crate) hsts: Option<String>,
    pub(crate) body: String,
}

impl Running {
    pub(crate) async fn get(&self, path: &str) -> Sent {
        Sent::read(self.client.get(self.url(path)).send().await.unwrap()).await
    }

    pub(crate) async fn get_with_session(&self, path: &str, session: &str) -> Sent {
        let request = self.client.get(self.url(path)).header("cookie", format!("auth_session={session}"));
        Sent::read(request.send().await.unwrap()).await
    }

    /// Posts a form as a browser behind the proxy does.
    pub(crate) async fn post_form(&self, path: &str, form: &str) -> Sent {
        self.post(path, form, "application/x-www-form-urlencoded", PUBLIC_HOST).await
    }

    pub(crate) async fn post_text(&self, path: &str, text: &str) -> Sent {
        self.post(path, text, "text/plain", PUBLIC_HOST).await
    }

    pub(crate) async fn post(&self, path: &str, body: &str, kind: &str, forwarded_host: &str) -> Sent {
        let request = self.client.post(self.url(path)).header("content-type", kind).body(body.to_owned());
        let request =
            request.header("origin", format!("https://{PUBLIC_HOST}")).header("x-forwarded-host", forwarded_host);
        Sent::read(request.send().await.unwrap()).await
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until the log contains `part`.
    pub(crate) async fn logged(&self, part: &str) {
        eventually(part, async || self.log().contains(part).then_some(())).await;
    }

    pub(crate) fn terminate(&self) {
        let sent = Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        assert!(sent.success());
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Waits for the process to end by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let process = &mut self.process;
        eventually("the process ends", async || process.try_wait().unwrap()).await
    }

    pub(crate) fn resident_mb(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    pub(crate) async fn stop(mut self) -> Option<i32> {
        self.terminate();
        self.ended().await.code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            self.process.kill().unwrap();
            self.process.wait().unwrap();
        }
    }
}

impl Sent {
    async fn read(response: Response) -> Self {
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (location, cookie) = (header("location"), header("set-cookie"));
        let hsts = header("strict-transport-security");
        Self { status: response.status().as_u16(), location, cookie, hsts, body: response.text().await.unwrap() }
    }

    /// Where line 3 sends the visitor.
    pub(crate) fn redirect(&self) -> Option<&str> {
        self.location.as_deref().filter(|_| self.status == 307)
    }

    /// Where line 4 sends the visitor.
    pub(crate) fn refresh(&self) -> Option<&str> {
        let (_, rest) = self.body.split_once(r#"content="1;url="#)?;
        rest.split('"').next().filter(|_| self.status == 200)
    }
}
