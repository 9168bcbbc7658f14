//! What can go wrong with the tenants' PostgreSQL, by what it means for the one who asked.

/// PostgreSQL's answer that is none.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// PostgreSQL understood and will not; asking again gives the same.
    #[error("PostgreSQL refuses to {action}: {detail}")]
    Refused { action: &'static str, detail: String },
    /// It did not answer, or not in time: whether the call had its effect is not known.
    #[error("PostgreSQL did not {action}: {detail}")]
    Unavailable { action: &'static str, detail: String },
}

impl DatabaseError {
    /// Whether asking again gives the same.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}
