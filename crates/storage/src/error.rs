//! What can go wrong with the database, by what its caller can do about it.

use std::error::Error as StdError;

/// Why the database didn't do it.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// It doesn't answer, or not now. Trying again later may help.
    #[error("the platform's database is not available")]
    Unavailable {
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// It refused: what was to be written doesn't go with what is there. Trying the same again doesn't help.
    #[error("the platform's database refused a conflicting change")]
    Conflict {
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// A row holds something no version of this program has written there.
    #[error("row {row} of the table {table} makes no sense: restore it from a backup, or mend it by hand")]
    Corrupt {
        table: &'static str,
        row: String,
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// Anything else: a missing right, a missing table, a mistake of ours.
    #[error("the platform's database failed")]
    Other {
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl StorageError {
    /// The row with this key can't be read.
    pub(crate) fn corrupt(
        table: &'static str,
        row: impl ToString,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::Corrupt { table, row: row.to_string(), source: source.into() }
    }
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        match kind(&error) {
            Kind::Unavailable => Self::Unavailable { source: error.into() },
            Kind::Conflict => Self::Conflict { source: error.into() },
            Kind::Other => Self::Other { source: error.into() },
        }
    }
}

enum Kind {
    Unavailable,
    Conflict,
    Other,
}

#[expect(clippy::wildcard_enum_match_arm, reason = "sqlx adds variants in minor releases")]
fn kind(error: &sqlx::Error) -> Kind {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Kind::Unavailable,
        sqlx::Error::Database(database) => database.code().map_or(Kind::Other, |code| kind_of_sqlstate(&code)),
        _ => Kind::Other,
    }
}

/// Appendix A of PostgreSQL's manual.
fn kind_of_sqlstate(code: &str) -> Kind {
    match code {
        // Unique, foreign key; serialization failure, deadlock.
        "23505" | "23503" | "40001" | "40P01" => Kind::Conflict,
        // Time-outs of a statement and of a lock; no such database (it is being restored, or not yet made).
        "57014" | "55P03" | "3D000" => Kind::Unavailable,
        // Connection; out of resources; the operator intervenes; trouble of the system.
        _ if ["08", "53", "57P", "58"].iter().any(|class| code.starts_with(class)) => Kind::Unavailable,
        _ => Kind::Other,
    }
}

/// The name of the violated constraint, if that is what went wrong.
pub(crate) fn violated(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error().and_then(|database| database.constraint())
}
