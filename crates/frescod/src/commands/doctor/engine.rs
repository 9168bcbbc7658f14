//! The container engine and the tenants' network.

use std::net::IpAddr;
use std::path::Path;

use provisioner::container::docker::DockerEngine;
use provisioner::container::{ContainerEngine, EngineVersion, Network};

use super::{Finding, slice};
use crate::config::Config;
use crate::wiring::parts;

const NAME: &str = "container engine";
const NETWORK: &str = "tenants' network";

/// The findings, and the network's gateway if it is there.
pub(super) async fn look(config: &Config) -> (Vec<Finding>, Option<IpAddr>) {
    let engine = match parts::engine(config).await {
        Ok(engine) => engine,
        Err(error) => {
            let mend = "start the engine, and let frescod's account open its socket (group docker)";
            return (vec![Finding::fail(NAME, format!("{error:#}"), mend)], None);
        }
    };
    let mut findings = match engine.version().await {
        Ok(version) => versions(config, &version),
        Err(error) => vec![Finding::fail(NAME, error, "look into the engine's log")],
    };
    let (finding, gateway) = network(config, &engine).await;
    findings.push(finding);
    (findings, gateway)
}

fn versions(config: &Config, version: &EngineVersion) -> Vec<Finding> {
    let EngineVersion { engine, api, cgroup_version, cgroup_driver, live_restore, .. } = version;
    let live = "live-restore";
    vec![
        Finding::ok(NAME, format!("{engine}, API {api}, cgroup v{cgroup_version} by {cgroup_driver}")),
        if *live_restore {
            Finding::ok(live, "containers live on while the engine restarts")
        } else {
            let mend = "set \"live-restore\": true in the engine's daemon.json and reload it";
            Finding::warn(live, "off: an update of the engine stops every tenant", mend)
        },
        slice::look(config.engine.cgroup_parent.as_ref(), cgroup_driver, Path::new(slice::CGROUPS)),
    ]
}

/// The engine keeps a network as it was made, whatever the configuration says since.
fn as_configured(config: &Config, network: &Network) -> Finding {
    let name = config.engine.network.as_str();
    match network.difference(&parts::network(config)) {
        None => Finding::ok(NETWORK, format!("{name}, gateway {}", network.gateway)),
        Some(difference) => {
            let detail = format!("{name} is there, but {difference}: the firewall guards what is configured");
            let mend = "set `engine.network_subnet` and `engine.network_interface` to what is there, then \
                        `frescod firewall apply`; or remove that network while nothing uses it, and it is made anew";
            Finding::fail(NETWORK, detail, mend)
        }
    }
}

async fn network(config: &Config, engine: &DockerEngine) -> (Finding, Option<IpAddr>) {
    let name = &config.engine.network;
    match engine.find_network(name).await {
        Ok(Some(network @ Network { conforms: true, .. })) => (as_configured(config, &network), Some(network.gateway)),
        Ok(Some(Network { gateway, .. })) => {
            let detail = format!("{} is there, but lets tenants reach one another, or isn't ours", name.as_str());
            let mend = "remove that network (nothing may use it), or choose another `engine.network`";
            (Finding::fail(NETWORK, detail, mend), Some(gateway))
        }
        Ok(None) => {
            let detail = format!("{} isn't there yet; the first deploy makes it", name.as_str());
            let mend =
                "make it now (step 2 of docs/operations/install.md), so that PostgreSQL can listen at its gateway";
            (Finding::warn(NETWORK, detail, mend), None)
        }
        Err(error) => (Finding::fail(NETWORK, error, "look into the engine's log"), None),
    }
}
