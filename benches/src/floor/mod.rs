//! The floor: what a deploy can't do without, done plainly, one call after the other, with nothing of ours in between.
//!
//! Its containers have the very configuration of ours, read from the engine while a tenant is deployed. Only names, labels
//! and database URLs differ.

pub(crate) mod containers;
mod database;

use anyhow::Context;
use bollard::Docker;
use domain::SystemEntropy;
use domain::entropy::token;
use reqwest::Client;
use secrecy::SecretString;

use crate::ours::Ours;
use crate::parts::Parts;
use crate::stage::{Ground, Stage, remove};
use containers::Template;
use database::Database;

pub(crate) const DESCRIPTION: &str = "\
floor: CREATE ROLE with its limits and GRANT, one transaction; CREATE DATABASE; REVOKE; release container created,
       started, awaited; its effect asked for with the tenant's own login; release container removed; serve container
       created, started, inspected for its address, asked every millisecond until it answers as ready";

/// Makes and removes what a tenant consists of.
#[derive(Debug)]
pub(crate) struct Floor {
    docker: Docker,
    http: Client,
    database: Database,
    release: Template,
    serve: Template,
}

/// What one run made.
#[derive(Debug)]
pub(crate) struct Made {
    role: String,
    container: String,
}

impl Floor {
    /// Deploys a tenant, learns what its containers are like, and destroys it. `lanes` can be made at once.
    pub(crate) async fn learn(ground: &Ground, stage: &Stage, ours: &Ours, lanes: usize) -> anyhow::Result<Self> {
        let docker = ground.docker.clone();
        let tenant = ours.ask_for("bench-model").await?;
        let release = format!("fresco_release_{}_1", tenant.simple());
        let release = Template::read(&docker, &release).await.context("can't look at a release container")?;
        let serve = format!("fresco_tenant_{}", tenant.simple());
        let serve = Template::read(&docker, &serve).await.context("can't look at a serve container")?;
        ours.settled(&tenant).await?;
        ours.destroy(&tenant).await?;
        let database = Database::connect(stage, ground.gateway(), lanes).await?;
        Ok(Self { docker, http: containers::http()?, database, release, serve })
    }

    /// From nothing to the first answer.
    pub(crate) async fn make(&self, name: &str, lane: usize, parts: &Parts) -> anyhow::Result<Made> {
        let role = format!("floor_{}", name.replace('-', "_"));
        let password: SecretString = token(&SystemEntropy).into();
        let mut lap = parts.lap();
        self.database.make(&role, &password, lane).await?;
        lap.done("role and database");
        let url = self.database.url(&role, &password);
        let release = format!("floor_release_{name}");
        self.release.create(&self.docker, &release, Some(&url)).await?;
        lap.done("create release");
        containers::start(&self.docker, &release).await?;
        lap.done("start release");
        containers::wait(&self.docker, &release).await?;
        lap.done("await release");
        self.database.must_be_prepared(&role, &password).await?;
        lap.done("check release");
        remove(&self.docker, &release).await?;
        lap.done("remove release");
        let container = format!("floor_serve_{name}");
        self.serve.create(&self.docker, &container, Some(&url)).await?;
        lap.done("create container");
        containers::start(&self.docker, &container).await?;
        lap.done("start container");
        containers::ready(&self.docker, &self.http, &container).await?;
        lap.done("await ready");
        Ok(Made { role, container })
    }

    /// As its app's manifest would have it.
    pub(crate) async fn stop(&self, made: &Made) -> anyhow::Result<()> {
        containers::stop(&self.docker, &made.container).await
    }

    /// Until the first answer.
    pub(crate) async fn start(&self, made: &Made) -> anyhow::Result<()> {
        containers::start(&self.docker, &made.container).await?;
        containers::ready(&self.docker, &self.http, &made.container).await
    }

    pub(crate) async fn remove(&self, made: Made, lane: usize) -> anyhow::Result<()> {
        remove(&self.docker, &made.container).await?;
        self.database.remove(&made.role, lane).await
    }

    /// Fails if a tenant's or a floor's role or database is there.
    pub(crate) async fn must_be_clear(&self) -> anyhow::Result<()> {
        self.database.must_be_clear().await
    }
}
