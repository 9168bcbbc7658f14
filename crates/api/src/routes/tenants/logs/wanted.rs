//! Which lines, the same for all that shows some.

use domain::log::{Level, Wanted};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::{ApiError, FieldError};

/// How grave a line is.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LogLevel)]
pub(crate) enum LevelWord {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl From<LevelWord> for Level {
    fn from(word: LevelWord) -> Self {
        match word {
            LevelWord::Error => Self::Error,
            LevelWord::Warn => Self::Warn,
            LevelWord::Info => Self::Info,
            LevelWord::Debug => Self::Debug,
            LevelWord::Trace => Self::Trace,
        }
    }
}

/// The parameters' wish.
pub(super) fn wanted(level: Option<LevelWord>, query: Option<String>, regex: Option<bool>) -> Result<Wanted, ApiError> {
    let regex = regex.unwrap_or_default();
    if regex && query.is_none() {
        let missing = "say in `query` which expression is meant";
        return Err(ApiError::invalid(FieldError::parameter("regex", missing)));
    }
    Ok(Wanted { level: level.map(Level::from), query, regex })
}
