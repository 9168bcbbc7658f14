//! From the engine's words to a state with its evidence.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use bollard::models::{
    ContainerInspectResponse, ContainerState as Raw, ContainerStateStatusEnum as Word, ContainerSummary,
    ContainerSummaryStateEnum as SummaryWord, EndpointSettings, HostConfig, RestartPolicyNameEnum as PolicyName,
};
use chrono::{DateTime, Utc};
use domain::limits::Millicpus;
use domain::quantity::Bytes;
use domain::tenant::{ContainerId, ContainerState};

use super::call::Ask;
use super::version::Host;
use crate::container::labels::PORT;
use crate::container::{
    Container, Endpoint, EngineError, Exit, HardwareAddress, HeldTo, ListedContainer, Ownership, Restart,
};

/// A container out of the answer of an inspection.
pub(super) fn container(ask: &Ask, inspected: &ContainerInspectResponse, host: Host) -> Result<Container, EngineError> {
    let labels = inspected.config.as_ref().and_then(|config| config.labels.as_ref());
    Ok(Container {
        id: id(ask, inspected.id.as_deref())?,
        name: name(ask, inspected.name.as_deref())?,
        owner: labels.and_then(owner),
        image: inspected.image.clone().unwrap_or_default(),
        state: state(ask, inspected)?,
        elsewhere: elsewhere(inspected),
        limits: limits(inspected, host),
        restart: restart(inspected),
        restarts: inspected.restart_count.and_then(|count| u32::try_from(count).ok()).unwrap_or_default(),
    })
}

/// A container out of a list, which knows less.
pub(super) fn listed(ask: &Ask, summary: ContainerSummary) -> Result<ListedContainer, EngineError> {
    let first_name = summary.names.as_ref().and_then(|names| names.first());
    Ok(ListedContainer {
        id: id(ask, summary.id.as_deref())?,
        name: name(ask, first_name.map(String::as_str))?,
        owner: summary.labels.as_ref().and_then(owner),
        endpoint: endpoint(&summary),
        elsewhere: is_elsewhere(
            summary.host_config.as_ref().and_then(|host| host.network_mode.as_deref()),
            summary.network_settings.as_ref().and_then(|settings| settings.networks.as_ref()),
        ),
        may_run: match summary.state.ok_or_else(|| ask.lacks("a container's state"))? {
            SummaryWord::RUNNING | SummaryWord::PAUSED | SummaryWord::RESTARTING | SummaryWord::STOPPING => true,
            SummaryWord::EMPTY
            | SummaryWord::CREATED
            | SummaryWord::EXITED
            | SummaryWord::REMOVING
            | SummaryWord::DEAD => false,
        },
    })
}

fn endpoint(summary: &ContainerSummary) -> Option<Endpoint> {
    let network = summary.host_config.as_ref()?.network_mode.as_ref()?;
    let endpoint = summary.network_settings.as_ref()?.networks.as_ref()?.get(network)?;
    let address = endpoint.ip_address.as_deref().and_then(|address| address.parse().ok())?;
    Some(Endpoint { address, hardware: endpoint.mac_address.as_deref().and_then(HardwareAddress::parse) })
}

fn elsewhere(inspected: &ContainerInspectResponse) -> bool {
    is_elsewhere(
        inspected.host_config.as_ref().and_then(|host| host.network_mode.as_deref()),
        inspected.network_settings.as_ref().and_then(|settings| settings.networks.as_ref()),
    )
}

/// Networks are named alike in both, since that is how ours is asked for.
fn is_elsewhere(own: Option<&str>, networks: Option<&HashMap<String, EndpointSettings>>) -> bool {
    networks.is_some_and(|networks| networks.keys().any(|name| Some(name.as_str()) != own))
}

fn id(ask: &Ask, text: Option<&str>) -> Result<ContainerId, EngineError> {
    text.and_then(|text| ContainerId::parse(text).ok()).ok_or_else(|| ask.lacks("a container's id"))
}

/// The engine writes names with a leading `/`.
fn name(ask: &Ask, text: Option<&str>) -> Result<String, EngineError> {
    text.map(|text| text.trim_start_matches('/').to_owned()).ok_or_else(|| ask.lacks("a container's name"))
}

fn owner(labels: &HashMap<String, String>) -> Option<Ownership> {
    Ownership::from_labels(|key| labels.get(key).map(String::as_str))
}

pub(super) fn state(ask: &Ask, inspected: &ContainerInspectResponse) -> Result<ContainerState, EngineError> {
    let raw = inspected.state.as_ref().ok_or_else(|| ask.lacks("the container's state"))?;
    let exit_code = raw.exit_code.unwrap_or_default();
    match raw.status.ok_or_else(|| ask.lacks("the container's status"))? {
        Word::CREATED => Ok(ContainerState::Created),
        Word::RUNNING | Word::STOPPING => Ok(ContainerState::Running {
            started_at: time(raw.started_at.as_deref()).ok_or_else(|| ask.lacks("when the container started"))?,
            address: address(inspected),
        }),
        Word::RESTARTING => Ok(ContainerState::Restarting { exit_code, oom_killed: raw.oom_killed.unwrap_or(false) }),
        Word::PAUSED => Ok(ContainerState::Paused),
        Word::EXITED => exit(ask, raw, exit_code).map(|Exit { code, oom_killed, finished_at }| {
            ContainerState::Exited { exit_code: code, oom_killed, finished_at }
        }),
        Word::REMOVING | Word::DEAD => Ok(ContainerState::Dead),
        Word::EMPTY => Err(ask.lacks("the container's status")),
    }
}

/// The engine keeps no limit as 0, -1 or nothing; what its host can't limit, it silently leaves without one.
fn limits(inspected: &ContainerInspectResponse, host: Host) -> HeldTo {
    let config = inspected.host_config.as_ref();
    let number = |field: fn(&HostConfig) -> Option<i64>| config.and_then(field).unwrap_or_default();
    let unsigned = |number: i64| u64::try_from(number).unwrap_or(u64::MAX);
    let small = |number: i64| u32::try_from(unsigned(number)).unwrap_or(u32::MAX);
    HeldTo {
        memory: host.memory.then(|| Bytes(unsigned(number(|host| host.memory)))),
        memory_swap: host.swap.then(|| Bytes(unsigned(number(|host| host.memory_swap)))),
        cpus: host.cpus.then(|| Millicpus(small(number(|host| host.nano_cpus) / 1_000_000))),
        pids: host.pids.then(|| small(number(|host| host.pids_limit))),
    }
}

fn restart(inspected: &ContainerInspectResponse) -> Option<Restart> {
    let policy = inspected.host_config.as_ref().and_then(|host| host.restart_policy.as_ref());
    match policy.and_then(|policy| policy.name) {
        Some(PolicyName::UNLESS_STOPPED) => Some(Restart::UnlessStopped),
        Some(PolicyName::NO | PolicyName::EMPTY) | None => Some(Restart::Never),
        Some(PolicyName::ALWAYS | PolicyName::ON_FAILURE) => None,
    }
}

/// How it ended, given its exit code.
pub(super) fn exit(ask: &Ask, raw: &Raw, code: i64) -> Result<Exit, EngineError> {
    let finished_at = time(raw.finished_at.as_deref()).ok_or_else(|| ask.lacks("when the container ended"))?;
    Ok(Exit { code, oom_killed: raw.oom_killed.unwrap_or(false), finished_at })
}

/// A moment; `None` for the engine's `0001-01-01T00:00:00Z`, which means never.
fn time(text: Option<&str>) -> Option<DateTime<Utc>> {
    let moment = DateTime::parse_from_rfc3339(text?).ok()?.to_utc();
    (moment.timestamp() > 0).then_some(moment)
}

/// Its address in the network it was made for, and the port its label names.
fn address(inspected: &ContainerInspectResponse) -> Option<SocketAddr> {
    let port = inspected.config.as_ref()?.labels.as_ref()?.get(PORT)?.parse().ok()?;
    let network = inspected.host_config.as_ref()?.network_mode.as_ref()?;
    let endpoint = inspected.network_settings.as_ref()?.networks.as_ref()?.get(network)?;
    let ip: IpAddr = endpoint.ip_address.as_ref()?.parse().ok()?;
    Some(SocketAddr::new(ip, port))
}
