//! Somebody who wants a new name to answer through Traefik.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use reqwest::header::HOST;
use reqwest::{Client, StatusCode};
use tokio::time::{sleep, timeout};

use crate::stage::DOMAIN;

const PAUSE: Duration = Duration::from_millis(4);
const PATIENCE: Duration = Duration::from_secs(30);
/// The sample says 200 here; Traefik, for a name it has no route for, 404.
const PATH: &str = "/api/health";

#[derive(Debug)]
pub(super) struct Proxy {
    client: Client,
    url: String,
}

impl Proxy {
    pub(super) fn new(address: SocketAddr) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
        Ok(Self { client, url: format!("http://{address}{PATH}") })
    }

    /// Asks for a name until its app answers; tells when that was.
    pub(super) async fn first_answer(&self, name: &str) -> anyhow::Result<Instant> {
        timeout(PATIENCE, self.ask(&format!("{name}.{DOMAIN}"))).await.context("never routed")
    }

    async fn ask(&self, host: &str) -> Instant {
        loop {
            match self.client.get(&self.url).header(HOST, host).send().await {
                Ok(answer) if answer.status() == StatusCode::OK => return Instant::now(),
                Ok(_) | Err(_) => sleep(PAUSE).await,
            }
        }
    }
}
