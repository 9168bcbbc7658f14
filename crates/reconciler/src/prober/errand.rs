//! One probe, from its container to its report.

use std::net::IpAddr;
use std::time::Duration;

use domain::TenantId;
use domain::app::{AppManifest, EnvName, Isolation, Profile};
use domain::hostile::Report;
use domain::quantity::Bytes;
use domain::tenant::{ContainerId, DesiredState};
use provisioner::container::{ContainerName, ContainerSpec, EngineError, Exit, LogRotation, Ownership, Phase, Restart};
use provisioner::database::{InvalidName, PlainName, TenantUrl, tenants_group};
use provisioner::hostile::{Connections, DatabaseOrders, Orders, ProcessOrders, ProgramError, Surroundings};
use provisioner::routing;
use secrecy::SecretString;
use storage::{Scope, SecretsError, StorageError, Tenant};
use tokio::time::{sleep, timeout};

use super::Prober;
use super::image::Runnable;
use crate::tenant::DATABASE_PASSWORD;

/// The report is one line; so much of it is read.
const LONGEST_REPORT: Bytes = Bytes::mib(2);
/// How often we look whether the tenant is to be destroyed meanwhile.
const LOOK: Duration = Duration::from_secs(1);
/// The variables that the program inside reads.
const ORDERS: &str = "FRESCO_PROBE_ORDERS";
const DATABASE_URL: &str = "FRESCO_PROBE_DATABASE_URL";

/// Why a probe found nothing out.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error("the tenant is gone, or being destroyed")]
    Destroyed,
    #[error("the tenant was never deployed: there is nothing to try it with yet")]
    NotDeployed,
    #[error("this installation no longer has the app's manifest")]
    NoManifest,
    #[error("the tenants' network isn't there, or has no IPv4 gateway")]
    NoNetwork,
    #[error("a container of the probe's name isn't ours; remove {0}")]
    Foreign(ContainerName),
    #[error("the probe did not end within {} s", .0.as_secs())]
    TooSlow(Duration),
    #[error("the probe ended with code {code}{}: {last}", if *oom_killed { ", for want of memory" } else { "" })]
    Ended { code: i64, oom_killed: bool, last: String },
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Secret(#[from] SecretsError),
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error(transparent)]
    Name(#[from] InvalidName),
    #[error("the probe could not be described")]
    Json(#[from] serde_json::Error),
}

/// What is to be probed.
struct Subject<'a> {
    tenant: &'a Tenant,
    manifest: &'a AppManifest,
    profile: &'a Profile,
}

impl Prober {
    /// Tries everything in the tenant's place.
    ///
    /// # Errors
    /// [`ProbeError`] says why nothing was found out; nothing is left behind then either.
    pub(super) async fn probe(&self, id: TenantId) -> Result<Report, ProbeError> {
        let tenant = self.store.find_tenant(Scope::Operator, id).await?.filter(stays).ok_or(ProbeError::Destroyed)?;
        let pin = tenant.spec.image_in_force(tenant.pinned_image.as_ref()).ok_or(ProbeError::NotDeployed)?;
        let manifest = self.settings.catalogue.get(&tenant.spec.app).map_err(|_| ProbeError::NoManifest)?;
        let subject = Subject { tenant: &tenant, manifest, profile: manifest.profile(pin) };
        let spec = self.spec(&subject).await?;
        self.remove_leftover(&spec.name).await?;
        let container = self.engine.create_container(&spec).await?;
        let report = self.report(id, &container).await;
        // Whatever came of it; what can't be removed now, the next look removes.
        let removed = self.engine.remove_container(&container).await;
        let report = report?;
        removed?;
        Ok(report)
    }

    async fn report(&self, tenant: TenantId, container: &ContainerId) -> Result<Report, ProbeError> {
        self.engine.start_container(container).await?;
        let deadline = self.settings.deadline;
        let exit = tokio::select! {
            exit = timeout(deadline, self.engine.wait_container(container)) => {
                exit.map_err(|_| ProbeError::TooSlow(deadline))??
            }
            error = self.until_destroyed(tenant) => return Err(error),
        };
        let lines = self.engine.tail_log(container, 20, LONGEST_REPORT).await?;
        read(exit, &lines)
    }

    /// Ends only if the tenant is to be destroyed: then its probe is in the way.
    async fn until_destroyed(&self, id: TenantId) -> ProbeError {
        loop {
            sleep(LOOK).await;
            match self.store.find_tenant(Scope::Operator, id).await {
                Ok(found) if !found.as_ref().is_some_and(stays) => return ProbeError::Destroyed,
                // An unanswered question is no destroyed tenant.
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// A worker that died may have left one.
    async fn remove_leftover(&self, name: &ContainerName) -> Result<(), ProbeError> {
        let Some(found) = self.engine.find_container(name).await? else { return Ok(()) };
        let ours = |owner: &Ownership| owner.platform == self.settings.platform_id && owner.phase == Phase::Probe;
        if !found.owner.as_ref().is_some_and(ours) {
            return Err(ProbeError::Foreign(name.clone()));
        }
        Ok(self.engine.remove_container(&found.id).await?)
    }

    /// The tenant's own limits and hardening, another program.
    async fn spec(&self, subject: &Subject<'_>) -> Result<ContainerSpec, ProbeError> {
        let (tenant, run) = (subject.tenant, &subject.profile.serve.run);
        let settings = &self.settings;
        let orders = serde_json::to_string(&self.orders(subject).await?)?;
        let environment = [(ORDERS, SecretString::from(orders)), (DATABASE_URL, self.database_url(tenant).await?)];
        let variable = |name| EnvName::parse(name).expect("letters and `_`");
        let Runnable { image, command } = self.image.ensure(&*self.engine, &settings.platform_id).await?;
        Ok(ContainerSpec {
            name: ContainerName::probe(tenant.id),
            image,
            owner: Ownership {
                platform: settings.platform_id.clone(),
                tenant: tenant.id,
                phase: Phase::Probe,
                generation: tenant.generation,
                hash: domain::tenant::hash(&command),
                version: None,
            },
            labels: routing::unrouted(),
            command: Some(command),
            user: run.user.clone(),
            environment: environment.map(|(name, value)| (variable(name), value)).into(),
            limits: tenant.spec.limits.unwrap_or_default().over(&run.limits),
            writable: run.writable.clone(),
            writable_root: run.writable_root.is_some(),
            network: settings.network.clone(),
            port: subject.manifest.port,
            restart: Restart::Never,
            grace: Duration::from_secs(1),
            log: LogRotation { size: settings.platform.log_size, files: settings.platform.log_files },
            cgroup_parent: settings.platform.cgroup_parent.clone(),
        })
    }

    async fn orders(&self, subject: &Subject<'_>) -> Result<Orders, ProbeError> {
        let (tenant, run) = (subject.tenant, &subject.profile.serve.run);
        let limits = tenant.spec.limits.unwrap_or_default().over(&run.limits);
        let shared = PlainName::parse(&self.settings.platform.shared_database)?;
        let around = self.surroundings().await?;
        Ok(Orders {
            connections: Connections::all(&self.settings.policy, &around),
            datagrams: Connections::datagrams(&self.settings.policy, &around),
            left_out: around.left_out,
            database: DatabaseOrders {
                platform: self.store.database_name().await?,
                group: tenants_group(&shared),
                shares: tenant.spec.isolation == Isolation::Schema,
            },
            process: ProcessOrders {
                pids: limits.pids,
                memory: limits.memory.0,
                read_only: run.writable_root.is_none(),
                unprivileged: run.user.is_some(),
            },
        })
    }

    async fn surroundings(&self) -> Result<Surroundings, ProbeError> {
        let network = self.engine.find_network(&self.settings.network).await?.ok_or(ProbeError::NoNetwork)?;
        let IpAddr::V4(gateway) = network.gateway else { return Err(ProbeError::NoNetwork) };
        let v4 = |address| match address {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        };
        let neighbours = self.engine.network_addresses(&self.settings.network).await?;
        Ok(Surroundings {
            neighbours: neighbours.into_iter().filter_map(v4).collect(),
            app_ports: self.settings.catalogue.iter().map(|manifest| manifest.port).collect(),
            ..Surroundings::of_the_host(gateway, &self.settings.policy.bridge)
        })
    }

    async fn database_url(&self, tenant: &Tenant) -> Result<SecretString, ProbeError> {
        let password = self.store.read_secret(tenant.id, DATABASE_PASSWORD, &self.keyring).await?;
        let platform = &self.settings.platform;
        let url = TenantUrl {
            tenant: tenant.id,
            isolation: tenant.spec.isolation,
            shared_database: &platform.shared_database,
            password: &password,
        };
        Ok(url.at(platform.database))
    }
}

fn stays(tenant: &Tenant) -> bool {
    tenant.desired_state != DesiredState::Destroyed
}

/// The report is the last line; whatever else it said is why there is none.
fn read(exit: Exit, lines: &[String]) -> Result<Report, ProbeError> {
    let last = lines.last().map(String::as_str).unwrap_or_default();
    match serde_json::from_str(last) {
        Ok(report) if exit.code == 0 => Ok(report),
        _ => {
            let last = if last.is_empty() { "it said nothing" } else { last }.chars().take(500).collect();
            Err(ProbeError::Ended { code: exit.code, oom_killed: exit.oom_killed, last })
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn half_a_report_is_none() {
        let exit = |code| Exit { code, oom_killed: false, finished_at: DateTime::UNIX_EPOCH };
        let report = serde_json::to_string(&Report::of(&[])).unwrap();
        let said = |line: &str| vec!["warming up".to_owned(), line.to_owned()];
        assert_eq!(read(exit(0), &said(&report)).unwrap(), Report::of(&[]));
        let half = read(exit(137), &said(&report[..10])).unwrap_err();
        assert!(half.to_string().contains("code 137"), "{half}");
        assert!(read(exit(1), &said(&report)).is_err());
        assert!(read(exit(0), &[]).unwrap_err().to_string().contains("said nothing"));
    }
}
