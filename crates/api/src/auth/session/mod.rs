//! What somebody is given who has logged in.
//!
//! | what | where it lives | how long | module |
//! |---|---|---|---|
//! | access token: a signed statement who they are | in the memory of the page | minutes | [`access`], [`keys`] |
//! | refresh token: 32 random bytes | in a cookie no script can read | one use | [`cookie`](super::cookie), `storage::sessions::refresh` |
//!
//! An access token is good only while its session is: each request asks the database. The signature saves nothing of that;
//! it is there so that what no session of ours has signed costs the database nothing, and so that others of the
//! operator's programs can tell who somebody is, by the keys at `/.well-known/jwks.json`.
//!
//! Invariants: one algorithm, EdDSA; issuer, audience and key are compared before anything in a token is believed; time
//! comes from the clock of the process, never from the library's own.

mod access;
mod caller;
mod keys;

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Entropy};
use storage::{Keyring, Store};

pub(crate) use access::is_believed;
pub(super) use caller::{caller, is_token};
pub(crate) use keys::{AccessTokens, PUBLISHED_FOR};

/// What sessions are like.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// Where people reach the API: issuer of its tokens.
    pub issuer: String,
    /// From an access token's making to its end.
    pub access_lifetime: Duration,
    /// From a session's last use to its end, where it is not to be remembered.
    pub lifetime: Duration,
    /// The same where it is.
    pub remembered_lifetime: Duration,
    /// How long a key signs before a new one does.
    pub key_period: Duration,
}

impl SessionSettings {
    /// Bounds that suit most.
    #[must_use]
    pub const fn new(issuer: String) -> Self {
        Self {
            issuer,
            access_lifetime: Duration::from_secs(600),
            lifetime: Duration::from_secs(12 * 3600),
            remembered_lifetime: Duration::from_secs(30 * 86_400),
            key_period: Duration::from_secs(30 * 86_400),
        }
    }

    /// For whom tokens are: this API and no other program that trusts the same keys.
    pub(crate) fn audience(&self) -> String {
        format!("{}/api/v1", self.issuer)
    }
}

/// What signing needs.
#[derive(Clone, Debug)]
pub struct SigningParts {
    pub store: Store,
    /// Of the API alone: the worker's opens no key, and this one no tenant's secret.
    pub keyring: Keyring,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}
