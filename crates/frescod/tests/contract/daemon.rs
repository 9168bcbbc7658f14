//! `frescod serve --role api` on a PostgreSQL of its own, and those who ask it.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use embedded::Places;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tempfile::TempDir;
use test_cluster::Platform;

/// Of nobody but the person here: an operation's example must not be the password that ends their account.
const PASSWORD: &str = "seven lanterns over a quiet harbour";
const EMAIL: &str = "grace@example.org";
const DEADLINE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// Where `scripts/setup` puts programs.
pub(crate) fn cache() -> PathBuf {
    Places::usual(|name| std::env::var_os(name)).cache
}

/// Ended with the test.
pub(crate) struct Daemon {
    process: Child,
    url: String,
    folder: TempDir,
    _platform: Platform,
}

impl Daemon {
    pub(crate) async fn start() -> Self {
        let platform = Platform::start().await;
        let folder = TempDir::with_prefix("contract-").unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        std::fs::write(folder.path().join("frescod.toml"), settings(folder.path(), port)).unwrap();
        secret(folder.path(), "api-url", platform.server.platform_url("platform_api").expose_secret());
        secret(folder.path(), "worker-url", platform.server.platform_url("platform_worker").expose_secret());
        secret(folder.path(), "key", &format!("1:{}", "5a".repeat(32)));
        secret(folder.path(), "auth-key", &format!("1:{}", "a5".repeat(32)));
        let public = frescod(&["sealing-key", "public"]).arg(folder.path().join("key")).output().unwrap();
        secret(folder.path(), "public-key", std::str::from_utf8(&public.stdout).unwrap());
        crate::logs::serve(&folder.path().join("logs.sock"));
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut command = frescod(&["serve", "--role", "api", "--config"]);
        let process =
            command.arg(folder.path().join("frescod.toml")).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut daemon = Self { process, url, folder, _platform: platform };
        daemon.wait().await;
        daemon
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    async fn wait(&mut self) {
        let until = Instant::now() + DEADLINE;
        while !reqwest::get(format!("{}/readyz", self.url)).await.is_ok_and(|answer| answer.status().is_success()) {
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < until, "not ready:\n{}", self.log());
            tokio::time::sleep(POLL).await;
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// What it has logged of failures of its own.
    pub(crate) fn failures(&self) -> String {
        self.log().lines().filter(|line| line.contains("ERROR")).collect::<Vec<_>>().join("\n")
    }

    /// Of a new operator key.
    pub(crate) fn operator_key(&self) -> String {
        let mut command = frescod(&["operator-key", "create", "--name", "contract", "--config"]);
        let made = command.arg(self.folder.path().join("frescod.toml")).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }

    /// The access token of somebody with a verified address, who has logged in.
    pub(crate) async fn person(&self) -> String {
        self.post("auth/register", &json!({ "email": EMAIL, "password": PASSWORD, "name": "Grace" })).await;
        let token = self.mailed_token().await;
        self.post("auth/verify-email", &json!({ "token": token, "password": PASSWORD })).await;
        let session = self.post("auth/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;
        session["access_token"].as_str().unwrap().to_owned()
    }

    /// The id of a draft, and its token.
    pub(crate) async fn draft(&self) -> (String, String) {
        let started = self.post("wizard/sessions", &json!({ "email": EMAIL })).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&started["session"]["id"]), text(&started["token"]))
    }

    /// Whether its account was asked for.
    pub(crate) async fn is_begun(&self, (id, token): (&str, &str)) -> bool {
        let request = reqwest::Client::new().get(format!("{}/api/v1/wizard/sessions/{id}", self.url));
        let shown: Value = request.bearer_auth(token).send().await.unwrap().json().await.unwrap();
        shown["data"]["account"] == true
    }

    /// As a page of the platform's own does.
    async fn post(&self, path: &str, body: &Value) -> Value {
        let request = reqwest::Client::new().post(format!("{}/api/v1/{path}", self.url));
        let answer =
            request.header("origin", &self.url).header("sec-fetch-site", "same-origin").json(body).send().await;
        let answer = answer.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// What the one letter's link holds.
    async fn mailed_token(&self) -> String {
        let until = Instant::now() + DEADLINE;
        loop {
            let letters = std::fs::read_dir(self.folder.path().join("mail")).into_iter().flatten().flatten();
            let texts = letters.filter_map(|letter| std::fs::read_to_string(letter.path()).ok());
            // Quoted-printable breaks long lines.
            let text: String = texts.map(|text| text.replace("=\r\n", "").replace("=3D", "=")).collect();
            if let Some(token) = text.split("#token=").nth(1) {
                return token.chars().take_while(char::is_ascii_hexdigit).collect();
            }
            assert!(Instant::now() < until, "no letter came:\n{}", self.log());
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The program, without what the environment would tell it.
fn frescod(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frescod"));
    command.env_clear().stdin(Stdio::null()).args(arguments);
    command
}

fn secret(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
    std::fs::set_permissions(folder.join(name), Permissions::from_mode(0o600)).unwrap();
}

/// Of a daemon that holds nobody back.
fn settings(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    let limits =
        ["user", "organisation", "address", "login", "login_address", "mail", "mail_address", "deploy", "draft"];
    let limits: String = limits.iter().map(|name| format!("{name} = \"1000000/1m\"\n")).collect();
    format!(
        r#"
[server]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"
wait_timeout = "1s"
[database]
url_file = "{folder}/api-url"
worker_url_file = "{folder}/worker-url"
[tenants]
domain = "example.org"
default_app = "sample"
sample_apps = true
[gate]
listen = "127.0.0.1:0"
[monitoring]
listen = "off"
[secrets]
public_key_file = "{folder}/public-key"
[auth]
key_file = "{folder}/auth-key"
password_memory = "7MiB"
password_passes = 1
access_lifetime = "1h"
[signup]
instances_per_person = 10000
organisations_per_person = 10000
[mail]
folder = "{folder}/mail"
[logs]
socket = "{folder}/logs.sock"
[limits]
{limits}
"#
    )
}
