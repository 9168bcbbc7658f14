//! What people read, so that a change of it is seen in a review.

use mail::Message;

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
        let kind = message.kind();
        assert!(!rendered.subject.is_empty() && rendered.text.starts_with("Hello,"), "{kind}");
        // A slash may stand in HTML either way.
        let html = rendered.html.replace("&#x2f;", "/");
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
            let (all, in_fragments) =
                (body.matches("planted").count(), body.matches("#token=5f1b_planted-token").count());
            assert_eq!(all, in_fragments, "{}", message.kind());
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
