//! The secret part of a mailed link.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const LONGEST: usize = 200;

/// What a mailed link is exchanged for: 1 to 200 letters, digits, `-`, `_` and `.`, so that it needs no escaping anywhere.
/// It prints as nothing; as JSON it is itself, because a message must keep it until it is sent.
#[derive(Clone, Debug)]
pub struct Token(SecretString);

/// A text that can't stand in a link as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a link's token has 1 to 200 letters, digits, `-`, `_` and `.`")]
pub struct InvalidToken;

impl Token {
    /// # Errors
    /// [`InvalidToken`]; the text is not repeated.
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let valid = (1..=LONGEST).contains(&text.len()) && text.bytes().all(allowed);
        valid.then(|| Self(text.into())).ok_or(InvalidToken)
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_prints_as_nothing_and_breaks_no_link() {
        let token = Token::parse("planted_value-1.x").unwrap();
        assert!(!format!("{token:?}").contains("planted"));
        assert_eq!(serde_json::to_value(&token).unwrap(), "planted_value-1.x");
        for wrong in ["", "a b", "a\r\nBcc: x", "a\"b", "a#b", "ü", &"a".repeat(201)] {
            assert!(Token::parse(wrong).is_err(), "{wrong}");
            assert!(serde_json::from_value::<Token>(wrong.into()).is_err(), "{wrong}");
        }
    }
}
