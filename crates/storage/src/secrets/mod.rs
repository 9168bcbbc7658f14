//! Values that lie sealed in the database: bound to their place, opened by a key that lies in a file.
//!
//! The web side seals and puts in; only the worker's role can read them back.

mod keyring;
mod tenant;

pub use keyring::{Keyring, KeyringError, Place, Sealed};
pub(crate) use tenant::SecretColumns;
pub use tenant::{NewSecret, Secret, SecretsError};
