//! Operator keys: `fr_`, the key's id, `_`, and 32 random bytes in hex.
//!
//! The random part has nothing to guess, so its SHA-256 is enough to keep; the id finds the row, so the comparison can be
//! made in constant time.

use domain::Entropy;
use domain::entropy::{random, token};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// A new key: the token is shown once, the hash is kept.
#[derive(Debug)]
pub struct Generated {
    pub id: Uuid,
    pub token: SecretString,
    pub hash: [u8; 32],
}

/// Makes a key.
#[must_use]
pub fn generate(entropy: &dyn Entropy) -> Generated {
    let id = uuid::Builder::from_random_bytes(random(entropy)).into_uuid();
    let secret = token(entropy);
    let hash = Sha256::digest(secret.as_bytes()).into();
    Generated { id, token: format!("fr_{}_{secret}", id.simple()).into(), hash }
}

/// A key as somebody presents it.
pub(crate) struct Presented {
    pub(crate) id: Uuid,
    hash: [u8; 32],
}

impl Presented {
    /// Reads a token; `None` if it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix("fr_")?.split_once('_')?;
        let hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        if !hex(id, 32) || !hex(secret, 64) {
            return None;
        }
        Some(Self { id: Uuid::try_parse(id).ok()?, hash: Sha256::digest(secret.as_bytes()).into() })
    }

    /// Whether it is the key with this hash, in a time that does not tell how much of it is right.
    pub(crate) fn is(&self, hash: &[u8; 32]) -> bool {
        self.hash.ct_eq(hash).into()
    }
}

#[cfg(test)]
mod tests {
    use domain::SystemEntropy;
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_key_is_known_by_its_hash_and_no_other() {
        let (mine, other) = (generate(&SystemEntropy), generate(&SystemEntropy));
        let presented = Presented::parse(mine.token.expose_secret()).unwrap();
        assert_eq!(presented.id, mine.id);
        assert!(presented.is(&mine.hash));
        assert!(!presented.is(&other.hash));
        assert!(!format!("{mine:?}").contains(&mine.token.expose_secret()[40..]));
    }

    #[test]
    fn nothing_else_is_a_key() {
        let token = generate(&SystemEntropy).token.expose_secret().to_owned();
        for wrong in ["", "fr_", "fr__", &token[1..], &token[..token.len() - 1], &token.to_uppercase(), "fr_ü_é"] {
            assert!(Presented::parse(wrong).is_none(), "{wrong}");
        }
    }
}
