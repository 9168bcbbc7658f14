//! From a row, its app's manifest and its secrets to the containers the engine is asked for.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use domain::app::{EnvName, Profile, RunAs, Variable};
use domain::limits::{InvalidLimits, Limits};
use domain::tenant::{EnvironmentValue, Resolved, SpecHash, Subject, sealed_name};
use provisioner::container::{ContainerName, ContainerSpec, LogRotation, Ownership, Phase, Restart};
use provisioner::database::TenantUrl;
use provisioner::routing;
use secrecy::{ExposeSecret, SecretString};

use super::pass::Pass;
use super::secrets::{DATABASE_PASSWORD, app_secret};

/// Why a container can't be described.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenderError {
    #[error("this installation no longer has the app's manifest")]
    NoManifest,
    #[error("the image is not settled yet")]
    Unresolved,
    #[error("this version of the app has no release phase")]
    NoRelease,
    #[error("the limits asked for don't fit this version of the app: {0}")]
    Limits(#[from] InvalidLimits),
    #[error("the sealed value of `{0}` is missing")]
    SecretMissing(String),
}

/// The container that serves.
pub(crate) fn serve(pass: &Pass) -> Result<ContainerSpec, RenderError> {
    let (resolved, profile) = pass.desired.resolved.as_ref().zip(pass.profile()).ok_or(RenderError::Unresolved)?;
    let role = Role {
        phase: Phase::Serve,
        run: &profile.serve.run,
        hash: &resolved.serve,
        limits: limits(pass)?,
        restart: Restart::UnlessStopped,
        grace: profile.serve.grace.0,
    };
    let spec = container(pass, resolved, &role)?;
    Ok(ContainerSpec {
        name: ContainerName::serve(pass.subject().tenant),
        labels: routing::labels(&pass.route()?),
        ..spec
    })
}

/// What it may use.
fn limits(pass: &Pass) -> Result<Limits, RenderError> {
    allowed(pass.subject(), pass.profile().ok_or(RenderError::Unresolved)?)
}

/// What a container may use that was made for what is wanted, or for what served before.
pub(crate) fn limits_of(pass: &Pass, made_for: &SpecHash) -> Result<Limits, RenderError> {
    if pass.desired.another_before().is_none_or(|before| before.serve != *made_for) {
        return limits(pass);
    }
    let before = pass.subject().as_before().zip(pass.manifest.as_ref());
    let ((subject, pin), manifest) = before.ok_or(RenderError::Unresolved)?;
    allowed(subject, manifest.profile(pin))
}

fn allowed(subject: Subject<'_>, profile: &Profile) -> Result<Limits, RenderError> {
    let limits = subject.serve_limits(profile);
    limits.conform()?;
    limits.within(&profile.serve.most.unwrap_or(profile.serve.run.limits))?;
    Ok(limits)
}

/// The same, to take over from the one that serves.
pub(crate) fn successor(pass: &Pass) -> Result<ContainerSpec, RenderError> {
    Ok(ContainerSpec { name: ContainerName::successor(pass.subject().tenant), ..serve(pass)? })
}

/// The container that prepares the database.
pub(crate) fn release(pass: &Pass) -> Result<ContainerSpec, RenderError> {
    let (resolved, profile) = pass.desired.resolved.as_ref().zip(pass.profile()).ok_or(RenderError::Unresolved)?;
    let (release, hash) = profile.release.as_ref().zip(resolved.release.as_ref()).ok_or(RenderError::NoRelease)?;
    let role = Role {
        phase: Phase::Release,
        run: &release.run,
        hash,
        limits: release.run.limits,
        restart: Restart::Never,
        grace: pass.shared.settings.pace.stop_grace,
    };
    container(pass, resolved, &role)
}

/// What differs between the two.
struct Role<'a> {
    phase: Phase,
    run: &'a RunAs,
    hash: &'a SpecHash,
    limits: Limits,
    restart: Restart,
    grace: Duration,
}

fn container(pass: &Pass, resolved: &Resolved, role: &Role<'_>) -> Result<ContainerSpec, RenderError> {
    let (settings, run) = (&pass.shared.settings, role.run);
    let tenant = pass.subject().tenant;
    Ok(ContainerSpec {
        name: ContainerName::release(tenant, pass.release_number()),
        image: resolved.pin.id.clone(),
        owner: Ownership {
            platform: settings.platform_id.clone(),
            tenant,
            phase: role.phase,
            generation: pass.claimed.tenant.generation,
            hash: role.hash.clone(),
            version: resolved.pin.version.clone(),
        },
        labels: routing::unrouted(),
        command: run.command.clone(),
        user: run.user.clone(),
        environment: environment(pass, run)?,
        limits: role.limits,
        grace: role.grace,
        writable: run.writable.clone(),
        writable_root: run.writable_root.is_some(),
        network: settings.network.name.clone(),
        port: pass.route()?.port,
        restart: role.restart,
        log: LogRotation { size: settings.platform.log_size, files: settings.platform.log_files },
        cgroup_parent: settings.platform.cgroup_parent.clone(),
    })
}

/// The manifest's variables, filled; then the owner's, which the manifest admits.
fn environment(pass: &Pass, run: &RunAs) -> Result<BTreeMap<EnvName, SecretString>, RenderError> {
    let mut environment = BTreeMap::new();
    for (name, template) in &run.environment {
        let value = template.fill(|variable| fill(pass, variable))?;
        environment.insert(name.clone(), SecretString::from(value));
    }
    for (name, value) in &pass.subject().spec.environment {
        let value = match value {
            EnvironmentValue::Plain(text) => SecretString::from(text.clone()),
            EnvironmentValue::Sealed(_) => secret(pass, &sealed_name(name))?,
        };
        environment.insert(name.clone(), value);
    }
    Ok(environment)
}

fn fill(pass: &Pass, variable: &Variable) -> Result<String, RenderError> {
    let platform = &pass.shared.settings.platform;
    let subject = pass.subject();
    Ok(match variable {
        Variable::DatabaseUrl => database_url(pass, platform.pooler.unwrap_or(platform.database))?,
        Variable::DatabaseUrlDirect => database_url(pass, platform.database)?,
        Variable::PublicUrl => platform.url(subject.subdomain),
        Variable::PublicHost => platform.host(subject.subdomain),
        Variable::TenantId => subject.tenant.to_string(),
        Variable::Secret(name) => secret(pass, &app_secret(name))?.expose_secret().to_owned(),
    })
}

fn database_url(pass: &Pass, address: SocketAddr) -> Result<String, RenderError> {
    let password = secret(pass, DATABASE_PASSWORD)?;
    let url = TenantUrl {
        tenant: pass.subject().tenant,
        isolation: pass.isolation(),
        shared_database: &pass.shared.settings.platform.shared_database,
        password: &password,
    };
    Ok(url.at(address).expose_secret().to_owned())
}

fn secret(pass: &Pass, name: &str) -> Result<SecretString, RenderError> {
    let secret = pass.secrets.get(name).ok_or_else(|| RenderError::SecretMissing(name.to_owned()))?;
    Ok(secret.value.clone())
}
