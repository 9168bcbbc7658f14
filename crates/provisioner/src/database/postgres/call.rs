//! What a failed call means to the one who asked: PostgreSQL's codes, read by class.

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

use crate::database::DatabaseError;

/// Why a call failed, before it is known what it was for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// PostgreSQL did as told, and it is not as it should be.
    #[error("{0}")]
    Refused(String),
    /// Somebody was quicker; the next time nobody may be.
    #[error("{0}")]
    Overtaken(String),
}

impl Failure {
    /// PostgreSQL's code, if it gave one.
    pub(super) fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Postgres(error) => error.code(),
            Self::Pool(_) | Self::Refused(_) | Self::Overtaken(_) => None,
        }
    }

    pub(super) fn during(self, action: &'static str) -> DatabaseError {
        let detail = self.words();
        match self {
            Self::Postgres(error) if error.code().is_some_and(is_final) => DatabaseError::Refused { action, detail },
            Self::Refused(_) => DatabaseError::Refused { action, detail },
            Self::Postgres(_) | Self::Pool(_) | Self::Overtaken(_) => DatabaseError::Unavailable { action, detail },
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Postgres(error) => in_words(error),
            Self::Pool(PoolError::Backend(error)) => format!("as the admin role: {}", in_words(error)),
            Self::Pool(error) => error.to_string(),
            Self::Refused(detail) | Self::Overtaken(detail) => detail.clone(),
        }
    }
}

/// `message: detail (hint) [code]`, as far as PostgreSQL gave them.
pub(in crate::database) fn in_words(error: &tokio_postgres::Error) -> String {
    let Some(given) = error.as_db_error() else {
        // Its own text is the kind of error alone ("error connecting to server"); the cause is in the source.
        let source = std::error::Error::source(error).map(|source| format!(": {source}"));
        return format!("{error}{}", source.unwrap_or_default());
    };
    let detail = given.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    let hint = given.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{}{detail}{hint} [{}]", given.message(), given.code().code())
}

/// Whether asking again gives the same: not what is busy, full, going down, or was overtaken. Those are the classes
/// connection exception, integrity constraint violation, rollback, insufficient resources, prerequisite state, operator
/// intervention, system and internal error of <https://www.postgresql.org/docs/17/errcodes-appendix.html>. Overtaken means
/// that two made the same at once, such as a call that was given up and its successor: then a unique index of the catalog
/// objects, or a name is a duplicate, or a "tuple concurrently updated".
fn is_final(code: &SqlState) -> bool {
    const PASSING: [&str; 8] = ["08", "23", "40", "53", "55", "57", "58", "XX"];
    const OVERTAKEN: [SqlState; 3] =
        [SqlState::DUPLICATE_OBJECT, SqlState::DUPLICATE_SCHEMA, SqlState::DUPLICATE_DATABASE];
    !PASSING.iter().any(|class| code.code().starts_with(class)) && !OVERTAKEN.contains(code)
}

/// Nothing, if PostgreSQL's objection is one of `harmless`.
pub(super) fn forgive(
    result: Result<(), tokio_postgres::Error>,
    harmless: &[SqlState],
) -> Result<(), tokio_postgres::Error> {
    match result {
        Err(error) if error.code().is_some_and(|code| harmless.contains(code)) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_stays() {
        for passing in [
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::QUERY_CANCELED,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::INTERNAL_ERROR,
            SqlState::UNIQUE_VIOLATION,
            SqlState::DUPLICATE_OBJECT,
        ] {
            assert!(!is_final(&passing), "{passing:?}");
        }
        for stays in [SqlState::INSUFFICIENT_PRIVILEGE, SqlState::INVALID_PASSWORD, SqlState::UNDEFINED_OBJECT] {
            assert!(is_final(&stays), "{stays:?}");
        }
    }
}
