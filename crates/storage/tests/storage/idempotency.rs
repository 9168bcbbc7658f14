//! Requests with an idempotency key.

use std::time::Duration;

use domain::SystemEntropy;
use domain::tenant::Operation;
use secrecy::ExposeSecret;
use storage::audit::{acting, attempting};
use storage::{Actor, ActorKind, Begun, ChangeError, IdempotentRequest, Keyring, Scope};
use uuid::Uuid;

use crate::support::{Platform, change, now};

const LEASE: Duration = Duration::from_secs(60);

fn request(attempt: u128) -> IdempotentRequest {
    IdempotentRequest {
        principal: "operator:1".into(),
        operation: "POST /tenants".into(),
        key: "key-1".into(),
        request: [7; 32],
        attempt: Uuid::from_u128(attempt),
        now: now(),
    }
}

async fn begin(platform: &Platform, request: &IdempotentRequest) -> Begun {
    platform.api.begin_idempotent(request, LEASE).await.unwrap()
}

/// As the attempt that it is.
async fn as_attempt<W: Future>(attempt: u128, work: W) -> W::Output {
    acting(Actor::new(ActorKind::Operator, None), async {
        attempting(Uuid::from_u128(attempt));
        work.await
    })
    .await
}

#[tokio::test]
async fn one_is_at_it_and_the_others_are_told_how_it_stands() {
    let platform = Platform::start().await;
    assert_eq!(begin(&platform, &request(1)).await, Begun::Mine);
    assert_eq!(begin(&platform, &request(2)).await, Begun::UnderWay);
    let other = IdempotentRequest { request: [8; 32], ..request(2) };
    assert_eq!(begin(&platform, &other).await, Begun::Mismatch);
    let elsewhere = IdempotentRequest { principal: "user:1".into(), ..request(3) };
    assert_eq!(begin(&platform, &elsewhere).await, Begun::Mine);

    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::generate_file(&folder.path().join("keys"), &SystemEntropy).unwrap();
    platform.api.keep_answer(Uuid::from_u128(1), "planted", (&keyring, &SystemEntropy)).await.unwrap();
    let Begun::Answered(kept) = begin(&platform, &request(2)).await else { panic!("it was answered") };
    assert_eq!(kept.open(&keyring).unwrap().expose_secret(), "planted");
    assert_eq!(begin(&platform, &other).await, Begun::Mismatch);
    assert_eq!(platform.api.prune_answers(now() + chrono::TimeDelta::hours(1)).await.unwrap(), 2);
    assert_eq!(begin(&platform, &request(2)).await, Begun::Mine);
}

#[tokio::test]
async fn of_many_at_once_one_is_at_it() {
    let platform = Platform::start().await;
    let mut tasks = tokio::task::JoinSet::new();
    for attempt in 0..8 {
        let store = platform.api.clone();
        tasks.spawn(async move { store.begin_idempotent(&request(attempt), LEASE).await.unwrap() });
    }
    let begun = tasks.join_all().await;
    assert_eq!(begun.iter().filter(|begun| **begun == Begun::Mine).count(), 1, "{begun:?}");
    assert!(begun.iter().all(|begun| matches!(begun, Begun::Mine | Begun::UnderWay)));
}

#[tokio::test]
async fn what_was_let_go_is_anybodys_unless_it_was_done() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("study").await.id;
    assert_eq!(begin(&platform, &request(1)).await, Begun::Mine);
    platform.api.let_go(Uuid::from_u128(1)).await.unwrap();
    assert_eq!(begin(&platform, &request(2)).await, Begun::Mine);
    as_attempt(2, platform.api.change_tenant(Scope::Operator, tenant, change(Operation::Stop))).await.unwrap();
    platform.api.let_go(Uuid::from_u128(2)).await.unwrap();
    assert_eq!(begin(&platform, &request(3)).await, Begun::AnswerLost);
}

/// It slept through its lease, another one began, and it wakes up.
#[tokio::test]
async fn who_was_taken_over_does_nothing_any_more() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("study").await;
    let restart = || platform.api.change_tenant(Scope::Operator, tenant.id, change(Operation::Restart));
    assert_eq!(platform.api.begin_idempotent(&request(1), Duration::ZERO).await.unwrap(), Begun::Mine);
    assert_eq!(begin(&platform, &request(2)).await, Begun::Mine);
    let late = as_attempt(1, restart()).await;
    assert!(matches!(late, Err(ChangeError::Storage(_))), "{late:?}");
    let done = as_attempt(2, restart()).await.unwrap();
    assert_eq!(done.tenant.generation, tenant.generation + 1);
}
