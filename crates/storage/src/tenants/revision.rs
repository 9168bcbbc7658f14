//! What a tenant once was asked to be, as its history keeps it.

use std::error::Error;

use domain::tenant::operation::Revision;
use serde::Deserialize;
use serde_json::Value;

use crate::json::word;

/// The columns of a revision.
#[derive(Debug, Deserialize)]
pub(super) struct RevisionRow {
    pub(super) generation: i64,
    pub(super) desired_state: String,
    pub(super) spec: Value,
    pub(super) pinned_image: Option<Value>,
}

impl RevisionRow {
    pub(super) fn read(self) -> Result<Revision, Box<dyn Error + Send + Sync>> {
        let spec: domain::tenant::TenantSpec = serde_json::from_value(self.spec)?;
        let pinned = self.pinned_image.map(serde_json::from_value).transpose()?;
        let image = spec.image_in_force(pinned.as_ref()).cloned();
        Ok(Revision {
            generation: self.generation,
            desired_state: word(&self.desired_state)?,
            spec,
            image,
            released_over: None,
        })
    }
}
