//! What an owner may set in the environment of an instance: only names the manifest lists, only values it admits.

use serde::{Deserialize, Serialize};

/// The name of an environment variable: capital letters, digits and `_`, not starting with a digit, at most 64.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct EnvName(String);

/// Why a setting is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSetting {
    #[error("`{0}` is no name of a variable: expected capital letters, digits and `_`, at most 64")]
    Name(String),
    #[error("`{name}` cannot be set here; what can be set: {known}")]
    Unknown { name: String, known: String },
    #[error("`{name}` must be one of {admitted}")]
    Value { name: String, admitted: String },
    #[error("`{name}` must have 1 to {longest} characters and no control character; leave it out to unset it")]
    Text { name: String, longest: usize },
}

/// The longest value of a variable, in bytes.
const LONGEST_VALUE: usize = 4096;

impl EnvName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`InvalidSetting::Name`] if it is none.
    pub fn parse(text: &str) -> Result<Self, InvalidSetting> {
        let valid = (1..=64).contains(&text.len())
            && !text.starts_with(|first: char| first.is_ascii_digit())
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidSetting::Name(text.chars().take(80).collect())) }
    }
}

crate::text_newtype!(EnvName, InvalidSetting);

/// One variable an owner may set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    pub name: EnvName,
    /// What it does, in words for its owner.
    pub help: String,
    /// The only values it takes; empty means any text.
    #[serde(default)]
    pub values: Vec<String>,
    /// Kept sealed and never shown again.
    #[serde(default)]
    pub secret: bool,
}

impl Setting {
    /// Checks a value.
    ///
    /// # Errors
    /// [`InvalidSetting`] says what would be right.
    pub fn check(&self, value: &str) -> Result<(), InvalidSetting> {
        if value.is_empty() || value.len() > LONGEST_VALUE || value.chars().any(char::is_control) {
            return Err(InvalidSetting::Text { name: self.name.to_string(), longest: LONGEST_VALUE });
        }
        if !self.values.is_empty() && !self.values.iter().any(|admitted| admitted == value) {
            return Err(InvalidSetting::Value { name: self.name.to_string(), admitted: self.values.join(", ") });
        }
        Ok(())
    }
}
