//! An invitation as the API shows it: never its token, which is its address's alone.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::routes::words::Role;

/// An invitation that is open.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitation {
    #[schema(example = "inv_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    id: String,
    #[schema(example = "ada@example.org")]
    email: String,
    /// What they will be.
    role: Role,
    invited_by: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl From<storage::Invitation> for Invitation {
    fn from(row: storage::Invitation) -> Self {
        Self {
            id: row.id.to_string(),
            email: row.email.into(),
            role: row.role.into(),
            invited_by: row.invited_by.to_string(),
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}
