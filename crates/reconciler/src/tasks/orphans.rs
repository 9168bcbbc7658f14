//! Compares what is there with the rows, and reports what nobody owns. It never deletes: an object without a row may be
//! somebody's data after a restore of an older platform database. Only what holds nothing goes: the containers of ours that
//! were made to read a file, and whose reader died.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::TenantId;
use tokio_util::sync::CancellationToken;

use crate::{Reconciler, backoff};

/// Something of a tenant that has no row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Orphan {
    pub tenant: TenantId,
    /// What there is of it: `container fresco_tenant_…`, `role or database`, `route`, `dumps`.
    pub what: String,
}

pub(crate) async fn run(shared: Arc<Reconciler>, stop: CancellationToken) {
    let mut known = BTreeSet::new();
    loop {
        if let Err(error) = shared.parts.engine.remove_abandoned_readers().await {
            tracing::warn!(%error, "could not remove what was left by those who died while reading an image");
        }
        match shared.orphans().await {
            Ok(orphans) => {
                for orphan in orphans.difference(&known) {
                    tracing::warn!(tenant.id = %orphan.tenant, what = orphan.what, "this belongs to no tenant in the platform's database; it is left alone");
                }
                known = orphans;
            }
            Err(error) => tracing::warn!(%error, "could not look for what nobody owns"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(backoff::jitter(shared.settings.pace.orphans, &*shared.entropy)) => {}
        }
    }
}

/// Why the search failed; then nothing is known.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error(transparent)]
    Engine(#[from] provisioner::container::EngineError),
    #[error(transparent)]
    Database(#[from] provisioner::database::DatabaseError),
    #[error(transparent)]
    Route(#[from] provisioner::routing::RouteError),
    #[error(transparent)]
    Dump(#[from] provisioner::database::DumpError),
    #[error(transparent)]
    Storage(#[from] storage::StorageError),
}

impl Reconciler {
    /// Everything that carries a tenant's name and has no row.
    ///
    /// # Errors
    /// [`SearchError`] if any part could not be looked at.
    pub async fn orphans(&self) -> Result<BTreeSet<Orphan>, SearchError> {
        // The rows come last: what is made meanwhile then has one.
        let containers = self.parts.engine.list_containers(&self.settings.platform_id).await?;
        let databases = self.parts.databases.fingerprints().await?;
        let routes = self.parts.routes.tenants().await?;
        let dumps = self.parts.dumps.tenants().await?;
        let mut rows = self.expected.lock().await;
        self.store.read_expected(&mut rows).await?;
        let containers = containers.into_iter().filter_map(|container| {
            container.owner.map(|owner| Orphan { tenant: owner.tenant, what: format!("container {}", container.name) })
        });
        let named = |what: &'static str| move |tenant| Orphan { tenant, what: what.to_owned() };
        let databases = databases.into_keys().map(named("role or database"));
        let routes = routes.into_iter().map(named("route"));
        let dumps = dumps.into_iter().map(named("dumps"));
        let all = containers.chain(databases).chain(routes).chain(dumps);
        Ok(all.filter(|orphan| !rows.contains(orphan.tenant)).collect())
    }
}
