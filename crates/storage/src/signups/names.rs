//! Which names are to be had, and keeping one for a draft.

use chrono::{DateTime, Utc};
use domain::SignupId;
use domain::tenant::Subdomain;
use sqlx::PgConnection;

use super::AnswerError;
use crate::error::StorageError;
use crate::store::Store;

/// How a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameState {
    Free,
    /// A tenant has it.
    Taken,
    /// Its last tenant is gone, but links and bookmarks may still lead to it.
    InQuarantine {
        until: DateTime<Utc>,
    },
    /// Somebody who is signing up wishes for it.
    Held {
        until: DateTime<Utc>,
    },
}

/// How a name stands for whoever has this draft.
pub(crate) async fn name_state(
    tx: &mut PgConnection,
    subdomain: &Subdomain,
    now: DateTime<Utc>,
    signup: Option<SignupId>,
) -> Result<NameState, StorageError> {
    let query = sqlx::query!(
        "SELECT because, until FROM fresco.name_refused($1, $2, $3)",
        subdomain.as_str(),
        now,
        signup.map(SignupId::uuid),
    );
    let Some(row) = query.fetch_optional(tx).await? else { return Ok(NameState::Free) };
    Ok(match (row.because.as_deref(), row.until) {
        (Some("quarantine"), Some(until)) => NameState::InQuarantine { until },
        (Some("held"), Some(until)) => NameState::Held { until },
        (_, _) => NameState::Taken,
    })
}

/// Holds a name for a draft, in place of the one it held before.
pub(super) async fn hold(
    tx: &mut PgConnection,
    signup: SignupId,
    subdomain: &Subdomain,
    (now, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), AnswerError> {
    let other = sqlx::query!(
        "DELETE FROM fresco.name_holds WHERE signup_id = $1 AND subdomain <> $2",
        signup.uuid(),
        subdomain.as_str(),
    );
    other.execute(&mut *tx).await?;
    match name_state(tx, subdomain, now, Some(signup)).await? {
        NameState::Free => {}
        refused @ (NameState::Taken | NameState::InQuarantine { .. } | NameState::Held { .. }) => {
            return Err(AnswerError::NameRefused(refused));
        }
    }
    // Of two who come at once, the second finds the first's row here.
    let hold = sqlx::query!(
        "INSERT INTO fresco.name_holds AS h (subdomain, signup_id, until) VALUES ($1, $2, $3)
         ON CONFLICT (subdomain) DO UPDATE SET signup_id = excluded.signup_id, until = excluded.until
         WHERE h.until <= $4 OR h.signup_id = excluded.signup_id",
        subdomain.as_str(),
        signup.uuid(),
        until,
        now,
    );
    match hold.execute(&mut *tx).await?.rows_affected() {
        1 => Ok(()),
        _ => Err(AnswerError::NameRefused(name_state(tx, subdomain, now, Some(signup)).await?)),
    }
}

impl Store {
    /// How each of these names stands at `now`, for whoever has this draft; in their order.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn name_states(
        &self,
        names: &[Subdomain],
        now: DateTime<Utc>,
        signup: Option<SignupId>,
    ) -> Result<Vec<NameState>, StorageError> {
        let mut connection = self.pool().acquire().await?;
        let mut states = Vec::with_capacity(names.len());
        for name in names {
            states.push(name_state(&mut connection, name, now, signup).await?);
        }
        Ok(states)
    }
}
