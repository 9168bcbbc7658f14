//! The keys, and the sealing: XChaCha20-Poly1305.
//!
//! A blob is `1 | length of key id | key id | nonce (24) | ciphertext and tag`. Table, row and column are associated
//! data: a blob moved to another place doesn't open. The nonce is random, long enough never to meet itself. A keyring
//! opens what the public half of one of its keys has sealed, too ([`super::public`]).
//!
//! To change the key, put a new line on top of the file: what is sealed from then on carries the new key's id, and the
//! old lines go on opening what was sealed before.

use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use domain::Entropy;
use domain::entropy::{random, token};
use secrecy::SecretString;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::public::{self, KeyPrint, Opener, Sealer};

/// How a key file that is being made is called, until it is whole.
const DRAFT: &str = ".key-";
const FORMAT: u8 = 1;
const NONCE: usize = 24;

/// Why there is no keyring, or why a blob doesn't open.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("the key file {} can't be used", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the key file {} is open to others (mode {mode:03o}): if it is frescod's, `chmod 600` it", path.display())]
    OpenToOthers { path: PathBuf, mode: u32 },
    #[error(
        "line {line} of the key file {} is no key: expected `key-id:` and 64 hex digits, the id of 1 to 32 lower-case \
         letters, digits and hyphens, each once",
        path.display()
    )]
    Malformed { path: PathBuf, line: usize },
    #[error("the key file {} holds no key", path.display())]
    Empty { path: PathBuf },
    #[error("{} is no public half of a key: `frescod sealing-key public` writes one", path.display())]
    NotPublic { path: PathBuf },
    #[error("the sealed value is no blob of ours")]
    NoBlob,
    #[error("the value is sealed with the key `{0}`, which the key file doesn't hold: put it back")]
    UnknownKey(String),
    #[error("the sealed value doesn't open here: it was changed, moved from another place, or its key is another one")]
    Refused,
}

/// Where a value lies.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub table: &'static str,
    pub row: &'a str,
    pub column: &'static str,
}

impl Place<'_> {
    /// Unambiguous: each part behind its length.
    pub(super) fn associated(&self) -> Vec<u8> {
        let parts = [self.table, self.row, self.column];
        parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes(), part.as_bytes()].concat()).collect()
    }
}

/// A sealed value, fit for a column.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// As a column holds it.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// The keys: the first seals, all open.
#[derive(Clone)]
pub struct Keyring {
    keys: Vec<OneKey>,
}

#[derive(Clone)]
struct OneKey {
    id: String,
    cipher: XChaCha20Poly1305,
    opener: Opener,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

impl Keyring {
    /// Reads a key file: lines `key-id:64 hex digits`, the newest first. Others may not read it, nor its group write it
    /// (systemd shows credentials as 0440).
    ///
    /// # Errors
    /// [`KeyringError`] says what is wrong with the file; no part of a key is in it.
    pub fn from_file(path: &Path) -> Result<Self, KeyringError> {
        let text = read_closed(path)?;
        let mut keys: Vec<OneKey> = Vec::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let fresh = |key: &OneKey| keys.iter().all(|other| other.id != key.id);
            let key = OneKey::parse(line).filter(fresh);
            keys.push(key.ok_or_else(|| KeyringError::Malformed { path: path.to_owned(), line: number + 1 })?);
        }
        if keys.is_empty() { Err(KeyringError::Empty { path: path.to_owned() }) } else { Ok(Self { keys }) }
    }

    /// Makes a key file with one new key, for its owner only: whole or not at all, because an empty one would be taken for one
    /// whose keys were lost. An existing file is left alone, and an error.
    ///
    /// # Errors
    /// [`KeyringError::Io`].
    pub fn generate_file(path: &Path, entropy: &dyn Entropy) -> Result<Self, KeyringError> {
        let io = |source| KeyringError::Io { path: path.to_owned(), source };
        let line = Zeroizing::new(format!("k-{}:{}\n", &token(entropy)[..8], token(entropy)));
        write_new(path, line.as_bytes()).map_err(io)?;
        Self::from_file(path)
    }

    /// What only seals, with the key that seals now.
    #[must_use]
    pub fn sealer(&self) -> Sealer {
        let key = &self.keys[0];
        key.opener.sealer(&key.id)
    }

    /// What tells its keys from others, the one that seals first.
    #[must_use]
    pub fn prints(&self) -> Vec<KeyPrint> {
        self.keys.iter().map(|key| key.opener.sealer(&key.id).print()).collect()
    }

    /// Seals a value for one place, with the key itself: quicker to open than what its public half seals.
    ///
    /// # Panics
    /// Never: the cipher refuses only what is longer than 256 GB.
    #[must_use]
    pub fn seal(&self, place: &Place<'_>, value: &str, entropy: &dyn Entropy) -> Sealed {
        let OneKey { id, cipher, .. } = &self.keys[0];
        let nonce = random::<NONCE>(entropy);
        let payload = Payload { msg: value.as_bytes(), aad: &place.associated() };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).expect("a value of ours is shorter than 256 GB");
        blob(FORMAT, id, &[&nonce, &sealed])
    }

    /// Opens a value that was sealed for this place, with whichever key.
    ///
    /// # Errors
    /// [`KeyringError::NoBlob`], [`KeyringError::UnknownKey`] or [`KeyringError::Refused`].
    pub fn open(&self, place: &Place<'_>, sealed: &Sealed) -> Result<SecretString, KeyringError> {
        let (format, id, rest) = parts(&sealed.0).ok_or(KeyringError::NoBlob)?;
        let found = self.keys.iter().find(|key| key.id == id);
        let key = found.ok_or_else(|| KeyringError::UnknownKey(id.to_owned()))?;
        let opened = match format {
            FORMAT => key.open(place, rest),
            public::FORMAT => key.opener.open(place, rest),
            _ => return Err(KeyringError::NoBlob),
        };
        let opened = opened.ok_or(KeyringError::Refused)?;
        String::from_utf8(opened).map(SecretString::from).map_err(|_| KeyringError::NoBlob)
    }
}

impl OneKey {
    /// From a line of the file.
    fn parse(line: &str) -> Option<Self> {
        let (id, digits) = line.trim().split_once(':').filter(|(id, _)| is_id(id))?;
        let bytes = hex(digits)?;
        let cipher = XChaCha20Poly1305::new(&Key::from(*bytes));
        Some(Self { id: id.to_owned(), cipher, opener: Opener::of(&bytes) })
    }

    /// `None` if it doesn't open.
    fn open(&self, place: &Place<'_>, rest: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = rest.split_first_chunk::<NONCE>()?;
        self.cipher.decrypt(&XNonce::from(*nonce), Payload { msg: text, aad: &place.associated() }).ok()
    }
}

/// Format, key's id, and what follows.
fn parts(blob: &[u8]) -> Option<(u8, &str, &[u8])> {
    let (format, rest) = blob.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (id, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((*format, std::str::from_utf8(id).ok()?, rest))
}

/// Puts together what [`parts`] takes apart.
pub(super) fn blob(format: u8, id: &str, rest: &[&[u8]]) -> Sealed {
    let length = u8::try_from(id.len()).expect("an id has 32 characters at most");
    Sealed([&[format, length], id.as_bytes(), &rest.concat()].concat())
}

/// Under another name until it is on disk, in a file of mode 0600; what is there under this one is left alone.
fn write_new(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut draft = NamedTempFile::with_prefix_in(DRAFT, folder)?;
    draft.write_all(content)?;
    draft.as_file().sync_all()?;
    draft.persist_noclobber(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// The text of a file that is closed to others.
pub(super) fn read_closed(path: &Path) -> Result<Zeroizing<String>, KeyringError> {
    let io = |source| KeyringError::Io { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(io)?;
    let mode = file.metadata().map_err(io)?.permissions().mode() & 0o777;
    if mode & 0o027 != 0 {
        return Err(KeyringError::OpenToOthers { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(io)?;
    Ok(text)
}

pub(super) fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&text.len()) && text.bytes().all(allowed)
}

/// 32 bytes of 64 hex digits.
pub(super) fn hex(digits: &str) -> Option<Zeroizing<[u8; 32]>> {
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    let mut bytes = Zeroizing::new([0_u8; 32]);
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use domain::SystemEntropy;
    use secrecy::ExposeSecret;

    use super::*;

    const HERE: Place<'static> = Place { table: "tenant_secrets", row: "a/b", column: "sealed" };

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    fn ring(text: &str) -> Result<Keyring, KeyringError> {
        let (_folder, path) = file(text, 0o600);
        Keyring::from_file(&path)
    }

    #[test]
    fn a_value_opens_at_its_place_and_nowhere_else() {
        let ring = ring(&format!("one:{}", "ab".repeat(32))).unwrap();
        let sealed = ring.seal(&HERE, "s3cret", &SystemEntropy);
        assert_eq!(ring.open(&HERE, &sealed).unwrap().expose_secret(), "s3cret");
        for place in [Place { row: "a/c", ..HERE }, Place { table: "tenant_secret", row: "sa/b", ..HERE }] {
            assert!(matches!(ring.open(&place, &sealed), Err(KeyringError::Refused)));
        }
        assert!(!format!("{sealed:?}{ring:?}").contains("abab"));
    }

    #[test]
    fn a_new_key_on_top_seals_and_the_old_one_still_opens() {
        let old = format!("one:{}", "ab".repeat(32));
        let sealed = ring(&old).unwrap().seal(&HERE, "before", &SystemEntropy);
        let both = ring(&format!("two:{}\n\n{old}\n", "cd".repeat(32))).unwrap();
        assert_eq!(both.open(&HERE, &sealed).unwrap().expose_secret(), "before");
        let newer = both.seal(&HERE, "after", &SystemEntropy);
        let refused = ring(&old).unwrap().open(&HERE, &newer).unwrap_err();
        assert!(matches!(refused, KeyringError::UnknownKey(id) if id == "two"));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let ring = ring(&format!("one:{}", "ab".repeat(32))).unwrap();
        let sealed = ring.seal(&HERE, "s3cret", &SystemEntropy).into_bytes();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(ring.open(&HERE, &Sealed::from_bytes(changed)).is_err(), "byte {at}");
            assert!(ring.open(&HERE, &Sealed::from_bytes(sealed[..at].to_vec())).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_wrong_file_is_told_what_is_wrong() {
        let hex = "ab".repeat(32);
        for wrong in ["one", "one:ab", &format!("One:{hex}"), &format!("one:{}", "zz".repeat(32)), &format!(":{hex}")] {
            assert!(matches!(ring(wrong), Err(KeyringError::Malformed { line: 1, .. })), "{wrong}");
        }
        assert!(matches!(ring(&format!("one:{hex}\none:{hex}")), Err(KeyringError::Malformed { line: 2, .. })));
        assert!(matches!(ring("\n"), Err(KeyringError::Empty { .. })));
        let (_folder, path) = file(&format!("one:{hex}"), 0o644);
        let error = Keyring::from_file(&path).unwrap_err().to_string();
        assert!(error.contains("chmod 600") && !error.contains("abab"), "{error}");
    }

    #[test]
    fn a_generated_file_is_its_owners_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let made = Keyring::generate_file(&path, &SystemEntropy).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let sealed = made.seal(&HERE, "x", &SystemEntropy);
        assert!(Keyring::generate_file(&path, &SystemEntropy).is_err());
        assert_eq!(Keyring::from_file(&path).unwrap().open(&HERE, &sealed).unwrap().expose_secret(), "x");
    }
}
