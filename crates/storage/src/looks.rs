//! When everything was last looked at in one call: what keeps the status of a settled tenant fresh.

use chrono::{DateTime, Utc};
use domain::tenant::DesiredState;

use crate::error::StorageError;
use crate::store::Store;

/// All containers of the platform, by one list.
const CONTAINERS: &str = "containers";
/// All roles, databases and schemas of tenants, by two queries.
const DATABASES: &str = "databases";

/// When all of these were last looked at; `None` if never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastLook {
    pub containers: Option<DateTime<Utc>>,
    pub databases: Option<DateTime<Utc>>,
}

impl LastLook {
    /// At all that one rests on that should be so: nobody can say of a running app that it works when its database has not been
    /// seen.
    #[must_use]
    pub fn at(self, state: DesiredState) -> Option<DateTime<Utc>> {
        match state {
            DesiredState::Running => self.containers.zip(self.databases).map(|(one, other)| one.min(other)),
            DesiredState::Stopped | DesiredState::Destroyed => self.containers,
        }
    }
}

impl Store {
    /// Notes that all containers were looked at, and maybe all databases, and that whoever was not as expected has been rung for.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn mark_looked(&self, at: DateTime<Utc>, databases_too: bool) -> Result<(), StorageError> {
        let subjects = [CONTAINERS, DATABASES];
        let upsert = sqlx::query!(
            "INSERT INTO fresco.looks (subject, at) SELECT subject, $2 FROM unnest($1::text[]) subject
             ON CONFLICT (subject) DO UPDATE SET at = excluded.at",
            &subjects[..1 + usize::from(databases_too)] as &[&str],
            at,
        );
        upsert.execute(self.pool()).await?;
        Ok(())
    }

    /// When all was last looked at.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn last_look(&self) -> Result<LastLook, StorageError> {
        let rows = sqlx::query!("SELECT subject, at FROM fresco.looks").fetch_all(self.pool()).await?;
        let at = |subject| rows.iter().find(|row| row.subject == subject).map(|row| row.at);
        Ok(LastLook { containers: at(CONTAINERS), databases: at(DATABASES) })
    }
}
