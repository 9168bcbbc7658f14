//! The key that seals secret columns.

use super::secret::SecretFile;
use super::section::section;

section! {
    /// The key that tenants' secrets are sealed with. Keep a copy: without it no tenant's password can be read again.
    /// `frescod sealing-key` makes both files.
    pub(crate) struct Secrets as "secrets" {
        /// File with the keys, one a line: `ID:HEX`, 32 bytes as 64 hex digits; the first seals, all open.
        /// The API by itself does without.
        key_file: Option<SecretFile> = required("/etc/frescod/secrets/key"),
        /// File with the half of the newest key that seals and can't open: what the API has of it where it is a process by
        /// itself.
        public_key_file: Option<SecretFile> = unset("/etc/frescod/secrets/public-key"),
    }
}
