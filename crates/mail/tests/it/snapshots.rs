//! What people read, so that a change of it is seen in a review.

use mail::{Kind, Message};

use crate::examples::{all, letters};

#[test]
fn what_letters_say() {
    let letters = letters();
    let told = all().into_iter().map(|message| {
        let rendered = letters.render(&message);
        format!("{}\nSubject: {}\n\n{}", "=".repeat(80), rendered.subject, rendered.text)
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
}

#[test]
fn how_letters_look() {
    let letters = letters();
    let html = all().iter().map(|message| letters.render(message).html).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(html);
}

#[test]
fn each_letter_says_the_same_in_both_forms_and_speaks_of_instances() {
    for message in all() {
        let rendered = letters().render(&message);
        let kind = message.kind().as_str();
        assert!(!rendered.subject.is_empty() && rendered.text.starts_with("Hello,"), "{kind}");
        // A slash may stand in HTML either way, and an ampersand in one.
        let html = rendered.html.replace("&#x2f;", "/").replace("&amp;", "&");
        for body in [&rendered.text, &html] {
            assert!(!body.to_lowercase().contains("tenant") && !body.contains("{{"), "{kind}: {body}");
            if let Some(link) = &rendered.link {
                assert!(body.contains(link.as_str()), "{kind} lacks its link: {body}");
            }
        }
        assert!(!rendered.html.contains("<script") && !rendered.html.contains("src="), "{kind} fetches nothing");
    }
}

#[test]
fn a_token_stands_in_the_fragment_of_its_link_and_nowhere_else() {
    for message in all() {
        let rendered = letters().render(&message);
        assert!(!rendered.subject.contains("planted"));
        for body in [&rendered.text, &rendered.html] {
            let fragments = ["#token=", "#draft=sgn_1&token=", "#draft=sgn_1&amp;token="];
            let links = fragments.map(|fragment| body.matches(&format!("{fragment}5f1b_planted-token")).count());
            assert_eq!(body.matches("planted").count(), links.iter().sum::<usize>(), "{}", message.kind().as_str());
        }
    }
}

#[test]
fn a_message_survives_waiting() {
    for message in all() {
        let kept = Message::from_json(&message.to_json()).unwrap();
        assert_eq!(letters().render(&kept), letters().render(&message));
        assert!(!format!("{message:?}").contains("planted"));
    }
}

#[test]
fn no_kind_is_forgotten_and_what_is_about_security_is_no_choice() {
    for kind in Kind::ALL {
        assert!(all().iter().any(|message| message.kind() == *kind), "{} is not tried", kind.as_str());
    }
    let optional: Vec<_> = Kind::ALL.iter().filter(|kind| kind.is_optional()).map(|kind| kind.as_str()).collect();
    assert_eq!(optional, ["invitation", "continue_sign_up", "instance_ready", "account_approved"]);
}
