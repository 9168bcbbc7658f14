//! What mailed links carry: good once, for one purpose, until a time. A new one of a purpose ends the one before.

use chrono::{DateTime, Utc};
use domain::UserId;
use sqlx::PgConnection;

use super::refresh::TokenHash;
use crate::error::StorageError;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    VerifyEmail,
    ResetPassword,
}

impl Purpose {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
        }
    }
}

/// A token to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewUserToken {
    pub purpose: Purpose,
    pub hash: TokenHash,
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Keeps one, in the transaction that also queues the mail with it.
pub(crate) async fn put_user_token(
    tx: &mut PgConnection,
    user: UserId,
    new: &NewUserToken,
) -> Result<(), StorageError> {
    let upsert = sqlx::query!(
        "INSERT INTO fresco.user_tokens (hash, user_id, purpose, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (user_id, purpose) DO UPDATE
         SET hash = excluded.hash, created_at = excluded.created_at, expires_at = excluded.expires_at",
        new.hash.0.as_slice(),
        user.uuid(),
        new.purpose.as_str(),
        new.now,
        new.expires_at,
    );
    upsert.execute(tx).await?;
    Ok(())
}

/// Uses one up; whose it is, if it is good.
pub(crate) async fn take_user_token(
    tx: &mut PgConnection,
    purpose: Purpose,
    hash: TokenHash,
    now: DateTime<Utc>,
) -> Result<Option<UserId>, StorageError> {
    let delete = sqlx::query_scalar!(
        "DELETE FROM fresco.user_tokens WHERE hash = $1 AND purpose = $2 AND expires_at > $3 RETURNING user_id",
        hash.0.as_slice(),
        purpose.as_str(),
        now,
    );
    Ok(delete.fetch_optional(tx).await?.map(UserId::from_uuid))
}
