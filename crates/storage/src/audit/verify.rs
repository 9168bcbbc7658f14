//! Computes everything anew, and names the first line that is not as it was.

use std::collections::HashMap;
use std::fmt;

use domain::OrganisationId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::chain::{self, Hash, START};
use super::seal::lines;
use crate::error::StorageError;
use crate::store::Store;

/// How an organisation's book stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// `None`: the book of what belongs to no organisation.
    pub organisation: Option<OrganisationId>,
    pub seals: i64,
    pub lines: u64,
    /// Written a moment ago, and not sealed yet.
    pub unsealed: i64,
    /// The newest seal. Written down elsewhere, it tells whether somebody has computed the whole chain anew.
    pub seal: Hash,
    /// The first thing that is not as it was.
    pub fault: Option<Fault>,
}

/// What is not as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The line is there, and says something else than when it was sealed.
    Altered { line: i64, seal: i64 },
    /// The line was sealed, and is gone.
    Removed { line: i64, seal: i64 },
    /// The line is under no seal, and does not wait for one: it came by no way of ours.
    Inserted { line: i64 },
    /// The seal is not the one that belongs here.
    SealAltered { seal: i64 },
    /// There is none with this number, though there are later ones.
    SealRemoved { seal: i64 },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered { line, seal } => write!(f, "line {line} was altered after it was sealed (seal {seal})"),
            Self::Removed { line, seal } => write!(f, "line {line} was removed after it was sealed (seal {seal})"),
            Self::Inserted { line } => {
                write!(f, "line {line} was inserted past the platform: it has no seal, and waits for none")
            }
            Self::SealAltered { seal } => {
                write!(f, "seal {seal} was altered: it doesn't follow from its lines and the one before")
            }
            Self::SealRemoved { seal } => write!(f, "seal {seal} was removed: later ones are there"),
        }
    }
}

impl Store {
    /// Every book, or that of one organisation, as it stands at one moment. As the worker's role.
    ///
    /// # Errors
    /// [`StorageError`] if it can't be told.
    pub async fn verify_audit(&self, organisation: Option<OrganisationId>) -> Result<Vec<Verified>, StorageError> {
        let mut tx = self.begin().await?;
        sqlx::raw_sql(
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '10min'",
        )
        .execute(&mut *tx)
        .await?;
        let books = match organisation {
            Some(organisation) => vec![Some(organisation.uuid())],
            None => books(&mut tx).await?,
        };
        let mut verified = Vec::new();
        for book in books {
            verified.push(verify(&mut tx, book).await?);
        }
        Ok(verified)
    }
}

/// Whose there are, also of those who have nothing but lines, or nothing but seals.
async fn books(tx: &mut PgConnection) -> Result<Vec<Option<Uuid>>, StorageError> {
    let query = sqlx::query_scalar!(
        "SELECT organisation_id FROM fresco.audit_log UNION SELECT organisation_id FROM fresco.audit_seals
         ORDER BY organisation_id NULLS FIRST"
    );
    Ok(query.fetch_all(tx).await?)
}

async fn verify(tx: &mut PgConnection, book: Option<Uuid>) -> Result<Verified, StorageError> {
    let mut found = Verified {
        organisation: book.map(OrganisationId::from_uuid),
        seals: 0,
        lines: 0,
        unsealed: unsealed(tx, book).await?,
        seal: START,
        fault: None,
    };
    while let Some(seal) = seal_after(tx, book, found.seals).await? {
        found.fault = look(tx, book, &found, &seal).await?;
        if found.fault.is_some() {
            return Ok(found);
        }
        found.seals = seal.number;
        found.lines += seal.lines.len() as u64;
        found.seal = seal.seal;
    }
    found.fault = stranger(tx, book).await?.map(|line| Fault::Inserted { line });
    Ok(found)
}

/// A seal as it stands in the table.
struct Seal {
    number: i64,
    lines: Vec<(i64, Hash)>,
    seal: Hash,
}

async fn seal_after(tx: &mut PgConnection, book: Option<Uuid>, number: i64) -> Result<Option<Seal>, StorageError> {
    let query = sqlx::query!(
        r#"SELECT number, rows AS "rows!", hashes, seal FROM fresco.audit_seals
           WHERE organisation_id IS NOT DISTINCT FROM $1 AND number > $2 ORDER BY number LIMIT 1"#,
        book,
        number,
    );
    let Some(row) = query.fetch_optional(tx).await? else { return Ok(None) };
    let (hashes, _) = row.hashes.as_chunks::<32>();
    let lines = row.rows.into_iter().zip(hashes.iter().copied()).collect();
    // The table holds nothing of another length.
    Ok(Some(Seal { number: row.number, lines, seal: row.seal.try_into().unwrap_or(START) }))
}

/// The first fault under one seal. A line is looked at before the seal: it says more.
async fn look(
    tx: &mut PgConnection,
    book: Option<Uuid>,
    before: &Verified,
    seal: &Seal,
) -> Result<Option<Fault>, StorageError> {
    if seal.number != before.seals + 1 {
        return Ok(Some(Fault::SealRemoved { seal: before.seals + 1 }));
    }
    let ids: Vec<i64> = seal.lines.iter().map(|(id, _)| *id).collect();
    let there: HashMap<i64, Hash> = lines(tx, &ids).await?.iter().map(|line| (line.id, chain::line(line))).collect();
    let wrong = seal.lines.iter().find_map(|(line, hash)| match there.get(line) {
        None => Some(Fault::Removed { line: *line, seal: seal.number }),
        Some(now) if now != hash => Some(Fault::Altered { line: *line, seal: seal.number }),
        Some(_) => None,
    });
    let follows = chain::seal(&before.seal, book, seal.number, &seal.lines) == seal.seal;
    Ok(wrong.or_else(|| (!follows).then_some(Fault::SealAltered { seal: seal.number })))
}

async fn unsealed(tx: &mut PgConnection, book: Option<Uuid>) -> Result<i64, StorageError> {
    let query = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM fresco.audit_unsealed WHERE organisation_id IS NOT DISTINCT FROM $1"#,
        book,
    );
    Ok(query.fetch_one(tx).await?)
}

/// The first line that is neither sealed nor waits for it.
async fn stranger(tx: &mut PgConnection, book: Option<Uuid>) -> Result<Option<i64>, StorageError> {
    let query = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM fresco.audit_log WHERE organisation_id IS NOT DISTINCT FROM $1
           EXCEPT SELECT unnest(rows) FROM fresco.audit_seals WHERE organisation_id IS NOT DISTINCT FROM $1
           EXCEPT SELECT id FROM fresco.audit_unsealed ORDER BY 1 LIMIT 1"#,
        book,
    );
    Ok(query.fetch_optional(tx).await?)
}
