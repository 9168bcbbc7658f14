//! Who acts.

use std::net::IpAddr;

use domain::TenantId;
use domain::access::{Caller, Principal};
use domain::{ApiKeyId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::scope::Scope;

/// What kind of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    Operator,
    User,
    /// A program.
    ApiKey,
    /// Whoever stands at an instance's gate.
    Visitor,
    /// Nobody knows.
    Anonymous,
    /// The platform itself.
    System,
}

impl ActorKind {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::User => "user",
            Self::ApiKey => "api_key",
            Self::Visitor => "visitor",
            Self::Anonymous => "anonymous",
            Self::System => "system",
        }
    }
}

/// Who acts, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: Option<Uuid>,
    /// What they are called now; people change their names.
    pub label: String,
    pub address: Option<IpAddr>,
    pub request_id: Option<String>,
    /// The attempt at a request with an idempotency key.
    pub attempt: Option<Uuid>,
}

impl Actor {
    /// Of nobody's request.
    #[must_use]
    pub const fn new(kind: ActorKind, id: Option<Uuid>) -> Self {
        Self { kind, id, label: String::new(), address: None, request_id: None, attempt: None }
    }

    /// Who asks. What they are called, and from where they ask, is to be added.
    #[must_use]
    pub fn of(caller: &Caller) -> Self {
        match caller.principal {
            Principal::Operator { key } => Self::new(ActorKind::Operator, Some(key)),
            Principal::User { user, .. } => Self::new(ActorKind::User, Some(user.uuid())),
            Principal::ApiKey { key, .. } => Self::new(ActorKind::ApiKey, Some(ApiKeyId::uuid(key))),
        }
    }

    /// What the scope alone says.
    pub(super) fn behind(scope: Scope) -> Self {
        match scope {
            Scope::Operator => Self::new(ActorKind::Operator, None),
            Scope::Member { user, .. } => match user {
                Some(user) => Self::new(ActorKind::User, Some(user.uuid())),
                None => Self::new(ActorKind::ApiKey, None),
            },
            Scope::User(user) => Self::new(ActorKind::User, Some(UserId::uuid(user))),
            Scope::Visitor(tenant) => Self::new(ActorKind::Visitor, Some(TenantId::uuid(tenant))),
        }
    }
}
