//! Pages and streams, for those who may read it.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use domain::{OrganisationId, UserId};
use futures_util::{Stream, stream};
use serde_json::Value;
use uuid::Uuid;

use super::actor::ActorKind;
use super::record::AuditResult;
use crate::error::StorageError;
use crate::json::word;
use crate::scope::Scope;
use crate::store::Store;

/// How many are fetched at once for a stream.
const AT_ONCE: u16 = 500;

/// Which lines. What is left out does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub organisation: Option<OrganisationId>,
    pub actor: Option<Uuid>,
    /// A whole one (`tenant.stop`) or its noun (`tenant`).
    pub action: Option<String>,
    pub target: Option<Uuid>,
    /// From then on.
    pub from: Option<DateTime<Utc>>,
    /// Before then.
    pub until: Option<DateTime<Utc>>,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditLine {
    /// Grows, but not exactly in the order of the transactions.
    pub id: i64,
    pub organisation: Option<OrganisationId>,
    pub at: DateTime<Utc>,
    pub actor_kind: ActorKind,
    pub actor: Option<Uuid>,
    pub actor_label: String,
    pub action: String,
    pub target_kind: String,
    pub target: Option<Uuid>,
    pub target_label: String,
    pub result: AuditResult,
    pub address: Option<String>,
    pub request_id: Option<String>,
    pub data: Value,
}

impl Store {
    /// Lines, the newest first, those before `before` if given.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_audit(
        &self,
        scope: Scope,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u16,
    ) -> Result<Vec<AuditLine>, StorageError> {
        let query = sqlx::query_as!(
            LineRow,
            r#"SELECT id, organisation_id, at, actor_kind, actor_id, actor_label, action, target_kind, target_id,
                      target_label, result, address, request_id, data
               FROM fresco.audit_log
               WHERE ($1::uuid IS NULL OR organisation_id = $1) AND ($2::uuid IS NULL OR organisation_id = $2)
                 AND ($3::uuid IS NULL OR actor_id = $3)
                 AND ($4::text IS NULL OR action = $4 OR split_part(action, '.', 1) = $4)
                 AND ($5::uuid IS NULL OR target_id = $5)
                 AND ($6::timestamptz IS NULL OR at >= $6) AND ($7::timestamptz IS NULL OR at < $7)
                 AND ($8::bigint IS NULL OR id < $8)
               ORDER BY id DESC LIMIT $9"#,
            scope.here(),
            filter.organisation.map(OrganisationId::uuid),
            filter.actor,
            filter.action,
            filter.target,
            filter.from,
            filter.until,
            before,
            i64::from(limit),
        );
        let rows = query.fetch_all(&mut *self.begin_as(scope).await?).await?;
        rows.into_iter().map(AuditLine::try_from).collect()
    }

    /// What somebody has done, in whichever organisation, and what was done or tried to their own account: the newest first.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_own_audit(&self, user: UserId, limit: u16) -> Result<Vec<AuditLine>, StorageError> {
        let query = sqlx::query_as!(
            LineRow,
            "SELECT id, organisation_id, at, actor_kind, actor_id, actor_label, action, target_kind, target_id,
                    target_label, result, address, request_id, data
             FROM fresco.audit_log
             WHERE (actor_kind = 'user' AND actor_id = $1)
                OR (organisation_id IS NULL AND target_kind = 'user' AND target_id = $1)
             ORDER BY id DESC LIMIT $2",
            user.uuid(),
            i64::from(limit),
        );
        let rows = query.fetch_all(&mut *self.begin_as(Scope::User(user)).await?).await?;
        rows.into_iter().map(AuditLine::try_from).collect()
    }

    /// All lines, the newest first, fetched as they are read: nobody holds a transaction, or all of them, meanwhile.
    pub fn stream_audit(
        &self,
        scope: Scope,
        filter: AuditFilter,
    ) -> impl Stream<Item = Result<AuditLine, StorageError>> + Send + use<> {
        let start = Some((self.clone(), filter, VecDeque::new(), None));
        stream::unfold(start, move |state| async move {
            let (store, filter, mut ready, mut before) = state?;
            if ready.is_empty() {
                match store.list_audit(scope, &filter, before, AT_ONCE).await {
                    Ok(lines) => {
                        before = lines.last().map(|line: &AuditLine| line.id);
                        ready = VecDeque::from(lines);
                    }
                    // Said, and nothing more: whoever reads must not take a part for the whole.
                    Err(error) => return Some((Err(error), None)),
                }
            }
            let line = ready.pop_front()?;
            Some((Ok(line), Some((store, filter, ready, before))))
        })
    }
}

struct LineRow {
    id: i64,
    organisation_id: Option<Uuid>,
    at: DateTime<Utc>,
    actor_kind: String,
    actor_id: Option<Uuid>,
    actor_label: String,
    action: String,
    target_kind: String,
    target_id: Option<Uuid>,
    target_label: String,
    result: String,
    address: Option<String>,
    request_id: Option<String>,
    data: Value,
}

impl TryFrom<LineRow> for AuditLine {
    type Error = StorageError;

    fn try_from(row: LineRow) -> Result<Self, StorageError> {
        let corrupt = |source| StorageError::corrupt("audit_log", row.id, source);
        Ok(Self {
            id: row.id,
            organisation: row.organisation_id.map(OrganisationId::from_uuid),
            at: row.at,
            actor_kind: word(&row.actor_kind).map_err(corrupt)?,
            actor: row.actor_id,
            actor_label: row.actor_label,
            action: row.action,
            target_kind: row.target_kind,
            target: row.target_id,
            target_label: row.target_label,
            result: word(&row.result).map_err(corrupt)?,
            address: row.address,
            request_id: row.request_id,
            data: row.data,
        })
    }
}
