//! From what is wanted to what the engine is asked for. Hardening is here, and only here.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, HealthConfig, HostConfig, HostConfigLogConfig, RestartPolicy, RestartPolicyNameEnum,
};
use bollard::query_parameters::CreateContainerOptions;
use domain::app::Writable;
use domain::limits::Limits;
use domain::quantity::Bytes;
use domain::tenant::ContainerId;
use secrecy::ExposeSecret;

use super::DockerEngine;
use super::call::Ask;
use crate::container::labels::PORT;
use crate::container::{ContainerSpec, EngineError, LogRotation, Restart};

/// When the host runs out of memory, a tenant dies before the platform does.
const OOM_SCORE: i64 = 500;

impl DockerEngine {
    pub(super) async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, EngineError> {
        let network = spec.network.as_str();
        // The engine itself would notice at the start only.
        if self.look_up_network(&spec.network).await?.is_none() {
            return Err(EngineError::NotFound { what: format!("network {network}") });
        }
        let ask = Ask::container("create a container", &spec.name);
        let options =
            CreateContainerOptions { name: Some(spec.name.as_str().to_owned()), ..CreateContainerOptions::default() };
        match self.call(&ask, self.docker.create_container(Some(options), body(spec))).await {
            Ok(made) => ContainerId::parse(&made.id).map_err(|error| ask.unavailable(error.to_string())),
            Err(EngineError::NotFound { .. }) => Err(EngineError::NotFound { what: format!("image {}", spec.image) }),
            Err(error) => Err(error),
        }
    }
}

fn body(spec: &ContainerSpec) -> ContainerCreateBody {
    let environment = spec.environment.iter().map(|(name, value)| format!("{name}={}", value.expose_secret()));
    ContainerCreateBody {
        image: Some(spec.image.as_str().to_owned()),
        // The whole command, whatever entry point the image has: the manifest says what runs.
        entrypoint: spec.command.clone(),
        user: spec.user.clone(),
        env: Some(environment.collect()),
        labels: Some(labels(spec)),
        tty: Some(false),
        open_stdin: Some(false),
        stop_signal: Some("SIGTERM".to_owned()),
        stop_timeout: Some(seconds(spec.grace)),
        // Readiness is asked from outside; an image's own check would only cost.
        healthcheck: Some(HealthConfig { test: Some(vec!["NONE".to_owned()]), ..HealthConfig::default() }),
        host_config: Some(host_config(spec)),
        ..ContainerCreateBody::default()
    }
}

/// Whole seconds, rounded up: the engine knows no less, and none at all means an instant SIGKILL.
pub(super) fn seconds(span: std::time::Duration) -> i64 {
    let whole = span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0));
    i64::from(i32::try_from(whole).unwrap_or(i32::MAX))
}

fn host_config(spec: &ContainerSpec) -> HostConfig {
    let limits = &spec.limits;
    HostConfig {
        memory: Some(whole(limits.memory)),
        memory_swap: Some(whole(limits.memory_swap)),
        nano_cpus: Some(cpus(limits)),
        pids_limit: Some(i64::from(limits.pids)),
        oom_score_adj: Some(OOM_SCORE),
        cgroup_parent: spec.cgroup_parent.clone(),
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges:true".to_owned()]),
        readonly_rootfs: Some(!spec.writable_root),
        tmpfs: Some(spec.writable.iter().map(|writable| (writable.path.clone(), tmpfs(writable))).collect()),
        privileged: Some(false),
        publish_all_ports: Some(false),
        ipc_mode: Some("private".to_owned()),
        // Reaps what an app leaves, and passes signals on.
        init: Some(true),
        network_mode: Some(spec.network.as_str().to_owned()),
        log_config: Some(log_config(spec.log)),
        restart_policy: Some(restart_policy(spec.restart)),
        ..HostConfig::default()
    }
}

/// Nothing is executed from it: Fresco's own phases run so.
fn tmpfs(writable: &Writable) -> String {
    let mut options = format!("rw,nosuid,nodev,noexec,size={}", writable.size.0);
    let owner = [("uid", writable.uid), ("gid", writable.gid)];
    for (key, id) in owner.into_iter().filter_map(|(key, id)| Some((key, id?))) {
        options.push_str(&format!(",{key}={id}"));
    }
    if let Some(mode) = &writable.mode {
        options.push_str(&format!(",mode={mode}"));
    }
    options
}

fn log_config(rotation: LogRotation) -> HostConfigLogConfig {
    let config = [("max-size", rotation.size.0.to_string()), ("max-file", rotation.files.to_string())];
    HostConfigLogConfig {
        typ: Some("json-file".to_owned()),
        config: Some(config.map(|(key, value)| (key.to_owned(), value)).into()),
    }
}

pub(super) fn restart_policy(restart: Restart) -> RestartPolicy {
    let name = match restart {
        Restart::Never => RestartPolicyNameEnum::NO,
        Restart::UnlessStopped => RestartPolicyNameEnum::UNLESS_STOPPED,
    };
    RestartPolicy { name: Some(name), maximum_retry_count: None }
}

/// Those of ownership last, so that nothing else can claim to be them.
fn labels(spec: &ContainerSpec) -> HashMap<String, String> {
    let mut labels: HashMap<String, String> = spec.labels.clone().into_iter().collect();
    labels.insert(PORT.to_owned(), spec.port.to_string());
    labels.extend(spec.owner.to_labels());
    labels
}

/// Billionths of a core.
pub(super) fn cpus(limits: &Limits) -> i64 {
    i64::from(limits.cpus.0) * 1_000_000
}

pub(super) fn whole(bytes: Bytes) -> i64 {
    i64::try_from(bytes.0).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_short_grace_is_no_instant_kill() {
        assert_eq!(seconds(Duration::from_millis(1)), 1);
        assert_eq!(seconds(Duration::from_secs(10)), 10);
        assert_eq!(seconds(Duration::MAX), i64::from(i32::MAX));
    }

    #[test]
    fn a_tmpfs_names_its_owner_only_where_it_has_one() {
        let plain = Writable { path: "/tmp".to_owned(), size: Bytes(4096), uid: None, gid: None, mode: None };
        assert_eq!(tmpfs(&plain), "rw,nosuid,nodev,noexec,size=4096");
        let owned = Writable { uid: Some(7), gid: Some(8), mode: Some("0755".to_owned()), ..plain };
        assert_eq!(tmpfs(&owned), "rw,nosuid,nodev,noexec,size=4096,uid=7,gid=8,mode=0755");
    }
}
