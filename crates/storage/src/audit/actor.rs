//! Who acts: known to whatever is done within [`acting`], as a log's span is.
//!
//! So no function has to hand it on, and none can forget to: a request is one actor's from its first line to its last, whether
//! it is known yet who that is or not.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::TenantId;
use domain::access::{Caller, Principal};
use domain::{ApiKeyId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::scope::Scope;

tokio::task_local! {
    static ACTING: Arc<Mutex<Actor>>;
}

/// Whatever is changed by `work` is written down as the actor's doing.
pub async fn acting<W: Future>(actor: Actor, work: W) -> W::Output {
    ACTING.scope(Arc::new(Mutex::new(actor)), work).await
}

/// Says who it is, within [`acting`], once that is known; from where they come stays.
pub fn identify(kind: ActorKind, id: Option<Uuid>) {
    with(|actor| (actor.kind, actor.id) = (kind, id));
}

/// The same of one who asks with a key or a token.
pub fn identify_caller(caller: &Caller) {
    match caller.principal {
        Principal::Operator { key } => identify(ActorKind::Operator, Some(key)),
        Principal::User { user, .. } => identify(ActorKind::User, Some(UserId::uuid(user))),
        Principal::ApiKey { key, .. } => identify(ActorKind::ApiKey, Some(ApiKeyId::uuid(key))),
    }
}

/// Says which attempt at a request with an idempotency key this is.
pub fn attempting(attempt: Uuid) {
    with(|actor| actor.attempt = Some(attempt));
}

/// Who acts; `None` outside of [`acting`].
pub(crate) fn current() -> Option<Actor> {
    ACTING.try_with(|actor| locked(actor).clone()).ok()
}

fn with(change: impl FnOnce(&mut Actor)) {
    // Outside of it nobody asks who it is.
    ACTING.try_with(|actor| change(&mut locked(actor))).unwrap_or_default();
}

fn locked(actor: &Mutex<Actor>) -> MutexGuard<'_, Actor> {
    actor.lock().unwrap_or_else(PoisonError::into_inner)
}

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
    pub address: Option<IpAddr>,
    pub request_id: Option<String>,
    /// The attempt at a request with an idempotency key.
    pub attempt: Option<Uuid>,
}

impl Actor {
    /// Of nobody's request.
    #[must_use]
    pub const fn new(kind: ActorKind, id: Option<Uuid>) -> Self {
        Self { kind, id, address: None, request_id: None, attempt: None }
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
