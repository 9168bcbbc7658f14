//! Passwords: what one may be, and how it is kept.
//!
//! | module | what it is |
//! |---|---|
//! | [`hasher`] | argon2id on threads of its own, so many at once, so many waiting |
//! | `memory` | what they work in, given back when nobody waits |
//! | [`strength`] | whether one is hard enough to guess, and words for who chose one that isn't |
//!
//! Invariants: whether an address is known can't be told from how long a log-in takes (a hash is compared either way); no
//! number of log-ins and of new passwords takes more memory or threads than [`PasswordSettings`] says; a password is text in one normal form,
//! so that it is the same on every keyboard; none is in a log, an error or an answer.

mod hasher;
mod memory;
mod strength;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use unicode_normalization::UnicodeNormalization;

pub(crate) use hasher::{HashError, PasswordHash, Passwords, Verdict};
pub use hasher::{InvalidPasswordSettings, PasswordSettings};

/// Nobody types more, and hashing more would only cost.
pub(crate) const LONGEST: usize = 256;

/// A password as somebody typed it: not empty, [`LONGEST`] bytes at most, in the normal form NFC.
#[derive(Clone, Debug)]
pub(crate) struct Password(SecretString);

/// Why a text can't be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPassword {
    #[error("a password has one character at least")]
    Empty,
    #[error("a password has {LONGEST} bytes at most")]
    TooLong,
}

impl Password {
    pub(crate) fn parse(typed: &SecretString) -> Result<Self, NoPassword> {
        let typed = typed.expose_secret();
        // Before it is worked on: what is sent may be as long as a body.
        if typed.len() > LONGEST {
            return Err(NoPassword::TooLong);
        }
        let normal: String = typed.nfc().collect();
        match normal.len() {
            0 => Err(NoPassword::Empty),
            1..=LONGEST => Ok(Self(normal.into())),
            _ => Err(NoPassword::TooLong),
        }
    }

    fn text(&self) -> &str {
        self.0.expose_secret()
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&SecretString::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_typed_on_two_keyboards_is_one_password() {
        let (composed, decomposed) = ("gr\u{fc}n", "gru\u{308}n");
        let read = |text: &str| Password::parse(&text.into()).unwrap().text().to_owned();
        assert_eq!(read(composed), read(decomposed));
        assert_eq!(read("  spaces stay "), "  spaces stay ");
    }

    #[test]
    fn none_is_empty_or_longer_than_a_sentence_of_a_few_lines() {
        let read = |text: &str| Password::parse(&text.into()).map(|_| ());
        assert_eq!(read(""), Err(NoPassword::Empty));
        assert_eq!(read(&"x".repeat(LONGEST)), Ok(()));
        assert_eq!(read(&"x".repeat(LONGEST + 1)), Err(NoPassword::TooLong));
        // Longer in its normal form than as it was typed.
        assert_eq!(read(&"\u{1d160}".repeat(LONGEST / 4)), Err(NoPassword::TooLong));
    }

    #[test]
    fn none_is_shown() {
        let password = Password::parse(&"correct horse".into()).unwrap();
        assert!(!format!("{password:?}").contains("horse"));
    }
}
