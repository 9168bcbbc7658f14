//! Letters that wait to be sent: queued in the transaction that made them true, sent at least once, never lost.
//!
//! | module | what it answers |
//! |---|---|
//! | [`queue`] | a new one, sealed |
//! | [`send`] | whose turn it is, and what came of it |
//! | [`show`] | the operator's view, and their second try |
//!
//! Invariants: what its reader does without is not queued; a letter is sent or given up by whoever holds it, named by owner and attempt; a late one changes nothing. What
//! it says is sealed while it waits and gone once it is sent.

pub(crate) mod queue;
mod send;
mod show;

pub use queue::{NewMail, Written};
pub use send::{DueMail, MailOutcome};
pub use show::{Mail, MailState};

use uuid::Uuid;

use crate::secrets::Place;

/// Where a letter's content lies.
fn place(row: &str) -> Place<'_> {
    Place { table: "mail_outbox", row, column: "payload" }
}

fn row(id: Uuid) -> String {
    id.simple().to_string()
}
