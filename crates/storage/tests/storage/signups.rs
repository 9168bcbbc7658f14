//! Drafts of people who are signing up, and the names held for them.

use chrono::{DateTime, TimeDelta, Utc};
use domain::tenant::Subdomain;
use domain::wizard::{Accepted, Draft, UseCase};
use domain::{Email, SignupId, SystemEntropy};
use storage::{AnswerError, CreateTenantError, DeployError, Keyring, NameState, NewSignup, Scope};

use crate::sessions::letter;
use crate::support::{Platform, new_tenant, now};

fn hour() -> TimeDelta {
    TimeDelta::hours(1)
}

fn wishing(name: &str) -> Draft {
    Draft {
        account: true,
        use_case: Some(UseCase::Study),
        subdomain: Some(Subdomain::parse(name).unwrap()),
        terms: Some(Accepted { version: "1".to_owned(), at: now() }),
    }
}

async fn signup(platform: &Platform, number: u8) -> SignupId {
    let id = SignupId::generate(now(), &SystemEntropy);
    let folder = tempfile::tempdir().unwrap();
    let ring = Keyring::generate_file(&folder.path().join("keys"), &SystemEntropy).unwrap();
    let email = Email::parse("ada@example.org").unwrap();
    let new = NewSignup { id, hash: [number; 32], email, now: now(), expires_at: now() + hour() };
    platform.api.create_signup(&new, letter(&ring)).await.unwrap();
    id
}

async fn wish(platform: &Platform, id: SignupId, name: &str) -> Result<(), AnswerError> {
    platform.api.answer_signup(id, &wishing(name), (now(), now() + hour())).await
}

async fn state(platform: &Platform, name: &str, at: DateTime<Utc>, signup: Option<SignupId>) -> NameState {
    let name = Subdomain::parse(name).unwrap();
    platform.api.name_states(&[name], at, signup).await.unwrap()[0]
}

#[tokio::test]
async fn a_draft_is_found_by_its_token_until_it_expires() {
    let platform = Platform::start().await;
    let id = signup(&platform, 1).await;
    wish(&platform, id, "owls").await.unwrap();
    let found = platform.api.find_signup((id, &[1; 32]), now()).await.unwrap().unwrap();
    assert_eq!((found.draft.subdomain.unwrap().as_str(), found.deployed), ("owls", None));
    assert_eq!(platform.api.find_signup((id, &[2; 32]), now()).await.unwrap(), None);
    assert_eq!(platform.api.find_signup((id, &[1; 32]), now() + hour() * 2).await.unwrap(), None);
    assert_eq!(platform.api.prune_signups(now()).await.unwrap(), 0);
    assert_eq!(platform.api.prune_signups(now() + hour() * 2).await.unwrap(), 1);
    assert_eq!(platform.number("SELECT count(*) FROM fresco.name_holds").await, 0);
    assert!(matches!(wish(&platform, id, "owls").await, Err(AnswerError::NotFound)));
}

#[tokio::test]
async fn a_draft_holds_the_one_name_it_wishes_for() {
    let platform = Platform::start().await;
    let (mine, other) = (signup(&platform, 1).await, signup(&platform, 2).await);
    wish(&platform, mine, "owls").await.unwrap();
    assert!(matches!(state(&platform, "owls", now(), None).await, NameState::Held { .. }));
    assert_eq!(state(&platform, "owls", now(), Some(mine)).await, NameState::Free);
    let refused = wish(&platform, other, "owls").await.unwrap_err();
    assert!(matches!(refused, AnswerError::NameRefused(NameState::Held { .. })), "{refused}");
    let refused = platform.api.create_tenant(Scope::Operator, new_tenant("owls")).await.unwrap_err();
    assert!(matches!(refused, CreateTenantError::SubdomainHeld { .. }), "{refused}");

    wish(&platform, mine, "terns").await.unwrap();
    wish(&platform, other, "owls").await.unwrap();
    assert_eq!(state(&platform, "terns", now() + hour() * 2, None).await, NameState::Free);
}

#[tokio::test]
async fn of_many_who_wish_for_one_name_at_once_one_gets_it() {
    let platform = Platform::start().await;
    let mut drafts = Vec::new();
    for number in 0..8 {
        drafts.push(signup(&platform, number).await);
    }
    let wishes = drafts.iter().map(|id| wish(&platform, *id, "owls"));
    let answers = futures_util::future::join_all(wishes).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert_eq!(platform.number("SELECT count(*) FROM fresco.name_holds").await, 1);
}

#[tokio::test]
async fn a_draft_is_deployed_once_however_often_that_is_asked() {
    let platform = Platform::start().await;
    let id = signup(&platform, 1).await;
    wish(&platform, id, "owls").await.unwrap();
    let (one, two) = (new_tenant("owls"), new_tenant("owls"));
    let terms = Accepted { version: "1".to_owned(), at: now() };
    let (first, second) = tokio::join!(
        platform.api.deploy_signup(Scope::Operator, id, (&one, &terms)),
        platform.api.deploy_signup(Scope::Operator, id, (&two, &terms))
    );
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(platform.number("SELECT count(*) FROM fresco.tenants").await, 1);
    assert_eq!(platform.number("SELECT count(*) FROM fresco.name_holds").await, 0);
    assert_eq!(state(&platform, "owls", now(), Some(id)).await, NameState::Taken);
    assert!(matches!(wish(&platform, id, "terns").await, Err(AnswerError::NotFound)));

    let unknown = SignupId::generate(now(), &SystemEntropy);
    let refused = platform.api.deploy_signup(Scope::Operator, unknown, (&new_tenant("gulls"), &terms)).await;
    assert!(matches!(refused, Err(DeployError::NotFound)));
}
