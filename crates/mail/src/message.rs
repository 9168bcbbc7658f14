//! What can be said, and what must be known to say it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::kind::Kind;
use crate::token::Token;

/// One thing to tell one person. As JSON it is what waits to be sent; its tokens are in it, so it is kept sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Message {
    /// Somebody gave this address when they signed up.
    VerifyEmail {
        token: Token,
        expires_at: DateTime<Utc>,
    },
    /// The same, with an address that has an account: only its owner learns that.
    AlreadyRegistered,
    ResetPassword {
        token: Token,
        expires_at: DateTime<Utc>,
    },
    /// Somebody asked for a new password for an address without an account.
    NoAccount,
    PasswordChanged {
        at: DateTime<Utc>,
        origin: Origin,
    },
    TwoFactorChanged {
        enabled: bool,
        at: DateTime<Utc>,
        origin: Origin,
    },
    /// By the operator, for an owner who has lost it.
    TwoFactorReset {
        at: DateTime<Utc>,
    },
    /// From a browser that has not been seen before.
    NewSignIn {
        at: DateTime<Utc>,
        origin: Origin,
    },
    /// To join an organisation.
    Invitation {
        token: Token,
        organisation: String,
        inviter: String,
        role: String,
        expires_at: DateTime<Utc>,
    },
    /// The way back into a sign-up that was begun.
    ContinueSignUp {
        /// Its id; the token is good for it alone.
        draft: String,
        token: Token,
        expires_at: DateTime<Utc>,
    },
    /// For the first time.
    InstanceReady {
        subdomain: String,
        url: String,
        /// Whether its first visitor becomes its administrator.
        awaits_visitor: bool,
    },
    AccountDeleted {
        at: DateTime<Utc>,
        /// Not by its owner.
        #[serde(default)]
        by_operator: bool,
    },
    /// Somebody gave this address when they signed up, where accounts are made by invitation, and it has none.
    NotInvited,
    /// To make an account, by the operator.
    SignUpInvitation {
        expires_at: DateTime<Utc>,
    },
    /// The operator has let an account in that waited for it.
    AccountApproved,
    /// Somebody has written on the help page; nobody knows whether the address is theirs.
    HelpWanted {
        email: String,
        /// The instance it is about, as they named it.
        instance: Option<String>,
        text: String,
        at: DateTime<Utc>,
    },
}

/// Where something was done from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// As in `Firefox on Linux`.
    pub device: String,
    /// An IP address.
    pub address: String,
}

impl Message {
    /// What it is about.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::VerifyEmail { .. } => Kind::VerifyEmail,
            Self::AlreadyRegistered => Kind::AlreadyRegistered,
            Self::ResetPassword { .. } => Kind::ResetPassword,
            Self::NoAccount => Kind::NoAccount,
            Self::PasswordChanged { .. } => Kind::PasswordChanged,
            Self::TwoFactorChanged { .. } => Kind::TwoFactorChanged,
            Self::TwoFactorReset { .. } => Kind::TwoFactorReset,
            Self::NewSignIn { .. } => Kind::NewSignIn,
            Self::Invitation { .. } => Kind::Invitation,
            Self::ContinueSignUp { .. } => Kind::ContinueSignUp,
            Self::InstanceReady { .. } => Kind::InstanceReady,
            Self::AccountDeleted { .. } => Kind::AccountDeleted,
            Self::NotInvited => Kind::NotInvited,
            Self::SignUpInvitation { .. } => Kind::SignUpInvitation,
            Self::AccountApproved => Kind::AccountApproved,
            Self::HelpWanted { .. } => Kind::HelpWanted,
        }
    }

    /// Whom an answer goes to; `None`: nobody reads one.
    #[must_use]
    pub fn answer_to(&self) -> Option<&str> {
        if let Self::HelpWanted { email, .. } = self { Some(email) } else { None }
    }

    /// As it waits to be sent.
    ///
    /// # Panics
    /// Never: a message is JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a message is JSON")
    }

    /// # Errors
    /// If no version of this program has written it.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// After which nobody needs it any more: its link has expired.
    #[must_use]
    pub const fn expires_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::VerifyEmail { expires_at, .. }
            | Self::ResetPassword { expires_at, .. }
            | Self::Invitation { expires_at, .. }
            | Self::SignUpInvitation { expires_at }
            | Self::ContinueSignUp { expires_at, .. } => Some(*expires_at),
            Self::AlreadyRegistered
            | Self::NoAccount
            | Self::PasswordChanged { .. }
            | Self::TwoFactorChanged { .. }
            | Self::TwoFactorReset { .. }
            | Self::NewSignIn { .. }
            | Self::InstanceReady { .. }
            | Self::NotInvited
            | Self::AccountApproved
            | Self::HelpWanted { .. }
            | Self::AccountDeleted { .. } => None,
        }
    }
}
