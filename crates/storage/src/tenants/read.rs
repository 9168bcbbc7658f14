//! Finding tenants, one and many.

use chrono::{DateTime, TimeDelta, Utc};
use domain::TenantId;
use domain::tenant::{DesiredState, Status};
use uuid::Uuid;

use super::{Tenant, with_tenant_columns};
use crate::error::StorageError;
use crate::looks::LastLook;
use crate::page::{Page, Part};
use crate::scope::Scope;
use crate::store::Store;

/// Which tenants a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantFilter {
    /// Part of the subdomain.
    pub search: Option<String>,
    pub status: Option<Shown>,
    /// Tombstones too.
    pub include_destroyed: bool,
}

/// Those that show this status at a moment; by [`Status::at`], in the database's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub status: Status,
    pub now: DateTime<Utc>,
    pub max_age: TimeDelta,
    /// When all was last looked at.
    pub last_look: LastLook,
}

impl Shown {
    /// What is dated before is too old to be believed.
    fn oldest(&self) -> DateTime<Utc> {
        self.now.checked_sub_signed(self.max_age).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// What is dated later comes from a clock that was set back.
    fn newest(&self) -> DateTime<Utc> {
        self.now.checked_add_signed(self.max_age).unwrap_or(self.now)
    }

    /// Of those that should be so.
    fn is_look_fresh(&self, state: DesiredState) -> bool {
        self.last_look.at(state).is_some_and(|at| (self.oldest()..=self.newest()).contains(&at))
    }
}

/// Whose, and which part of theirs.
macro_rules! newest_first {
    ($whose:tt, $home:expr, $filter:expr, $part:expr) => {
        with_tenant_columns!(
            tenant_rows,
            "SELECT",
            "FROM fresco.tenants t WHERE "
                + $whose
                + r" AND ($2::text IS NULL OR position($2 IN t.subdomain) > 0)
               AND ($3::text IS NULL OR $3 = CASE
                   WHEN t.status = 'destroyed' OR t.observed_at BETWEEN $8 AND $9 THEN t.status
                   WHEN t.status IN ('active', 'stopped') THEN
                       CASE WHEN CASE t.desired_state WHEN 'running' THEN $10::boolean ELSE $11::boolean END
                                 AND t.attempt = 0 AND t.generation = t.observed_generation THEN t.status ELSE 'unknown' END
                   WHEN CASE t.desired_state WHEN 'running' THEN $10 ELSE $11 END
                        OR t.step_started_at BETWEEN $8 AND $9 OR t.updated_at BETWEEN $8 AND $9 THEN t.status
                   ELSE 'unknown' END)
               AND ($4 OR t.destroyed_at IS NULL)
               AND ($5::timestamptz IS NULL OR (t.created_at, t.id) < ($5, $6::uuid))
             ORDER BY t.created_at DESC, t.id DESC LIMIT $7",
            $home,
            $filter.search.as_deref().map(str::to_lowercase),
            $filter.status.map(|shown| shown.status.as_str()),
            $filter.include_destroyed,
            $part.created_at(),
            $part.id(),
            $part.rows(),
            $filter.status.map(|shown| shown.oldest()),
            $filter.status.map(|shown| shown.newest()),
            $filter.status.is_some_and(|shown| shown.is_look_fresh(DesiredState::Running)),
            $filter.status.is_some_and(|shown| shown.is_look_fresh(DesiredState::Stopped)),
        )
    };
}

impl Store {
    /// The tenant with this id, a tombstone too.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn find_tenant(&self, scope: Scope, id: TenantId) -> Result<Option<Tenant>, StorageError> {
        let query = with_tenant_columns!(
            tenant_rows,
            "SELECT",
            "FROM fresco.tenants t WHERE t.id = $1 AND ($2::uuid IS NULL OR t.organisation_id = $2)",
            id.uuid(),
            scope.organisation(),
        );
        let row = query.fetch_optional(&mut *self.begin_by_key(scope).await?).await?;
        row.map(Tenant::try_from).transpose()
    }

    /// The newest first, `limit` at most (one at least), those behind `after` if given.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_tenants(
        &self,
        scope: Scope,
        filter: &TenantFilter,
        part: Part,
    ) -> Result<Page<Tenant>, StorageError> {
        let rows = match scope.organisation() {
            // Found by their organisation, whatever else is asked for.
            Some(home) => {
                let query = newest_first!("t.organisation_id = $1", home, filter, part);
                query.fetch_all(&mut *self.begin_by_key(scope).await?).await?
            }
            None => {
                let query = newest_first!("$1::uuid IS NULL", None::<Uuid>, filter, part);
                query.fetch_all(&mut *self.begin_as(scope).await?).await?
            }
        };
        let items = rows.into_iter().map(Tenant::try_from).collect::<Result<_, _>>()?;
        Ok(part.page(items, |tenant: &Tenant| (tenant.created_at, tenant.id.uuid())))
    }
}
