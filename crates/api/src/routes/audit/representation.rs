//! A line as it is answered.

use chrono::{DateTime, Utc};
use domain::{ApiKeyId, InvitationId, OrganisationId, SessionId, TenantId, UserId};
use serde::Serialize;
use storage::{ActorKind, AuditLine as Line, AuditResult};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who did what to what.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditLine {
    /// Grows from line to line; not without gaps.
    id: i64,
    at: DateTime<Utc>,
    /// Null: it belongs to no organisation.
    #[schema(example = "org_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    organisation_id: Option<String>,
    actor: AuditActor,
    /// A noun and a verb.
    #[schema(example = "tenant.stop")]
    action: String,
    target: AuditTarget,
    /// `done`, `refused` or `failed`.
    #[schema(example = "done")]
    result: &'static str,
    /// Where the request came from.
    #[schema(example = "192.0.2.7")]
    address: Option<String>,
    /// As `X-Request-Id` had it.
    request_id: Option<String>,
    /// What is to be known beside it.
    #[schema(value_type = Object)]
    data: serde_json::Value,
}

/// Who did it.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditActor {
    /// `operator`, `user`, `api_key`, `visitor`, `anonymous` or `system`.
    #[schema(example = "user")]
    kind: &'static str,
    id: Option<String>,
    /// What they were called then.
    #[schema(example = "ada@example.org")]
    label: String,
}

/// What it was done to.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditTarget {
    #[schema(example = "tenant")]
    kind: String,
    id: Option<String>,
    /// What it was called then.
    #[schema(example = "my-study")]
    label: String,
}

impl From<Line> for AuditLine {
    fn from(line: Line) -> Self {
        Self {
            id: line.id,
            at: line.at,
            organisation_id: line.organisation.map(|id| id.to_string()),
            actor: AuditActor {
                kind: line.actor_kind.as_str(),
                id: line.actor.map(|id| actor_id(line.actor_kind, id)),
                label: line.actor_label,
            },
            action: line.action,
            target: AuditTarget {
                id: line.target.map(|id| target_id(&line.target_kind, id)),
                kind: line.target_kind,
                label: line.target_label,
            },
            result: match line.result {
                AuditResult::Done => "done",
                AuditResult::Refused => "refused",
                AuditResult::Failed => "failed",
            },
            address: line.address,
            request_id: line.request_id,
            data: line.data,
        }
    }
}

fn actor_id(kind: ActorKind, id: Uuid) -> String {
    match kind {
        ActorKind::User => UserId::from_uuid(id).to_string(),
        ActorKind::ApiKey => ApiKeyId::from_uuid(id).to_string(),
        ActorKind::Visitor => TenantId::from_uuid(id).to_string(),
        ActorKind::Operator | ActorKind::Anonymous | ActorKind::System => id.to_string(),
    }
}

/// As the rest of the API names it.
fn target_id(kind: &str, id: Uuid) -> String {
    match kind {
        "tenant" => TenantId::from_uuid(id).to_string(),
        "organisation" => OrganisationId::from_uuid(id).to_string(),
        "user" => UserId::from_uuid(id).to_string(),
        "api_key" => ApiKeyId::from_uuid(id).to_string(),
        "session" => SessionId::from_uuid(id).to_string(),
        "invitation" => InvitationId::from_uuid(id).to_string(),
        _ => id.to_string(),
    }
}
