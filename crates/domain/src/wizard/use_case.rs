//! What an instance is for.

use serde::{Deserialize, Serialize};

/// What people say it is for. Who tests or learns is pointed to a shared sandbox first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub enum UseCase {
    Study,
    Testing,
    Learning,
    /// In their own words.
    Other(String),
}

/// Why an answer makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUseCase {
    #[error("expected `study`, `testing`, `learning` or `other`")]
    Kind,
    #[error("say in a few words what it is for (`description`)")]
    NoWords,
    #[error("a description has {LONGEST} characters at most")]
    TooLong,
    #[error("only `other` takes a description")]
    Unasked,
}

/// Characters of a description.
const LONGEST: usize = 500;

/// As it stands in JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Written {
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

impl UseCase {
    /// Reads an answer.
    ///
    /// # Errors
    /// [`InvalidUseCase`] says what is expected.
    pub fn parse(kind: &str, description: Option<&str>) -> Result<Self, InvalidUseCase> {
        let description = description.map(str::trim).filter(|text| !text.is_empty());
        match (kind, description) {
            ("study", None) => Ok(Self::Study),
            ("testing", None) => Ok(Self::Testing),
            ("learning", None) => Ok(Self::Learning),
            ("study" | "testing" | "learning", Some(_)) => Err(InvalidUseCase::Unasked),
            ("other", None) => Err(InvalidUseCase::NoWords),
            ("other", Some(text)) if text.chars().count() > LONGEST => Err(InvalidUseCase::TooLong),
            ("other", Some(text)) => Ok(Self::Other(text.to_owned())),
            (_, _) => Err(InvalidUseCase::Kind),
        }
    }

    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Study => "study",
            Self::Testing => "testing",
            Self::Learning => "learning",
            Self::Other(_) => "other",
        }
    }

    /// Whether a shared sandbox would do: nobody's data depends on it.
    #[must_use]
    pub const fn suits_a_sandbox(&self) -> bool {
        matches!(self, Self::Testing | Self::Learning)
    }
}

impl From<UseCase> for Written {
    fn from(use_case: UseCase) -> Self {
        let kind = use_case.kind().to_owned();
        let description = if let UseCase::Other(text) = use_case { Some(text) } else { None };
        Self { kind, description }
    }
}

impl TryFrom<Written> for UseCase {
    type Error = InvalidUseCase;

    fn try_from(written: Written) -> Result<Self, InvalidUseCase> {
        Self::parse(&written.kind, written.description.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_other_has_words_of_its_own() {
        assert_eq!(UseCase::parse("study", Some("  ")), Ok(UseCase::Study));
        assert_eq!(UseCase::parse("study", Some("x")), Err(InvalidUseCase::Unasked));
        assert_eq!(UseCase::parse("other", Some(" teaching ")), Ok(UseCase::Other("teaching".to_owned())));
        assert_eq!(UseCase::parse("other", None), Err(InvalidUseCase::NoWords));
        assert_eq!(UseCase::parse("other", Some(&"x".repeat(501))), Err(InvalidUseCase::TooLong));
        assert_eq!(UseCase::parse("Study", None), Err(InvalidUseCase::Kind));
    }

    #[test]
    fn it_survives_its_json() {
        for use_case in [UseCase::Learning, UseCase::Other("teaching".to_owned())] {
            let json = serde_json::to_value(&use_case).unwrap();
            assert_eq!(serde_json::from_value::<UseCase>(json).unwrap(), use_case);
        }
        assert!(serde_json::from_str::<UseCase>(r#"{"kind":"other"}"#).is_err());
    }
}
