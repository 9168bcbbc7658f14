//! Letters to a real mail server.

use std::time::{Duration, Instant};

use mail::{Address, Encryption, Envelope, Letter, Login, SendError, Sender, Smtp, SmtpOptions, Transport};
use test_mail_server::{MailServer, Options, Speaks};

use crate::examples::{all, letters, moment};

fn options(server: &MailServer, encryption: Encryption) -> SmtpOptions {
    SmtpOptions {
        host: "localhost".into(),
        port: server.port(),
        encryption,
        login: None,
        hello: "platform.example.net".into(),
        timeout: Duration::from_secs(10),
        idle: Duration::from_secs(30),
        authority: (encryption != Encryption::None).then(|| std::fs::read(server.authority()).unwrap()),
    }
}

fn smtp(options: SmtpOptions) -> Transport {
    Transport::Smtp(Smtp::new(options))
}

fn letter(to: &str) -> Letter {
    let envelope = Envelope { id: "mail_1".into(), to: Address::parse(to).unwrap(), at: moment() };
    Letter::compose(&Sender::parse("Fresco <no-reply@example.org>").unwrap(), &envelope, &letters().render(&all()[0]))
}

#[track_caller]
fn transient(sent: Result<(), SendError>) -> String {
    match sent {
        Err(SendError::Transient(words)) => words,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_letter_arrives_whole_and_the_connection_is_used_again() {
    let server = MailServer::start(&Options::default());
    let way = smtp(options(&server, Encryption::None));
    for _ in 0..3 {
        way.send(&letter("ada@example.net")).await.unwrap();
    }
    let received = server.wait_for(3);
    assert_eq!(
        (received[0].sender.as_str(), received[0].recipients.clone()),
        ("no-reply@example.org", vec!["ada@example.net".into()])
    );
    for part in ["Subject: Confirm your e-mail address", "multipart/alternative", "Message-ID: <mail_1@example.org>"] {
        assert!(received[0].content.contains(part), "{part}: {}", received[0].content);
    }
    assert!(received.iter().all(|other| other.connection == received[0].connection));
    way.close().await;
    way.send(&letter("ada@example.net")).await.unwrap();
    assert_ne!(server.wait_for(4)[3].connection, received[0].connection);
}

#[tokio::test]
async fn with_tls_of_either_kind_and_a_login() {
    for (speaks, encryption) in [(Speaks::StartTls, Encryption::StartTls), (Speaks::Implicit, Encryption::Implicit)] {
        let login = ("platform".to_owned(), "s3cret pass".to_owned());
        let server = MailServer::start(&Options { speaks, login: Some(login.clone()), ..Options::default() });
        let right = Login { user: login.0.clone(), password: login.1.into() };
        let way = smtp(SmtpOptions { login: Some(right.clone()), ..options(&server, encryption) });
        way.send(&letter("ada@example.net")).await.unwrap();
        let received = server.wait_for(1).remove(0);
        assert!(received.encrypted, "{speaks:?}");
        assert_eq!(received.login.as_deref(), Some("platform"));
        let found = way.check().await.unwrap();
        assert!(found.contains("over TLS") && found.contains("as platform"), "{found}");

        let wrong = Login { password: "planted".into(), ..right.clone() };
        let words = transient(
            smtp(SmtpOptions { login: Some(wrong), ..options(&server, encryption) })
                .send(&letter("ada@example.net"))
                .await,
        );
        assert!(words.contains("does not let us in") && !words.contains("planted"), "{words}");
        let none = smtp(options(&server, encryption));
        let words = transient(none.send(&letter("ada@example.net")).await);
        assert!(words.contains("refuses our sender"), "{words}");
        let strange = SmtpOptions { login: Some(right), authority: None, ..options(&server, encryption) };
        let words = transient(smtp(strange).send(&letter("ada@example.net")).await);
        assert!(words.to_lowercase().contains("certificate"), "{words}");
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn a_server_without_starttls_is_told_nothing() {
    let server = MailServer::start(&Options::default());
    let words = transient(
        smtp(SmtpOptions { authority: None, ..options_without_authority(&server) })
            .send(&letter("ada@example.net"))
            .await,
    );
    assert!(words.contains("offers no STARTTLS"), "{words}");
    assert!(server.received().is_empty());
}

fn options_without_authority(server: &MailServer) -> SmtpOptions {
    SmtpOptions { encryption: Encryption::StartTls, ..options(server, Encryption::None) }
}

#[tokio::test]
async fn a_refused_recipient_is_for_good_and_a_deferred_one_is_not() {
    let refuse = vec!["nobody@example.net".to_owned()];
    let server = MailServer::start(&Options { refuse, defer: vec!["later@example.net".into()], ..Options::default() });
    let way = smtp(options(&server, Encryption::None));
    let refused = way.send(&letter("nobody@example.net")).await;
    assert!(matches!(&refused, Err(SendError::Permanent(words)) if words.contains("no such mailbox")), "{refused:?}");
    let words = transient(way.send(&letter("later@example.net")).await);
    assert!(words.contains("try again later"), "{words}");
    way.send(&letter("ada@example.net")).await.unwrap();
    assert_eq!(server.wait_for(1)[0].recipients, ["ada@example.net"]);
}

#[tokio::test]
async fn a_refused_sender_is_no_fault_of_the_letter() {
    let server = MailServer::start(&Options { refuse: vec!["no-reply@example.org".into()], ..Options::default() });
    let words = transient(smtp(options(&server, Encryption::None)).send(&letter("ada@example.net")).await);
    assert!(words.contains("refuses our sender"), "{words}");
}

#[tokio::test]
async fn a_server_that_goes_and_comes_back_gets_the_letters() {
    let server = MailServer::start(&Options::default());
    let (port, way) = (server.port(), smtp(options(&server, Encryption::None)));
    way.send(&letter("ada@example.net")).await.unwrap();
    drop(server);
    let words = transient(way.send(&letter("ada@example.net")).await);
    assert!(words.contains("can't be reached"), "{words}");
    let back = MailServer::start(&Options { port, ..Options::default() });
    way.send(&letter("ada@example.net")).await.unwrap();
    assert_eq!(back.wait_for(1).len(), 1);
}

#[tokio::test]
async fn a_server_that_hangs_costs_the_time_out_and_nothing_else() {
    let server = MailServer::start(&Options { hang: true, ..Options::default() });
    let timeout = Duration::from_millis(500);
    let way = smtp(SmtpOptions { timeout, ..options(&server, Encryption::None) });
    let began = Instant::now();
    let words = transient(way.send(&letter("ada@example.net")).await);
    assert!(words.contains("has not taken the letter within 500ms"), "{words}");
    assert!(began.elapsed() < Duration::from_secs(5));
    // The one that was left in the middle is not used again: the server greets us anew.
    assert!(way.check().await.is_ok());
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let way = smtp(SmtpOptions { port, timeout, host: "127.0.0.1".into(), ..options(&server, Encryption::None) });
    let words = transient(way.send(&letter("ada@example.net")).await);
    assert!(words.contains("has not let us in within 500ms"), "{words}");
}
