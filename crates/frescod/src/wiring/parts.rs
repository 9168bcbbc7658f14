//! The parts, each out of its section.

use std::net::SocketAddr;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use domain::tenant::CrashPolicy;
use domain::{Platform, Routing};
use provisioner::container::NetworkSpec;
use provisioner::container::docker::{DockerEngine, DockerOptions, EngineView, RegistryCredentials, ViewOptions};
use provisioner::database::{DumpFolder, DumpOptions, PostgresOptions, PostgresTenants};
use provisioner::firewall::{Firewall, Policy, Resolvers};
use provisioner::routing::{Front, RouteFiles};
use secrecy::SecretString;
use storage::{Keyring, Sealer, Store, StoreOptions};

use super::{letters, registries};
use crate::config::{Config, Role, SecretError, SecretFile};

/// Which of the platform's roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Api,
    Worker,
    Owner,
}

impl Side {
    const fn application_name(self) -> &'static str {
        match self {
            Self::Api => "frescod api",
            Self::Worker => "frescod worker",
            Self::Owner => "frescod migrate",
        }
    }
}

/// The platform's database, as one of its roles.
pub(crate) async fn store(config: &Config, side: Side) -> anyhow::Result<Store> {
    let database = &config.database;
    let (key, file, max_connections) = match side {
        Side::Api => ("database.url_file", &database.url_file, database.connections),
        Side::Worker => ("database.worker_url_file", &database.worker_url_file, database.worker_connections),
        Side::Owner => ("database.owner_url_file", &database.owner_url_file, 2),
    };
    let file = named(key, file)?;
    let options = StoreOptions {
        url: url(file)?,
        max_connections,
        acquire_timeout: database.acquire_timeout.0,
        application_name: side.application_name().to_owned(),
        generic_plans: side == Side::Worker,
    };
    let connected = Store::connect(options).await;
    connected.with_context(|| format!("can't work with the platform's database (URL in {})", file.path().display()))
}

fn named<'a>(key: &'static str, file: &'a Option<SecretFile>) -> Result<&'a SecretFile, SecretError> {
    file.as_ref().ok_or(SecretError::Unnamed { key })
}

fn url(file: &SecretFile) -> Result<SecretString, SecretError> {
    file.parse(|url| Store::check_url(&url).map(|()| url))
}

pub(crate) fn keyring(config: &Config) -> Result<Keyring, SecretError> {
    let file = named("secrets.key_file", &config.secrets.key_file)?;
    // Read first as every secret is, so that a wrong mode is told as everywhere.
    file.parse(|_| Keyring::from_file(file.path()))
}

/// What seals signing keys and second factors: of the API alone.
pub(crate) fn auth_keyring(config: &Config) -> Result<Keyring, SecretError> {
    let file = named("auth.key_file", &config.auth.key_file)?;
    file.parse(|_| Keyring::from_file(file.path()))
}

/// What seals for the API: the public half where it is a process by itself, the key's own where it isn't.
pub(crate) fn sealer(config: &Config, role: Role) -> Result<Sealer, SecretError> {
    if role.has_worker() {
        return Ok(keyring(config)?.sealer());
    }
    let file = named("secrets.public_key_file", &config.secrets.public_key_file)?;
    file.parse(|_| Sealer::from_file(file.path()))
}

/// Each secret of this role that can't be used for what it is, with its key. Connects to nothing.
pub(crate) fn secret_problems(config: &Config, role: Role) -> Vec<(&'static str, SecretError)> {
    let look = |(key, file): (&'static str, &SecretFile)| {
        let error = match key {
            "tenants.admin_url_file" => databases(config).err(),
            "secrets.key_file" => keyring(config).err(),
            "auth.key_file" => auth_keyring(config).err(),
            "secrets.public_key_file" => sealer(config, role).err(),
            "mail.login_file" => letters::login(file).err(),
            "engine.registry_credentials_file" => registry_credentials(file).err(),
            _ => url(file).err(),
        };
        Some((key, error?))
    };
    config.secret_files(role).into_iter().filter_map(look).collect()
}

pub(crate) async fn engine(config: &Config) -> anyhow::Result<DockerEngine> {
    let engine = &config.engine;
    let credentials = engine.registry_credentials_file.as_ref().map(registry_credentials).transpose()?;
    let options = DockerOptions {
        concurrency: engine.concurrency,
        long_calls: engine.long_calls,
        log_streams: engine.log_streams,
        call_timeout: engine.call_timeout.0,
        reader_lifetime: engine.call_timeout.0.saturating_mul(4),
        pull_timeout: engine.pull_timeout.0,
        pull_idle: engine.pull_idle.0,
        credentials: credentials.unwrap_or_default(),
        ..DockerOptions::new(engine.socket.clone(), config.tenants.platform_id.clone())
    };
    Ok(DockerEngine::connect(options).await?)
}

/// What Traefik is shown of the engine, at that socket.
pub(crate) fn view(config: &Config, socket: UnixListener) -> std::io::Result<EngineView> {
    let options = ViewOptions {
        engine: config.engine.socket.clone(),
        platform: config.tenants.platform_id.clone(),
        connections: config.routing.engine_connections,
        patience: config.engine.call_timeout.0,
    };
    EngineView::at(socket, options)
}

fn registry_credentials(file: &SecretFile) -> Result<RegistryCredentials, SecretError> {
    file.parse(|text| registries::read(&text))
}

pub(crate) fn databases(config: &Config) -> Result<PostgresTenants, SecretError> {
    let tenants = &config.tenants;
    let options = |admin_url| PostgresOptions {
        admin_url,
        pool_size: tenants.admin_connections,
        call_timeout: tenants.call_timeout.0,
        statement_timeout: tenants.statement_timeout.0,
        lock_timeout: tenants.lock_timeout.0,
        tenant_login: tenants.login_address.unwrap_or(tenants.database_address),
    };
    let file = named("tenants.admin_url_file", &tenants.admin_url_file)?;
    file.parse(|url| {
        let databases = PostgresTenants::new(&options(url))?;
        let (shared, expected) = (databases.shared_database(), &tenants.shared_database);
        // Both sides work out a tenant's address, and only the worker reads the URL.
        anyhow::ensure!(
            shared == expected,
            "it names the database `{shared}`, but `tenants.shared_database` is `{expected}`: make them the same"
        );
        Ok::<_, anyhow::Error>(databases)
    })
}

pub(crate) fn dumps(config: &Config, databases: &Arc<PostgresTenants>) -> DumpFolder {
    let dumps = &config.dumps;
    let keep = (dumps.keep, dumps.fresh_for.0);
    DumpFolder::new(dumps.directory.clone(), keep, dump_options(config), Arc::clone(databases))
}

pub(crate) fn dump_options(config: &Config) -> DumpOptions {
    DumpOptions { programs: config.dumps.programs.clone(), deadline: config.dumps.deadline.0 }
}

pub(crate) async fn routes(config: &Config) -> anyhow::Result<Arc<RouteFiles>> {
    let folders = &config.routing;
    let front = Front { domain: config.tenants.domain.clone(), routing: routing(config), frescod: config.gate.listen };
    Ok(Arc::new(RouteFiles::open(folders.directory.clone(), folders.staging.clone(), front).await?))
}

fn routing(config: &Config) -> Routing {
    let routing = &config.routing;
    Routing {
        provider: routing.provider,
        entry_point: routing.entry_point.clone(),
        tls: routing.tls,
        certificate_resolver: routing.certificate_resolver.clone(),
        hsts_seconds: Some(routing.hsts_seconds).filter(|seconds| *seconds > 0),
    }
}

pub(crate) fn network(config: &Config) -> NetworkSpec {
    NetworkSpec {
        name: config.engine.network.clone(),
        subnet: config.engine.network_subnet.to_string(),
        interface: config.engine.network_interface.0.clone(),
    }
}

/// How long each resolution of what instances use is kept.
pub(crate) fn usage_kept(config: &Config) -> [Duration; 4] {
    let metrics = &config.metrics;
    [metrics.keep_samples, metrics.keep_minutes, metrics.keep_quarters, metrics.keep_hours].map(|kept| kept.0)
}

/// Where engines keep images, containers and logs; ours can't be asked where it does.
pub(crate) const USUAL_ENGINE_FOLDER: &str = "/var/lib/docker";

/// Folders on disks that instances need, where they are this host's.
pub(crate) fn disks(config: &Config) -> Vec<PathBuf> {
    let engines = config.metrics.from_host.then(|| PathBuf::from(USUAL_ENGINE_FOLDER));
    engines.into_iter().chain([config.logs.directory.clone(), config.dumps.directory.clone()]).collect()
}

/// The rules on this host. They need no secret and no engine.
pub(crate) fn firewall(config: &Config) -> Firewall {
    Firewall::new(config.firewall.backend, policy(config))
}

/// What tenants may reach.
pub(crate) fn policy(config: &Config) -> Policy {
    let (tenants, firewall) = (&config.tenants, &config.firewall);
    let needed = [Some(tenants.database_address), tenants.pooler_address].into_iter().flatten();
    let named = &firewall.resolvers.0;
    Policy {
        bridge: config.engine.network_interface.0.clone(),
        services: needed.chain(firewall.allow.0.iter().copied().map(SocketAddr::V4)).collect(),
        resolvers: if named.is_empty() { Resolvers::of_the_host() } else { named.clone() },
        egress: firewall.egress.clone(),
        closed_ports: firewall.closed_ports.0.clone(),
    }
}

fn crashes(config: &Config) -> CrashPolicy {
    let loops = &config.reconciler;
    CrashPolicy {
        engine_restarts: loops.crash_restarts,
        calm_after: loops.crash_calm.0,
        first_pause: loops.crash_pause_first.0,
        longest_pause: loops.crash_pause_most.0,
        platform_starts: loops.crash_starts,
    }
}

/// What goes into every tenant.
pub(crate) fn platform(config: &Config) -> Platform {
    let (tenants, engine) = (&config.tenants, &config.engine);
    Platform {
        domain: tenants.domain.clone(),
        public_port: tenants.public_port,
        network: engine.network.as_str().to_owned(),
        database: tenants.database_address,
        pooler: tenants.pooler_address,
        shared_database: tenants.shared_database.to_string(),
        routing: routing(config),
        gate: config.gate.enabled,
        log_size: engine.log_size,
        log_files: engine.log_files,
        cgroup_parent: engine.cgroup_parent.as_ref().map(|parent| parent.as_str().to_owned()),
        crashes: crashes(config),
    }
}
