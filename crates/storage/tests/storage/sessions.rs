//! Log-ins, and what proves who somebody is.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{OrganisationId, SessionId, SystemEntropy, UserId};
use secrecy::{ExposeSecret, SecretString};
use storage::sessions::refresh::{Renewal, Renewed, TokenHash};
use storage::sessions::signing_keys::NewSigningKey;
use storage::sessions::totp::{NewSecondFactor, SecondFactorError};
use storage::sessions::{Ended, NewSession, Seen};
use storage::{Keyring, NewMail, Part, Written};

use crate::support::{Platform, now};

const USER: UserId = UserId::OPERATOR;

fn hash(number: u8) -> TokenHash {
    TokenHash([number; 32])
}

fn seen(user_agent: &str) -> Seen {
    Seen::new("192.0.2.7".parse().unwrap(), user_agent)
}

async fn begin(platform: &Platform, token: u8, remembered: bool) -> SessionId {
    let id = SessionId::generate(now(), &SystemEntropy);
    let new = NewSession {
        id,
        user: USER,
        organisation: Some(OrganisationId::OPERATOR),
        remembered,
        refresh: hash(token),
        seen: seen("first"),
        now: now(),
        expires_at: now() + TimeDelta::hours(1),
    };
    platform.api.create_session(&new).await.unwrap();
    id
}

fn renewal(shown: u8, next: u8) -> Renewal {
    Renewal {
        shown: hash(shown),
        next: hash(next),
        seen: seen("second"),
        now: now(),
        remembered_until: now() + TimeDelta::days(30),
        until: now() + TimeDelta::hours(2),
    }
}

async fn renew(platform: &Platform, shown: u8, next: u8) -> Renewed {
    platform.api.renew_session(&renewal(shown, next)).await.unwrap()
}

fn keyring(folder: &tempfile::TempDir, name: &str) -> Keyring {
    Keyring::generate_file(&folder.path().join(name), &SystemEntropy).unwrap()
}

#[tokio::test]
async fn a_session_goes_on_from_token_to_token() {
    let platform = Platform::start().await;
    let (brief, long) = (begin(&platform, 1, false).await, begin(&platform, 101, true).await);
    for (shown, next, id, hours) in [(1, 2, brief, 1..3), (2, 3, brief, 1..3), (101, 102, long, 700..721)] {
        let Renewed::Session(session) = renew(&platform, shown, next).await else { panic!("{shown} is good") };
        assert_eq!((session.id, session.user, session.organisation), (id, USER, Some(OrganisationId::OPERATOR)));
        assert_eq!(session.seen, seen("second"));
        assert!(hours.contains(&(session.expires_at - now()).num_hours()), "{session:?}");
    }
    assert_eq!(renew(&platform, 77, 78).await, Renewed::Unknown);
}

#[tokio::test]
async fn a_token_that_comes_a_second_time_ends_its_session_and_no_other() {
    let platform = Platform::start().await;
    let (stolen, other) = (begin(&platform, 1, true).await, begin(&platform, 101, true).await);
    assert!(matches!(renew(&platform, 1, 2).await, Renewed::Session(_)));
    assert!(matches!(renew(&platform, 2, 3).await, Renewed::Session(_)));
    assert_eq!(renew(&platform, 1, 4).await, Renewed::Reused);
    for token in [2, 3, 4] {
        assert!(!matches!(renew(&platform, token, 50 + token).await, Renewed::Session(_)), "{token}");
    }
    let left: Vec<_> =
        platform.api.list_sessions(USER, now(), Part::first(100)).await.unwrap().items.iter().map(|it| it.id).collect();
    assert_eq!(left, [other]);
    assert!(!platform.api.revoke_session(USER, stolen, Ended::Revoked, now()).await.unwrap());
    let because = "SELECT count(*) FROM fresco.sessions WHERE revoked_because = 'token_reused'";
    assert_eq!(platform.number(because).await, 1);
}

#[tokio::test]
async fn of_two_who_show_one_token_at_once_only_one_goes_on() {
    let platform = Platform::start().await;
    for round in 0..20_u8 {
        let first = 3 * round + 1;
        begin(&platform, first, true).await;
        let (one, other) = tokio::join!(renew(&platform, first, first + 1), renew(&platform, first, first + 2));
        let went_on = [&one, &other].into_iter().filter(|it| matches!(it, Renewed::Session(_))).count();
        assert_eq!(went_on, 1, "{one:?} and {other:?}");
        assert!([one, other].contains(&Renewed::Reused));
    }
    assert!(
        platform.api.list_sessions(USER, now(), Part::first(100)).await.unwrap().items.is_empty(),
        "each has ended by the second use"
    );
}

#[tokio::test]
async fn sessions_end_when_they_expire_when_they_are_logged_out_and_when_they_are_revoked() {
    let platform = Platform::start().await;
    let (kept, one, out) =
        (begin(&platform, 1, true).await, begin(&platform, 2, true).await, begin(&platform, 3, true).await);
    begin(&platform, 4, true).await;
    assert!(platform.api.revoke_session(USER, one, Ended::Revoked, now()).await.unwrap());
    assert!(!platform.api.revoke_session(USER, one, Ended::Revoked, now()).await.unwrap());
    let stranger = UserId::generate(now(), &SystemEntropy);
    assert!(!platform.api.revoke_session(stranger, kept, Ended::Revoked, now()).await.unwrap());
    assert!(platform.api.end_session_of(hash(3), now()).await.unwrap());
    assert!(!platform.api.end_session_of(hash(3), now()).await.unwrap());
    assert!(!platform.api.revoke_session(USER, out, Ended::Revoked, now()).await.unwrap());
    assert_eq!(platform.api.revoke_sessions(USER, Some(kept), Ended::PasswordChanged, now()).await.unwrap(), 1);
    assert_eq!(platform.api.list_sessions(USER, now(), Part::first(100)).await.unwrap().items.len(), 1);
    for ended in [2, 3, 4] {
        assert_eq!(renew(&platform, ended, 50 + ended).await, Renewed::Unknown);
    }
    let later = now() + TimeDelta::hours(3);
    let late = Renewal { now: later, ..renewal(1, 60) };
    assert_eq!(platform.api.renew_session(&late).await.unwrap(), Renewed::Unknown);
    assert!(platform.api.list_sessions(USER, later, Part::first(100)).await.unwrap().items.is_empty());
}

pub(crate) fn letter(ring: &Keyring) -> NewMail {
    let id = uuid::Uuid::from_bytes(domain::entropy::random(&SystemEntropy));
    let written = Written { recipient: "ada@example.org", kind: "two_factor_changed", is_optional: false, text: "{}" };
    NewMail::seal(ring, id, written, (now(), None), &SystemEntropy)
}

fn signing_key(kid: &str, at: DateTime<Utc>) -> NewSigningKey {
    NewSigningKey { kid: kid.to_owned(), public: [7; 32], private: format!("{kid}-private").into(), now: at }
}

#[tokio::test]
async fn signing_keys_take_turns_and_the_old_one_verifies_until_it_is_retired() {
    let platform = Platform::start().await;
    let folder = tempfile::tempdir().unwrap();
    let ring = keyring(&folder, "keys");
    let start = now();
    let rotate = async |kid: &str, newer_than: DateTime<Utc>, at: DateTime<Utc>| {
        let (new, retire_at) = (signing_key(kid, at), at + TimeDelta::hours(1));
        platform.api.rotate_signing_key(&new, (newer_than, retire_at), (&ring, &SystemEntropy)).await.unwrap()
    };
    let kids = async |at| {
        let keys = platform.api.signing_keys(&ring, at).await.unwrap();
        keys.into_iter().map(|key| key.kid).collect::<Vec<_>>()
    };
    assert!(rotate("one", start, start).await);
    assert!(!rotate("late", start - TimeDelta::hours(1), start).await, "somebody else has just made one");
    assert!(rotate("two", start + TimeDelta::days(1), start + TimeDelta::days(2)).await);
    assert_eq!(kids(start + TimeDelta::days(2)).await, ["one", "two"]);
    assert_eq!(kids(start + TimeDelta::days(2) + TimeDelta::minutes(61)).await, ["two"]);
    let keys = platform.api.signing_keys(&ring, start).await.unwrap();
    assert_eq!(keys[0].private.as_ref().unwrap().expose_secret(), "one-private");
    assert!(!format!("{keys:?}").contains("one-private"));

    let other = keyring(&folder, "others");
    let unopened = platform.api.signing_keys(&other, start).await.unwrap();
    assert!(unopened.iter().all(|key| key.private.is_none() && key.public == [7; 32]));
    // A private half in another's place signs nothing.
    platform.sql("UPDATE fresco.signing_keys a SET sealed = b.sealed FROM fresco.signing_keys b WHERE a.kid = 'one' AND b.kid = 'two'").await;
    let moved = platform.api.signing_keys(&ring, start).await.unwrap();
    assert_eq!(moved.iter().filter(|key| key.private.is_some()).count(), 1);
}

#[tokio::test]
async fn a_second_factor_is_asked_for_once_confirmed_and_takes_no_code_twice() {
    let platform = Platform::start().await;
    let folder = tempfile::tempdir().unwrap();
    let ring = keyring(&folder, "keys");
    let begin = async |secret: &str| {
        let new = NewSecondFactor { user: USER, secret: secret.into(), now: now() };
        platform.api.begin_second_factor(&new, (&ring, &SystemEntropy)).await.unwrap()
    };
    let known = async || platform.api.second_factor(USER, &ring).await.unwrap();
    assert!(known().await.is_none());
    assert!(begin("first").await);
    assert!(begin("second").await, "the first one was not confirmed");
    let found = known().await.unwrap();
    assert_eq!((found.secret.expose_secret(), found.confirmed), ("second", false));

    let codes = [hash(1), hash(2)];
    assert!(platform.api.confirm_second_factor(USER, 100, &codes, (letter(&ring), now())).await.unwrap());
    assert!(!platform.api.confirm_second_factor(USER, 101, &codes, (letter(&ring), now())).await.unwrap());
    assert!(!begin("third").await, "who has a session can't put another in a confirmed one's place");
    assert!(known().await.unwrap().confirmed);
    for (step, good) in [(100, false), (99, false), (101, true), (101, false), (103, true), (102, false)] {
        assert_eq!(platform.api.use_second_factor(USER, step).await.unwrap(), good, "{step}");
    }
    let (one, other) =
        tokio::join!(platform.api.use_second_factor(USER, 200), platform.api.use_second_factor(USER, 200));
    assert!(one.unwrap() != other.unwrap(), "one of two who come at once");

    let other = keyring(&folder, "others");
    let error = platform.api.second_factor(USER, &other).await.unwrap_err();
    assert!(matches!(error, SecondFactorError::Sealed { .. }), "{error:?}");
    assert!(platform.api.remove_second_factor(USER, letter(&ring)).await.unwrap());
    assert!(!platform.api.remove_second_factor(USER, letter(&ring)).await.unwrap());
    assert_eq!(platform.api.recovery_codes_left(USER).await.unwrap(), 0);
}

#[tokio::test]
async fn a_recovery_code_is_good_once() {
    let platform = Platform::start().await;
    platform.api.replace_recovery_codes(USER, &[hash(1), hash(2), hash(3)]).await.unwrap();
    let used = async |code: u8| platform.api.use_recovery_code(USER, hash(code), now()).await.unwrap();
    assert_eq!((used(1).await, used(1).await, used(9).await), (true, false, false));
    assert_eq!(platform.api.recovery_codes_left(USER).await.unwrap(), 2);
    let (one, other) = tokio::join!(used(2), used(2));
    assert!(one != other, "one of two who come at once");
    platform.api.replace_recovery_codes(USER, &[hash(1)]).await.unwrap();
    assert_eq!((used(3).await, used(1).await), (false, true));
}

#[tokio::test]
async fn nothing_that_lies_there_can_be_used_by_who_reads_it() {
    let platform = Platform::start().await;
    let folder = tempfile::tempdir().unwrap();
    let ring = keyring(&folder, "keys");
    let secret: SecretString = "planted-secret".into();
    let new = NewSecondFactor { user: USER, secret: secret.clone(), now: now() };
    platform.api.begin_second_factor(&new, (&ring, &SystemEntropy)).await.unwrap();
    let key = NewSigningKey { private: secret, ..signing_key("one", now()) };
    platform.api.rotate_signing_key(&key, (now(), now()), (&ring, &SystemEntropy)).await.unwrap();
    for column in ["totp", "signing_keys"] {
        let found =
            format!("SELECT count(*) FROM fresco.{column} WHERE position('planted' in encode(sealed, 'escape')) > 0");
        assert_eq!(platform.number(&found).await, 0, "{column}");
    }
}
