//! Values that lie sealed in the database: bound to their place, opened by a key that lies in a file.
//!
//! The web side seals and puts in, with a key that opens nothing; only the worker's role can read them back, and only its
//! key opens them.

mod keyring;
mod known;
mod public;
mod tenant;

pub use keyring::{Keyring, KeyringError, Place, Sealed};
pub use known::KnownKey;
pub use public::{KeyPrint, Sealer};
pub(crate) use tenant::SecretColumns;
pub use tenant::{NewSecret, Secret, SecretsError};
