//! Requests at a steady rate, whoever is slow: each is timed from when it was due, so that one that waits for another counts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use secrecy::ExposeSecret;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_postgres::Statement;

use super::rows::Home;
use crate::stage::Daemon;
use crate::statistics::milliseconds;

const EMAIL: &str = "ada@example.org";
const PASSWORD: &str = "purple monkey dishwasher";

/// So many requests a second for a time; answers the milliseconds of each.
pub(super) async fn steadily<F>(rate: u32, span: Duration, one: impl Fn(usize) -> F) -> anyhow::Result<Vec<f64>>
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let (mut clock, mut under_way) = (ticks(rate, span), JoinSet::new());
    let mut number = 0;
    while let Some(due) = clock.recv().await {
        let request = one(number);
        under_way.spawn(async move { request.await.map(|()| milliseconds(due.elapsed())) });
        number += 1;
    }
    let mut times = Vec::with_capacity(under_way.len());
    while let Some(ended) = under_way.join_next().await {
        times.push(ended??);
    }
    Ok(times)
}

/// When each is due, told when it is: by a thread of its own, since the runtime's timer knows whole milliseconds only.
fn ticks(rate: u32, span: Duration) -> mpsc::UnboundedReceiver<Instant> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let (from, pause) = (Instant::now(), Duration::from_secs(1) / rate);
    std::thread::spawn(move || {
        let all = (0..).map(|number| from + pause * number).take_while(|due| *due < from + span);
        for due in all {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if sender.send(due).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Clients of the API.
#[derive(Clone, Debug)]
pub(super) struct Client {
    client: reqwest::Client,
    base: String,
    homes: Arc<[Home]>,
}

impl Client {
    pub(super) fn new(daemon: &Daemon, homes: &Arc<[Home]>) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
        Ok(Self { client, base: format!("http://{}/api/v1", daemon.api), homes: Arc::clone(homes) })
    }

    /// The list of one organisation's tenants, with its key.
    pub(super) fn list(&self, number: usize) -> impl Future<Output = anyhow::Result<()>> + Send + 'static {
        let key = self.homes[number % self.homes.len()].key.expose_secret();
        let request = self.client.get(format!("{}/tenants", self.base)).bearer_auth(key);
        async move {
            let answer = request.send().await?;
            let status = answer.status();
            let body: serde_json::Value = answer.json().await?;
            match body["items"].as_array() {
                Some(items) if status.is_success() && !items.is_empty() => Ok(()),
                _ => bail!("the list is {status}: {body}"),
            }
        }
    }

    /// Makes the account that is logged in to.
    pub(super) async fn register(&self) -> anyhow::Result<()> {
        let body = json!({ "email": EMAIL, "password": PASSWORD, "name": "Ada Lovelace" });
        self.post("/auth/register", &body).await.context("no account")
    }

    pub(super) async fn log_in(&self) -> anyhow::Result<()> {
        self.post("/auth/login", &json!({ "email": EMAIL, "password": PASSWORD })).await.context("no log-in")
    }

    async fn post(&self, path: &str, body: &serde_json::Value) -> anyhow::Result<()> {
        let answer = self.client.post(format!("{}{path}", self.base)).json(body).send().await?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => bail!("{path} answers {status}: {}", answer.text().await?),
        }
    }
}

/// The same question asked of PostgreSQL itself, on one connection that is open, by a statement that is prepared, as a role
/// that may see everything.
pub(super) struct Sql {
    session: Arc<tokio_postgres::Client>,
    statement: Statement,
    homes: Arc<[Home]>,
}

impl Sql {
    pub(super) async fn new(session: tokio_postgres::Client, homes: &Arc<[Home]>) -> anyhow::Result<Self> {
        let query = "SELECT * FROM fresco.tenants WHERE organisation_id = $1 AND destroyed_at IS NULL
                     ORDER BY created_at DESC, id DESC LIMIT 51";
        let statement = session.prepare(query).await?;
        Ok(Self { session: Arc::new(session), statement, homes: Arc::clone(homes) })
    }

    pub(super) fn list(&self, number: usize) -> impl Future<Output = anyhow::Result<()>> + Send + 'static {
        let (session, statement) = (Arc::clone(&self.session), self.statement.clone());
        let organisation = self.homes[number % self.homes.len()].organisation;
        async move {
            let rows = session.query(&statement, &[&organisation]).await?;
            if rows.is_empty() { bail!("the query finds none") } else { Ok(()) }
        }
    }

    /// As by the letters that nobody reads here.
    pub(super) async fn verify_addresses(&self) -> anyhow::Result<()> {
        let done = "UPDATE fresco.users SET email_verified_at = now() WHERE email IS NOT NULL";
        self.session.execute(done, &[]).await?;
        Ok(())
    }
}
