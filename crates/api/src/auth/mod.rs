//! Who asks, and what they may do. A handler that takes none of these extractors is public; a test knows which may be.
//!
//! | extractor | lets in |
//! |---|---|
//! | [`Caller`] | whoever is known |
//! | [`Drafter`] | who shows the token of the path's draft |
//! | [`Me`] | a person who has signed in |
//! | [`Here`] | who may do it in the organisation they are in |
//! | [`TenantAccess`] | who may do it with the path's tenant |
//! | [`OrgAccess`] | who may do it with the path's organisation |
//!
//! What they may is `domain::access`'s to say, by the one table. The tokens that are known: an operator's key ([`operator_key`]),
//! a person's or an organisation's key ([`api_key`]), a session's access token (`session`).

pub mod api_key;
mod asker;
mod caller;
mod cookie;
mod csrf;
mod drafter;
mod here;
mod keys;
mod me;
mod needs;
pub mod operator_key;
mod org_access;
mod parts;
mod password;
mod pulse;
mod session;
mod tenant_access;
pub(crate) mod totp;

pub(crate) use asker::Asker;
pub(crate) use caller::Caller;
pub(crate) use csrf::{NotCrossSite, SameOrigin};
pub(crate) use drafter::Drafter;
pub(crate) use here::Here;
pub(crate) use me::Me;
pub(crate) use needs::{
    Claim, Configure, Create, DeleteOrganisation, Destroy, ManageMembers, ManageOrganisation, Needs, Operate, OwnKeys,
    Probe, ReadLogs, TransferOwnership, View, ViewAudit, ViewMembers, ViewOrganisation,
};
pub(crate) use org_access::OrgAccess;
pub use parts::{Auth, AuthSettings};
pub(crate) use password::{HashError, Password, PasswordHash, Verdict};
pub use password::{InvalidPasswordSettings, PasswordSettings};
pub(crate) use pulse::at_pulse;
pub(crate) use session::{PUBLISHED_FOR, is_believed};
pub use session::{SessionSettings, SigningParts};
pub(crate) use tenant_access::TenantAccess;

/// What a text behind `Bearer` is taken for, by its looks.
pub(crate) fn taken_for(text: &str) -> Option<&'static str> {
    if operator_key::parse(text).is_some() {
        Some("operator_key")
    } else if api_key::parse(text).is_some() {
        Some("api_key")
    } else {
        session::is_token(text).then_some("access_token")
    }
}

/// Why it is not known who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unauthenticated {
    #[error("send a key or an access token: `Authorization: Bearer …`")]
    Missing,
    #[error(
        "the header `Authorization` must be `Bearer` and an API key (`frk_…`), an operator key (`fr_…`) or an access token"
    )]
    Malformed,
    /// No such key, another secret, expired, or revoked: which of them is nobody's business.
    #[error("this key or token is not valid; it may have expired or been revoked")]
    Refused,
}

impl Unauthenticated {
    /// For `WWW-Authenticate`, RFC 6750: no error is named to one who has not tried.
    pub(crate) const fn challenge(self) -> &'static str {
        match self {
            Self::Missing => r#"Bearer realm="fresco""#,
            Self::Malformed => r#"Bearer realm="fresco", error="invalid_request""#,
            Self::Refused => r#"Bearer realm="fresco", error="invalid_token""#,
        }
    }
}
