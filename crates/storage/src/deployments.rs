//! What people asked for, and how it ended.

use std::error::Error as StdError;

use chrono::{DateTime, Utc};
use domain::{DeploymentId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::error::StorageError;
use crate::json::word;
use crate::page::Scope;
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
            "SELECT d.id, d.tenant_id, d.generation, d.action, d.status, d.error, d.metadata, d.created_at,
                    d.started_at, d.finished_at
             FROM fresco.deployments d JOIN fresco.tenants t ON t.id = d.tenant_id
             WHERE d.tenant_id = $1 AND ($2::uuid IS NULL OR t.organisation_id = $2) AND ($3::uuid IS NULL OR d.id < $3)
             ORDER BY d.id DESC LIMIT $4",
            tenant.uuid(),
            scope.organisation(),
            after.map(DeploymentId::uuid),
            i64::from(limit),
        );
        query.fetch_all(self.pool()).await?.into_iter().map(Deployment::try_from).collect()
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
}

impl TryFrom<DeploymentRow> for Deployment {
    type Error = StorageError;

    fn try_from(row: DeploymentRow) -> Result<Self, StorageError> {
        let id = DeploymentId::from_uuid(row.id);
        read(id, row).map_err(|source| StorageError::corrupt("deployments", id, source))
    }
}

fn read(id: DeploymentId, row: DeploymentRow) -> Result<Deployment, Box<dyn StdError + Send + Sync>> {
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
    })
}
