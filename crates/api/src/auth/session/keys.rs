//! The keys that sign, and their turns.
//!
//! A new key is made when the newest is [`SessionSettings::key_period`] old, by whoever signs next. It is published before
//! it is used, so that who keeps the keys for a while has it when the first token comes; until then the one before it
//! signs, and that one goes on verifying until the last token it signed has ended. Nobody has to run for that: a process
//! reads the keys again when it has not for a minute, or when a token names one it doesn't know.
//!
//! Invariant: without a database no key is made, and no unknown one is taken for good; those that are known go on
//! verifying.

use std::sync::{Arc, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use domain::entropy::random;
use domain::{Entropy, OrganisationId, SessionId, UserId};
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, OctetKeyPairParameters,
    OctetKeyPairType, PublicKeyUse, ThumbprintHash,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use secrecy::{ExposeSecret, SecretString};
use storage::StorageError;
use storage::sessions::signing_keys::{NewSigningKey, SigningKey};
use zeroize::Zeroizing;

use super::access::{self, Claims, Issued, RefusedToken};
use super::{SessionSettings, SigningParts};

/// How long others may keep the keys (`Cache-Control` of the JWKS), and so how long a new key waits.
pub(crate) const PUBLISHED_FOR: TimeDelta = TimeDelta::minutes(10);
/// A set that was read longer ago is read again before it is used.
const FRESH: TimeDelta = TimeDelta::seconds(60);
/// How often, at most, unknown key ids make us read: whoever invents some costs the database no more.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(5);
/// In front of an Ed25519 seed, in PKCS #8 (RFC 8410): version 1, the algorithm, and an octet string in an octet string.
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// Why there is no token, or why it is not known whether one is good.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error(transparent)]
    Refused(#[from] RefusedToken),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("an access token can't be signed")]
    Signing(#[source] jsonwebtoken::errors::Error),
    #[error("no signing key can be used: two processes with different `auth.key_file` share this database")]
    NoKey,
}

/// Makes and verifies access tokens.
#[derive(Debug)]
pub(crate) struct AccessTokens {
    parts: SigningParts,
    settings: SessionSettings,
    known: RwLock<Arc<Keys>>,
    /// Held by who reads: the others wait for what they bring.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Keys {
    /// The oldest first.
    keys: Vec<Key>,
    read_at: DateTime<Utc>,
}

struct Key {
    kid: String,
    public: [u8; 32],
    verifies: DecodingKey,
    signs: Option<EncodingKey>,
    created_at: DateTime<Utc>,
    retired_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("kid", &self.kid).field("created_at", &self.created_at).finish_non_exhaustive()
    }
}

impl AccessTokens {
    #[must_use]
    pub(crate) fn new(parts: SigningParts, settings: SessionSettings) -> Self {
        let known = RwLock::new(Arc::new(Keys { keys: vec![], read_at: DateTime::UNIX_EPOCH }));
        Self { parts, settings, known, reading: tokio::sync::Mutex::new(()) }
    }

    /// A token for a session.
    pub(crate) async fn issue(
        &self,
        session: SessionId,
        user: UserId,
        organisation: Option<OrganisationId>,
    ) -> Result<Issued, TokenError> {
        let now = self.parts.clock.now();
        let keys = self.to_sign_with(now).await?;
        let (kid, key) = keys.signer(now).ok_or(TokenError::NoKey)?;
        let expires_at = now + delta(self.settings.access_lifetime);
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience(),
            sub: user,
            sid: session,
            org: organisation,
            iat: now.timestamp(),
            exp: expires_at.timestamp(),
        };
        let token = access::sign(&claims, kid, key).map_err(TokenError::Signing)?;
        Ok(Issued { token, expires_at })
    }

    /// What a token says. Whether its session still is, is another question.
    pub(crate) async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let now = self.parts.clock.now();
        let kid = access::kid(token)?;
        let keys = self.to_verify_with(&kid, now).await?;
        let key = keys.find(&kid, now).ok_or(RefusedToken::Invalid)?;
        Ok(access::verify(token, &key.verifies, &self.settings, now)?)
    }

    /// The keys for others to verify with, RFC 7517.
    pub(crate) async fn jwks(&self) -> Result<JwkSet, TokenError> {
        let now = self.parts.clock.now();
        let keys = self.to_sign_with(now).await?;
        Ok(JwkSet { keys: keys.good(now).map(Key::jwk).collect() })
    }

    fn known(&self) -> Arc<Keys> {
        Arc::clone(&self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    async fn to_verify_with(&self, kid: &str, now: DateTime<Utc>) -> Result<Arc<Keys>, StorageError> {
        let known = self.known();
        let age = now - known.read_at;
        let is_known = known.find(kid, now).is_some();
        if age < LOOK_AGAIN || (is_known && age < FRESH) {
            return Ok(known);
        }
        match self.read(known.read_at, now).await {
            Err(error) if is_known => {
                tracing::warn!(%error, "signing keys can't be read again; those that are known go on verifying");
                Ok(known)
            }
            read => read,
        }
    }

    /// With one at least that signs, and a new one if it is time.
    async fn to_sign_with(&self, now: DateTime<Utc>) -> Result<Arc<Keys>, StorageError> {
        let mut known = self.known();
        if now - known.read_at >= FRESH {
            known = self.read(known.read_at, now).await?;
        }
        let Some(newer_than) = known.rotation_due(&self.settings, now) else { return Ok(known) };
        let (new, entropy) = (generate(&*self.parts.entropy, now), &*self.parts.entropy);
        let retire_at = now + PUBLISHED_FOR + delta(self.settings.access_lifetime);
        let sealing = (&self.parts.keyring, entropy);
        if self.parts.store.rotate_signing_key(&new, (newer_than, retire_at), sealing).await? {
            tracing::info!(kid = new.kid, "a new signing key");
        }
        self.read(known.read_at, now).await
    }

    /// Reads them, unless somebody has since they were `seen` as they were read then.
    async fn read(&self, seen: DateTime<Utc>, now: DateTime<Utc>) -> Result<Arc<Keys>, StorageError> {
        let _turn = self.reading.lock().await;
        let known = self.known();
        if known.read_at > seen && !known.keys.is_empty() {
            return Ok(known);
        }
        let keys = self.parts.store.signing_keys(&self.parts.keyring, now).await?;
        let read = Arc::new(Keys { keys: keys.into_iter().map(Key::from).collect(), read_at: now });
        *self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::clone(&read);
        Ok(read)
    }
}

impl Keys {
    fn good(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.retired_at.is_none_or(|at| at > now))
    }

    fn find(&self, kid: &str, now: DateTime<Utc>) -> Option<&Key> {
        self.good(now).find(|key| key.kid == kid)
    }

    /// The newest that has been published long enough; where none has, the one that has longest.
    fn signer(&self, now: DateTime<Utc>) -> Option<(&str, &EncodingKey)> {
        let able = || self.good(now).filter_map(|key| Some((key, key.signs.as_ref()?)));
        let published = able().filter(|(key, _)| key.created_at + PUBLISHED_FOR <= now).last();
        published.or_else(|| able().next()).map(|(key, signs)| (key.kid.as_str(), signs))
    }

    /// Whether a new key is to be made, unless somebody else has made one since the moment that this answers.
    fn rotation_due(&self, settings: &SessionSettings, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let newest = self.good(now).filter(|key| key.signs.is_some() && key.retired_at.is_none()).last();
        let since = now - delta(settings.key_period);
        match newest {
            // Those that are there, if any, don't open with our key file.
            None => Some(now),
            Some(key) if key.created_at <= since => Some(since),
            Some(_) => None,
        }
    }
}

impl From<SigningKey> for Key {
    fn from(kept: SigningKey) -> Self {
        let signs = kept.private.as_ref().and_then(encoding_key);
        Self {
            kid: kept.kid,
            verifies: DecodingKey::from_ed_der(&kept.public),
            public: kept.public,
            signs,
            created_at: kept.created_at,
            retired_at: kept.retired_at,
        }
    }
}

impl Key {
    fn jwk(&self) -> Jwk {
        let mut jwk = jwk(&self.public);
        jwk.common = CommonParameters {
            public_key_use: Some(PublicKeyUse::Signature),
            key_algorithm: Some(KeyAlgorithm::EdDSA),
            key_id: Some(self.kid.clone()),
            ..CommonParameters::default()
        };
        jwk
    }
}

fn jwk(public: &[u8; 32]) -> Jwk {
    use base64::Engine as _;
    let x = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(public);
    let pair = OctetKeyPairParameters { key_type: OctetKeyPairType::OctetKeyPair, curve: EllipticCurve::Ed25519, x };
    Jwk { common: CommonParameters::default(), algorithm: AlgorithmParameters::OctetKeyPair(pair) }
}

/// A new key; its id is its thumbprint (RFC 7638).
fn generate(entropy: &dyn Entropy, now: DateTime<Utc>) -> NewSigningKey {
    let seed = Zeroizing::new(random::<32>(entropy));
    let digits: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    let private = SecretString::from(digits);
    let key = encoding_key(&private).expect("any 32 bytes are a seed");
    let public = public_half(&key).expect("a key that was just made has a public half");
    let kid = jwk(&public).thumbprint(ThumbprintHash::SHA256).expect("Ed25519 keys have thumbprints");
    NewSigningKey { kid, public, private, now }
}

/// Of a seed in hex. `None` if it is none.
fn encoding_key(private: &SecretString) -> Option<EncodingKey> {
    let digits = private.expose_secret();
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    let seed = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<Vec<u8>>>().map(Zeroizing::new)?;
    let der = Zeroizing::new([&PKCS8, &**seed].concat());
    (seed.len() == 32).then(|| EncodingKey::from_ed_der(&der))
}

fn public_half(key: &EncodingKey) -> Option<[u8; 32]> {
    use base64::Engine as _;
    let AlgorithmParameters::OctetKeyPair(pair) = Jwk::from_encoding_key(key, Algorithm::EdDSA).ok()?.algorithm else {
        return None;
    };
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(pair.x).ok()?.try_into().ok()
}

fn delta(duration: std::time::Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests;
