use std::time::Duration;

use chrono::TimeDelta;
use domain::SystemEntropy;
use secrecy::ExposeSecret;
use serde_json::json;
use storage::accounts::UserChange;
use storage::{Bell, Doorbell, DueMail, Keyring, MailOutcome, MailState, NewMail, Part, Rung, Written};
use uuid::Uuid;

use crate::support::{Platform, now, worker};

const LEASE: Duration = Duration::from_secs(60);

fn keyring() -> Keyring {
    let folder = tempfile::tempdir().unwrap();
    Keyring::generate_file(&folder.path().join("keys"), &SystemEntropy).unwrap()
}

fn mail(keyring: &Keyring, number: u128) -> NewMail {
    letter(keyring, number, ("ada@example.org", "verify_email", false))
}

fn letter(keyring: &Keyring, number: u128, (recipient, kind, is_optional): (&str, &'static str, bool)) -> NewMail {
    let written = Written { recipient, kind, is_optional, text: "a planted token" };
    NewMail::seal(keyring, Uuid::from_u128(number), written, (now(), None), &SystemEntropy)
}

async fn claim(platform: &Platform, owner: u128) -> Option<DueMail> {
    platform.api.claim_mail(worker(owner), LEASE).await.unwrap()
}

#[tokio::test]
async fn what_waits_is_sealed_and_what_is_sent_is_forgotten() {
    let (platform, keyring) = (Platform::start().await, keyring());
    let mut bell = Doorbell::listen(&platform.api, Bell::Mail);
    assert_eq!(bell.rung().await, Rung::Reconnected);
    platform.api.queue_mails(&[mail(&keyring, 1)]).await.unwrap();
    assert_eq!(bell.rung().await, Rung::Heard);
    let planted = "SELECT count(*) FROM fresco.mail_outbox m WHERE m::text LIKE '%planted%'
                   OR position('planted' IN encode(coalesce(payload, ''), 'escape')) > 0";
    assert_eq!(platform.number(planted).await, 0);
    let due = claim(&platform, 1).await.unwrap();
    assert_eq!((due.recipient.as_str(), due.kind.as_str(), due.attempts), ("ada@example.org", "verify_email", 1));
    assert_eq!(due.open(&keyring).unwrap().expose_secret(), "a planted token");
    assert!(platform.api.finish_mail(&due, MailOutcome::Sent, now()).await.unwrap());
    let kept = platform.api.find_mail(due.id).await.unwrap().unwrap();
    assert_eq!((kept.state(), kept.open(&keyring).unwrap().is_none()), (MailState::Sent, true));
    assert!(claim(&platform, 1).await.is_none());
    assert!(!platform.api.retry_mail(due.id).await.unwrap(), "what is sent is not sent again");
}

#[tokio::test]
async fn a_letter_has_one_holder_and_a_late_one_changes_nothing() {
    let (platform, keyring) = (Platform::start().await, keyring());
    platform.api.queue_mails(&[mail(&keyring, 1)]).await.unwrap();
    let late = platform.api.claim_mail(worker(1), Duration::ZERO).await.unwrap().unwrap();
    let taken_over = claim(&platform, 1).await.unwrap();
    assert_eq!(taken_over.attempts, 2, "an attempt counts when it begins");
    assert!(claim(&platform, 2).await.is_none());
    assert!(!platform.api.finish_mail(&late, MailOutcome::GivenUp("late"), now()).await.unwrap());
    platform.api.release_mail(&late).await.unwrap();
    assert!(claim(&platform, 2).await.is_none());
    platform.api.release_mail(&taken_over).await.unwrap();
    assert_eq!(claim(&platform, 2).await.unwrap().attempts, 3);
}

#[tokio::test]
async fn many_who_send_never_hold_the_same() {
    let (platform, keyring) = (Platform::start().await, keyring());
    let mails: Vec<NewMail> = (0..40).map(|number| mail(&keyring, number)).collect();
    platform.api.queue_mails(&mails).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for owner in 0..4 {
        let store = platform.api.clone();
        tasks.spawn(async move {
            let mut held = Vec::new();
            while let Some(due) = store.claim_mail(worker(owner), LEASE).await.unwrap() {
                held.push(due.id);
            }
            held
        });
    }
    let mut all: Vec<Uuid> = tasks.join_all().await.into_iter().flatten().collect();
    all.sort();
    assert_eq!(all, (0..40).map(Uuid::from_u128).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_put_off_comes_back_and_what_is_given_up_waits_for_the_operator() {
    let (platform, keyring) = (Platform::start().await, keyring());
    platform.api.queue_mails(&[mail(&keyring, 1)]).await.unwrap();
    assert!(platform.api.next_mail_in().await.unwrap().unwrap().is_zero());
    let due = claim(&platform, 1).await.unwrap();
    let later = MailOutcome::Later("the server is down\0", Duration::from_secs(30));
    assert!(platform.api.finish_mail(&due, later, now()).await.unwrap());
    let in_seconds = platform.api.next_mail_in().await.unwrap().unwrap().as_secs_f64();
    assert!((25.0..=30.0).contains(&in_seconds), "{in_seconds}");
    assert!(claim(&platform, 1).await.is_none());
    platform.sql("UPDATE fresco.mail_outbox SET next_at = now()").await;
    let due = claim(&platform, 1).await.unwrap();
    assert!(platform.api.finish_mail(&due, MailOutcome::GivenUp("no such mailbox"), now()).await.unwrap());
    assert!(claim(&platform, 1).await.is_none());
    assert_eq!(platform.api.next_mail_in().await.unwrap(), None);
    let failed = platform.api.list_mails(Some(MailState::Failed), Part::first(10)).await.unwrap().items;
    assert_eq!((failed[0].error.as_deref(), failed[0].attempts), (Some("no such mailbox"), 2));
    assert!(platform.api.retry_mail(due.id).await.unwrap());
    assert_eq!(claim(&platform, 1).await.unwrap().attempts, 1);
}

#[tokio::test]
async fn what_is_done_is_forgotten_after_a_while_and_what_waits_never() {
    let (platform, keyring) = (Platform::start().await, keyring());
    platform.api.queue_mails(&[mail(&keyring, 1), mail(&keyring, 2), mail(&keyring, 3)]).await.unwrap();
    let (sent, failed) = (claim(&platform, 1).await.unwrap(), claim(&platform, 1).await.unwrap());
    platform.api.finish_mail(&sent, MailOutcome::Sent, now()).await.unwrap();
    platform.api.finish_mail(&failed, MailOutcome::GivenUp("no"), now()).await.unwrap();
    assert_eq!(platform.api.prune_mails(now() - TimeDelta::hours(1)).await.unwrap(), 0);
    assert_eq!(platform.api.prune_mails(now() + TimeDelta::hours(1)).await.unwrap(), 2);
    assert_eq!(platform.api.list_mails(None, Part::first(10)).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn pages_hold_each_letter_once() {
    let (platform, keyring) = (Platform::start().await, keyring());
    let mails: Vec<NewMail> = (0..7).map(|number| mail(&keyring, number)).collect();
    platform.api.queue_mails(&mails).await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = platform.api.list_mails(Some(MailState::Waiting), Part { after, limit: 3 }).await.unwrap();
        seen.extend(page.items.iter().map(|mail| mail.id));
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    seen.sort();
    assert_eq!(seen, (0..7).map(Uuid::from_u128).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_its_reader_does_without_is_not_queued_and_what_they_need_is() {
    let (platform, keyring) = (Platform::start().await, keyring());
    let ada = platform.user("ada").await;
    let queued = async |number: u128, kind, is_optional| {
        // As whoever writes to her: nobody who sees her account.
        let letter = letter(&keyring, number, ("ADA@example.org", kind, is_optional));
        platform.api.queue_mails(&[letter]).await.unwrap();
        platform.api.find_mail(Uuid::from_u128(number)).await.unwrap().is_some()
    };
    assert!(queued(1, "instance_ready", true).await, "she has said nothing");
    let odd =
        [json!({ "letters": "none" }), json!({ "letters": { "instance_ready": "no" } }), json!({ "letters": [false] })];
    for (number, preferences) in (2..).zip(odd) {
        choose(&platform, ada, preferences).await;
        assert!(queued(number, "instance_ready", true).await);
    }
    choose(&platform, ada, json!({ "letters": { "instance_ready": false, "new_sign_in": false } })).await;
    assert!(!queued(10, "instance_ready", true).await);
    assert!(queued(11, "invitation", true).await, "another kind");
    assert!(queued(12, "new_sign_in", false).await, "whatever is said of it");
    choose(&platform, ada, json!({ "letters": { "instance_ready": true } })).await;
    assert!(queued(13, "instance_ready", true).await);
}

async fn choose(platform: &Platform, user: domain::UserId, preferences: serde_json::Value) {
    let preferences = preferences.as_object().cloned();
    platform.api.update_user(user, UserChange { name: None, preferences }).await.unwrap();
}
