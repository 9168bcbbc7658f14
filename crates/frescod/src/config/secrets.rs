//! The key that seals secret columns.

use super::secret::SecretFile;
use super::section::section;

section! {
    /// The key that tenants' secrets are sealed with. Keep a copy: without it no tenant's password can be read again.
    pub(crate) struct Secrets as "secrets" {
        /// File with the keys, one a line: `ID:HEX`, 32 bytes as 64 hex digits; the first seals, all open.
        key_file: Option<SecretFile> = required("/etc/frescod/secrets/key"),
    }
}
