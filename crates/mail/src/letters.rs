//! Subject, text and HTML out of a message.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use minijinja::{Environment, UndefinedBehavior, Value};

use crate::address::Address;
use crate::links::{Links, Page};
use crate::message::{Message, Origin};

/// The longest value of a stranger's that stands in a letter.
const LONGEST_WORDS: usize = 120;

/// What every template is written into.
const LAYOUT: &str = "layout";

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
    /// Where its button leads; it may hold a token.
    pub link: Option<String>,
    /// Whom an answer goes to.
    pub answer_to: Option<Address>,
}

/// The installation they speak for.
#[derive(Debug)]
pub struct Letters {
    links: Links,
}

macro_rules! templates {
    ($($name:literal)*) => {
        [$( ($name, include_str!(concat!("../templates/", $name))) ),*]
    };
}
const TEMPLATES: [(&str, &str); 34] = templates! {
    "layout.html" "layout.txt"
    "verify_email.html" "verify_email.txt"
    "already_registered.html" "already_registered.txt"
    "reset_password.html" "reset_password.txt"
    "no_account.html" "no_account.txt"
    "password_changed.html" "password_changed.txt"
    "two_factor_changed.html" "two_factor_changed.txt"
    "two_factor_reset.html" "two_factor_reset.txt"
    "new_sign_in.html" "new_sign_in.txt"
    "invitation.html" "invitation.txt"
    "continue_sign_up.html" "continue_sign_up.txt"
    "instance_ready.html" "instance_ready.txt"
    "account_deleted.html" "account_deleted.txt"
    "not_invited.html" "not_invited.txt"
    "sign_up_invitation.html" "sign_up_invitation.txt"
    "account_approved.html" "account_approved.txt"
    "help_wanted.html" "help_wanted.txt"
};

impl Letters {
    #[must_use]
    pub const fn new(links: Links) -> Self {
        Self { links }
    }

    /// What the message says.
    ///
    /// # Panics
    /// Never: a test renders every kind of message, and no value of a message can fail a template.
    #[must_use]
    pub fn render(&self, message: &Message) -> Rendered {
        let kind = message.kind().as_str();
        let (link, mut values) = self.values(message);
        values.insert("link", link.clone().into());
        values.insert("home", self.links.home().into());
        let templates = templates(kind);
        let fill = |name: String| {
            let template = templates.get_template(&name).expect("every kind has both of its templates");
            template.render(&values).expect("every value that a template names is given")
        };
        let whole = fill(format!("{kind}.txt"));
        let (subject, text) = whole.split_once('\n').unwrap_or_default();
        Rendered {
            subject: subject.trim_start_matches("Subject:").trim().to_owned(),
            text: paragraphs(text),
            html: fill(format!("{kind}.html")),
            link,
            answer_to: message.answer_to().and_then(|address| Address::parse(address).ok()),
        }
    }

    /// Where the button leads, and what the templates may name.
    fn values(&self, message: &Message) -> (Option<String>, BTreeMap<&'static str, Value>) {
        let (page, token) =
            (|page| Some(self.links.page(page)), |page, token| Some(self.links.with_token(page, token)));
        match message {
            Message::VerifyEmail { token: it, expires_at } => {
                (token(Page::VerifyEmail, it), [("until", moment(expires_at))].into())
            }
            Message::AlreadyRegistered => {
                let forgotten = self.links.page(Page::ForgotPassword);
                (page(Page::SignIn), [("forgotten", forgotten.into())].into())
            }
            Message::ResetPassword { token: it, expires_at } => {
                (token(Page::ResetPassword, it), [("until", moment(expires_at))].into())
            }
            Message::NoAccount => (page(Page::SignUp), BTreeMap::new()),
            Message::PasswordChanged { at, origin } => (page(Page::ForgotPassword), done(at, origin)),
            Message::TwoFactorChanged { enabled, at, origin } => {
                let mut values = done(at, origin);
                values.insert("enabled", (*enabled).into());
                (page(Page::Security), values)
            }
            Message::TwoFactorReset { at } => (page(Page::SignIn), [("at", moment(at))].into()),
            Message::NewSignIn { at, origin } => (page(Page::Sessions), done(at, origin)),
            Message::Invitation { token: it, organisation, inviter, role, expires_at } => {
                let (organisation, inviter) = (words(organisation), words(inviter));
                let values = [
                    ("organisation", organisation),
                    ("inviter", inviter),
                    ("role", words(role)),
                    ("until", moment(expires_at)),
                ];
                (token(Page::Invitation, it), values.into())
            }
            Message::ContinueSignUp { draft, token: it, expires_at } => {
                (Some(self.links.draft(draft, it)), [("until", moment(expires_at))].into())
            }
            Message::InstanceReady { subdomain, url, awaits_visitor } => {
                let (subdomain, url) = (words(subdomain), words(url));
                let values = [("subdomain", subdomain), ("url", url), ("awaits_visitor", (*awaits_visitor).into())];
                (page(Page::Instances), values.into())
            }
            Message::AccountDeleted { at, by_operator } => {
                (None, [("at", moment(at)), ("by_operator", (*by_operator).into())].into())
            }
            Message::NotInvited => (None, BTreeMap::new()),
            Message::SignUpInvitation { expires_at } => (page(Page::SignUp), [("until", moment(expires_at))].into()),
            Message::AccountApproved => (page(Page::SignIn), BTreeMap::new()),
            Message::HelpWanted { email, instance, text, at } => {
                let about = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
                let values = [
                    ("email", words(email)),
                    ("instance", words(instance.as_deref().unwrap_or_default())),
                    ("about", words(about)),
                    ("text", lines(text)),
                    ("at", moment(at)),
                ];
                (None, values.into())
            }
        }
    }
}

/// The templates of one kind, read when it is written: all of them read would be more than a megabyte of a daemon that
/// writes a letter now and then.
fn templates(kind: &str) -> Environment<'static> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    let of_kind = |name: &str| name.split('.').next().is_some_and(|stem| [kind, LAYOUT].contains(&stem));
    for (name, text) in TEMPLATES.into_iter().filter(|(name, _)| of_kind(name)) {
        templates.add_template(name, text).expect("our own templates can be read");
    }
    templates
}

fn done(at: &DateTime<Utc>, origin: &Origin) -> BTreeMap<&'static str, Value> {
    [("at", moment(at)), ("device", words(&origin.device)), ("address", words(&origin.address))].into()
}

/// One empty line between two of them, however a template was put together.
fn paragraphs(text: &str) -> String {
    let mut lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    lines.join("\n") + "\n"
}

fn moment(at: &DateTime<Utc>) -> Value {
    at.format("%Y-%m-%d %H:%M UTC").to_string().into()
}

/// What somebody typed, as one short line: nothing in it ends a header, hides text or turns its direction.
fn words(text: &str) -> Value {
    let line = visible(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(LONGEST_WORDS).collect();
    Value::from(if short.len() < line.len() { short + "…" } else { short })
}

/// What somebody typed, line by line: the same but for its length.
fn lines(text: &str) -> Value {
    text.lines().map(|line| visible(line).trim_end().to_owned()).collect::<Vec<_>>().join("\n").into()
}

/// A space for whatever can't be seen, or turns the direction of what can.
fn visible(text: &str) -> String {
    let is_odd = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|letter| if is_odd(letter) { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::{lines, words};

    #[test]
    fn lines_stay_and_hide_nothing() {
        assert_eq!(lines("one \r\n\n\ttwo\u{202e}x\0").to_string(), "one\n\n two x");
    }

    #[test]
    fn words_are_one_short_line() {
        for (typed, shown) in [
            ("Lab\r\nBcc: eve@example.org", "Lab Bcc: eve@example.org"),
            ("a\u{202e}b\u{200b}c\u{2028}d\0e\u{85}f", "a b c d e f"),
            ("  two   words ", "two words"),
            ("", ""),
        ] {
            assert_eq!(words(typed).to_string(), shown);
        }
        assert_eq!(words(&"ü".repeat(200)).to_string(), "ü".repeat(120) + "…");
    }
}
