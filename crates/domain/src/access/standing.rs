//! Whether the operator's conditions for having instances made are met.

use serde::{Deserialize, Serialize};

/// How a person stands with the operator; a key stands as its maker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Good,
    /// Nobody has shown that they read what is sent to the account's address.
    Unverified,
    /// The address is theirs, and the operator, who wants to know people first, has not let them in yet.
    Waiting,
}
