//! An organisation as the API shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::routes::words::Role;

/// What people share: its members see and work on its tenants, as far as their roles go.
#[derive(Serialize, ToSchema)]
pub(crate) struct Organisation {
    #[schema(example = "org_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    id: String,
    #[schema(example = "Social Networks Lab")]
    name: String,
    /// Made with its owner's account, and gone with it.
    personal: bool,
    /// What you are in it; null for the operator, and for a key of the organisation.
    role: Option<Role>,
    created_at: DateTime<Utc>,
}

impl From<storage::Organisation> for Organisation {
    fn from(row: storage::Organisation) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            personal: row.personal,
            role: row.role.map(Role::from),
            created_at: row.created_at,
        }
    }
}
