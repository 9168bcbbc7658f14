//! One message of each kind, as it may be.

use chrono::{DateTime, Utc};
use mail::{Letters, Links, Message, Origin, Token};

pub(crate) fn moment() -> DateTime<Utc> {
    "2026-11-29T18:35:05Z".parse().unwrap()
}

pub(crate) fn letters() -> Letters {
    Letters::new(Links::new("https://platform.example.net").unwrap())
}

fn token() -> Token {
    Token::parse("5f1b_planted-token").unwrap()
}

fn origin() -> Origin {
    Origin { device: "Firefox on Linux".into(), address: "192.0.2.7".into() }
}

/// All of them.
pub(crate) fn all() -> Vec<Message> {
    let (at, expires_at) = (moment(), moment());
    vec![
        Message::VerifyEmail { token: token(), expires_at },
        Message::AlreadyRegistered,
        Message::ResetPassword { token: token(), expires_at },
        Message::NoAccount,
        Message::PasswordChanged { at, origin: origin() },
        Message::TwoFactorChanged { enabled: true, at, origin: origin() },
        Message::TwoFactorChanged { enabled: false, at, origin: origin() },
        Message::TwoFactorReset { at },
        Message::NewSignIn { at, origin: origin() },
        invitation("Network Lab", "Ada Lovelace"),
        Message::ContinueSignUp { draft: "sgn_1".into(), token: token(), expires_at },
        instance_ready(true),
        instance_ready(false),
        Message::AccountDeleted { at, by_operator: false },
        Message::AccountDeleted { at, by_operator: true },
        Message::NotInvited,
        Message::SignUpInvitation { expires_at },
        Message::AccountApproved,
        help_wanted("It says “Error”.\n\nWhat now? <b>Ada</b>"),
    ]
}

pub(crate) fn help_wanted(text: &str) -> Message {
    let (email, instance) = ("ada@example.org".into(), Some("my-study".into()));
    Message::HelpWanted { email, instance, text: text.into(), at: moment() }
}

fn instance_ready(awaits_visitor: bool) -> Message {
    Message::InstanceReady { subdomain: "my-study".into(), url: "https://my-study.example.org".into(), awaits_visitor }
}

pub(crate) fn invitation(organisation: &str, inviter: &str) -> Message {
    Message::Invitation {
        token: token(),
        organisation: organisation.into(),
        inviter: inviter.into(),
        role: "member".into(),
        expires_at: moment(),
    }
}
