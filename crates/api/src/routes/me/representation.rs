//! An account as its owner sees it.

use chrono::{DateTime, Utc};
use mail::Kind;
use serde::Serialize;
use serde_json::{Map, Value};
use storage::User;
use storage::sessions::Session as Kept;
use utoipa::ToSchema;

use crate::routes::words::Role;

/// You.
#[derive(Serialize, ToSchema)]
pub(crate) struct Account {
    #[schema(example = "usr_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    pub(super) id: String,
    #[schema(example = "ada@example.org")]
    email: Option<String>,
    /// Whether it is known to be yours.
    email_verified: bool,
    /// Whether the operator has still to let you in, before you can have instances made.
    awaiting_approval: bool,
    #[schema(example = "Ada Lovelace")]
    name: String,
    created_at: DateTime<Utc>,
    last_login_at: Option<DateTime<Utc>>,
    /// The newest terms of use that you have accepted.
    terms_version: Option<String>,
    /// When that was.
    terms_accepted_at: Option<DateTime<Utc>>,
    /// The version of the terms that are in force, where you have accepted another: read and accept it with `POST /me/terms`. The
    /// web app asks for that before anything else; programs and instances go on meanwhile.
    #[schema(example = "2026-11")]
    terms_due: Option<String>,
    /// Yours to fill; the platform reads `letters` in it.
    #[schema(value_type = Object)]
    preferences: Map<String, Value>,
    /// What you are told by mail.
    letters: Vec<Letters>,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

impl Account {
    /// Where these terms of use are in force.
    pub(super) fn of(user: User, terms: &str) -> Self {
        let due = user.terms_version.as_ref().is_some_and(|accepted| accepted != terms);
        Self {
            terms_due: due.then(|| terms.to_owned()),
            id: user.id.to_string(),
            email: user.email.map(String::from),
            email_verified: user.email_verified_at.is_some(),
            awaiting_approval: user.approved_at.is_none(),
            name: user.name,
            created_at: user.created_at,
            last_login_at: user.last_login_at,
            terms_version: user.terms_version,
            terms_accepted_at: user.terms_accepted_at,
            letters: Kind::ALL
                .iter()
                .filter(|kind| kind.is_for_people())
                .map(|kind| Letters::of(*kind, &user.preferences))
                .collect(),
            preferences: user.preferences,
            metadata: user.metadata,
        }
    }
}

/// Letters of one kind.
#[derive(Serialize, ToSchema)]
pub(crate) struct Letters {
    #[schema(example = "instance_ready")]
    kind: &'static str,
    /// The same in words.
    #[schema(example = "An instance that you had made runs for the first time")]
    about: &'static str,
    /// Whether you may do without them; others are about the security of your account, and always sent.
    optional: bool,
    /// Whether they are sent to you.
    wanted: bool,
}

impl Letters {
    fn of(kind: Kind, preferences: &Map<String, Value>) -> Self {
        let refused = preferences.get("letters").and_then(|letters| letters.get(kind.as_str())) == Some(&false.into());
        let optional = kind.is_optional();
        Self { kind: kind.as_str(), about: kind.about(), optional, wanted: !(optional && refused) }
    }
}

/// An organisation that you are a member of.
#[derive(Serialize, ToSchema)]
pub(crate) struct Membership {
    #[schema(example = "org_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    organisation: String,
    name: String,
    personal: bool,
    role: Option<Role>,
}

impl From<storage::Organisation> for Membership {
    fn from(found: storage::Organisation) -> Self {
        Self {
            organisation: found.id.to_string(),
            name: found.name,
            personal: found.personal,
            role: found.role.map(Role::from),
        }
    }
}

/// A log-in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    #[schema(example = "ses_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    id: String,
    /// Whether it is the one that asks.
    current: bool,
    /// Whether it outlives the browser.
    remembered: bool,
    created_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// Where it was used last.
    #[schema(example = "192.0.2.7")]
    address: String,
    user_agent: String,
}

impl Session {
    pub(super) fn of(kept: Kept, current: domain::SessionId) -> Self {
        Self {
            id: kept.id.to_string(),
            current: kept.id == current,
            remembered: kept.remembered,
            created_at: kept.created_at,
            last_used_at: kept.last_used_at,
            expires_at: kept.expires_at,
            address: kept.seen.address,
            user_agent: kept.seen.user_agent,
        }
    }
}
