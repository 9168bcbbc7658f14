//! A tenant's secrets: what each is called, and opening them for a pass.

use std::collections::BTreeMap;

use domain::app::{AppManifest, Template, Variable};
use domain::tenant::{DesiredState, EnvironmentValue, sealed_name};
use storage::{Claimed, Secret, SecretsError};

use crate::Reconciler;

/// The name under which the role's password is sealed.
pub(crate) const DATABASE_PASSWORD: &str = "database_password";

/// The sealed name of an app's own secret.
pub(crate) fn app_secret(name: &str) -> String {
    format!("app:{name}")
}

/// The tenant's secrets: those the platform makes, and those its owner has sealed. One that is being destroyed needs
/// none: it can be destroyed though they can't be read any more.
pub(crate) async fn load(
    shared: &Reconciler,
    claimed: &Claimed,
    manifest: Option<&AppManifest>,
) -> Result<BTreeMap<String, Secret>, SecretsError> {
    let Some(manifest) = manifest.filter(|_| claimed.tenant.desired_state != DesiredState::Destroyed) else {
        return Ok(BTreeMap::new());
    };
    let names = generated_secrets(manifest);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (store, keyring) = (&shared.store, &shared.keyring);
    let mut secrets = store.ensure_secrets(&claimed.lease, &names, keyring, &*shared.entropy).await?;
    for (name, value) in &claimed.tenant.spec.environment {
        if let EnvironmentValue::Sealed(version) = value {
            let name = sealed_name(name);
            let value = store.open_secret(&claimed.lease, (&name, *version), keyring).await?;
            secrets.insert(name, Secret { version: *version, value });
        }
    }
    Ok(secrets)
}

/// The secrets the platform makes for an app: the role's password, and what any profile of its manifest asks for.
fn generated_secrets(manifest: &AppManifest) -> Vec<String> {
    let runs = manifest.profiles.iter().flat_map(|profile| {
        let release = profile.release.as_ref().map(|release| &release.run);
        release.into_iter().chain(std::iter::once(&profile.serve.run))
    });
    let asked =
        runs.flat_map(|run| run.environment.values()).flat_map(Template::variables).filter_map(
            |variable| match variable {
                Variable::Secret(name) => Some(app_secret(name)),
                Variable::DatabaseUrl
                | Variable::DatabaseUrlDirect
                | Variable::PublicUrl
                | Variable::PublicHost
                | Variable::TenantId => None,
            },
        );
    let mut names: Vec<String> = std::iter::once(DATABASE_PASSWORD.to_owned()).chain(asked).collect();
    names.sort_unstable();
    names.dedup();
    names
}
