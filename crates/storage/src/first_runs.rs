//! An instance's first visitor: who may pass the gate, and when it is open to everybody.
//!
//! A link and a session are kept as SHA-256, a link for one exchange. Whoever writes here for the history's sake locks the
//! tenant's claim first, as everywhere, and rings: what is desired of a tenant depends on what stands here.

use std::error::Error as StdError;

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::app::AppName;
use domain::image::ImagePin;
use domain::tenant::Subdomain;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::current_actor;
use crate::claims::{ClaimError, Lease, Priority, held, readable};
use crate::deployments::Action;
use crate::error::StorageError;
use crate::json::word;
use crate::scope::Scope;
use crate::store::Store;
use crate::tenants::{Tenant, tenant_of, with_tenant_columns};

/// How many links of one tenant are good at once; a new one ends the oldest.
const MOST_LINKS: i64 = 8;

/// What is shown at the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateKeyKind {
    /// Good for one exchange.
    Link,
    Session,
}

impl GateKeyKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Session => "session",
        }
    }
}

/// A link or a session to be kept.
#[derive(Clone, Copy)]
pub struct NewGateKey {
    /// SHA-256 of its token.
    pub hash: [u8; 32],
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// One that runs and is not known to be set up, with all it takes to ask it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unvisited {
    pub id: TenantId,
    pub subdomain: Subdomain,
    pub app: AppName,
    pub image: ImagePin,
}

struct UnvisitedRow {
    id: Uuid,
    subdomain: String,
    app: String,
    image: Value,
}

impl TryFrom<UnvisitedRow> for Unvisited {
    type Error = StorageError;

    fn try_from(row: UnvisitedRow) -> Result<Self, StorageError> {
        let id = TenantId::from_uuid(row.id);
        row.read(id).map_err(|source| StorageError::corrupt("tenants", id, source))
    }
}

impl UnvisitedRow {
    fn read(self, id: TenantId) -> Result<Unvisited, Box<dyn StdError + Send + Sync>> {
        let (subdomain, app) = (Subdomain::parse(&self.subdomain)?, AppName::parse(&self.app)?);
        Ok(Unvisited { id, subdomain, app, image: serde_json::from_value(self.image)? })
    }
}

/// A checked query for rows of those of whom that is true. sqlx wants its text as literals.
macro_rules! unvisited {
    ($condition:literal, $($parameter:expr),+ $(,)?) => {
        sqlx::query_as!(
            UnvisitedRow,
            r#"SELECT t.id, t.subdomain, t.app, t.pinned_image AS "image!" FROM fresco.tenants t
               WHERE t.destroyed_at IS NULL AND t.desired_state = 'running' AND t.container_id IS NOT NULL
                 AND t.pinned_image IS NOT NULL
                 AND (SELECT f.set_up_at FROM fresco.tenant_first_runs f WHERE f.tenant_id = t.id) IS NULL
                 AND "# + $condition,
            $($parameter),+
        )
    };
}

impl std::fmt::Debug for NewGateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewGateKey").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl Store {
    /// Keeps a claim link, and forgets all that have expired.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn add_claim_link(&self, scope: Scope, tenant: TenantId, link: NewGateKey) -> Result<(), StorageError> {
        let insert = sqlx::query!(
            "WITH expired AS (DELETE FROM fresco.tenant_gate_keys WHERE expires_at <= $3),
             too_many AS (
                 DELETE FROM fresco.tenant_gate_keys WHERE hash IN (
                     SELECT hash FROM fresco.tenant_gate_keys
                     WHERE tenant_id = $1 AND kind = 'link' AND expires_at > $3
                     ORDER BY created_at DESC OFFSET $5))
             INSERT INTO fresco.tenant_gate_keys (tenant_id, hash, kind, created_at, expires_at)
             VALUES ($1, $2, 'link', $3, $4)",
            tenant.uuid(),
            link.hash.as_slice(),
            link.now,
            link.expires_at,
            MOST_LINKS - 1,
        );
        let mut tx = self.begin_as(scope).await?;
        insert.execute(&mut *tx).await?;
        let data = json!({ "expires_at": link.expires_at });
        self.record_of_tenant(&mut tx, scope, tenant, ("tenant.claim_link", data)).await?;
        Ok(tx.commit().await?)
    }

    /// The hashes of a tenant's keys that are good at `now`. Compare in constant time.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn gate_keys(
        &self,
        tenant: TenantId,
        kind: GateKeyKind,
        now: DateTime<Utc>,
    ) -> Result<Vec<[u8; 32]>, StorageError> {
        let query = sqlx::query_scalar!(
            "SELECT hash FROM fresco.tenant_gate_keys WHERE tenant_id = $1 AND kind = $2 AND expires_at > $3",
            tenant.uuid(),
            kind.as_str(),
            now,
        );
        let corrupt = |_| StorageError::corrupt("tenant_gate_keys", tenant, "a hash of another length");
        let hashes = query.fetch_all(&mut *self.begin_as(Scope::Visitor(tenant)).await?).await?;
        hashes.into_iter().map(|hash| hash.try_into().map_err(corrupt)).collect()
    }

    /// Gives a session for a link, once; `false` if the link is not good (any more), or the tenant is set up.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn exchange_claim_link(
        &self,
        tenant: TenantId,
        link: [u8; 32],
        session: NewGateKey,
    ) -> Result<bool, StorageError> {
        let scope = Scope::Visitor(tenant);
        let mut tx = self.begin_as(scope).await?;
        lock(&mut tx, tenant).await?;
        let exchange = sqlx::query!(
            "WITH link AS (
                 DELETE FROM fresco.tenant_gate_keys k
                 WHERE k.hash = $2 AND k.tenant_id = $1 AND k.kind = 'link' AND k.expires_at > $4
                   AND NOT EXISTS (SELECT FROM fresco.tenant_first_runs f
                                   WHERE f.tenant_id = $1 AND f.set_up_at IS NOT NULL)
                 RETURNING k.tenant_id)
             INSERT INTO fresco.tenant_gate_keys (tenant_id, hash, kind, created_at, expires_at)
             SELECT tenant_id, $3, 'session', $4, $5 FROM link",
            tenant.uuid(),
            link.as_slice(),
            session.hash.as_slice(),
            session.now,
            session.expires_at,
        );
        if exchange.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        tell(&mut tx, tenant, ("claimed", "Its owner has come through the claim link"), session.now).await?;
        self.record_of_tenant(&mut tx, scope, tenant, ("tenant.claim", json!({}))).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Notes that a tenant is set up: from here on it is open to everybody, and no link or session means anything.
    /// `false` if that was known.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn mark_set_up(
        &self,
        scope: Scope,
        tenant: TenantId,
        message: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let mut tx = self.begin_as(scope).await?;
        lock(&mut tx, tenant).await?;
        let upsert = sqlx::query!(
            "INSERT INTO fresco.tenant_first_runs AS f (tenant_id, set_up_at) VALUES ($1, $2)
             ON CONFLICT (tenant_id) DO UPDATE SET set_up_at = excluded.set_up_at WHERE f.set_up_at IS NULL",
            tenant.uuid(),
            now,
        );
        if upsert.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query!("DELETE FROM fresco.tenant_gate_keys WHERE tenant_id = $1", tenant.uuid())
            .execute(&mut *tx)
            .await?;
        tell(&mut tx, tenant, ("set_up", message), now).await?;
        // The worker, which sees that an instance is set up, opens it for nobody in particular.
        if current_actor().is_some() {
            self.record_of_tenant(&mut tx, scope, tenant, ("tenant.open", json!({}))).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Asks that a tenant's first-run window begin anew, with the restart that the app needs for it.
    pub(crate) async fn ask_to_reopen(
        &self,
        tx: &mut PgConnection,
        scope: Scope,
        (tenant, now): (TenantId, DateTime<Utc>),
    ) -> Result<(), StorageError> {
        let upsert = sqlx::query!(
            "INSERT INTO fresco.tenant_first_runs (tenant_id, reopen_asked_at) VALUES ($1, $2)
             ON CONFLICT (tenant_id) DO UPDATE SET reopen_asked_at = excluded.reopen_asked_at",
            tenant.uuid(),
            now,
        );
        upsert.execute(&mut *tx).await?;
        self.record_of_tenant(tx, scope, tenant, ("tenant.reopen_setup", json!({}))).await
    }

    /// Notes that the wish of `asked_at` was granted.
    ///
    /// # Errors
    /// [`ClaimError::Lost`] if somebody else has taken the lease.
    pub async fn note_reopened(
        &self,
        lease: &Lease,
        asked_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), ClaimError> {
        let update = sqlx::query!(
            r#"WITH mine AS (
                 SELECT tenant_id FROM fresco.tenant_claims
                 WHERE tenant_id = $1 AND lease_owner = $2 AND epoch = $3 FOR UPDATE)
               UPDATE fresco.tenant_first_runs f SET reopen_granted = $4, reopened_at = $5
               FROM mine WHERE f.tenant_id = mine.tenant_id RETURNING f.tenant_id"#,
            lease.tenant.uuid(),
            lease.owner.0,
            lease.epoch,
            asked_at,
            now,
        );
        held(update.fetch_optional(self.pool()).await?)?;
        Ok(())
    }

    /// Those whose owner may be at it at `now`.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn being_set_up(&self, now: DateTime<Utc>) -> Result<Vec<Unvisited>, StorageError> {
        // An array is looked up row by row: whatever a join is thought to find, it may read all tenants for.
        let query = unvisited!(
            "t.id = ANY (ARRAY(SELECT k.tenant_id FROM fresco.tenant_gate_keys k
                               WHERE k.kind = 'session' AND k.expires_at > $1))",
            now,
        );
        let rows = query.fetch_all(self.pool()).await?.into_iter();
        Ok(rows.map(Unvisited::try_from).filter_map(readable).collect())
    }

    /// Those among so many tenants by their ids, behind `after` if given, and behind whom to go on: nobody, if these are the
    /// last.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn not_set_up(
        &self,
        after: Option<TenantId>,
        limit: u16,
    ) -> Result<(Vec<Unvisited>, Option<TenantId>), StorageError> {
        let ids = sqlx::query_scalar!(
            "SELECT id FROM fresco.tenants WHERE id > $1 ORDER BY id LIMIT $2",
            after.map(TenantId::uuid).unwrap_or_default(),
            i64::from(limit),
        );
        let ids = ids.fetch_all(self.pool()).await?;
        let last = ids.last().filter(|_| ids.len() >= usize::from(limit)).map(|id| TenantId::from_uuid(*id));
        let rows = unvisited!("t.id = ANY ($1)", &ids).fetch_all(self.pool()).await?.into_iter();
        Ok((rows.map(Unvisited::try_from).filter_map(readable).collect(), last))
    }

    /// The tenant that has this name now, for whoever stands at its gate.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn visited(&self, subdomain: &Subdomain) -> Result<Option<Tenant>, StorageError> {
        let holder = self.holder_of(subdomain).await?;
        Ok(holder.map(|(tenant, _)| tenant).filter(|tenant| tenant.destroyed_at.is_none()))
    }

    /// Who has a name, or had it last (a tombstone), and what was asked of them that has not ended; for whoever stands there.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn holder_of(&self, subdomain: &Subdomain) -> Result<Option<(Tenant, Option<Action>)>, StorageError> {
        let named = sqlx::query_scalar!("SELECT fresco.tenant_named($1)", subdomain.as_str());
        let Some(id) = named.fetch_one(self.pool()).await?.map(TenantId::from_uuid) else { return Ok(None) };
        let query = with_tenant_columns!(
            tenant_records,
            r#"SELECT (SELECT d.action FROM fresco.deployments d
                       WHERE d.tenant_id = t.id AND d.finished_at IS NULL
                       ORDER BY d.generation DESC LIMIT 1) AS "action?","#,
            "FROM fresco.tenants t WHERE t.id = $1",
            id.uuid(),
        );
        let found = query.fetch_optional(&mut *self.begin_as(Scope::Visitor(id)).await?).await?;
        let Some(row) = found else { return Ok(None) };
        let action = row.action.as_deref().map(word).transpose();
        let action = action.map_err(|source| StorageError::corrupt("deployments", id, source))?;
        Ok(Some((tenant_of!(row)?, action)))
    }
}

/// Locks the tenant's claim, and rings.
async fn lock(tx: &mut PgConnection, tenant: TenantId) -> Result<(), StorageError> {
    let ring = sqlx::query!("SELECT fresco.ring(ARRAY[$1::uuid], $2)", tenant.uuid(), Priority::People.number());
    ring.execute(tx).await?;
    Ok(())
}

/// A line of the tenant's history.
async fn tell(
    tx: &mut PgConnection,
    tenant: TenantId,
    (kind, message): (&str, &str),
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let insert = sqlx::query!(
        "WITH event AS (
             INSERT INTO fresco.tenant_events (tenant_id, generation, kind, message, at)
             SELECT id, generation, $2, $3, $4 FROM fresco.tenants WHERE id = $1)
         SELECT pg_notify('fresco_news', '')",
        tenant.uuid(),
        kind,
        message,
        now,
    );
    insert.execute(tx).await?;
    Ok(())
}
