//! Everything one pass over one tenant needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::app::{AppManifest, Isolation, Profile};
use domain::tenant::{Desired, Resolved, Route, Subject};
use provisioner::database::RoleSpec;
use storage::{Claimed, Secret, SecretsError, Tenant};

use super::secrets::{self, DATABASE_PASSWORD};
use crate::Reconciler;

/// One pass.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) shared: Arc<Reconciler>,
    pub(crate) claimed: Claimed,
    pub(crate) manifest: AppManifest,
    pub(crate) secrets: BTreeMap<String, Secret>,
    pub(crate) desired: Desired,
}

impl Pass {
    pub(crate) fn new(
        shared: Arc<Reconciler>,
        claimed: Claimed,
        manifest: AppManifest,
        secrets: BTreeMap<String, Secret>,
    ) -> Self {
        let desired = Desired::of(subject_of(&claimed.tenant), &manifest, &shared.settings.platform);
        Self { shared, claimed, manifest, secrets, desired }
    }

    /// Takes in what was changed under us: what is desired follows, and so do the secrets.
    pub(crate) async fn reread(&mut self) -> Result<(), SecretsError> {
        self.claimed.tenant = self.shared.store.reread(&self.claimed.lease).await?;
        self.secrets = secrets::load(&self.shared, &self.claimed, &self.manifest).await?;
        self.settle();
        Ok(())
    }

    /// Takes in a changed row, or a settled image: what is desired follows.
    pub(crate) fn settle(&mut self) {
        self.desired = Desired::of(self.subject(), &self.manifest, &self.shared.settings.platform);
    }

    pub(crate) fn subject(&self) -> Subject<'_> {
        subject_of(&self.claimed.tenant)
    }

    pub(crate) const fn isolation(&self) -> Isolation {
        self.manifest.isolation
    }

    /// The image's profile, once the image is known.
    pub(crate) fn profile(&self) -> Option<&Profile> {
        self.desired.resolved.as_ref().map(|Resolved { pin, .. }| self.manifest.profile(pin))
    }

    pub(crate) fn route(&self) -> Route {
        self.subject().route(&self.manifest, &self.shared.settings.platform)
    }

    /// The role as it should be.
    pub(crate) fn role(&self) -> RoleSpec {
        let limits = self.shared.settings.roles;
        let secret = self.secrets.get(DATABASE_PASSWORD).expect("a pass starts with the password among its secrets");
        RoleSpec {
            password: secret.value.clone(),
            password_version: secret.version,
            connection_limit: limits.connection_limit,
            statement_timeout: limits.statement_timeout,
            idle_in_transaction_timeout: limits.idle_in_transaction_timeout,
        }
    }

    /// The number of the release that is wanted next.
    pub(crate) const fn release_number(&self) -> u32 {
        self.claimed.releases.saturating_add(1)
    }
}

fn subject_of(tenant: &Tenant) -> Subject<'_> {
    Subject {
        tenant: tenant.id,
        subdomain: &tenant.subdomain,
        state: tenant.desired_state,
        spec: &tenant.spec,
        pin: tenant.pinned_image.as_ref(),
    }
}
