//! Tokens and keys on a real database, and a clock that is moved by hand.

use std::sync::Mutex;

use domain::{Clock, SystemClock, SystemEntropy};
use jsonwebtoken::Header;
use serde_json::{Value, json};
use storage::Keyring;
use tempfile::TempDir;
use test_cluster::Platform;

use super::*;

/// Stands still until it is moved.
#[derive(Debug)]
struct Hand(Mutex<DateTime<Utc>>);

impl Clock for Hand {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

impl Hand {
    fn forward(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

struct World {
    platform: Platform,
    clock: Arc<Hand>,
    folder: TempDir,
}

impl World {
    async fn start() -> Self {
        let clock = Arc::new(Hand(Mutex::new(SystemClock.now())));
        Self { platform: Platform::start().await, clock, folder: tempfile::tempdir().unwrap() }
    }

    /// A process with the key file of this name.
    fn process(&self, key_file: &str) -> AccessTokens {
        let path = self.folder.path().join(key_file);
        let keyring = Keyring::from_file(&path).or_else(|_| Keyring::generate_file(&path, &SystemEntropy)).unwrap();
        let parts = SigningParts {
            store: self.platform.api.clone(),
            keyring,
            clock: Arc::<Hand>::clone(&self.clock),
            entropy: Arc::new(SystemEntropy),
        };
        AccessTokens::new(parts, SessionSettings::new("https://platform.example.net".to_owned()))
    }
}

fn ids() -> (SessionId, UserId) {
    let now = SystemClock.now();
    (SessionId::generate(now, &SystemEntropy), UserId::generate(now, &SystemEntropy))
}

async fn issue(tokens: &AccessTokens) -> String {
    let (session, user) = ids();
    tokens.issue(session, user, None).await.unwrap().token.expose_secret().to_owned()
}

#[track_caller]
fn refused(answer: Result<Claims, TokenError>, why: RefusedToken) {
    assert!(matches!(&answer, Err(TokenError::Refused(found)) if *found == why), "{answer:?}");
}

#[tokio::test]
async fn a_token_says_who_somebody_is_until_it_expires() {
    let world = World::start().await;
    let tokens = world.process("keys");
    let (session, user) = ids();
    let issued = tokens.issue(session, user, Some(OrganisationId::OPERATOR)).await.unwrap();
    let token = issued.token.expose_secret();
    let claims = world.process("keys").verify(token).await.unwrap();
    assert_eq!((claims.sid, claims.sub, claims.org), (session, user, Some(OrganisationId::OPERATOR)));
    assert_eq!(claims.exp - claims.iat, 600);
    assert_eq!(
        (claims.iss.as_str(), claims.aud.as_str()),
        ("https://platform.example.net", "https://platform.example.net/api/v1")
    );
    world.clock.forward(TimeDelta::seconds(599));
    assert!(tokens.verify(token).await.is_ok());
    world.clock.forward(TimeDelta::seconds(1));
    refused(tokens.verify(token).await, RefusedToken::Expired);
}

/// Signs these claims as nobody of ours would.
fn forged(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    jsonwebtoken::encode(header, claims, key).unwrap()
}

#[tokio::test]
async fn what_was_not_signed_for_us_by_us_is_refused() {
    let world = World::start().await;
    let tokens = world.process("keys");
    let good = issue(&tokens).await;
    let keys = tokens.known();
    let key = &keys.keys[0];
    let (signs, kid) = (key.signs.as_ref().unwrap(), Some(key.kid.clone()));
    let claims = serde_json::to_value(tokens.verify(&good).await.unwrap()).unwrap();
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    let header = Header { kid: kid.clone(), ..Header::new(Algorithm::EdDSA) };
    assert!(tokens.verify(&forged(&header, &claims, signs)).await.is_ok(), "the forger's tools work");
    let stranger = generate(&SystemEntropy, world.clock.now());
    let strangers = encoding_key(&stranger.private).unwrap();
    let symmetric = Header { kid: kid.clone(), ..Header::new(Algorithm::HS256) };
    let unknown = Header { kid: Some(stranger.kid.clone()), ..Header::new(Algorithm::EdDSA) };
    let wrong = [
        ("another key", forged(&header, &claims, &strangers)),
        ("an unknown key", forged(&unknown, &claims, &strangers)),
        ("no key", forged(&Header::new(Algorithm::EdDSA), &claims, signs)),
        ("the public half as a shared secret", forged(&symmetric, &claims, &EncodingKey::from_secret(&key.public))),
        ("another audience", forged(&header, &with("aud", json!("https://platform.example.net")), signs)),
        ("several audiences", forged(&header, &with("aud", json!([claims["aud"], "other"])), signs)),
        ("another issuer", forged(&header, &with("iss", json!("https://example.net")), signs)),
        ("no issuer", forged(&header, &with("iss", Value::Null), signs)),
        ("no end", forged(&header, &with("exp", Value::Null), signs)),
        ("made tomorrow", forged(&header, &with("iat", json!(world.clock.now().timestamp() + 86_400)), signs)),
        ("no user", forged(&header, &with("sub", json!("root")), signs)),
    ];
    for (what, token) in wrong {
        assert!(matches!(tokens.verify(&token).await, Err(TokenError::Refused(RefusedToken::Invalid))), "{what}");
    }
    let parts: Vec<&str> = good.split('.').collect();
    let none = "eyJhbGciOiJub25lIn0";
    for nonsense in
        [String::new(), "a.b.c".to_owned(), format!("{none}.{}.", parts[1]), "x".repeat(5000), parts[..2].join(".")]
    {
        assert!(matches!(tokens.verify(&nonsense).await, Err(TokenError::Refused(_))), "{nonsense}");
    }
    for at in [parts[0].len() + 5, good.len() - 20] {
        let mut changed = good.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert!(tokens.verify(&String::from_utf8(changed).unwrap()).await.is_err(), "byte {at}");
    }
}

#[tokio::test]
async fn keys_take_turns_and_no_token_ends_before_its_time() {
    let world = World::start().await;
    let (one, other) = (world.process("keys"), world.process("keys"));
    let kid = async |tokens: &AccessTokens| access::kid(&issue(tokens).await).unwrap();
    let first = kid(&one).await;
    assert_eq!(kid(&other).await, first, "two processes share it");
    world.clock.forward(TimeDelta::days(30));
    assert_eq!(kid(&one).await, first, "the new one is published first");
    let published: Vec<_> = one.jwks().await.unwrap().keys.into_iter().filter_map(|key| key.common.key_id).collect();
    assert_eq!((published.len(), &published[0]), (2, &first));
    world.clock.forward(TimeDelta::minutes(9));
    let last_of_the_first = issue(&one).await;
    world.clock.forward(TimeDelta::minutes(1));
    let second = kid(&other).await;
    assert_eq!(second, published[1]);
    world.clock.forward(TimeDelta::minutes(8));
    assert!(one.verify(&last_of_the_first).await.is_ok());
    world.clock.forward(TimeDelta::minutes(2));
    refused(one.verify(&last_of_the_first).await, RefusedToken::Invalid);
    assert_eq!(other.jwks().await.unwrap().keys.len(), 1, "the first is retired");
    assert_eq!(kid(&one).await, second);
}

#[tokio::test]
async fn a_key_that_is_retired_by_hand_verifies_nothing_a_minute_later() {
    let world = World::start().await;
    let tokens = world.process("keys");
    let token = issue(&tokens).await;
    let retire_at = world.clock.now();
    let new = generate(&SystemEntropy, retire_at);
    let sealing = (&tokens.parts.keyring, &SystemEntropy as &dyn Entropy);
    assert!(world.platform.api.rotate_signing_key(&new, (retire_at, retire_at), sealing).await.unwrap());
    world.clock.forward(TimeDelta::seconds(60));
    refused(tokens.verify(&token).await, RefusedToken::Invalid);
    assert_eq!(access::kid(&issue(&tokens).await).unwrap(), new.kid);
}

#[tokio::test]
async fn another_key_file_makes_a_key_of_its_own_and_tokens_of_before_stay_good() {
    let world = World::start().await;
    let before = issue(&world.process("keys")).await;
    let after = world.process("other-keys");
    let token = issue(&after).await;
    assert_ne!(access::kid(&token).unwrap(), access::kid(&before).unwrap());
    assert!(after.verify(&before).await.is_ok());
    assert!(after.verify(&token).await.is_ok());
}

#[tokio::test]
async fn without_a_database_known_keys_go_on_verifying_and_unknown_ones_are_nobodys() {
    let world = World::start().await;
    let tokens = world.process("keys");
    let token = issue(&tokens).await;
    let World { platform, clock, .. } = world;
    platform.server.stop().await;
    clock.forward(TimeDelta::minutes(2));
    assert!(tokens.verify(&token).await.is_ok());
    let stranger = generate(&SystemEntropy, clock.now());
    let header = Header { kid: Some(stranger.kid.clone()), ..Header::new(Algorithm::EdDSA) };
    let unknown = forged(&header, &json!({}), &encoding_key(&stranger.private).unwrap());
    assert!(matches!(tokens.verify(&unknown).await, Err(TokenError::Storage(_))));
}

#[tokio::test]
async fn what_is_published_verifies_and_tells_no_secret() {
    let world = World::start().await;
    let tokens = world.process("keys");
    let token = issue(&tokens).await;
    let jwks = tokens.jwks().await.unwrap();
    let text = serde_json::to_value(&jwks).unwrap();
    assert_eq!(text["keys"][0]["kty"], "OKP");
    assert_eq!(
        (&text["keys"][0]["crv"], &text["keys"][0]["alg"], &text["keys"][0]["use"]),
        (&json!("Ed25519"), &json!("EdDSA"), &json!("sig"))
    );
    assert!(text["keys"][0]["d"].is_null());
    let jwk = jwks.find(&access::kid(&token).unwrap()).unwrap();
    let verifies = DecodingKey::from_jwk(jwk).unwrap();
    assert!(access::verify(&token, &verifies, &tokens.settings, world.clock.now()).is_ok());
    assert!(!format!("{tokens:?}").contains("private"), "{tokens:?}");
}
