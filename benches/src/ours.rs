//! The public API, as any client uses it.

use std::time::Duration;

use anyhow::bail;
use chrono::{DateTime, Utc};
use reqwest::{Client, RequestBuilder};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::stage::Daemon;

const APP: &str = "sample";

#[derive(Clone, Debug)]
pub(crate) struct Ours {
    client: Client,
    tenants: String,
    key: secrecy::SecretString,
}

/// A tenant that was asked for.
#[derive(Debug)]
pub(crate) struct Tenant {
    name: String,
    id: String,
    generation: i64,
}

impl Tenant {
    /// As names on the engine have it.
    pub(crate) fn simple(&self) -> &str {
        self.id.strip_prefix("tnt_").unwrap_or(&self.id)
    }
}

/// What the list shows of a tenant.
#[derive(Debug, Deserialize)]
pub(crate) struct Shown {
    pub(crate) status: String,
    pub(crate) observed_at: Option<DateTime<Utc>>,
}

/// When something was done, or begun.
#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Events {
    items: Vec<Event>,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Shown>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Accepted {
    tenant: Identified,
    generation: i64,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

#[derive(Deserialize)]
struct Waited {
    reached: bool,
    failed: bool,
    tenant: Value,
}

impl Ours {
    pub(crate) fn new(daemon: &Daemon) -> anyhow::Result<Self> {
        // Longer than the daemon lets a request wait.
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(90)).build()?;
        Ok(Self { client, tenants: format!("http://{}/api/v1/tenants", daemon.api), key: daemon.key.clone() })
    }

    /// Asks for a tenant and waits until it is active.
    pub(crate) async fn deploy(&self, name: &str) -> anyhow::Result<Tenant> {
        let tenant = self.ask_for(name).await?;
        self.settled(&tenant).await?;
        Ok(tenant)
    }

    pub(crate) async fn ask_for(&self, name: &str) -> anyhow::Result<Tenant> {
        self.ask_for_with(name, &json!({})).await
    }

    /// The same with more than its name.
    pub(crate) async fn ask_for_with(&self, name: &str, more: &Value) -> anyhow::Result<Tenant> {
        let mut wish = json!({ "subdomain": name, "app": APP });
        wish.as_object_mut().into_iter().for_each(|wish| wish.extend(more.as_object().cloned().unwrap_or_default()));
        let request = self.client.post(&self.tenants).json(&wish);
        let accepted: Accepted = serde_json::from_value(self.send(request).await?)?;
        Ok(Tenant { name: name.to_owned(), id: accepted.tenant.id, generation: accepted.generation })
    }

    pub(crate) async fn destroy(&self, tenant: &Tenant) -> anyhow::Result<()> {
        let url = format!("{}/{}/destroy", self.tenants, tenant.id);
        let request = self.client.post(url).json(&json!({ "confirmation": tenant.name }));
        let accepted: Accepted = serde_json::from_value(self.send(request).await?)?;
        let (id, name) = (accepted.tenant.id, tenant.name.clone());
        self.settled(&Tenant { name, id, generation: accepted.generation }).await
    }

    /// Asks for one of the operations that bring nothing with them, and waits until it is so.
    pub(crate) async fn change(&self, tenant: &Tenant, operation: &str) -> anyhow::Result<()> {
        let url = format!("{}/{}/{operation}", self.tenants, tenant.id);
        let accepted: Accepted = serde_json::from_value(self.send(self.client.post(url)).await?)?;
        let (id, name) = (accepted.tenant.id, tenant.name.clone());
        self.settled(&Tenant { name, id, generation: accepted.generation }).await
    }

    /// Waits until the tenant is as its last change wants it.
    pub(crate) async fn settled(&self, tenant: &Tenant) -> anyhow::Result<()> {
        let url = format!("{}/{}/wait?generation={}&timeout=60", self.tenants, tenant.id, tenant.generation);
        let waited: Waited = serde_json::from_value(self.send(self.client.get(url)).await?)?;
        if waited.failed || !waited.reached {
            bail!("{} did not settle: {}", tenant.name, waited.tenant["last_error"]);
        }
        Ok(())
    }

    /// What was done to it, in order.
    pub(crate) async fn events(&self, tenant: &Tenant) -> anyhow::Result<Vec<Event>> {
        let request = self.client.get(format!("{}/{}/events", self.tenants, tenant.id));
        let events: Events = serde_json::from_value(self.send(request).await?)?;
        Ok(events.items)
    }

    /// All of them as they are shown.
    pub(crate) async fn list(&self) -> anyhow::Result<Vec<Shown>> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let request = self.client.get(&self.tenants).query(&[("limit", "200")]).query(&cursor);
            let page: Page = serde_json::from_value(self.send(request).await?)?;
            all.extend(page.items);
            match page.next {
                Some(next) => cursor = Some([("cursor", next)]),
                None => return Ok(all),
            }
        }
    }

    /// A month of what it has used; how many of its points are known.
    pub(crate) async fn month(&self, tenant: &Tenant) -> anyhow::Result<usize> {
        let from = domain::Clock::now(&domain::SystemClock) - chrono::TimeDelta::days(30);
        let request = self.client.get(format!("{}/{}/metrics", self.tenants, tenant.id));
        let answer = self.send(request.query(&[("from", from.to_rfc3339())])).await?;
        Ok(answer["points"].as_array().into_iter().flatten().filter(|point| !point["cpu"].is_null()).count())
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let answer = request.bearer_auth(self.key.expose_secret()).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            bail!("the API answers {status}: {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }
}
