//! The tenants' network.
//!
//! The engine allows two networks of one name, and then no container can be attached to either by name. Two of one
//! subnet it does not allow; so of several that make ours at once one succeeds, and the others wait to see it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use bollard::models::{Ipam, IpamConfig, Network as Found, NetworkCreateRequest};
use bollard::query_parameters::ListNetworksOptions;
use tokio::time::{Instant, sleep};

use super::DockerEngine;
use super::call::Ask;
use crate::container::network::NetworkPlan;
use crate::container::{EngineError, Network, NetworkName, NetworkSpec, PlatformId};

const NO_TRAFFIC_BETWEEN: (&str, &str) = ("com.docker.network.bridge.enable_icc", "false");
const INTERFACE: &str = "com.docker.network.bridge.name";
/// How long another's creation is waited for, and how often we look.
const OTHERS: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(50);

/// As the engine refuses to remove a network that somebody is in.
const COUNTED: &str = "has active endpoints";

/// How the removal of a network has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkEnd {
    Gone,
    /// It stays, though nobody is in it: Docker 20.10 now and then goes on counting containers that are gone, until it is
    /// restarted itself.
    Miscounted,
}

/// A spec, and what it reads as.
struct Wanted<'a> {
    spec: &'a NetworkSpec,
    plan: NetworkPlan,
}

impl DockerEngine {
    pub(super) async fn look_up_network(&self, name: &NetworkName) -> Result<Option<Network>, EngineError> {
        let ask = Ask::new("look a network up", format_args!("network {}", name.as_str()));
        let found = self.networks_named(&ask, name).await?;
        let Some(first) = found.first() else { return Ok(None) };
        let conforms = found.len() == 1 && breach(first, &self.options.platform).is_none();
        network(&ask, first, conforms).map(Some)
    }

    pub(super) async fn make_network(&self, spec: &NetworkSpec) -> Result<Network, EngineError> {
        let ask = Ask::new("make the network", format_args!("network {}", spec.name.as_str()));
        let wanted = Wanted { spec, plan: NetworkPlan::read(spec).map_err(|why| ask.refused(why))? };
        let _alone = self.network.lock().await;
        if let Some(network) = self.accept(&ask, &wanted).await? {
            return Ok(network);
        }
        let body = wanted.body(&self.options.platform);
        let made = match self.call(&ask, self.docker.create_network(body)).await {
            Ok(made) => made.id,
            Err(error @ (EngineError::Refused { .. } | EngineError::Conflict { .. })) => {
                return self.await_others(&ask, &wanted, error).await;
            }
            Err(error) => return Err(error),
        };
        if self.networks_named(&ask, &spec.name).await?.len() > 1 {
            self.call(&ask, self.docker.remove_network(&made)).await?;
            return Err(ask.conflict("another of that name was made at the same time; ours is taken back"));
        }
        Ok(wanted.network())
    }

    /// Removes the network if it is this platform's, and tells whether it is gone, as it is if it was before. For the end of a
    /// whole platform: while there may be tenants it stays.
    ///
    /// # Errors
    /// [`EngineError::Conflict`] if it isn't ours; [`EngineError::Refused`] while containers use it.
    pub async fn remove_network(&self, name: &NetworkName) -> Result<NetworkEnd, EngineError> {
        let ask = Ask::new("remove the network", format_args!("network {}", name.as_str()));
        for found in self.networks_named(&ask, name).await? {
            if let Some(breach) = breach(&found, &self.options.platform) {
                return Err(ask.conflict(format!("{breach}; it is left alone")));
            }
            let id = found.id.ok_or_else(|| ask.lacks("the network's id"))?;
            match self.call(&ask, self.docker.remove_network(&id)).await {
                Ok(()) | Err(EngineError::NotFound { .. }) => {}
                Err(EngineError::Refused { detail, .. })
                    if detail.contains(COUNTED) && self.addresses_in(name).await?.is_empty() =>
                {
                    return Ok(NetworkEnd::Miscounted);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(NetworkEnd::Gone)
    }

    pub(super) async fn addresses_in(&self, name: &NetworkName) -> Result<Vec<IpAddr>, EngineError> {
        let ask = Ask::new("look a network up", format_args!("network {}", name.as_str()));
        let found = self.call(&ask, self.docker.inspect_network(name.as_str(), None)).await?;
        let attached = found.containers.unwrap_or_default().into_values();
        // `10.77.0.2/22`; empty while the container is on its way.
        let address = |text: String| text.split('/').next().and_then(|address| address.parse().ok());
        Ok(attached.filter_map(|container| address(container.ipv4_address?)).collect())
    }

    /// Somebody may be making it: their claim on the subnet shows before their network does.
    async fn await_others(&self, ask: &Ask, wanted: &Wanted<'_>, error: EngineError) -> Result<Network, EngineError> {
        let until = Instant::now() + OTHERS;
        while Instant::now() < until {
            if let Some(network) = self.accept(ask, wanted).await? {
                return Ok(network);
            }
            sleep(LOOK).await;
        }
        let NetworkSpec { subnet, interface, .. } = wanted.spec;
        Err(ask.conflict(format!("{error}; choose a subnet ({subnet}) and an interface ({interface}) that are free")))
    }

    /// The network if it is there as the plan says.
    async fn accept(&self, ask: &Ask, wanted: &Wanted<'_>) -> Result<Option<Network>, EngineError> {
        let found = self.networks_named(ask, &wanted.spec.name).await?;
        let [only] = found.as_slice() else {
            return if found.is_empty() { Ok(None) } else { Err(ask.conflict("there are several of that name")) };
        };
        let is = network(ask, only, true)?;
        match breach(only, &self.options.platform).map(str::to_owned).or_else(|| is.difference(wanted.spec)) {
            None => Ok(Some(wanted.network())),
            Some(breach) => Err(ask.conflict(format!("{breach}; remove it, or configure another name"))),
        }
    }

    /// The engine's own filter takes parts of names too.
    async fn networks_named(&self, ask: &Ask, name: &NetworkName) -> Result<Vec<Found>, EngineError> {
        let filters = HashMap::from([("name".to_owned(), vec![name.as_str().to_owned()])]);
        let options = ListNetworksOptions { filters: Some(filters) };
        let mut found = self.call(ask, self.docker.list_networks(Some(options))).await?;
        found.retain(|network| network.name.as_deref() == Some(name.as_str()));
        Ok(found)
    }
}

impl Wanted<'_> {
    fn body(&self, platform: &PlatformId) -> NetworkCreateRequest {
        let options = [NO_TRAFFIC_BETWEEN, (INTERFACE, &self.spec.interface)];
        let config = IpamConfig {
            subnet: Some(self.plan.subnet.to_string()),
            gateway: Some(self.plan.gateway.to_string()),
            ..IpamConfig::default()
        };
        NetworkCreateRequest {
            name: self.spec.name.as_str().to_owned(),
            driver: Some("bridge".to_owned()),
            enable_ipv6: Some(false),
            ipam: Some(Ipam { config: Some(vec![config]), ..Ipam::default() }),
            options: Some(options.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
            labels: Some(HashMap::from([(PlatformId::LABEL.to_owned(), platform.as_str().to_owned())])),
            ..NetworkCreateRequest::default()
        }
    }

    /// As it is once it is made.
    fn network(&self) -> Network {
        let NetworkSpec { subnet, interface, .. } = self.spec.clone();
        Network { gateway: self.plan.gateway.into(), subnet, interface, conforms: true }
    }
}

fn network(ask: &Ask, found: &Found, conforms: bool) -> Result<Network, EngineError> {
    let subnet = config(found).and_then(|config| config.subnet.clone()).unwrap_or_default();
    let interface = option(found, INTERFACE).unwrap_or_default().to_owned();
    let gateway = gateway(found).ok_or_else(|| ask.lacks("the network's gateway"))?;
    Ok(Network { gateway, subnet, interface, conforms })
}

/// How the network breaks the isolation contract, if it does.
fn breach(found: &Found, platform: &PlatformId) -> Option<&'static str> {
    let owner = found.labels.as_ref().and_then(|labels| labels.get(PlatformId::LABEL));
    if owner.map(String::as_str) != Some(platform.as_str()) {
        return Some("it is not this platform's");
    }
    if found.driver.as_deref() != Some("bridge") {
        return Some("it is no bridge");
    }
    if option(found, NO_TRAFFIC_BETWEEN.0) != Some(NO_TRAFFIC_BETWEEN.1) {
        return Some("its containers reach one another");
    }
    found.enable_ipv6.unwrap_or(false).then_some("it carries IPv6, which no rule of ours filters")
}

fn option<'a>(found: &'a Found, key: &str) -> Option<&'a str> {
    found.options.as_ref()?.get(key).map(String::as_str)
}

fn config(found: &Found) -> Option<&IpamConfig> {
    found.ipam.as_ref()?.config.as_ref()?.first()
}

/// The host's address: as stated, or, where the engine chose it, the subnet's first.
fn gateway(found: &Found) -> Option<IpAddr> {
    let config = config(found)?;
    match config.gateway.as_deref() {
        Some(stated) => stated.parse().ok(),
        None => config.subnet.as_deref()?.parse::<ipnet::IpNet>().ok()?.hosts().next(),
    }
}
