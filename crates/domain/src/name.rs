//! Names an operator configures that reach Traefik: its rules (`` Host(`…`) ``), its labels, and files that it expands
//! as templates (`{{ … }}`) before it reads them. No name that passes here means anything in any of the three.

use serde::{Deserialize, Serialize};

/// The domain tenants live under, such as `example.org`: DNS labels in lower case, at most 189 characters, so that a
/// subdomain of 63 still makes a host name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Domain(String);

/// Why a text is no domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no domain: expected labels of 1 to 63 lower-case letters, digits and inner hyphens, joined by dots, such as \
     `example.org`, without a port and at most 189 characters long"
)]
pub struct InvalidDomain(String);

impl Domain {
    const LONGEST: usize = 253 - 63 - 1;

    /// Reads a domain.
    ///
    /// # Errors
    /// [`InvalidDomain`] if it is none.
    pub fn parse(text: &str) -> Result<Self, InvalidDomain> {
        let valid = text.len() <= Self::LONGEST && text.split('.').all(is_label);
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidDomain(text.chars().take(200).collect())) }
    }
}

crate::text_newtype!(Domain, InvalidDomain);

fn is_label(text: &str) -> bool {
    let letter_or_digit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| letter_or_digit(byte) || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Something of Traefik's static configuration (an entry point, a certificate resolver): 1 to 64 letters, digits, `_`
/// and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TraefikName(String);

/// Why a text is no such name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` can't name an entry point or a certificate resolver: expected 1 to 64 letters, digits, `_` and `-`")]
pub struct InvalidTraefikName(String);

impl TraefikName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`InvalidTraefikName`] if it is none.
    pub fn parse(text: &str) -> Result<Self, InvalidTraefikName> {
        let valid = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidTraefikName(text.chars().take(80).collect())) }
    }
}

crate::text_newtype!(TraefikName, InvalidTraefikName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_pass_and_nothing_that_could_leave_its_quotes_does() {
        for right in ["localhost", "example.org", "a-1.b.c"] {
            assert_eq!(Domain::parse(right).unwrap().as_str(), right);
        }
        let long = ["a"; 96].join(".");
        for wrong in ["", ".", "a.", "A.org", "-a.org", "a-.org", "a.org:80", "a`)", "{{a}}", "a b", "é.org", &long] {
            assert!(Domain::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_pass_and_nothing_that_could_leave_its_quotes_does() {
        for right in ["web", "websecure", "lets_encrypt-2"] {
            assert_eq!(TraefikName::parse(right).unwrap().as_str(), right);
        }
        for wrong in ["", "a,b", "a@file", "a b", "{{x}}", "a`", "a\n", &"a".repeat(65)] {
            assert!(TraefikName::parse(wrong).is_err(), "{wrong}");
        }
    }
}
