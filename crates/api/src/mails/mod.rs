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

use mail::{Message, Token};
use secrecy::{ExposeSecret, SecretString};
use storage::NewMail;
use uuid::Uuid;

use crate::state::ApiState;

pub use pace::MailPace;
pub use postman::{Announce, Postman, PostmanParts};

/// A letter, for the storage function that writes what it tells of.
pub(crate) fn sealed(state: &ApiState, recipient: &str, message: &Message) -> NewMail {
    let now = state.clock.now();
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &domain::entropy::random(&*state.entropy)).into_uuid();
    seal(state, id, recipient, message)
}

/// The secret part of a letter's link.
pub(crate) fn token(made: &SecretString) -> Token {
    Token::parse(made.expose_secret()).expect("hex digits are fit for a link")
}

fn seal(state: &ApiState, id: Uuid, recipient: &str, message: &Message) -> NewMail {
    let content = (recipient, message.kind(), &*message.to_json());
    NewMail::seal(&state.keyring, id, content, (state.clock.now(), message.expires_at()), &*state.entropy)
}
