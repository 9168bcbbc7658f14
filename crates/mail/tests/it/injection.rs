//! Nothing anybody typed becomes a header, a recipient or a tag.

use mail::{Address, Envelope, Letter, Sender};

use crate::examples::{invitation, letters, moment};

const NASTY: [&str; 6] = [
    "Lab\r\nBcc: eve@example.com\r\n\r\nHi",
    "Lab\nX-Evil: yes",
    "Lab\r.\r\nRCPT TO:<eve@example.com>",
    "<script>alert(1)</script><a href=\"https://evil.example\">x</a>",
    "\u{202e}lab\0\u{2028}Bcc: eve@example.com",
    "=?utf-8?q?=0d=0aBcc:_eve@example.com?=",
];

fn head(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ").replace("\r\n\t", " ");
    head.split("\r\n").map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

fn compose(organisation: &str, inviter: &str) -> Letter {
    let rendered = letters().render(&invitation(organisation, inviter));
    let sender = Sender::parse("Fresco <no-reply@example.org>").unwrap();
    let envelope =
        Envelope { id: "mail_0190\r\nBcc: x".into(), to: Address::parse("ada@example.org").unwrap(), at: moment() };
    Letter::compose(&sender, &envelope, &rendered)
}

#[test]
fn no_word_of_anybody_adds_a_header() {
    let usual = head(compose("Lab", "Ada").bytes());
    assert!(usual.iter().any(|name| name == "Subject") && usual.iter().any(|name| name == "Auto-Submitted"));
    for nasty in NASTY {
        assert_eq!(head(compose(nasty, nasty).bytes()), usual, "{nasty}");
    }
}

#[test]
fn what_leaves_is_ascii_with_whole_line_ends() {
    for nasty in NASTY.into_iter().chain(["Müller · 研究室"]) {
        let letter = compose(nasty, nasty);
        assert!(letter.bytes().is_ascii(), "{nasty}");
        let text = String::from_utf8(letter.bytes().to_vec()).unwrap();
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{nasty}");
        assert!(text.lines().all(|line| line.len() <= 998), "{nasty}");
        assert!(!text.contains("\r\n.\r\n"), "{nasty}");
    }
}

#[test]
fn no_word_of_anybody_is_a_tag() {
    for nasty in NASTY {
        let html = letters().render(&invitation(nasty, nasty)).html;
        assert!(!html.contains("<script") && !html.contains("<a href=\"https://evil"), "{html}");
    }
}
