//! Which lines.

use chrono::{DateTime, Utc};
use domain::OrganisationId;
use storage::AuditFilter;
use uuid::Uuid;

use crate::error::{ApiError, FieldError};

/// As they come in a query.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) organisation: Option<String>,
    pub(super) actor: Option<String>,
    pub(super) action: Option<String>,
    pub(super) target: Option<String>,
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) until: Option<DateTime<Utc>>,
}

impl Asked {
    pub(super) fn check(self) -> Result<AuditFilter, ApiError> {
        let organisation = self.organisation.as_deref().map(OrganisationId::parse).transpose();
        let organisation =
            organisation.map_err(|error| ApiError::invalid(FieldError::parameter("organisation", error)))?;
        let action = self.action.map(action).transpose()?;
        Ok(AuditFilter {
            organisation,
            actor: self.actor.as_deref().map(|text| id("actor", text)).transpose()?,
            action,
            target: self.target.as_deref().map(|text| id("target", text)).transpose()?,
            from: self.from,
            until: self.until,
        })
    }
}

fn action(text: String) -> Result<String, ApiError> {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if text.len() <= 100 && text.splitn(2, '.').all(plain) {
        return Ok(text);
    }
    let detail = "expected an action as in `tenant.stop`, or its noun, as in `tenant`";
    Err(ApiError::invalid(FieldError::parameter("action", detail)))
}

/// Any id: a bare UUID, or one with its prefix.
fn id(name: &str, text: &str) -> Result<Uuid, ApiError> {
    let digits = text.rsplit_once('_').map_or(text, |(_, digits)| digits);
    Uuid::try_parse(digits).map_err(|_| {
        ApiError::invalid(FieldError::parameter(name, "expected an id as it stands in a line, such as `usr_…`"))
    })
}
