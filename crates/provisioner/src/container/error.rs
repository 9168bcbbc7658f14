//! What can go wrong with the engine, by what it means for the one who asked.

/// An engine's answer that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The engine says that it is not there.
    #[error("{what} is not there")]
    NotFound { what: String },
    /// The engine says that something is in the way.
    #[error("{what} is in the way: {detail}")]
    Conflict { what: String, detail: String },
    /// The engine understood and will not; asking again gives the same.
    #[error("the container engine refuses to {action}: {detail}")]
    Refused { action: &'static str, detail: String },
    /// It did not answer, or not in time, or with a fault of its own: whether the call had its effect is not known.
    #[error("the container engine did not {action}: {detail}")]
    Unavailable { action: &'static str, detail: String },
}

impl EngineError {
    /// Whether asking again gives the same.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}
