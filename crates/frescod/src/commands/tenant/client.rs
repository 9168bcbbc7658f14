//! What the HTTP API does with tenants, as the command line uses it.
//!
//! Answers are read as far as they are needed here; what the server adds later changes nothing.

use anyhow::Context;
use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use super::super::http::{Client, Server};

/// What is shown of a tenant.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Tenant {
    pub(crate) id: String,
    pub(crate) subdomain: String,
    pub(crate) url: String,
    pub(crate) app: String,
    pub(crate) version: Option<String>,
    pub(crate) status: String,
    pub(crate) desired_state: String,
    pub(crate) generation: i64,
    pub(crate) last_error: Option<Failure>,
    #[serde(default)]
    pub(crate) conditions: Vec<Condition>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_deployed_at: Option<DateTime<Utc>>,
    pub(crate) destroy_after: Option<DateTime<Utc>>,
    pub(crate) first_run: Option<FirstRun>,
    pub(crate) step: Option<CurrentStep>,
    pub(crate) observed_at: Option<DateTime<Utc>>,
    pub(crate) next_attempt_at: Option<DateTime<Utc>>,
    pub(crate) sizes: Option<Sizes>,
}

/// What it keeps on disk; a part that nobody has measured yet is none.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Sizes {
    pub(crate) database: Option<Measured>,
    pub(crate) logs: Option<Measured>,
    pub(crate) dumps: Option<Measured>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Measured {
    pub(crate) bytes: u64,
    /// How long ago that was, in seconds.
    pub(crate) age: f64,
}

/// What is being done.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CurrentStep {
    pub(crate) description: String,
    /// How long already, in seconds.
    pub(crate) age: f64,
}

/// How far its first visitor has come.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FirstRun {
    pub(crate) state: String,
    pub(crate) until: Option<DateTime<Utc>>,
    pub(crate) gated: bool,
}

/// A way in for its owner.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct ClaimLink {
    pub(crate) url: String,
    pub(crate) expires_at: DateTime<Utc>,
}

impl Tenant {
    /// Whether only its owner may open it.
    pub(crate) fn is_gated(&self) -> bool {
        self.first_run.as_ref().is_some_and(|run| run.gated)
    }

    /// Whether something is being done about it now.
    pub(crate) fn is_at_work(&self) -> bool {
        self.step.is_some()
    }

    /// Whether it has never been as it was asked for, so that nothing is lost with it.
    pub(crate) fn is_stillborn(&self) -> bool {
        self.last_deployed_at.is_none() && !self.is_to_go()
    }

    /// Whether somebody has asked for its end.
    pub(crate) fn is_to_go(&self) -> bool {
        self.desired_state == "destroyed"
    }
}

/// One part of a tenant's state.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Condition {
    pub(crate) kind: String,
    pub(crate) holds: String,
    pub(crate) since: DateTime<Utc>,
}

/// Why the last attempt failed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Failure {
    pub(crate) step: Option<String>,
    pub(crate) cause: String,
    pub(crate) remedy: Option<String>,
    pub(crate) last_lines: Vec<String>,
}

/// A change was accepted.
#[derive(Debug, Deserialize)]
pub(crate) struct Accepted {
    pub(crate) tenant: Tenant,
    pub(crate) generation: i64,
}

/// How it stands after a wait.
#[derive(Debug, Deserialize)]
pub(crate) struct Waited {
    /// How it has ended; `None`: it has not.
    pub(crate) outcome: Option<String>,
    pub(crate) reached: bool,
    pub(crate) failed: bool,
    pub(crate) tenant: Tenant,
}

/// Part of the history.
#[derive(Debug, Deserialize)]
pub(crate) struct Events {
    pub(crate) items: Vec<Event>,
    pub(crate) next: i64,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Event {
    pub(crate) generation: i64,
    pub(crate) kind: String,
    pub(crate) message: String,
    #[serde(default)]
    data: Value,
    pub(crate) at: DateTime<Utc>,
}

impl Event {
    /// Whether it tells of a step that has begun.
    pub(crate) fn is_step(&self) -> bool {
        self.data["step"] == self.kind.as_str()
    }

    /// Whether it tells that `step`, which came before it, has failed.
    pub(crate) fn ends_in_failure(&self, step: &Self) -> bool {
        match self.kind.as_str() {
            "failed" => self.data["step"] == step.kind.as_str(),
            "fail_release" => true,
            _ => false,
        }
    }
}

/// Part of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    pub(crate) items: Vec<Value>,
    pub(crate) next: Option<String>,
}

impl Client {
    pub(crate) async fn create(&self, wish: &Value) -> anyhow::Result<Accepted> {
        self.send(self.request(Method::POST, &["tenants"])?.json(wish)).await
    }

    /// An operation that says no more than its name.
    pub(crate) async fn ask(&self, id: &str, operation: &str) -> anyhow::Result<Accepted> {
        self.send(self.request(Method::POST, &["tenants", id, operation])?).await
    }

    pub(crate) async fn roll_back(&self, id: &str, restore: bool) -> anyhow::Result<Accepted> {
        let request = self.request(Method::POST, &["tenants", id, "rollback"])?;
        self.send(request.json(&json!({ "restore": restore }))).await
    }

    pub(crate) async fn update(&self, id: &str, patch: &Value) -> anyhow::Result<Accepted> {
        self.send(self.request(Method::PATCH, &["tenants", id])?.json(patch)).await
    }

    pub(crate) async fn destroy(&self, tenant: &Tenant, immediately: bool) -> anyhow::Result<Accepted> {
        let request = self.request(Method::POST, &["tenants", &tenant.id, "destroy"])?;
        self.send(request.json(&json!({ "confirmation": tenant.subdomain, "immediately": immediately }))).await
    }

    pub(crate) async fn open(&self, id: &str, confirmation: &str) -> anyhow::Result<Tenant> {
        let request = self.request(Method::POST, &["tenants", id, "open"])?;
        self.send(request.json(&serde_json::json!({ "confirmation": confirmation }))).await
    }

    pub(crate) async fn claim_link(&self, id: &str) -> anyhow::Result<ClaimLink> {
        self.send(self.request(Method::POST, &["tenants", id, "claim-link"])?).await
    }

    pub(crate) async fn show<T: DeserializeOwned>(&self, id: &str) -> anyhow::Result<T> {
        self.send(self.request(Method::GET, &["tenants", id])?).await
    }

    pub(crate) async fn plan(&self, id: &str, state: Option<&str>) -> anyhow::Result<Value> {
        let state: Vec<_> = state.map(|state| ("state", state)).into_iter().collect();
        self.send(self.request(Method::GET, &["tenants", id, "plan"])?.query(&state)).await
    }

    pub(crate) async fn ask_probe(&self, id: &str) -> anyhow::Result<Value> {
        self.send(self.request(Method::POST, &["tenants", id, "probe"])?).await
    }

    pub(crate) async fn probe(&self, id: &str) -> anyhow::Result<Value> {
        self.send(self.request(Method::GET, &["tenants", id, "probe"])?).await
    }

    pub(crate) async fn wait(&self, id: &str, generation: i64, seconds: u64) -> anyhow::Result<Waited> {
        let query = [("generation", generation.to_string()), ("timeout", seconds.to_string())];
        self.send(self.request(Method::GET, &["tenants", id, "wait"])?.query(&query)).await
    }

    pub(crate) async fn events(&self, id: &str, after: i64, seconds: u64) -> anyhow::Result<Events> {
        let query = [("after", after.to_string()), ("wait", seconds.to_string())];
        self.send(self.request(Method::GET, &["tenants", id, "events"])?.query(&query)).await
    }

    pub(crate) async fn page(&self, query: &[(&str, &str)]) -> anyhow::Result<Page> {
        self.send(self.request(Method::GET, &["tenants"])?.query(query)).await
    }

    /// All pages.
    pub(crate) async fn list(&self, query: &[(&str, &str)]) -> anyhow::Result<Vec<Value>> {
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let next = cursor.as_deref().map(|cursor| ("cursor", cursor));
            let whole: Vec<_> = query.iter().copied().chain(next).collect();
            let page = self.page(&whole).await?;
            all.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// The tenant with this id or subdomain.
    pub(crate) async fn find(&self, name: &str) -> anyhow::Result<Tenant> {
        if name.starts_with("tnt_") {
            return self.show(name).await;
        }
        let found = self.list(&[("search", name)]).await?.into_iter();
        let exact = found.into_iter().find(|tenant| tenant["subdomain"] == name);
        let exact = exact.with_context(|| format!("there is no tenant `{name}`; `frescod tenant list` shows all, with --destroyed also those that are gone"))?;
        Ok(serde_json::from_value(exact)?)
    }
}
