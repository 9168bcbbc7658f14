//! How often somebody may ask.
//!
//! | class | of whom | kept |
//! |---|---|---|
//! | `user`, `organisation` | whoever is known, at every request | here |
//! | `address` | where nobody is known yet | here |
//! | `login` | an account's address, and where the attempt comes from | in the database |
//! | `mail` | who would be written to, and where the wish comes from | in the database |
//! | `deploy` | an organisation | in the database |
//! | `draft` | where a sign-up is begun from | in the database |
//!
//! What is kept here is a process's own and gone with it, which is enough to hold back who asks too much. What is kept in
//! the database holds for all processes, and after a restart: there each time counts. Whoever may not is answered with 429
//! and when to come again; every answer says what is left (`RateLimit`, draft-ietf-httpapi-ratelimit-headers).
//!
//! Operators are not limited: what they run is theirs to stop, and an emergency is no time to be held back.
//!
//! Invariants: no number of callers takes more than [`table::MOST`] rows of memory; the address is the client's, not what
//! a header says it is ([`super::client_address`]); an IPv6 network of one subscriber (/64) is one address.

mod headers;
mod subject;
mod table;

use axum::http::Extensions;
use chrono::{DateTime, Utc};
use domain::Quota;
use domain::quota::Decision;
use sha2::{Digest, Sha256};
use storage::Store;

use crate::error::ApiError;
pub(crate) use headers::{headers, whole_seconds};
pub(crate) use subject::Subject;

use headers::Spent;
use table::Table;

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    User,
    Organisation,
    Address,
    Login,
    LoginAddress,
    Mail,
    MailAddress,
    Deploy,
    Draft,
}

/// The quotas, as the operator has settled them.
#[derive(Clone, Copy, Debug)]
pub struct LimitSettings {
    pub user: Quota,
    pub organisation: Quota,
    pub address: Quota,
    pub login: Quota,
    pub login_address: Quota,
    pub mail: Quota,
    pub mail_address: Quota,
    pub deploy: Quota,
    pub draft: Quota,
}

impl Default for LimitSettings {
    fn default() -> Self {
        let quota = |text| Quota::parse(text).expect("the defaults are quotas");
        Self {
            user: quota("600/1m"),
            organisation: quota("3000/1m"),
            address: quota("120/1m"),
            login: quota("10/15m"),
            login_address: quota("60/15m"),
            mail: quota("5/1h"),
            mail_address: quota("20/1h"),
            deploy: quota("20/1h"),
            draft: quota("30/1h"),
        }
    }
}

/// Who has asked how often.
#[derive(Debug)]
pub struct RateLimits {
    settings: LimitSettings,
    table: Table,
}

impl RateLimits {
    #[must_use]
    pub fn new(settings: LimitSettings) -> Self {
        Self { settings, table: Table::default() }
    }

    /// One more request of a caller; counted in this process. `told`: of the request.
    pub(crate) fn spend(
        &self,
        told: &Extensions,
        (class, subject): (Class, Subject),
        now: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        let quota = self.quota(class);
        let decision = self.table.spend((class, subject), quota, now);
        settle(told, class, quota, decision)
    }

    /// One more time of what must not happen often; counted in the database.
    pub(crate) async fn spend_strictly(
        &self,
        store: &Store,
        told: &Extensions,
        (class, subject): (Class, Subject),
        now: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        let (quota, key) = (self.quota(class), format!("{}:{}", class.name(), subject.key()));
        let decision = store.spend(Sha256::digest(key).into(), quota, now).await?;
        settle(told, class, quota, decision)
    }

    const fn quota(&self, class: Class) -> Quota {
        match class {
            Class::User => self.settings.user,
            Class::Organisation => self.settings.organisation,
            Class::Address => self.settings.address,
            Class::Login => self.settings.login,
            Class::LoginAddress => self.settings.login_address,
            Class::Mail => self.settings.mail,
            Class::MailAddress => self.settings.mail_address,
            Class::Deploy => self.settings.deploy,
            Class::Draft => self.settings.draft,
        }
    }
}

fn settle(told: &Extensions, class: Class, quota: Quota, decision: Decision) -> Result<(), ApiError> {
    if let Some(tally) = told.get::<headers::Tally>() {
        tally.note(Spent { class, quota, decision });
    }
    if decision.allowed { Ok(()) } else { Err(ApiError::RateLimited { retry_after: decision.retry_after }) }
}

impl Class {
    /// In headers and keys.
    const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Organisation => "organisation",
            Self::Address => "address",
            Self::Login => "login",
            Self::LoginAddress => "login-address",
            Self::Mail => "mail",
            Self::MailAddress => "mail-address",
            Self::Deploy => "deploy",
            Self::Draft => "draft",
        }
    }
}
