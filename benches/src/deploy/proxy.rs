//! Somebody who waits for a new name to answer through Traefik.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use reqwest::header::HOST;
use reqwest::{Client, StatusCode};
use tokio::task::JoinSet;
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

/// Asks until it is dropped.
#[derive(Debug)]
pub(super) struct Watch(JoinSet<Instant>);

impl Proxy {
    pub(super) fn new(address: SocketAddr) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
        Ok(Self { client, url: format!("http://{address}{PATH}") })
    }

    /// Starts to ask for a name.
    pub(super) fn watch(&self, name: &str) -> Watch {
        let (client, url, host) = (self.client.clone(), self.url.clone(), format!("{name}.{DOMAIN}"));
        let mut task = JoinSet::new();
        task.spawn(async move {
            loop {
                match client.get(&url).header(HOST, &host).send().await {
                    Ok(answer) if answer.status() == StatusCode::OK => return Instant::now(),
                    Ok(_) | Err(_) => sleep(PAUSE).await,
                }
            }
        });
        Watch(task)
    }
}

impl Watch {
    /// When the app answered first.
    pub(super) async fn first_answer(mut self) -> anyhow::Result<Instant> {
        let answered = timeout(PATIENCE, self.0.join_next()).await.context("never routed")?;
        Ok(answered.context("nobody asks")??)
    }
}
