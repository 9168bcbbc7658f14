//! What people asked for, and how it ended.

use std::error::Error as StdError;

use chrono::{DateTime, Utc};
use domain::image::{ImagePin, ImageReference};
use domain::tenant::{Operation, TenantSpec};
use domain::{DeploymentId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::error::StorageError;
use crate::json::word;
use crate::scope::Scope;
use crate::store::Store;
use crate::tenants::{Failure, Metadata};

/// What people asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Deploy,
    Start,
    Stop,
    Restart,
    Update,
    Rollback,
    /// Back to what it was before something that has not come to its end.
    Cancel,
    Destroy,
    /// Back to what it was before a destroy.
    Undo,
}

impl Action {
    const ALL: [Self; 9] = [
        Self::Deploy,
        Self::Start,
        Self::Stop,
        Self::Restart,
        Self::Update,
        Self::Rollback,
        Self::Cancel,
        Self::Destroy,
        Self::Undo,
    ];

    /// As an operation is recorded.
    #[must_use]
    pub const fn of(operation: &Operation) -> Self {
        match operation {
            Operation::Start => Self::Start,
            Operation::Stop => Self::Stop,
            Operation::Restart => Self::Restart,
            Operation::Update(_) => Self::Update,
            Operation::Rollback { .. } => Self::Rollback,
            Operation::Cancel => Self::Cancel,
            Operation::Destroy { .. } => Self::Destroy,
            Operation::Undo => Self::Undo,
        }
    }

    /// As the audit log calls it.
    #[must_use]
    pub const fn audited(self) -> &'static str {
        match self {
            Self::Deploy => "tenant.deploy",
            Self::Start => "tenant.start",
            Self::Stop => "tenant.stop",
            Self::Restart => "tenant.restart",
            Self::Update => "tenant.update",
            Self::Rollback => "tenant.rollback",
            Self::Cancel => "tenant.cancel",
            Self::Destroy => "tenant.destroy",
            Self::Undo => "tenant.undo",
        }
    }

    /// For the platform's own metrics, once it is committed.
    pub(crate) fn asked_for(self) {
        metrics::counter!("fresco_deployments_asked_total", "action" => self.as_str()).increment(1);
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Update => "update",
            Self::Rollback => "rollback",
            Self::Cancel => "cancel",
            Self::Destroy => "destroy",
            Self::Undo => "undo",
        }
    }
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentStatus {
    /// Nobody has begun.
    Pending,
    Running,
    Succeeded,
    Failed,
    /// People asked for something else before it ended.
    Superseded,
    /// People cancelled or undid it before it ended, and nobody works towards it any more.
    Cancelled,
}

/// One thing people asked for: one generation of one tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    pub id: DeploymentId,
    pub tenant: TenantId,
    pub generation: i64,
    pub action: Action,
    pub status: DeploymentStatus,
    pub error: Option<Failure>,
    pub metadata: Metadata,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// The image that was asked for; `None` for what is older than the platform's memory of it, as below.
    pub image: Option<ImageReference>,
    /// The one it had, once it was as asked for.
    pub pinned_image: Option<ImagePin>,
    /// When the tenant was first found to be so, perhaps after this had failed.
    pub converged_at: Option<DateTime<Utc>>,
}

impl Store {
    /// A tenant's deployments, the newest first, those older than `after` if given.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_deployments(
        &self,
        scope: Scope,
        tenant: TenantId,
        after: Option<DeploymentId>,
        limit: u16,
    ) -> Result<Vec<Deployment>, StorageError> {
        let query = sqlx::query_as!(
            DeploymentRow,
            r#"SELECT d.id, d.tenant_id, d.generation, d.action, d.status, d.error, d.metadata, d.created_at,
                      d.started_at, d.finished_at, r.spec AS "spec?", r.pinned_image AS "pinned_image?",
                      r.converged_at AS "converged_at?"
               FROM fresco.deployments d JOIN fresco.tenants t ON t.id = d.tenant_id
               LEFT JOIN fresco.tenant_revisions r ON r.tenant_id = d.tenant_id AND r.generation = d.generation
               WHERE d.tenant_id = $1 AND ($2::uuid IS NULL OR t.organisation_id = $2)
                 AND ($3::uuid IS NULL OR d.id < $3)
               ORDER BY d.id DESC LIMIT $4"#,
            tenant.uuid(),
            scope.organisation(),
            after.map(DeploymentId::uuid),
            i64::from(limit),
        );
        let rows = query.fetch_all(&mut *self.begin_as(scope).await?).await?;
        rows.into_iter().map(Deployment::try_from).collect()
    }

    /// How what was asked for with a generation of a tenant stands; `None` if there is no such generation.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn deployment_status(
        &self,
        scope: Scope,
        tenant: TenantId,
        generation: i64,
    ) -> Result<Option<DeploymentStatus>, StorageError> {
        let query = sqlx::query_scalar!(
            "SELECT d.status FROM fresco.deployments d JOIN fresco.tenants t ON t.id = d.tenant_id
             WHERE d.tenant_id = $1 AND d.generation = $2 AND ($3::uuid IS NULL OR t.organisation_id = $3)",
            tenant.uuid(),
            generation,
            scope.organisation(),
        );
        let found = query.fetch_optional(&mut *self.begin_as(scope).await?).await?;
        let status = found.as_deref().map(word).transpose();
        status.map_err(|source| StorageError::corrupt("deployments", format!("{tenant}/{generation}"), source))
    }
}

impl Store {
    /// The request that asked for a generation of a tenant, if one did; for the worker's role.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn request_for(&self, tenant: TenantId, generation: i64) -> Result<Option<String>, StorageError> {
        let asked = Action::ALL.map(|action| action.audited().to_owned());
        // The line of a tenant's making has no number: it is the first.
        let query = sqlx::query_scalar!(
            r#"SELECT request_id AS "request_id!" FROM fresco.audit_log
               WHERE target_id = $1 AND action = ANY ($2) AND result = 'done' AND request_id IS NOT NULL
                 AND coalesce((data ->> 'generation')::bigint, 1) = $3
               ORDER BY id DESC LIMIT 1"#,
            tenant.uuid(),
            &asked[..],
            generation,
        );
        Ok(query.fetch_optional(self.pool()).await?)
    }
}

struct DeploymentRow {
    id: Uuid,
    tenant_id: Uuid,
    generation: i64,
    action: String,
    status: String,
    error: Option<Value>,
    metadata: Value,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    spec: Option<Value>,
    pinned_image: Option<Value>,
    converged_at: Option<DateTime<Utc>>,
}

impl TryFrom<DeploymentRow> for Deployment {
    type Error = StorageError;

    fn try_from(row: DeploymentRow) -> Result<Self, StorageError> {
        let id = DeploymentId::from_uuid(row.id);
        read(id, row).map_err(|source| StorageError::corrupt("deployments", id, source))
    }
}

fn read(id: DeploymentId, row: DeploymentRow) -> Result<Deployment, Box<dyn StdError + Send + Sync>> {
    let spec: Option<TenantSpec> = row.spec.map(serde_json::from_value).transpose()?;
    let pinned = row.pinned_image.map(serde_json::from_value).transpose()?;
    Ok(Deployment {
        id,
        tenant: TenantId::from_uuid(row.tenant_id),
        generation: row.generation,
        action: word(&row.action)?,
        status: word(&row.status)?,
        error: row.error.map(serde_json::from_value).transpose()?,
        metadata: serde_json::from_value(row.metadata)?,
        created_at: row.created_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
        pinned_image: spec.as_ref().and_then(|spec| spec.image_in_force(pinned.as_ref()).cloned()),
        image: spec.map(|spec| spec.image),
        converged_at: row.converged_at,
    })
}
