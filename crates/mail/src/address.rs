//! Who writes, and who is written to.

use std::fmt;
use std::str::FromStr;

use lettre::message::Mailbox;

/// The longest that a mail server must take (RFC 5321, 4.5.3.1.3).
const LONGEST: usize = 254;

/// An address that a letter can go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(lettre::Address);

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address as in `{0}`")]
pub struct InvalidAddress(&'static str);

impl Address {
    /// # Errors
    /// [`InvalidAddress`].
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let invalid = InvalidAddress("name@example.org");
        // A quoted local part may hold almost anything; nobody who signs up has one. Servers that take other letters than
        // ASCII are few, and a domain has an ASCII form.
        if text.len() > LONGEST
            || !text.is_ascii()
            || text.contains(|letter: char| letter.is_control() || letter == '"')
        {
            return Err(invalid);
        }
        lettre::Address::from_str(text).map(Self).map_err(|_| invalid)
    }

    pub(crate) fn inner(&self) -> &lettre::Address {
        &self.0
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.domain()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// In whose name letters are written: an address, with a name if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(Mailbox);

impl Sender {
    /// # Errors
    /// [`InvalidAddress`].
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let invalid = InvalidAddress("Fresco <no-reply@example.org>");
        if text.contains(char::is_control) {
            return Err(invalid);
        }
        Mailbox::from_str(text).map(Self).map_err(|_| invalid)
    }

    pub(crate) fn mailbox(&self) -> Mailbox {
        self.0.clone()
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.email.domain()
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_one_address_is_one() {
        assert_eq!(Address::parse("ada@example.org").unwrap().domain(), "example.org");
        let long = format!("{}@example.org", "a".repeat(250));
        for wrong in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@example.org, eve@example.org",
            "ada@example.org\r\nBcc: eve@example.org",
            "Ada <ada@example.org>",
            "ada@exämple.org",
            "\"a\r\nb\"@example.org",
            "\"a b\"@example.org",
            long.as_str(),
        ] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_sender_may_have_a_name() {
        assert_eq!(Sender::parse("Fresco <no-reply@example.org>").unwrap().domain(), "example.org");
        assert!(Sender::parse("no-reply@example.org").is_ok());
        for wrong in ["", "Fresco", "Fresco <no-reply>", "Fresco\r\nBcc: eve@example.org <no-reply@example.org>"] {
            assert!(Sender::parse(wrong).is_err(), "{wrong}");
        }
    }
}
