//! What all keys share: a prefix that says which kind, the key's id, `_`, and 32 random bytes in hex.
//!
//! The random part has nothing to guess, so its SHA-256 is enough to keep; the id finds the row, so the comparison can be
//! made in constant time.

use domain::Entropy;
use domain::entropy::token;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// The token of a new key, to be shown once, and the hash that is kept.
pub(super) fn generate(prefix: &str, id: Uuid, entropy: &dyn Entropy) -> (SecretString, [u8; 32]) {
    let secret = token(entropy);
    let hash = Sha256::digest(secret.as_bytes()).into();
    (format!("{prefix}_{}_{secret}", id.simple()).into(), hash)
}

/// A key as somebody presents it.
#[derive(Clone, Copy)]
pub(super) struct Presented {
    pub(super) id: Uuid,
    hash: [u8; 32],
}

impl Presented {
    /// Reads a token of this kind; `None` if it is none.
    pub(super) fn parse(prefix: &str, text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(prefix)?.strip_prefix('_')?.split_once('_')?;
        let hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        if !hex(id, 32) || !hex(secret, 64) {
            return None;
        }
        Some(Self { id: Uuid::try_parse(id).ok()?, hash: Sha256::digest(secret.as_bytes()).into() })
    }

    /// Whether it is the key with this hash, in a time that does not tell how much of it is right.
    pub(super) fn is(&self, hash: &[u8; 32]) -> bool {
        self.hash.ct_eq(hash).into()
    }
}

#[cfg(test)]
mod tests {
    use domain::SystemEntropy;
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    fn new() -> (Uuid, SecretString, [u8; 32]) {
        let id = Uuid::from_u128(7);
        let (token, hash) = generate("fr", id, &SystemEntropy);
        (id, token, hash)
    }

    #[test]
    fn a_key_is_known_by_its_hash_and_no_other() {
        let ((id, token, mine), (.., other)) = (new(), new());
        let presented = Presented::parse("fr", token.expose_secret()).unwrap();
        assert_eq!(presented.id, id);
        assert!(presented.is(&mine));
        assert!(!presented.is(&other));
    }

    #[test]
    fn nothing_else_is_a_key() {
        let token = new().1.expose_secret().to_owned();
        for wrong in ["", "fr_", "fr__", &token[1..], &token[..token.len() - 1], &token.to_uppercase(), "fr_ü_é"] {
            assert!(Presented::parse("fr", wrong).is_none(), "{wrong}");
        }
        assert!(Presented::parse("frk", &token).is_none(), "a key of another kind");
    }

    proptest! {
        #[test]
        fn what_is_a_key_is_written_in_one_way_only(text in "(fr|frk)_[0-9a-fA-F\\-{}]{31,38}_[0-9a-f]{63,65}|fr_[0-9a-f]{32}_[0-9a-f]{64}|\\PC{0,110}") {
            if let Some(presented) = Presented::parse("fr", &text) {
                let secret = &text[text.len() - 64..];
                prop_assert_eq!(format!("fr_{}_{secret}", presented.id.simple()), text.as_str());
                prop_assert!(presented.is(&Sha256::digest(secret).into()));
            }
        }
    }
}
