//! The sealing half of a key: whoever holds it can put values in, and get none out. It is all that the web side needs.
//!
//! HPKE (RFC 9180) in its base mode, with X25519, HKDF-SHA256 and ChaCha20-Poly1305. The pair is derived from the key of the
//! key file, so that there is one secret to keep; the public half stands in a file of its own, `key-id:public:64 hex
//! digits`. What of a blob follows the key's id is `encapsulated key (32) | ciphertext and tag`; table, row and column are
//! associated data here too.

use std::convert::Infallible;
use std::fmt;
use std::path::Path;

use domain::Entropy;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal_with_rng};

use super::keyring::{KeyringError, Place, Sealed, blob, hex, is_id, read_closed};

/// What tells these blobs from the keyring's own.
pub(super) const FORMAT: u8 = 2;
/// Binds a blob to its use, beside its place.
const INFO: &[u8] = b"fresco-platform tenant secret";
const ENCAPSULATED: usize = 32;

type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;

/// Opens what [`Sealer`] has sealed.
#[derive(Clone)]
pub(super) struct Opener(PrivateKey, PublicKey);

/// Seals, and can't open.
#[derive(Clone)]
pub struct Sealer {
    id: String,
    key: PublicKey,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sealer").field(&self.id).finish()
    }
}

/// What tells a key from another one, and nothing about it: its id, and a hash of its public half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPrint {
    pub id: String,
    /// 32 hex digits.
    pub print: String,
}

impl Opener {
    pub(super) fn of(key: &[u8; 32]) -> Self {
        let (private, public) = X25519HkdfSha256::derive_keypair(key);
        Self(private, public)
    }

    pub(super) fn sealer(&self, id: &str) -> Sealer {
        Sealer { id: id.to_owned(), key: self.1.clone() }
    }

    /// `None` if it doesn't open.
    pub(super) fn open(&self, place: &Place<'_>, rest: &[u8]) -> Option<Vec<u8>> {
        let (encapsulated, text) = rest.split_first_chunk::<ENCAPSULATED>()?;
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated).ok()?;
        let opened = single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.0,
            &encapsulated,
            INFO,
            text,
            &place.associated(),
        );
        opened.ok()
    }
}

impl Sealer {
    /// Reads the file of a public half. Others may not read it either: who could change it would read what is sealed next.
    ///
    /// # Errors
    /// [`KeyringError`] says what is wrong with the file.
    pub fn from_file(path: &Path) -> Result<Self, KeyringError> {
        let text = read_closed(path)?;
        let parts = text.trim().split_once(":public:").filter(|(id, _)| is_id(id));
        let key = parts.and_then(|(id, digits)| {
            let key = PublicKey::from_bytes(hex(digits)?.as_slice()).ok()?;
            Some(Self { id: id.to_owned(), key })
        });
        key.ok_or_else(|| KeyringError::NotPublic { path: path.to_owned() })
    }

    /// The line that [`Self::from_file`] reads. No secret.
    #[must_use]
    pub fn to_line(&self) -> String {
        let digits: String = self.key.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}:public:{digits}", self.id)
    }

    #[must_use]
    pub fn print(&self) -> KeyPrint {
        KeyPrint { id: self.id.clone(), print: domain::tenant::hash(&self.to_line()).to_string() }
    }

    /// Seals a value for one place.
    ///
    /// # Panics
    /// Never: a public key that could not be used has not been read.
    #[must_use]
    pub fn seal(&self, place: &Place<'_>, value: &str, entropy: &dyn Entropy) -> Sealed {
        let sealed = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &self.key,
            INFO,
            value.as_bytes(),
            &place.associated(),
            &mut Random(entropy),
        );
        let (encapsulated, text) = sealed.expect("the key was checked when it was read");
        blob(FORMAT, &self.id, &[&encapsulated.to_bytes(), &text])
    }
}

/// Our randomness as HPKE wants it.
struct Random<'a>(&'a dyn Entropy);

impl TryRng for Random<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_ne_bytes(domain::entropy::random(self.0)))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_ne_bytes(domain::entropy::random(self.0)))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Random<'_> {}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use domain::SystemEntropy;
    use secrecy::ExposeSecret;

    use super::super::Keyring;
    use super::*;

    const HERE: Place<'static> = Place { table: "tenant_secrets", row: "a/b", column: "sealed" };

    fn keyring() -> Keyring {
        let folder = tempfile::tempdir().unwrap();
        Keyring::generate_file(&folder.path().join("keys"), &SystemEntropy).unwrap()
    }

    fn read(text: &str, mode: u32) -> Result<Sealer, KeyringError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("public");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        Sealer::from_file(&path)
    }

    #[test]
    fn what_the_public_half_seals_opens_with_the_key_at_its_place_only() {
        let (ring, other) = (keyring(), keyring());
        let sealer = read(&format!("{}\n", ring.sealer().to_line()), 0o600).unwrap();
        let sealed = sealer.seal(&HERE, "s3cret", &SystemEntropy);
        assert_eq!(ring.open(&HERE, &sealed).unwrap().expose_secret(), "s3cret");
        assert_ne!(sealed, sealer.seal(&HERE, "s3cret", &SystemEntropy));
        assert!(ring.open(&Place { row: "a/c", ..HERE }, &sealed).is_err());
        assert!(other.open(&HERE, &sealed).is_err());
        assert_eq!(ring.prints(), [sealer.print()]);
        assert!(ring.prints() != other.prints() && sealer.print().print.len() == 32);
        assert_eq!(format!("{sealer:?}"), format!("Sealer({:?})", sealer.id));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let ring = keyring();
        let sealed = ring.sealer().seal(&HERE, "s3cret", &SystemEntropy).into_bytes();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(ring.open(&HERE, &Sealed::from_bytes(changed)).is_err(), "byte {at}");
            assert!(ring.open(&HERE, &Sealed::from_bytes(sealed[..at].to_vec())).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_two_halves_are_never_taken_for_each_other() {
        let digits = "ab".repeat(32);
        let error = read(&format!("one:{digits}"), 0o600).unwrap_err();
        assert!(matches!(error, KeyringError::NotPublic { .. }) && !error.to_string().contains("abab"), "{error}");
        assert!(matches!(read(&format!("one:public:{digits}"), 0o644), Err(KeyringError::OpenToOthers { .. })));
        for wrong in ["", "one:public:ab", &format!(":public:{digits}")] {
            assert!(read(wrong, 0o600).is_err(), "{wrong}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        std::fs::write(&path, keyring().sealer().to_line()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(Keyring::from_file(&path), Err(KeyringError::Malformed { .. })));
    }
}
