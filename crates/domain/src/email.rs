//! E-mail addresses.

use serde::{Deserialize, Serialize};

/// An address as its owner writes it, without the space around it. Two that differ in upper and lower case only are one
/// person's: compare by [`Email::key`].
#[derive(Clone, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Email(String);

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    #[error("expected an e-mail address, such as `ada@example.org`")]
    Shape,
    #[error("an e-mail address has 254 characters at most, 64 of them before the `@`")]
    Length,
    #[error("write the address in ASCII; a domain in another script as `xn--…`")]
    NotAscii,
}

/// RFC 5321, section 4.5.3.1, less the angle brackets.
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;

impl Email {
    /// Reads an address. Whether it leads anywhere, only a mail to it can tell; what is refused here leads nowhere, or means
    /// something else in a mail's head.
    ///
    /// # Errors
    /// [`InvalidEmail`] says what is expected.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        if !text.is_ascii() {
            return Err(InvalidEmail::NotAscii);
        }
        let (local, domain) = text.split_once('@').ok_or(InvalidEmail::Shape)?;
        if text.len() > LONGEST || local.len() > LONGEST_LOCAL {
            return Err(InvalidEmail::Length);
        }
        if is_local(local) && is_domain(domain) { Ok(Self(text.to_owned())) } else { Err(InvalidEmail::Shape) }
    }

    /// What addresses are compared by.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// What stands behind the `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> String {
        self.0.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase()).unwrap_or_default()
    }
}

crate::text_newtype!(Email, InvalidEmail);

/// Addresses are people's: they stay out of what is printed for debugging.
impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email(…)")
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Email {}

/// RFC 5322's `dot-atom`. Quoted ones are allowed by the standard and used by nobody.
fn is_local(text: &str) -> bool {
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(atom))
}

fn is_domain(text: &str) -> bool {
    let label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_pass_as_they_are_written() {
        for (written, kept) in [
            ("ada@example.org", "ada@example.org"),
            ("  Ada.Lovelace+study@Example.ORG\n", "Ada.Lovelace+study@Example.ORG"),
            ("o'neil@localhost", "o'neil@localhost"),
            ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ] {
            assert_eq!(Email::parse(written).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn what_is_none_or_would_mean_something_in_a_mails_head_does_not() {
        let (long, longer) = (format!("{}@example.org", "a".repeat(65)), format!("a@{}org", "abcdefg.".repeat(32)));
        for wrong in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.org",
            "a@b@c",
            "a b@c.org",
            "a@b c",
            "a,b@c.org",
            "<a@b.org>",
            "a@-b.org",
            "a@b..org",
            "a..b@c.org",
            ".a@b.org",
            "a@b.org\r\nBcc: c@d.org",
            "\"a b\"@c.org",
            "a@[127.0.0.1]",
        ] {
            assert_eq!(Email::parse(wrong), Err(InvalidEmail::Shape), "{wrong}");
        }
        assert_eq!(Email::parse(&long), Err(InvalidEmail::Length));
        assert_eq!(Email::parse(&longer), Err(InvalidEmail::Length));
        assert_eq!(Email::parse("ada@bücher.example"), Err(InvalidEmail::NotAscii));
    }

    #[test]
    fn case_makes_no_other_address_and_none_is_printed_by_chance() {
        let (one, other) = (Email::parse("Ada@Example.org").unwrap(), Email::parse("ada@example.ORG").unwrap());
        assert_eq!(one, other);
        assert_eq!(one.key(), other.key());
        assert!(!format!("{one:?}").to_lowercase().contains("ada"));
    }
}
