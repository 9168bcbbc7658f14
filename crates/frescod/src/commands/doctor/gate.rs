//! The way from visitors through Traefik to our gate: asked for by a name that no instance has.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use reqwest::{Client, StatusCode, Url};
use serde_json::Value;

use super::Finding;
use crate::config::Config;

const NAME: &str = "gate";
const PATIENCE: Duration = Duration::from_secs(3);
/// One character is too short for a subdomain.
const NOBODY: &str = "x";
const HELLO: &str = "/.fresco/hello";

pub(super) async fn look(config: &Config) -> Finding {
    let listen = config.gate.listen;
    let direct = format!("http://{listen}{HELLO}");
    if let Err(why) = ask(config, &direct).await {
        let mend = "it answers while `frescod serve` runs; look again then. Until it does, nobody can open an instance \
                    that is not set up";
        return Finding::warn(NAME, format!("{direct}: {why}"), mend);
    }
    let url = url(config);
    match ask(config, &url).await {
        Ok(()) => closed(config, &url),
        Err(why) => {
            let mend = "Traefik must watch `routing.directory`, have the entry point `routing.entry_point`, and reach \
                        `gate.listen`; its log says which of these fails";
            Finding::fail(NAME, format!("{url}: {why}"), mend)
        }
    }
}

fn closed(config: &Config, url: &str) -> Finding {
    if config.gate.enabled {
        return Finding::ok(NAME, format!("Traefik leads there: {url}"));
    }
    let mend = "take `gate.enabled = false` out, unless only people you trust can reach the instances";
    Finding::warn(NAME, "it is off: whoever first opens an instance becomes its administrator", mend)
}

fn url(config: &Config) -> String {
    let (scheme, usual) = if config.routing.tls { ("https", 443) } else { ("http", 80) };
    let port = config.tenants.public_port.unwrap_or(usual);
    format!("{scheme}://{NOBODY}.{}:{port}{HELLO}", config.tenants.domain)
}

/// Whether our own gate answers at `url`, whose host is taken for this machine. Certificates are somebody else's concern:
/// the name is nobody's.
async fn ask(config: &Config, url: &str) -> Result<(), String> {
    let told = |error: reqwest::Error| format!("{:#}", anyhow::Error::from(error));
    let url: Url = url.parse().map_err(|error| format!("{error}"))?;
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let client = Client::builder().timeout(PATIENCE).no_proxy().danger_accept_invalid_certs(true);
    let client = client.resolve(url.host_str().unwrap_or_default(), here).build().map_err(told)?;
    let answer = client.get(url).send().await.map_err(told)?;
    let (status, body) = (answer.status(), answer.text().await.map_err(told)?);
    let gate = serde_json::from_str::<Value>(&body).ok().map(|body| body["gate"] == config.tenants.domain.as_str());
    if status == StatusCode::OK && gate == Some(true) {
        return Ok(());
    }
    Err(format!("answers {status}, and not as this platform's gate would"))
}
