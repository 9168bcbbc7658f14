//! Other names where the wished one is not to be had.

use crate::tenant::Subdomain;

/// How many are offered.
pub const OFFERED: usize = 3;
/// The longest stem: something comes behind it.
const STEM: usize = 50;

/// Names close to `wished` (which may be no name at all), the closest first, more than are offered: some may be taken.
/// `year` is the present one.
#[must_use]
pub fn suggestions(wished: &str, year: i32) -> Vec<Subdomain> {
    let stem = stem(wished);
    let endings = ["study".to_owned(), year.to_string(), "research".to_owned(), "interviews".to_owned()];
    let numbers = (2..=9).map(|number: u8| number.to_string());
    let names =
        std::iter::once(stem.clone()).chain(endings.into_iter().chain(numbers).map(|end| format!("{stem}-{end}")));
    names.filter(|name| name != wished).filter_map(|name| Subdomain::parse(&name).ok()).collect()
}

/// What of a wish can be part of a name: letters without their accents, digits, single hyphens.
fn stem(wished: &str) -> String {
    let mut stem = String::new();
    for character in wished.chars().flat_map(char::to_lowercase) {
        match character {
            'a'..='z' | '0'..='9' => stem.push(character),
            other => match plain(other) {
                Some(text) => stem.push_str(text),
                None if !stem.is_empty() && !stem.ends_with('-') => stem.push('-'),
                None => {}
            },
        }
    }
    let stem = stem.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let stem: String = stem.chars().take(STEM).collect();
    let stem = stem.trim_end_matches('-');
    if stem.is_empty() { "my-study".to_owned() } else { stem.to_owned() }
}

/// The letters of western European languages that people write names with.
const fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ä' | 'æ' => "ae",
        'ö' | 'ø' | 'œ' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ò' | 'ó' | 'ô' | 'õ' => "o",
        'ù' | 'ú' | 'û' => "u",
        'ç' => "c",
        'ñ' => "n",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn first(wished: &str) -> Vec<String> {
        suggestions(wished, 2026).into_iter().take(OFFERED).map(String::from).collect()
    }

    #[test]
    fn they_are_close_to_what_was_wished() {
        assert_eq!(first("owls"), ["owls-study", "owls-2026", "owls-research"]);
        assert_eq!(first("Öwls & Terns!"), ["oewls-terns", "oewls-terns-study", "oewls-terns-2026"]);
        assert_eq!(first("www"), ["www-study", "www-2026", "www-research"]);
        assert_eq!(first("日本"), ["my-study", "my-study-study", "my-study-2026"]);
        assert_eq!(first("2026-owls"), ["owls", "owls-study", "owls-2026"]);
    }

    proptest! {
        #[test]
        fn whatever_is_wished_there_are_enough_and_none_twice(wished in ".{0,80}") {
            let names = suggestions(&wished, 2026);
            prop_assert!(names.len() >= OFFERED, "{names:?}");
            let mut unique = names.clone();
            unique.sort();
            unique.dedup();
            prop_assert_eq!(unique.len(), names.len());
            prop_assert!(names.iter().all(|name| name.as_str() != wished));
        }
    }
}
