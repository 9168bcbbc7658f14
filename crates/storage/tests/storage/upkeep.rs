//! What is forgotten, and what is not yet.

use chrono::TimeDelta;
use domain::{Email, OrganisationId, Quota, SessionId, SystemEntropy, UserId};
use storage::sessions::device::NewDevice;
use storage::sessions::refresh::{Renewal, Renewed, TokenHash};
use storage::sessions::user_tokens::{NewUserToken, Purpose};
use storage::sessions::{NewSession, Seen};
use storage::{Forgotten, Keyring};

use crate::sessions::letter;
use crate::support::{Platform, now};

const USER: UserId = UserId::OPERATOR;

fn seen() -> Seen {
    Seen::new("192.0.2.7".parse().unwrap(), "a browser")
}

async fn begin(platform: &Platform, token: u8) {
    let new = NewSession {
        id: SessionId::generate(now(), &SystemEntropy),
        user: USER,
        organisation: Some(OrganisationId::OPERATOR),
        remembered: true,
        refresh: TokenHash([token; 32]),
        seen: seen(),
        now: now(),
        expires_at: now() + TimeDelta::days(30),
    };
    platform.api.create_session(&new).await.unwrap();
}

async fn renew(platform: &Platform, shown: u8, next: u8) -> Renewed {
    let until = now() + TimeDelta::days(30);
    let (shown, next) = (TokenHash([shown; 32]), TokenHash([next; 32]));
    let renewal = Renewal { shown, next, seen: seen(), now: now(), remembered_until: until, until };
    platform.api.renew_session(&renewal).await.unwrap()
}

#[tokio::test]
async fn what_ended_or_was_used_long_ago_goes_and_what_may_still_show_a_theft_stays() {
    let platform = Platform::start().await;
    for token in [1, 50, 100] {
        begin(&platform, token).await;
    }
    for next in 1..5 {
        assert!(matches!(renew(&platform, next, next + 1).await, Renewed::Session(_)));
    }
    // One ended long ago, one lately; of the third's tokens two were used long ago.
    let lately = "(SELECT session_id FROM fresco.refresh_tokens WHERE hash = decode(repeat('32', 32), 'hex'))";
    platform
        .sql(&format!(
            "UPDATE fresco.sessions SET expires_at = now() - interval '31 days'
             WHERE id = (SELECT session_id FROM fresco.refresh_tokens WHERE hash = decode(repeat('64', 32), 'hex'));
             UPDATE fresco.sessions SET revoked_at = now() - interval '29 days', revoked_because = 'logged_out' WHERE id = {lately};
             UPDATE fresco.refresh_tokens SET used_at = now() - interval '31 days'
             WHERE hash IN (decode(repeat('01', 32), 'hex'), decode(repeat('02', 32), 'hex'))"
        ))
        .await;
    let before = now() - TimeDelta::days(30);
    let gone = platform.api.forget_proofs(before, now()).await.unwrap();
    assert_eq!(gone, Forgotten { sessions: 1, refresh_tokens: 2, ..Forgotten::default() });
    assert_eq!(platform.number("SELECT count(*) FROM fresco.sessions").await, 2);
    assert_eq!(renew(&platform, 1, 60).await, Renewed::Unknown, "used long ago");
    assert_eq!(renew(&platform, 4, 61).await, Renewed::Reused, "used lately: somebody has stolen it");
    assert_eq!(platform.api.forget_proofs(before, now()).await.unwrap().all(), 0);
}

#[tokio::test]
async fn what_has_expired_goes_and_what_has_not_stays() {
    let platform = Platform::start().await;
    let folder = tempfile::tempdir().unwrap();
    let ring = Keyring::generate_file(&folder.path().join("keys"), &SystemEntropy).unwrap();
    let (then, soon) = (now() + TimeDelta::hours(1), now() + TimeDelta::minutes(1));
    for (number, expires_at) in [(1, soon), (2, then)] {
        let new = NewDevice {
            hash: TokenHash([number; 32]),
            user_hash: TokenHash([number; 32]),
            name: "a program".to_owned(),
            seen: seen(),
            now: now(),
            expires_at,
        };
        platform.api.begin_device(&new).await.unwrap();
        let purpose = if number == 1 { Purpose::VerifyEmail } else { Purpose::ResetPassword };
        let token = NewUserToken { purpose, hash: TokenHash([number; 32]), now: now(), expires_at };
        platform.api.send_link(USER, &token, letter(&ring)).await.unwrap();
        let email = Email::parse(&format!("ada{number}@example.org")).unwrap();
        platform.api.invite_user(&email, letter(&ring), (now(), expires_at)).await.unwrap();
    }
    let quota = |text| Quota::parse(text).unwrap();
    platform.api.spend([1; 32], quota("1/10s"), now()).await.unwrap();
    platform.api.spend([2; 32], quota("1/1h"), now()).await.unwrap();
    let later = now() + TimeDelta::minutes(2);
    let gone = platform.api.forget_proofs(later - TimeDelta::days(30), later).await.unwrap();
    let one_each =
        Forgotten { user_tokens: 1, device_codes: 1, invitations: 1, rate_limits: 1, ..Forgotten::default() };
    assert_eq!(gone, one_each);
    for table in ["user_tokens", "device_codes", "signup_invitations", "rate_limits"] {
        assert_eq!(platform.number(&format!("SELECT count(*) FROM fresco.{table}")).await, 1, "{table}");
    }
}
