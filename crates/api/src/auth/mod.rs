//! Who asks, and what they may do. A handler that takes none of these extractors is public; a test knows which may be.
//!
//! Until accounts exist, only holders of an operator key are let in, and they may do everything.

mod cookie;
mod csrf;
mod operator;
pub mod operator_key;
mod parts;
mod password;
mod session;
mod tenant_access;
mod totp;

pub(crate) use operator::Operator;
pub use parts::{Auth, AuthSettings};
pub use password::{InvalidPasswordSettings, PasswordSettings};
pub use session::{SessionSettings, SigningParts};
pub(crate) use tenant_access::{Claim, Configure, Destroy, Operate, Probe, TenantAccess, View};

/// Why it is not known who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unauthenticated {
    #[error("send an operator key: `Authorization: Bearer fr_…`; `frescod operator-key create` makes one")]
    Missing,
    #[error("the header `Authorization` must be `Bearer` and an operator key, `fr_`, its id, `_` and 64 hex digits")]
    Malformed,
    /// No such key, another secret, or revoked: which of them is nobody's business.
    #[error("this key is not valid; it may have been revoked")]
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
