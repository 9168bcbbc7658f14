//! A mail server for one test, gone with it: aiosmtpd, which `scripts/setup` puts into the cache folder.
//!
//! It takes letters and shows them, speaks TLS with a certificate of an authority of its own, wants a login, and fails as
//! it is told to.
#![expect(clippy::unwrap_used, reason = "what a test can't have fails it")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use embedded::{Authority, Places};
use serde::Deserialize;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(20);

/// How it speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speaks {
    #[default]
    Plain,
    StartTls,
    Implicit,
}

/// What it is to be like.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// 0: any that is free.
    pub port: u16,
    pub speaks: Speaks,
    pub login: Option<(String, String)>,
    /// Addresses it refuses for good, as recipients and as senders.
    pub refuse: Vec<String>,
    /// Recipients it refuses for now.
    pub defer: Vec<String>,
    /// Whether it takes a letter and never says so.
    pub hang: bool,
}

/// A letter it took.
#[derive(Clone, Debug, Deserialize)]
pub struct Received {
    pub sender: String,
    pub recipients: Vec<String>,
    /// Head and body.
    pub content: String,
    pub encrypted: bool,
    pub login: Option<String>,
    /// Tells one connection from another.
    pub connection: u16,
}

/// A running one.
#[derive(Debug)]
pub struct MailServer {
    child: Child,
    port: u16,
    received: Arc<(Mutex<Vec<Received>>, Condvar)>,
    folder: TempDir,
}

impl MailServer {
    /// Starts it.
    ///
    /// # Panics
    /// If aiosmtpd is missing (`scripts/setup` installs it) or doesn't run.
    #[must_use]
    pub fn start(options: &Options) -> Self {
        let folder = TempDir::with_prefix("mail-server-").unwrap();
        let mut child = command(options, folder.path()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().expect("the mail server has ended: what it said stands above").unwrap();
        let first: serde_json::Value = serde_json::from_str(&first).unwrap();
        let received = Arc::new((Mutex::default(), Condvar::new()));
        let shelf: Arc<(Mutex<Vec<Received>>, Condvar)> = Arc::clone(&received);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let letter = serde_json::from_str(&line).unwrap();
                shelf.0.lock().unwrap_or_else(PoisonError::into_inner).push(letter);
                shelf.1.notify_all();
            }
        });
        let port = first["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap();
        Self { child, port, received, folder }
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The certificate, in PEM, that its own is signed with; for `localhost`.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        authority(self.folder.path()).certificate()
    }

    /// What it has taken so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.received.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first `count` letters, once they are there. Blocks its thread: for tests.
    ///
    /// # Panics
    /// If they don't come.
    #[must_use]
    pub fn wait_for(&self, count: usize) -> Vec<Received> {
        let until = Instant::now() + PATIENCE;
        let mut shelf = self.received.0.lock().unwrap_or_else(PoisonError::into_inner);
        while shelf.len() < count {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{} of {count} letters came", shelf.len());
            shelf = self.received.1.wait_timeout(shelf, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        shelf.clone()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn authority(folder: &Path) -> Authority {
    Authority::open(&folder.join("authority"), "localhost", now()).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a certificate is made for the machine's own clock")]
fn now() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

fn command(options: &Options, folder: &Path) -> Command {
    let modules = modules();
    assert!(modules.join("aiosmtpd").is_dir(), "no aiosmtpd in {}: run scripts/setup", modules.display());
    let script = folder.join("server.py");
    std::fs::write(&script, include_str!("server.py")).unwrap();
    let mut command = Command::new("python3");
    command.arg(script).env("PYTHONPATH", modules).args(["--port", &options.port.to_string()]);
    let encryption = match options.speaks {
        Speaks::Plain => "none",
        Speaks::StartTls => "starttls",
        Speaks::Implicit => "implicit",
    };
    command.args(["--encryption", encryption]);
    if options.speaks != Speaks::Plain {
        let pair = authority(folder).leaf(&["localhost".to_owned()], now()).unwrap();
        command.arg("--certificate").arg(pair.certificate).arg("--key").arg(pair.key);
    }
    if let Some((user, password)) = &options.login {
        command.args(["--user", user, "--password", password]);
    }
    command.args(options.refuse.iter().map(|address| format!("--refuse={address}")));
    command.args(options.defer.iter().map(|address| format!("--defer={address}")));
    if options.hang {
        command.arg("--hang");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

#[expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]
fn modules() -> PathBuf {
    Places::usual(|name| std::env::var_os(name)).cache.join("aiosmtpd")
}
