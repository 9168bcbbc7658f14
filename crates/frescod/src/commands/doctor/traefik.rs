//! Traefik: whether it lives, and whether its folder can be written.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use domain::tenant::RouteProvider;
use rustix::fs::{Access, access};

use super::Finding;
use crate::config::Config;
use crate::files::are_same;

const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let mut findings = vec![folders(config), ping(config).await];
    findings.extend(view(config));
    findings
}

/// What Traefik asks for containers; with routes by files it asks nobody.
fn view(config: &Config) -> Option<Finding> {
    const NAME: &str = "Traefik's view of the engine";
    if config.routing.provider == RouteProvider::File {
        return None;
    }
    let socket = &config.routing.engine_socket;
    let place = socket.display();
    if are_same(socket, &config.engine.socket) {
        let detail =
            "`routing.engine_socket` is the engine's own: Traefik is as good as root, and reads every password";
        return Some(Finding::warn(NAME, detail, "take it out, and start `fresco-engine-view.socket`"));
    }
    // Before we are one of them.
    let is_asked = is_asked(socket);
    match ping_of(socket) {
        Ok(line) if line.contains(" 200 ") && is_asked => {
            Some(Finding::ok(NAME, format!("is open at {place}, and asked")))
        }
        Ok(line) if line.contains(" 200 ") => {
            let detail = format!("is open at {place}, and nobody asks there: Traefik may have the engine's own socket");
            let mend = format!("start Traefik with `endpoint: unix://{place}`, and let its account open that");
            Some(Finding::warn(NAME, detail, &mend))
        }
        Ok(line) => Some(Finding::fail(NAME, format!("{place} answers {line}"), "start the engine")),
        Err(error) => {
            let mend = "start `fresco-engine-view.service` (or `frescod engine-view`), whose log says why it doesn't run: \
                        without it Traefik hears of no new instance";
            Some(Finding::fail(NAME, format!("{place}: {error}"), mend))
        }
    }
}

/// The first line of its answer. That it can be opened proves nothing: systemd holds it, whoever answers.
fn ping_of(socket: &Path) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /_ping HTTP/1.0\r\n\r\n")?;
    let mut line = String::new();
    BufReader::new(stream.take(1024)).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

/// Whether somebody is connected there, as Traefik always is to hear of what happens.
fn is_asked(socket: &Path) -> bool {
    const CONNECTED: &str = "03";
    let sockets = std::fs::read_to_string("/proc/net/unix").unwrap_or_default();
    sockets.lines().any(|line| {
        let mut fields = line.split_whitespace().skip(5);
        fields.next() == Some(CONNECTED) && fields.nth(1).is_some_and(|path| are_same(Path::new(path), socket))
    })
}

/// Only looks: what lies in the second folder may belong to a daemon that is at work.
fn folders(config: &Config) -> Finding {
    const NAME: &str = "routes' folders";
    let folders = [&config.routing.directory, &config.routing.staging];
    for folder in folders {
        if !folder.exists() {
            return missing(NAME, folder);
        }
        if let Err(error) = access(folder, Access::WRITE_OK | Access::EXEC_OK) {
            let mend = "let frescod's account write this folder";
            return Finding::fail(NAME, format!("{}: {error}", folder.display()), mend);
        }
    }
    let [directory, staging] = folders.map(|folder| folder.metadata().map(|metadata| metadata.dev()).ok());
    if directory != staging {
        let detail = "`routing.directory` and `routing.staging` are on different file systems";
        return Finding::fail(NAME, detail, "put both on one, so that files can be renamed from one into the other");
    }
    Finding::ok(NAME, format!("{} can be written", config.routing.directory.display()))
}

/// One that can't even be made is a failure.
fn missing(name: &str, folder: &Path) -> Finding {
    let mend = "make it before Traefik starts, writable for frescod's account and readable for Traefik's";
    let Some(parent) = folder.ancestors().find(|parent| parent.exists()) else {
        return Finding::fail(name, format!("{} can't be made", folder.display()), mend);
    };
    match access(parent, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) if parent.is_dir() => {
            Finding::warn(name, format!("{} isn't there yet; frescod makes it at its start", folder.display()), mend)
        }
        Ok(()) => Finding::fail(name, format!("{}: {} is no folder", folder.display(), parent.display()), mend),
        Err(error) => {
            let detail = format!("{} can't be made in {}: {error}", folder.display(), parent.display());
            Finding::fail(name, detail, mend)
        }
    }
}

async fn ping(config: &Config) -> Finding {
    const NAME: &str = "Traefik";
    let Some(url) = &config.routing.ping_url else {
        let mend = "turn on Traefik's ping, and set `routing.ping_url`, so that doctor can look";
        return Finding::warn(NAME, "`routing.ping_url` is not set: nobody knows whether it runs", mend);
    };
    let mend = "start Traefik; its log says why it doesn't run";
    match status(url.0.clone()).await {
        Ok(status) if status.is_success() => Finding::ok(NAME, format!("answers at {}", url.0)),
        Ok(status) => Finding::fail(NAME, format!("{} answers {status}", url.0), "set `routing.ping_url` to its ping"),
        Err(error) => Finding::fail(NAME, format!("{:#}", anyhow::Error::from(error)), mend),
    }
}

async fn status(url: reqwest::Url) -> reqwest::Result<reqwest::StatusCode> {
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
    Ok(client.get(url).send().await?.status())
}
