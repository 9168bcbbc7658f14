//! Recovery codes: sixteen letters and digits that can't be mistaken for each other, in four groups.

use domain::Entropy;
use domain::entropy::random;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use storage::sessions::refresh::TokenHash;

/// How many somebody has.
const COUNT: usize = 10;
const LENGTH: usize = 16;
/// Crockford's base32: five bits each, 80 in all, so there is nothing to guess.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// One that was made now: shown once, kept as its hash.
#[derive(Clone, Debug)]
pub(crate) struct RecoveryCode {
    pub(crate) text: SecretString,
    pub(crate) hash: TokenHash,
}

pub(crate) fn generate_codes(entropy: &dyn Entropy) -> Vec<RecoveryCode> {
    (0..COUNT).map(|_| one(entropy)).collect()
}

fn one(entropy: &dyn Entropy) -> RecoveryCode {
    let letters = random::<LENGTH>(entropy).map(|byte| ALPHABET[usize::from(byte % 32)]);
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().copied().map(char::from).collect()).collect();
    RecoveryCode { text: groups.join("-").into(), hash: hash(&letters) }
}

/// As somebody typed it: in either case, with or without what parts the groups, and with letters for the digits they look
/// like. `None` if it can't be one.
pub(crate) fn read_code(typed: &str) -> Option<TokenHash> {
    if typed.len() > 64 {
        return None;
    }
    let letters =
        typed.bytes().filter(|byte| !matches!(byte, b'-' | b' ')).map(|byte| match byte.to_ascii_lowercase() {
            b'o' => b'0',
            b'i' | b'l' => b'1',
            other => other,
        });
    let letters: Vec<u8> = letters.collect();
    let is_code = letters.len() == LENGTH && letters.iter().all(|letter| ALPHABET.contains(letter));
    is_code.then(|| hash(&letters))
}

fn hash(letters: &[u8]) -> TokenHash {
    TokenHash(Sha256::digest(letters).into())
}

#[cfg(test)]
mod tests {
    use domain::SystemEntropy;
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn each_is_another_and_is_known_by_its_hash_however_it_is_typed() {
        let codes = generate_codes(&SystemEntropy);
        let mut texts: Vec<&str> = codes.iter().map(|code| code.text.expose_secret()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), COUNT);
        for code in &codes {
            let text = code.text.expose_secret();
            assert_eq!(text.len(), 19, "{text}");
            let as_read = text.to_uppercase().replace('-', " ").replace('0', "O").replace('1', "l");
            for typed in [text, &text.replace('-', ""), &as_read] {
                assert_eq!(read_code(typed), Some(code.hash), "{typed}");
            }
        }
        assert!(!format!("{codes:?}").contains(texts[0]));
    }

    #[test]
    fn nothing_else_is_one() {
        for wrong in
            ["", "123456", "0000-0000-0000-000", "0000-0000-0000-00000", "uuuu-0000-0000-0000", &"0".repeat(500)]
        {
            assert!(read_code(wrong).is_none(), "{wrong}");
        }
    }
}
