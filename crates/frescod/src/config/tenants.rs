//! Tenants: their names, their apps, their PostgreSQL.

use std::net::SocketAddr;
use std::path::PathBuf;

use domain::Domain;
use domain::app::AppName;
use domain::quantity::Span;
use provisioner::container::PlatformId;
use provisioner::database::PlainName;

use super::secret::SecretFile;
use super::section::section;

section! {
    /// Tenants: what they are called, what runs in them, and where their databases are.
    pub(crate) struct Tenants as "tenants" {
        /// Tells this installation's containers from another's on the same engine. Don't change it later.
        platform_id: PlatformId = default("main"),
        /// Tenants answer at SUBDOMAIN.domain.
        domain: Domain = required("example.org"),
        /// The port people use, where it isn't the scheme's own.
        public_port: Option<u16> = unset("8443"),
        /// The app of a tenant that names none.
        default_app: AppName = default("fresco"),
        /// Whether the sample apps can be deployed too: for trying the platform out, as `frescod dev` does.
        sample_apps: bool = default("false"),
        /// Folder of more app manifests (`*.toml`); one replaces a built-in one of its name.
        apps_directory: Option<PathBuf> = unset("/etc/frescod/apps"),
        /// How often it is looked whether an app's manifest names another image, for instances that leave it to the platform
        /// which they have.
        image_period: Span = default("5m") in Span::seconds(1)..=Span::seconds(604_800),
        /// How many of an app's instances may be on their way to that image at once. One that failed to get there counts until
        /// somebody sees to it: so many failures, and nobody else is given it.
        images_at_once: u16 = default("2") in 1..=1000,
        /// How long a destroy can be undone. The address and the container go at once, everything else only then; `0s`:
        /// at once too.
        destroy_grace: Span = default("24h") in Span::seconds(0)..=Span::seconds(31_557_600),
        /// How long nobody gets the subdomain of a tenant that is destroyed; `0s`: not at all.
        quarantine: Span = default("30d") in Span::seconds(0)..=Span::seconds(315_576_000),
        /// File with the URL of the tenants' admin role: `postgres://admin:password@host:port/shared_database`. The API
        /// does without.
        admin_url_file: Option<SecretFile> = required("/etc/frescod/secrets/tenants-admin-url"),
        /// The database that tenants with a schema share; the admin role's URL names it too.
        shared_database: PlainName = default("fresco_tenants"),
        /// Connections of the admin role.
        admin_connections: usize = default("4") in 1..=100,
        /// PostgreSQL as tenants reach it: usually the gateway of their network.
        database_address: SocketAddr = default("10.77.0.1:5432"),
        /// A pooler as tenants reach it; without one an app's pooled URL is its direct one.
        pooler_address: Option<SocketAddr> = unset("10.77.0.1:6432"),
        /// PostgreSQL as frescod reaches it to look into a tenant's database; the same as tenants unless given.
        login_address: Option<SocketAddr> = unset("127.0.0.1:5432"),
        /// The longest a call to the tenants' PostgreSQL may take.
        call_timeout: Span = default("30s") in Span::seconds(1)..=Span::seconds(600),
        /// The longest one statement of the admin role may run.
        statement_timeout: Span = default("25s") in Span::seconds(1)..=Span::seconds(600),
        /// The longest one statement of the admin role may wait for a lock.
        lock_timeout: Span = default("5s") in Span::millis(100)..=Span::seconds(600),
        /// Connections one tenant may hold.
        role_connections: u32 = default("20") in 1..=1000,
        /// The longest one statement of a tenant may run.
        role_statement_timeout: Span = default("1m") in Span::seconds(1)..=Span::seconds(86_400),
        /// How long a tenant's transaction may stay open without doing anything.
        role_idle_in_transaction_timeout: Span = default("1m") in Span::seconds(1)..=Span::seconds(86_400),
    }
}
