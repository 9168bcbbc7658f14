//! The bytes of a letter.

use chrono::{DateTime, Utc};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

use crate::address::{Address, Sender};
use crate::letters::Rendered;

/// Whose letter it is.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Names it for ever: letters and digits, part of its `Message-ID`.
    pub id: String,
    pub to: Address,
    /// When it was written, not when it is sent.
    pub at: DateTime<Utc>,
}

/// A letter as it leaves.
#[derive(Clone, Debug)]
pub struct Letter {
    pub(crate) id: String,
    pub(crate) envelope: lettre::address::Envelope,
    pub(crate) bytes: Vec<u8>,
}

impl Letter {
    /// Puts both bodies under one head.
    ///
    /// # Panics
    /// Never: a letter has a sender and a recipient.
    #[must_use]
    pub fn compose(sender: &Sender, envelope: &Envelope, rendered: &Rendered) -> Self {
        let id = plain_id(&envelope.id);
        let answer_to = rendered.answer_to.iter().map(|address| Mailbox::new(None, address.inner().clone()));
        let message = answer_to
            .fold(lettre::Message::builder(), |head, mailbox| head.reply_to(mailbox))
            .from(sender.mailbox())
            .to(Mailbox::new(None, envelope.to.inner().clone()))
            .date(envelope.at.into())
            .message_id(Some(format!("<{id}@{}>", sender.domain())))
            .subject(one_line(&rendered.subject))
            // RFC 3834: no answering machine is to answer.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("X-Auto-Response-Suppress", "All"))
            .multipart(MultiPart::alternative_plain_html(rendered.text.clone(), rendered.html.clone()))
            .expect("a letter has a sender and a recipient");
        Self { id, envelope: message.envelope().clone(), bytes: message.formatted() }
    }

    /// As it goes over the wire.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Once more, whoever made it: a subject is one line.
fn one_line(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}

/// Nothing else can stand in a `Message-ID` or a file's name.
fn plain_id(id: &str) -> String {
    id.chars().filter(|letter| letter.is_ascii_alphanumeric() || "_-".contains(*letter)).take(64).collect()
}
