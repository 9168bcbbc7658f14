//! What a bench has on the engine: its network, and containers with one of its labels.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use bollard::Docker;
use bollard::errors::Error;
use bollard::query_parameters::{InspectNetworkOptions, ListContainersOptions, RemoveContainerOptions};
use provisioner::container::docker::{DockerEngine, DockerOptions};
use provisioner::container::{ContainerEngine, NetworkName, NetworkSpec, PlatformId};

use crate::output::note;

pub(crate) const PLATFORM: &str = "bench";
pub(crate) const NETWORK: &str = "fresco-bench";
pub(crate) const SUBNET: &str = "10.98.0.0/24";
pub(crate) const INTERFACE: &str = "fresco-bench0";
/// On every container that a bench makes itself, and no frescod knows.
pub(crate) const BENCH_LABEL: &str = "fresco.bench";

/// The engine, cleared of everything but our network.
#[derive(Debug)]
pub(crate) struct Ground {
    socket: PathBuf,
    pub(crate) docker: Docker,
    gateway: IpAddr,
}

impl Ground {
    /// Clears what a killed run left, and makes the network.
    pub(crate) async fn take(socket: &Path) -> anyhow::Result<Self> {
        let no_engine = || format!("no container engine at {}: start one, or name its socket", socket.display());
        let path = socket.to_str().context("the engine's socket has a name that is no text")?;
        let docker = Docker::connect_with_unix(path, 120, bollard::API_DEFAULT_VERSION)?;
        let docker = docker.negotiate_version().await.with_context(no_engine)?;
        sweep(&docker).await?;
        let options = DockerOptions::new(socket.to_owned(), PlatformId::parse(PLATFORM)?);
        let engine = DockerEngine::connect(options).await.with_context(no_engine)?;
        let spec = NetworkSpec {
            name: NetworkName::parse(NETWORK)?,
            subnet: SUBNET.to_owned(),
            interface: INTERFACE.to_owned(),
        };
        let network = engine.ensure_network(&spec).await?;
        Ok(Self { socket: socket.to_owned(), docker, gateway: network.gateway })
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// The host, as seen by tenants.
    pub(crate) const fn gateway(&self) -> IpAddr {
        self.gateway
    }

    /// Fails if a container of ours is there.
    pub(crate) async fn must_be_clear(&self) -> anyhow::Result<()> {
        let left = containers(&self.docker).await?;
        if left.is_empty() {
            return Ok(());
        }
        bail!("left on the engine: {}", left.into_values().collect::<Vec<_>>().join(", "))
    }

    /// Names of our containers, by id.
    pub(crate) async fn containers(&self) -> anyhow::Result<HashMap<String, String>> {
        containers(&self.docker).await
    }

    /// Leaves nothing on the engine.
    pub(crate) async fn clear(self) -> anyhow::Result<()> {
        sweep(&self.docker).await?;
        match self.docker.remove_network(NETWORK).await {
            // Old engines now and then go on counting one whose container is long gone, until they are started again.
            Err(error) if is_in_use(&error) && self.has_no_endpoint().await? => {
                note(&format!(
                    "{NETWORK} stays until the engine is started again: it counts an endpoint that is not there"
                ));
                Ok(())
            }
            removed => removed.context("the network stays"),
        }
    }

    async fn has_no_endpoint(&self) -> anyhow::Result<bool> {
        let network = self.docker.inspect_network(NETWORK, None::<InspectNetworkOptions>).await?;
        Ok(network.containers.unwrap_or_default().is_empty())
    }
}

fn is_in_use(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code: 403, .. })
}

async fn sweep(docker: &Docker) -> anyhow::Result<()> {
    for (id, name) in containers(docker).await? {
        note(&format!("removing {name}, which nobody removed"));
        remove(docker, &id).await?;
    }
    Ok(())
}

/// Removes a container, running or not.
pub(crate) async fn remove(docker: &Docker, handle: &str) -> anyhow::Result<()> {
    let options = RemoveContainerOptions { force: true, v: true, ..RemoveContainerOptions::default() };
    Ok(docker.remove_container(handle, Some(options)).await?)
}

/// Names of the containers with one of our labels, by id.
async fn containers(docker: &Docker) -> anyhow::Result<HashMap<String, String>> {
    let mut all = HashMap::new();
    for label in [format!("{}={PLATFORM}", PlatformId::LABEL), BENCH_LABEL.to_owned()] {
        let filters = Some(HashMap::from([("label".to_owned(), vec![label])]));
        let options = ListContainersOptions { all: true, filters, ..ListContainersOptions::default() };
        for found in docker.list_containers(Some(options)).await? {
            let name = found.names.unwrap_or_default().concat();
            all.extend(found.id.map(|id| (id, name)));
        }
    }
    Ok(all)
}
