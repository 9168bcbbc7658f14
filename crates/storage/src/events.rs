//! What happened to a tenant, line by line.

use chrono::{DateTime, Utc};
use domain::TenantId;
use serde_json::Value;

use crate::error::StorageError;
use crate::scope::Scope;
use crate::store::Store;

/// One line of a tenant's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Grows within one tenant in the order of what happened.
    pub id: i64,
    pub tenant: TenantId,
    pub generation: i64,
    /// A stable word: an action, a step, or the name its writer gave.
    pub kind: String,
    /// For people.
    pub message: String,
    /// For programs; null if there is nothing to say.
    pub data: Value,
    pub at: DateTime<Utc>,
}

/// A line to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub kind: &'static str,
    pub message: String,
    pub data: Value,
}

impl Store {
    /// A tenant's events in their order, those behind `after` if given.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_events(
        &self,
        scope: Scope,
        tenant: TenantId,
        after: Option<i64>,
        limit: u16,
    ) -> Result<Vec<Event>, StorageError> {
        let query = sqlx::query!(
            "SELECT e.id, e.generation, e.kind, e.message, e.data, e.at
             FROM fresco.tenant_events e JOIN fresco.tenants t ON t.id = e.tenant_id
             WHERE e.tenant_id = $1 AND ($2::uuid IS NULL OR t.organisation_id = $2) AND e.id > $3
             ORDER BY e.id LIMIT $4",
            tenant.uuid(),
            scope.organisation(),
            after.unwrap_or(0),
            i64::from(limit),
        );
        let rows = query.fetch_all(&mut *self.begin_as(scope).await?).await?.into_iter();
        let event = rows.map(|row| Event {
            id: row.id,
            tenant,
            generation: row.generation,
            kind: row.kind,
            message: row.message,
            data: row.data,
            at: row.at,
        });
        Ok(event.collect())
    }
}
