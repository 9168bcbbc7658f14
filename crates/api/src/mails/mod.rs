//! Letters, from the row in which they wait to whoever takes them.
//!
//! A handler never sends: it seals a letter ([`sealed`]) and hands it to the storage function that writes what the letter
//! tells of, so both are true or neither is. The [`Postman`], a task of its own, sends what waits: woken by the database's
//! bell, and by period all the same.
//!
//! Invariants: an attempt is one claim with a lease, nothing is tried twice within it; whoever dies between the sending and the
//! writing down has the letter sent once more, under the same `Message-ID`, and never lost; the log names letters by their
//! ids and kinds and says nothing of what is in them.

mod pace;
mod postman;
mod ready;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Email, Entropy};
use mail::{Message, Token};
use secrecy::{ExposeSecret, SecretString};
use storage::sessions::refresh::TokenHash;
use storage::sessions::user_tokens::{NewUserToken, Purpose};
use storage::{Keyring, NewMail, Written};

use crate::state::ApiState;
use crate::token::generate;

pub use pace::MailPace;
pub use postman::{Announce, Postman, PostmanParts};
pub use ready::tell_ready;

/// Where letters are written.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    /// The API's own.
    pub keyring: &'a Keyring,
    pub entropy: &'a dyn Entropy,
    pub now: DateTime<Utc>,
}

impl Desk<'_> {
    /// A letter, for the storage function that writes what it tells of.
    #[must_use]
    pub fn seal(&self, recipient: &str, message: &Message) -> NewMail {
        let millis = u64::try_from(self.now.timestamp_millis()).unwrap_or_default();
        let random = domain::entropy::random(self.entropy);
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        let (kind, text) = (message.kind(), message.to_json());
        let written = Written { recipient, kind: kind.as_str(), is_optional: kind.is_optional(), text: &text };
        NewMail::seal(self.keyring, id, written, (self.now, message.expires_at()), self.entropy)
    }

    /// A link for this purpose that is good for so long, and the letter that carries it.
    #[must_use]
    pub fn link(&self, purpose: Purpose, email: &Email, lifetime: Duration) -> (NewUserToken, NewMail) {
        let made = generate(self.entropy);
        let expires_at = self.now + TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX);
        let token = token(&made.token);
        let message = match purpose {
            Purpose::VerifyEmail => Message::VerifyEmail { token, expires_at },
            Purpose::ResetPassword => Message::ResetPassword { token, expires_at },
        };
        let kept = NewUserToken { purpose, hash: TokenHash(made.hash), now: self.now, expires_at };
        (kept, self.seal(email.as_str(), &message))
    }
}

/// The API's own.
pub(crate) fn desk(state: &ApiState) -> Desk<'_> {
    Desk { keyring: &state.keyring, entropy: &*state.entropy, now: state.clock.now() }
}

/// A letter, for the storage function that writes what it tells of.
pub(crate) fn sealed(state: &ApiState, recipient: &str, message: &Message) -> NewMail {
    desk(state).seal(recipient, message)
}

/// The secret part of a letter's link.
pub(crate) fn token(made: &SecretString) -> Token {
    Token::parse(made.expose_secret()).expect("hex digits are fit for a link")
}
