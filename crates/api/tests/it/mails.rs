//! Letters, from the row in which they wait to a real mail server.

use std::sync::Arc;
use std::time::Duration;

use api::{MailPace, Postman, PostmanParts};
use domain::{Clock, SystemClock, SystemEntropy};
use mail::{Encryption, Letters, Links, Message, Sender, Smtp, SmtpOptions, Token, Transport};
use storage::{Mail, MailState, NewMail, Written};
use test_mail_server::{MailServer, Options};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::Api;

const PATIENCE: Duration = Duration::from_secs(20);

/// Tries often, and gives a dead one's letters away soon.
pub(crate) const PACE: MailPace = MailPace {
    period: Duration::from_millis(200),
    lease: Duration::from_millis(1500),
    backoff_first: Duration::from_millis(100),
    backoff_most: Duration::from_millis(300),
    attempts: 1000,
    give_up_after: Duration::from_secs(3600),
    keep: Duration::from_secs(3600),
};

pub(crate) fn postman(api: &Api, port: u16, pace: MailPace) -> Postman {
    let options = SmtpOptions {
        host: "localhost".into(),
        port,
        encryption: Encryption::None,
        login: None,
        hello: "platform.example.net".into(),
        timeout: Duration::from_secs(1),
        idle: Duration::from_secs(30),
        authority: None,
    };
    Postman::new(PostmanParts {
        store: api.database.api.clone(),
        keyring: api.own_keys.clone(),
        letters: Letters::new(Links::new("https://platform.example.net").unwrap()),
        sender: Sender::parse("Fresco <no-reply@example.org>").unwrap(),
        transport: Transport::Smtp(Smtp::new(options)),
        pace,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        announce: None,
    })
}

/// One at work, which dies with the set.
pub(crate) fn at_work(tasks: &mut JoinSet<()>, postman: Postman) -> CancellationToken {
    let stop = CancellationToken::new();
    tasks.spawn(postman.run(stop.clone()));
    stop
}

async fn queue(api: &Api, number: u128, recipient: &str) -> Uuid {
    let message = Message::ResetPassword {
        token: Token::parse("planted-token").unwrap(),
        expires_at: SystemClock.now() + Duration::from_secs(600),
    };
    let (id, now) = (Uuid::from_u128(number), SystemClock.now());
    let (kind, text) = (message.kind().as_str(), message.to_json());
    let written = Written { recipient, kind, is_optional: false, text: &text };
    let mail = NewMail::seal(&api.own_keys, id, written, (now, message.expires_at()), &SystemEntropy);
    api.database.api.queue_mails(&[mail]).await.unwrap();
    id
}

async fn until(api: &Api, id: Uuid, wanted: impl Fn(&Mail) -> bool) -> Mail {
    let look = async {
        loop {
            let mail = api.database.api.find_mail(id).await.unwrap().unwrap();
            if wanted(&mail) {
                return mail;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.expect("the letter never came so far")
}

async fn letters(server: &Arc<MailServer>, count: usize) -> Vec<test_mail_server::Received> {
    let server = Arc::clone(server);
    let wait: JoinHandle<_> = tokio::task::spawn_blocking(move || server.wait_for(count));
    wait.await.unwrap()
}

#[tokio::test]
async fn a_letter_leaves_when_it_is_queued_and_is_forgotten_then() {
    let (api, server) = (Api::start().await, Arc::new(MailServer::start(&Options::default())));
    let mut tasks = JoinSet::new();
    // So long a period that only the bell explains it.
    let pace = MailPace { period: Duration::from_secs(600), ..PACE };
    let stop = at_work(&mut tasks, postman(&api, server.port(), pace));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let id = queue(&api, 1, "ada@example.net").await;
    let received = letters(&server, 1).await.remove(0);
    assert_eq!(received.recipients, ["ada@example.net"]);
    assert!(
        received.content.contains(&format!("Message-ID: <mail_{}@example.org>", id.simple())),
        "{}",
        received.content
    );
    let sent = until(&api, id, |mail| mail.state() == MailState::Sent).await;
    assert!(sent.open(&api.own_keys).unwrap().is_none());
    stop.cancel();
    tasks.join_all().await;
}

#[tokio::test]
async fn a_server_that_is_down_gets_the_letters_when_it_is_back() {
    let api = Api::start().await;
    let port = MailServer::start(&Options::default()).port();
    let mut tasks = JoinSet::new();
    at_work(&mut tasks, postman(&api, port, PACE));
    let id = queue(&api, 1, "ada@example.net").await;
    let waits = until(&api, id, |mail| mail.attempts > 2).await;
    assert!(waits.error.unwrap().contains("can't be reached"));
    let server = Arc::new(MailServer::start(&Options { port, ..Options::default() }));
    until(&api, id, |mail| mail.state() == MailState::Sent).await;
    assert_eq!(letters(&server, 1).await.len(), 1);
}

#[tokio::test]
async fn a_refused_recipient_is_given_up_at_once_and_others_go_on() {
    let api = Api::start().await;
    let refuse = vec!["nobody@example.net".to_owned()];
    let server = Arc::new(MailServer::start(&Options { refuse, ..Options::default() }));
    let mut tasks = JoinSet::new();
    at_work(&mut tasks, postman(&api, server.port(), PACE));
    let refused = queue(&api, 1, "nobody@example.net").await;
    let nonsense = queue(&api, 2, "no address").await;
    let fine = queue(&api, 3, "ada@example.net").await;
    until(&api, fine, |mail| mail.state() == MailState::Sent).await;
    let refused = until(&api, refused, |mail| mail.state() == MailState::Failed).await;
    assert_eq!(refused.attempts, 1);
    assert!(refused.error.unwrap().contains("no such mailbox"));
    until(&api, nonsense, |mail| mail.state() == MailState::Failed).await;
}

#[tokio::test]
async fn what_can_not_be_sent_has_an_end() {
    let api = Api::start().await;
    let server = MailServer::start(&Options { defer: vec!["ada@example.net".into()], ..Options::default() });
    let mut tasks = JoinSet::new();
    at_work(&mut tasks, postman(&api, server.port(), MailPace { attempts: 3, ..PACE }));
    let id = queue(&api, 1, "ada@example.net").await;
    let failed = until(&api, id, |mail| mail.state() == MailState::Failed).await;
    assert_eq!(failed.attempts, 3);
    assert!(failed.error.unwrap().contains("try again later"));
}

/// Killed while the server has the letter and has not said so, or has said so and nobody wrote it down: the same here, for
/// the holder never comes back.
#[tokio::test]
async fn whoever_dies_with_a_letter_in_hand_loses_none() {
    let api = Api::start().await;
    let hangs = MailServer::start(&Options { hang: true, ..Options::default() });
    let mut doomed = JoinSet::new();
    at_work(&mut doomed, postman(&api, hangs.port(), PACE));
    let ids = [queue(&api, 1, "ada@example.net").await, queue(&api, 2, "eve@example.net").await];
    until(&api, ids[0], |mail| mail.attempts == 1).await;
    doomed.shutdown().await;
    let server = Arc::new(MailServer::start(&Options::default()));
    let mut tasks = JoinSet::new();
    at_work(&mut tasks, postman(&api, server.port(), PACE));
    for id in ids {
        until(&api, id, |mail| mail.state() == MailState::Sent).await;
    }
    let mut recipients: Vec<String> =
        letters(&server, 2).await.into_iter().flat_map(|letter| letter.recipients).collect();
    recipients.sort();
    assert_eq!(recipients, ["ada@example.net", "eve@example.net"]);
}

#[tokio::test]
async fn many_postmen_send_each_letter_once() {
    let (api, server) = (Api::start().await, Arc::new(MailServer::start(&Options::default())));
    for number in 0..30 {
        queue(&api, number, &format!("user{number}@example.net")).await;
    }
    let mut tasks = JoinSet::new();
    for _ in 0..3 {
        at_work(&mut tasks, postman(&api, server.port(), MailPace { lease: Duration::from_secs(60), ..PACE }));
    }
    for number in 0..30 {
        until(&api, Uuid::from_u128(number), |mail| mail.state() == MailState::Sent).await;
    }
    assert_eq!(server.received().len(), 30);
}
