//! Tokens of links and of sessions at a gate: 32 random bytes in hex. There is nothing to guess, so the SHA-256 is enough to keep.

use domain::Entropy;
use domain::entropy::token;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// One that was made now.
#[derive(Debug)]
pub(crate) struct Generated {
    pub(crate) token: SecretString,
    pub(crate) hash: [u8; 32],
}

pub(crate) fn generate(entropy: &dyn Entropy) -> Generated {
    let token = token(entropy);
    Generated { hash: Sha256::digest(token.as_bytes()).into(), token: token.into() }
}

/// One that somebody shows.
#[derive(Clone, Copy)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// `None` if it can't be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_hex = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        (text.len() == 64 && is_hex).then(|| Self(Sha256::digest(text.as_bytes()).into()))
    }

    /// What is kept of it, where there is no tenant to look among the keys of: found by it, and nothing is told of how near a
    /// wrong one came, because nobody makes a token for a hash.
    pub(crate) const fn hash(self) -> [u8; 32] {
        self.0
    }

    /// Which of these it is, in a time that does not tell how much of it is right.
    pub(crate) fn among(self, hashes: &[[u8; 32]]) -> Option<[u8; 32]> {
        hashes.iter().copied().find(|hash| self.0.ct_eq(hash).into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_what_could_be_made_is_a_token(text in "[0-9a-f]{62,66}|[0-9a-fA-F]{64}|\\PC{0,70}") {
            let could = text.len() == 64 && text.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
            prop_assert_eq!(Key::parse(&text).map(Key::hash), could.then(|| Sha256::digest(&text).into()));
        }
    }
}
