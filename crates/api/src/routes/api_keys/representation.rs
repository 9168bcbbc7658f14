//! A key as the API shows it: never its secret part.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// A key.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApiKey {
    #[schema(example = "key_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    id: String,
    #[schema(example = "deploys from CI")]
    name: String,
    /// Whom it acts for; null: the organisation.
    user: Option<String>,
    created_by: String,
    /// What it is let to do, within the role it acts with.
    scopes: Vec<String>,
    created_at: DateTime<Utc>,
    /// Null: it doesn't.
    expires_at: Option<DateTime<Utc>>,
    /// To the minute; null: never.
    last_used_at: Option<DateTime<Utc>>,
}

impl From<storage::ApiKey> for ApiKey {
    fn from(row: storage::ApiKey) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            user: row.user.map(|user| user.to_string()),
            created_by: row.maker.to_string(),
            scopes: row.scopes.iter().map(String::from).collect(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        }
    }
}
