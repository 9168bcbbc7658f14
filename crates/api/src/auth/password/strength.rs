//! Whether a password is hard enough to guess.
//!
//! By zxcvbn, which knows what people choose: common passwords, words, names, dates, rows of keys, and what they do to
//! them. One that it would guess within a million attempts is refused whatever its length: it is on a list of common
//! passwords, or made of one. Any other is good if it is long, or hard to guess by what it is.

use super::Password;

/// In characters; one that is shorter must be hard to guess.
const LONG: usize = 12;
/// How much of a password is judged: what many characters might stand for takes long to try, and who has chosen as many
/// well has chosen well enough.
const JUDGED: usize = 40;
/// Nobody's name or address is longer; more of them would only cost.
const LONGEST_INPUT: usize = 100;

/// How hard a password is to guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Strength {
    /// 0 (at once) to 4 (not).
    score: u8,
    long: bool,
    advice: Vec<String>,
}

impl Strength {
    /// Whether it will do.
    ///
    /// # Errors
    /// What is wrong with it and what would be better, in words for who chose it.
    pub(super) fn check(&self) -> Result<(), String> {
        let advice = self.advice.join(" ");
        match self.score {
            0 | 1 => Err(format!("it is among the first that are tried. {advice}")),
            2 if !self.long => Err(format!("it is too easy to guess: take {LONG} characters or more. {advice}")),
            2..=4 => Ok(()),
            other => unreachable!("zxcvbn's scores end at 4, this is {other}"),
        }
    }
}

/// Judges a password of somebody of whom this is known: their address, their name.
pub(super) fn judge(password: &Password, known: &[String]) -> Strength {
    let inputs = parts(known);
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let judged: String = password.text().chars().take(JUDGED).collect();
    let found = zxcvbn::zxcvbn(&judged, &inputs);
    let feedback = found.feedback();
    let warning = feedback.and_then(zxcvbn::feedback::Feedback::warning).map(|warning| warning.to_string());
    let suggestions = feedback.map(zxcvbn::feedback::Feedback::suggestions).unwrap_or_default();
    let mut advice: Vec<String> = warning.into_iter().collect();
    advice.extend(suggestions.iter().map(ToString::to_string));
    if advice.is_empty() {
        advice.push("Add another word or two; uncommon words are better.".to_owned());
    }
    Strength { score: found.score().into(), long: password.text().chars().count() >= LONG, advice }
}

/// What is known of somebody, whole and in its words: `ada@example.org` is also `ada` and `example`.
fn parts(known: &[String]) -> Vec<String> {
    let known = known.iter().map(|text| text.chars().take(LONGEST_INPUT).collect::<String>());
    known
        .flat_map(|text| {
            let words = text.split(|letter: char| !letter.is_alphanumeric());
            let words: Vec<String> = words.filter(|word| word.chars().count() >= 3).map(str::to_owned).collect();
            std::iter::once(text).chain(words).collect::<Vec<_>>()
        })
        .chain(["fresco".to_owned()])
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn check(text: &str) -> Result<(), String> {
        let password = Password::parse(&text.into()).unwrap();
        judge(&password, &["ada.lovelace@example.org".to_owned(), "Ada Lovelace".to_owned()]).check()
    }

    #[test]
    fn what_is_long_or_hard_to_guess_is_good() {
        for good in
            ["correct horse battery staple", "vT9#kq2!xZ", "purple monkey dishwasher", "Überraschungsei im Kühlschrank"]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_everybody_takes_is_refused_however_long_it_is() {
        for common in [
            "password",
            "123456",
            "qwerty",
            "letmein",
            "password1",
            "P@ssw0rd",
            "passwordpassword",
            "123456789012345",
            "aaaaaaaaaaaaaaaaaaaa",
            "abcdefghijklmnop",
            "qwertyuiop[]",
            "iloveyouiloveyou",
            "password1234",
        ] {
            let words = check(common).expect_err(common);
            assert!(words.starts_with("it is among the first that are tried. "), "{common}: {words}");
            assert!(words.len() > 50, "{common}: words that help are missing in {words:?}");
        }
    }

    #[test]
    fn what_is_known_of_somebody_is_no_secret() {
        for known in ["ada.lovelace@example.org", "AdaLovelace", "lovelace1815", "example.org", "fresco"] {
            assert!(check(known).is_err(), "{known}");
        }
    }

    #[test]
    fn short_ones_are_told_what_would_be_better() {
        let words = check("xkqzvwj").unwrap_err();
        assert!(words.contains("take 12 characters or more"), "{words}");
    }

    #[test]
    fn no_password_takes_long_to_judge() {
        // The dictionaries are read once.
        let _ = check("password");
        for text in ["4@8({[<36910|!1$5+72%".repeat(8), "a".repeat(256), "1234567890".repeat(20), "ab@1c".repeat(50)] {
            let began = Instant::now();
            let _ = check(&text);
            assert!(began.elapsed() < Duration::from_secs(2), "{text}: {:?}", began.elapsed());
        }
    }
}
