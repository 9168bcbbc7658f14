//! The platform's own database.

use domain::quantity::Span;

use super::secret::SecretFile;
use super::section::section;

section! {
    /// The platform's own database. `frescod bootstrap-sql` prints what makes it; each URL is
    /// `postgres://role:password@host:port/database`.
    pub(crate) struct Database as "database" {
        /// File with the URL of the API's role. The worker does without.
        url_file: Option<SecretFile> = required("/etc/frescod/secrets/api-database-url"),
        /// File with the URL of the worker's role. The API does without.
        worker_url_file: Option<SecretFile> = required("/etc/frescod/secrets/worker-database-url"),
        /// File with the URL of the role that owns the tables; only `frescod migrate` reads it.
        owner_url_file: Option<SecretFile> = unset("/etc/frescod/secrets/owner-database-url"),
        /// Connections of the API.
        connections: u32 = default("10") in 2..=1000,
        /// Of these, how many are used at once for requests that wait for a tenant: however many wait, others get one too.
        waiting_connections: usize = default("4") in 1..=1000,
        /// Connections of the worker, beside one that listens.
        worker_connections: u32 = default("10") in 1..=1000,
        /// How long a call waits for a free connection.
        acquire_timeout: Span = default("5s") in Span::millis(100)..=Span::seconds(20),
    }
}
