//! The tenants' network, and with it the address tenants reach PostgreSQL at.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::{Context, bail};
use domain::SystemEntropy;
use domain::entropy::random;
use ipnet::Ipv4Net;
use provisioner::container::docker::{DockerEngine, DockerOptions};
use provisioner::container::{ContainerEngine, EngineError, NetworkSpec};

use super::Choices;
use super::state::{Identity, State};

/// How many subnets are tried; the engine says which overlap with others.
const TRIES: usize = 16;

/// The network as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct DevNetwork {
    pub(super) subnet: Ipv4Net,
    pub(super) gateway: IpAddr,
}

pub(super) fn options(choices: &Choices, identity: &Identity) -> anyhow::Result<DockerOptions> {
    Ok(DockerOptions::new(choices.engine.clone(), identity.platform()?))
}

pub(super) async fn engine(choices: &Choices, options: DockerOptions) -> anyhow::Result<DockerEngine> {
    let engine = DockerEngine::connect(options).await;
    engine.with_context(|| {
        format!("no container engine at {}: start one, or name its socket with --engine", choices.engine.display())
    })
}

/// Makes the network on the subnet of the run before; at the first run on one that is free.
pub(super) async fn ensure(choices: &Choices, state: &mut State) -> anyhow::Result<DevNetwork> {
    let engine = engine(choices, options(choices, state.identity())?).await?;
    if let Some(subnet) = state.identity().subnet {
        return Ok(make(&engine, state.identity(), subnet).await?);
    }
    // Of a first run that was ended before it could note its subnet: nobody is in it yet.
    engine.remove_network(&state.identity().network()?).await?;
    for _ in 0..TRIES {
        let subnet = candidate(random(&SystemEntropy));
        match make(&engine, state.identity(), subnet).await {
            Ok(network) => {
                state.settle(|identity| identity.subnet = Some(subnet))?;
                return Ok(network);
            }
            Err(Failure::Engine(error @ EngineError::Unavailable { .. })) => return Err(error.into()),
            Err(error @ Failure::Name(_)) => return Err(error.into()),
            Err(Failure::Engine(error)) => tracing::debug!(%subnet, %error, "this subnet is not free"),
        }
    }
    bail!("no free subnet for the tenants' network after {TRIES} tries; remove networks nobody uses")
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Name(#[from] anyhow::Error),
}

async fn make(engine: &DockerEngine, identity: &Identity, subnet: Ipv4Net) -> Result<DevNetwork, Failure> {
    let spec = NetworkSpec { name: identity.network()?, subnet: subnet.to_string(), interface: identity.interface() };
    let network = engine.ensure_network(&spec).await?;
    Ok(DevNetwork { subnet, gateway: network.gateway })
}

/// A /22 out of 10.64.0.0/10, which home and company networks seldom use.
fn candidate([high, low]: [u8; 2]) -> Ipv4Net {
    let address = Ipv4Addr::new(10, 64 + (high & 0x3f), low & 0xfc, 0);
    Ipv4Net::new(address, 22).expect("22 is a prefix length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_networks() {
        for bytes in [[0, 0], [255, 255], [13, 7]] {
            let network = candidate(bytes);
            assert_eq!(network, network.trunc());
            assert!("10.64.0.0/10".parse::<Ipv4Net>().unwrap().contains(&network), "{network}");
        }
    }
}
