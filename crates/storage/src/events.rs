//! What happened to tenants, line by line: of one, and of all that somebody may see.
//!
//! Numbers are given when a line is written, and lines are seen when they commit: of one tenant in one order, of several not.
//! So whoever follows several goes only so far as all numbers are settled, which [`Store::event_numbers`] and
//! [`Store::event_writers`] tell together.

use chrono::{DateTime, Utc};
use domain::tenant::Status;
use domain::{OrganisationId, TenantId};
use serde_json::Value;

use crate::error::StorageError;
use crate::json::word;
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

/// A line, and how its tenant stands by now.
#[derive(Clone, Debug, PartialEq)]
pub struct Followed {
    pub event: Event,
    pub status: Status,
}

/// The newest of some lines, and how many older ones there are.
#[derive(Clone, Debug, PartialEq)]
pub struct Following {
    pub skipped: Option<Skipped>,
    /// In the order of their numbers.
    pub events: Vec<Followed>,
}

/// Lines that were too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub count: u64,
    /// The first one's number.
    pub from: i64,
    /// The last one's.
    pub to: i64,
}

/// A line to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub kind: &'static str,
    pub message: String,
    pub data: Value,
}

/// As it stands in the table.
struct Row {
    id: i64,
    generation: i64,
    kind: String,
    message: String,
    data: Value,
    at: DateTime<Utc>,
}

impl Row {
    fn of(self, tenant: TenantId) -> Event {
        let Self { id, generation, kind, message, data, at } = self;
        Event { id, tenant, generation, kind, message, data, at }
    }
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
        let query = sqlx::query_as!(
            Row,
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
        Ok(rows.map(|row| row.of(tenant)).collect())
    }

    /// A tenant's last events, those right before `before` if given; in their order too.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn last_events(
        &self,
        scope: Scope,
        tenant: TenantId,
        before: Option<i64>,
        limit: u16,
    ) -> Result<Vec<Event>, StorageError> {
        let query = sqlx::query_as!(
            Row,
            "SELECT e.id, e.generation, e.kind, e.message, e.data, e.at
             FROM fresco.tenant_events e JOIN fresco.tenants t ON t.id = e.tenant_id
             WHERE e.tenant_id = $1 AND ($2::uuid IS NULL OR t.organisation_id = $2) AND e.id < $3
             ORDER BY e.id DESC LIMIT $4",
            tenant.uuid(),
            scope.organisation(),
            before.unwrap_or(i64::MAX),
            i64::from(limit),
        );
        let rows = query.fetch_all(&mut *self.begin_as(scope).await?).await?.into_iter();
        Ok(rows.rev().map(|row| row.of(tenant)).collect())
    }

    /// The events of all tenants of a scope behind one number and up to another, which must be settled; the newest `most` (one
    /// at least) if there are more.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn follow_events(
        &self,
        scope: Scope,
        (after, upto): (i64, i64),
        most: u16,
    ) -> Result<Following, StorageError> {
        let most = usize::from(most.max(1));
        let mut tx = self.begin_as(scope).await?;
        let query = sqlx::query!(
            "SELECT e.id, e.tenant_id, e.generation, e.kind, e.message, e.data, e.at, t.status
             FROM fresco.tenant_events e JOIN fresco.tenants t ON t.id = e.tenant_id
             WHERE e.id > $1 AND e.id <= $2 AND ($3::uuid IS NULL OR t.organisation_id = $3)
             ORDER BY e.id DESC LIMIT $4",
            after,
            upto,
            scope.organisation(),
            i64::try_from(most).unwrap_or(i64::MAX) + 1,
        );
        let mut rows = query.fetch_all(&mut *tx).await?;
        let more = rows.len() > most;
        rows.truncate(most);
        let followed = rows.into_iter().rev().map(|row| {
            let status = word(&row.status).map_err(|error| StorageError::corrupt("tenants", row.tenant_id, error))?;
            let tenant = TenantId::from_uuid(row.tenant_id);
            let (id, generation, kind, message) = (row.id, row.generation, row.kind, row.message);
            Ok(Followed { event: Event { id, tenant, generation, kind, message, data: row.data, at: row.at }, status })
        });
        let events = followed.collect::<Result<Vec<_>, StorageError>>()?;
        let Some(oldest) = events.first().map(|oldest| oldest.event.id).filter(|_| more) else {
            return Ok(Following { skipped: None, events });
        };
        let query = sqlx::query!(
            r#"SELECT count(*) AS "count!", min(e.id) AS "from!", max(e.id) AS "to!"
               FROM fresco.tenant_events e JOIN fresco.tenants t ON t.id = e.tenant_id
               WHERE e.id > $1 AND e.id < $2 AND ($3::uuid IS NULL OR t.organisation_id = $3)"#,
            after,
            oldest,
            scope.organisation(),
        );
        let older = query.fetch_one(&mut *tx).await?;
        let count = older.count.unsigned_abs();
        Ok(Following { skipped: Some(Skipped { count, from: older.from, to: older.to }), events })
    }

    /// The number of the newest event of all; 0: there is none.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn newest_event(&self) -> Result<i64, StorageError> {
        let query = sqlx::query_scalar!(r#"SELECT coalesce(max(id), 0) AS "newest!" FROM fresco.tenant_events"#);
        Ok(query.fetch_one(&mut *self.begin_as(Scope::Operator).await?).await?)
    }

    /// The numbers that are seen by now behind this one, in their order, `limit` at most; and whose events they are.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn event_numbers(&self, after: i64, limit: u16) -> Result<Vec<(i64, OrganisationId)>, StorageError> {
        let query = sqlx::query!(
            "SELECT e.id, t.organisation_id FROM fresco.tenant_events e JOIN fresco.tenants t ON t.id = e.tenant_id
             WHERE e.id > $1 ORDER BY e.id LIMIT $2",
            after,
            i64::from(limit),
        );
        let rows = query.fetch_all(&mut *self.begin_as(Scope::Operator).await?).await?.into_iter();
        Ok(rows.map(|row| (row.id, OrganisationId::from_uuid(row.organisation_id))).collect())
    }

    /// The transactions that may have numbers nobody sees yet: whoever writes events locks their table first, and lets go of it
    /// when what they wrote is seen or gone. A number below one that was seen is settled when those of a moment after that have
    /// ended. Their names mean nothing, and come again only when the database is started anew.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn event_writers(&self) -> Result<Vec<String>, StorageError> {
        let query = sqlx::query_scalar!(
            r#"SELECT virtualtransaction AS "name!" FROM pg_locks
               WHERE relation = 'fresco.tenant_events'::regclass AND mode = 'RowExclusiveLock' AND granted
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"#,
        );
        Ok(query.fetch_all(self.pool()).await?)
    }
}
