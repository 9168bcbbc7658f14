//! What a person types.

use domain::Entropy;
use domain::entropy::random;
use sha2::{Digest, Sha256};
use storage::sessions::refresh::TokenHash;

use crate::error::ApiError;

/// No vowels, so that no word comes of it, and nothing that looks like something else (RFC 8628, section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;

/// One that was made now.
pub(super) struct UserCode {
    /// As it is shown: `WDJB-MJHT`.
    pub(super) text: String,
    pub(super) hash: TokenHash,
}

pub(super) fn generate(entropy: &dyn Entropy) -> UserCode {
    // Two bytes a letter: what the remainder makes of them favours none by more than one in three thousand.
    let bytes: [u8; 2 * LENGTH] = random(entropy);
    let letter = |pair: &[u8]| LETTERS[usize::from(u16::from_be_bytes([pair[0], pair[1]])) % LETTERS.len()];
    let plain: String = bytes.chunks_exact(2).map(|pair| char::from(letter(pair))).collect();
    UserCode { text: format!("{}-{}", &plain[..LENGTH / 2], &plain[LENGTH / 2..]), hash: hash(&plain) }
}

/// As somebody types it: in either case, with or without what stands between.
pub(super) fn read(text: &str) -> Result<TokenHash, ApiError> {
    let plain: String =
        text.chars().filter(|letter| !matches!(letter, '-' | ' ')).map(|it| it.to_ascii_uppercase()).collect();
    let valid = plain.len() == LENGTH && plain.bytes().all(|letter| LETTERS.contains(&letter));
    if valid { Ok(hash(&plain)) } else { Err(ApiError::DeviceRefused) }
}

fn hash(plain: &str) -> TokenHash {
    TokenHash(Sha256::digest(plain.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use domain::SystemEntropy;

    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = generate(&SystemEntropy);
        for typed in
            [code.text.clone(), code.text.to_lowercase(), code.text.replace('-', " "), code.text.replace('-', "")]
        {
            assert!(read(&typed).is_ok_and(|read| read == code.hash), "{typed}");
        }
        for wrong in ["", "WDJB", "WDJB-MJH1", "WDJB-MJHA", "WDJB-MJHTX", "ÄÄÄÄ-ÄÄÄÄ"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_ne!(generate(&SystemEntropy).text, code.text);
    }
}
