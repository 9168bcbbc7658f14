//! What must be known of tenants beside what they log.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::app::AppName;
use storage::{Scope, StorageError, Store};

/// The rows, as far as logs go.
#[async_trait]
pub trait Registry: std::fmt::Debug + Send + Sync {
    /// A tenant, tombstones included; `None` if there was never one.
    ///
    /// # Errors
    /// [`StorageError`].
    async fn tenant(&self, tenant: TenantId) -> Result<Option<Known>, StorageError>;

    /// What happened to it after that event, in order, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`].
    async fn events(&self, tenant: TenantId, after: i64, limit: u16) -> Result<Vec<Happening>, StorageError>;
}

/// What is known of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub app: AppName,
    /// Whether only its tombstone is left.
    pub destroyed: bool,
}

/// An event of the platform, to stand between the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// Grows in the order of what happened.
    pub id: i64,
    pub at: DateTime<Utc>,
    pub message: String,
}

#[async_trait]
impl Registry for Store {
    async fn tenant(&self, tenant: TenantId) -> Result<Option<Known>, StorageError> {
        let found = self.find_tenant(Scope::Operator, tenant).await?;
        Ok(found.map(|tenant| Known { app: tenant.spec.app, destroyed: tenant.destroyed_at.is_some() }))
    }

    async fn events(&self, tenant: TenantId, after: i64, limit: u16) -> Result<Vec<Happening>, StorageError> {
        let events = self.list_events(Scope::Operator, tenant, Some(after), limit).await?;
        let happening = |event: storage::Event| Happening { id: event.id, at: event.at, message: event.message };
        Ok(events.into_iter().map(happening).collect())
    }
}
