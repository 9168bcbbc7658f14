//! Containers like ours, by plain calls.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use bollard::Docker;
use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, ContainerInspectResponse};
use bollard::query_parameters::{
    CreateContainerOptions, InspectContainerOptions, StartContainerOptions, StopContainerOptions, WaitContainerOptions,
};
use futures_util::StreamExt;
use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::stage::BENCH_LABEL;

/// As the sample's manifest says, for the version of its image.
const READY: (&str, StatusCode) = ("/api/assets/healthcheck", StatusCode::NOT_FOUND);
const PORT: u16 = 3000;
const GRACE_SECONDS: i32 = 5;
/// The variables that hold a tenant's database URL.
const URLS: [&str; 2] = ["DATABASE_URL", "DATABASE_URL_UNPOOLED"];
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(1);

/// One of our containers, to make others like it.
#[derive(Debug)]
pub(crate) struct Template(ContainerCreateBody);

impl Template {
    /// Reads a container as soon as it is there.
    pub(crate) async fn read(docker: &Docker, name: &str) -> anyhow::Result<Self> {
        let found = timeout(PATIENCE, inspect_when_there(docker, name)).await.context("it never came")??;
        let mut body = serde_json::to_value(found.config.context("no Config")?)?;
        body["HostConfig"] = serde_json::to_value(found.host_config.context("no HostConfig")?)?;
        // The engine made it up from the container's id.
        body["Hostname"] = json!(null);
        body["Labels"] = json!({ BENCH_LABEL: "floor" });
        Ok(Self(serde_json::from_value(body)?))
    }

    /// Makes one like it, for another database or the same.
    pub(crate) async fn create(&self, docker: &Docker, name: &str, url: Option<&SecretString>) -> anyhow::Result<()> {
        let mut body = self.0.clone();
        for variable in body.env.iter_mut().flatten() {
            let key = URLS.iter().find(|key| variable.starts_with(&format!("{key}=")));
            if let Some((key, url)) = key.zip(url) {
                *variable = format!("{key}={}", url.expose_secret());
            }
        }
        let options = CreateContainerOptions { name: Some(name.to_owned()), ..CreateContainerOptions::default() };
        docker.create_container(Some(options), body).await?;
        Ok(())
    }
}

async fn inspect_when_there(docker: &Docker, name: &str) -> anyhow::Result<ContainerInspectResponse> {
    loop {
        match docker.inspect_container(name, None::<InspectContainerOptions>).await {
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => sleep(PAUSE).await,
            answer => return Ok(answer?),
        }
    }
}

/// Asks apps: a connection for each question, as a container that isn't there yet has none to keep.
pub(super) fn http() -> anyhow::Result<Client> {
    Ok(Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(Duration::from_secs(1)).build()?)
}

/// Starts a container.
pub(crate) async fn start(docker: &Docker, name: &str) -> anyhow::Result<()> {
    Ok(docker.start_container(name, None::<StartContainerOptions>).await?)
}

/// Stops a container.
pub(crate) async fn stop(docker: &Docker, name: &str) -> anyhow::Result<()> {
    let options = StopContainerOptions { t: Some(GRACE_SECONDS), ..StopContainerOptions::default() };
    Ok(docker.stop_container(name, Some(options)).await?)
}

/// Waits until a container has ended by itself.
pub(super) async fn wait(docker: &Docker, name: &str) -> anyhow::Result<()> {
    let options = WaitContainerOptions { condition: "not-running".to_owned() };
    // Any other code than 0 is an error of bollard's.
    let ended = timeout(PATIENCE, docker.wait_container(name, Some(options)).next()).await?;
    ended.context("nobody says how it ended")??;
    Ok(())
}

/// Asks a started container until it is ready.
pub(super) async fn ready(docker: &Docker, http: &Client, name: &str) -> anyhow::Result<()> {
    let found = docker.inspect_container(name, None::<InspectContainerOptions>).await?;
    let address = address(found).context("the container has no address")?;
    timeout(PATIENCE, answers(http, address)).await.with_context(|| format!("{name} is never ready"))?
}

async fn answers(http: &Client, address: IpAddr) -> anyhow::Result<()> {
    let (path, expected) = READY;
    let url = format!("http://{address}:{PORT}{path}");
    loop {
        match http.get(&url).send().await {
            Ok(answer) if answer.status() == expected => return Ok(()),
            Ok(answer) if !answer.status().is_server_error() => bail!("{url} answers {}", answer.status()),
            Ok(_) | Err(_) => sleep(PAUSE).await,
        }
    }
}

fn address(found: ContainerInspectResponse) -> Option<IpAddr> {
    let networks: HashMap<_, _> = found.network_settings?.networks?;
    networks.into_values().find_map(|network| network.ip_address?.parse().ok())
}
