//! Everything one pass over one tenant needs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use domain::app::{AppManifest, Isolation, Profile};
use domain::tenant::{ContainerState, Desired, Route, Subject};
use provisioner::database::{NextRelease, RoleSpec};
use storage::{Claimed, Secret, SecretsError};

use super::asked;
use super::render::RenderError;
use super::secrets::{self, DATABASE_PASSWORD};
use crate::Reconciler;

/// One pass.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) shared: Arc<Reconciler>,
    pub(crate) claimed: Claimed,
    /// `None` if the installation no longer has it: then the tenant can be destroyed, and nothing else.
    pub(crate) manifest: Option<AppManifest>,
    pub(crate) secrets: BTreeMap<String, Secret>,
    pub(crate) desired: Desired,
    /// Works towards what served before, and not what people ask for now.
    pub(crate) is_of_before: bool,
    /// When the newest container that this pass has started was started, by the engine's clock and by one nobody sets.
    newest_start: Mutex<Option<(DateTime<Utc>, Instant)>>,
    /// How many steps it has done.
    pub(crate) steps: usize,
}

impl Pass {
    pub(crate) fn new(
        shared: Arc<Reconciler>,
        claimed: Claimed,
        manifest: Option<AppManifest>,
        secrets: BTreeMap<String, Secret>,
    ) -> Self {
        let desired = Desired::of(claimed.tenant.subject(), manifest.as_ref(), &shared.settings.platform);
        let newest_start = Mutex::default();
        Self { shared, claimed, manifest, secrets, desired, is_of_before: false, newest_start, steps: 0 }
    }

    /// A container was started.
    pub(crate) fn note_start(&self, state: &ContainerState) {
        if let ContainerState::Running { started_at, .. } = state {
            *self.newest_start.lock().unwrap_or_else(PoisonError::into_inner) = Some((*started_at, Instant::now()));
        }
    }

    /// The time for decisions: how long a container has run is told by the same clock as when it started, also when the
    /// host's is set meanwhile. What people are told of goes by the host's.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let newest = *self.newest_start.lock().unwrap_or_else(PoisonError::into_inner);
        let since = newest.and_then(|(at, since)| Some(at + TimeDelta::from_std(since.elapsed()).ok()?));
        since.unwrap_or_else(|| self.shared.clock.now())
    }

    /// Takes in what was changed under us: what is desired follows, and so do the secrets.
    pub(crate) async fn reread(&mut self) -> Result<(), SecretsError> {
        let before = self.claimed.tenant.generation;
        self.claimed.tenant = self.shared.store.reread(&self.claimed.lease).await?;
        if self.claimed.tenant.generation != before {
            asked::name(&self.shared, &self.claimed.tenant).await;
        }
        self.secrets = secrets::load(&self.shared, &self.claimed, self.manifest.as_ref()).await?;
        self.settle();
        Ok(())
    }

    /// The same after older data came back, which changes what counts as released.
    pub(crate) async fn reread_data(&mut self) -> Result<(), SecretsError> {
        self.reread().await?;
        let newest = self.shared.store.newest_release(self.claimed.tenant.id).await;
        self.claimed.released = newest.map_err(|error| SecretsError::Claim(error.into()))?;
        Ok(())
    }

    /// Takes in a changed row, or a settled image: what is desired follows.
    pub(crate) fn settle(&mut self) {
        self.desired = Desired::of(self.subject(), self.manifest.as_ref(), &self.shared.settings.platform);
    }

    /// The pass over what served before, if that is known: to make it as it was.
    pub(crate) async fn before(&self) -> Result<Option<Self>, SecretsError> {
        let Some(revision) = self.claimed.tenant.before.clone() else { return Ok(None) };
        let mut claimed = self.claimed.clone();
        claimed.tenant.generation = revision.generation;
        (claimed.tenant.spec, claimed.tenant.pinned_image) = (revision.spec, revision.image);
        let secrets = secrets::load(&self.shared, &claimed, self.manifest.as_ref()).await?;
        let before = Self::new(Arc::clone(&self.shared), claimed, self.manifest.clone(), secrets);
        Ok(Some(Self { is_of_before: true, ..before }))
    }

    pub(crate) const fn subject(&self) -> Subject<'_> {
        self.claimed.tenant.subject()
    }

    pub(crate) const fn isolation(&self) -> Isolation {
        self.claimed.tenant.spec.isolation
    }

    /// The image's profile, once the image is known.
    pub(crate) fn profile(&self) -> Option<&Profile> {
        let (manifest, resolved) = self.manifest.as_ref().zip(self.desired.resolved.as_ref())?;
        Some(manifest.profile(&resolved.pin))
    }

    pub(crate) fn route(&self) -> Result<Route, RenderError> {
        let manifest = self.manifest.as_ref().ok_or(RenderError::NoManifest)?;
        Ok(self.subject().route(manifest, &self.shared.settings.platform))
    }

    /// The role as it should be. One that is only to be removed needs no password.
    pub(crate) fn role(&self) -> RoleSpec {
        let limits = self.shared.settings.roles;
        let secret = self.secrets.get(DATABASE_PASSWORD);
        RoleSpec {
            password: secret.map(|secret| secret.value.clone()).unwrap_or_default(),
            password_version: secret.map(|secret| secret.version).unwrap_or_default(),
            connection_limit: limits.connection_limit,
            statement_timeout: limits.statement_timeout,
            idle_in_transaction_timeout: limits.idle_in_transaction_timeout,
        }
    }

    /// The number of the release that is wanted next.
    pub(crate) const fn release_number(&self) -> u32 {
        self.claimed.releases.saturating_add(1)
    }

    pub(crate) const fn next_release(&self) -> NextRelease {
        NextRelease { number: self.release_number(), asked_at: self.claimed.tenant.updated_at }
    }
}
