//! The tenants' PostgreSQL: a role and a database or schema each.
//!
//! Identifiers derive from [`TenantId`] and are unquotable by construction; no text of a person reaches DDL.

mod bootstrap;
mod dump;
mod error;
mod fake;
mod ident;
mod postgres;
mod url;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use domain::TenantId;
use domain::app::Isolation;
use domain::tenant::{DatabaseState, RoleState};
use secrecy::SecretString;

pub use crate::fault::Moment;
pub use bootstrap::{AdminNames, bootstrap, bootstrap_sql};
pub use dump::{
    DumpCall, DumpError, DumpFolder, DumpName, DumpOptions, DumpStore, Dumps, FakeDumps, HALF, NextRelease, Subject,
};
pub use error::DatabaseError;
pub use fake::{Call, FakeTenants, Parts};
pub use ident::{InvalidName, PlainName, database_name, role_name, schema_name, tenants_group};
pub use postgres::{Finding, InvalidOptions, PostgresOptions, PostgresTenants};
pub use url::TenantUrl;

/// The role a tenant logs in with.
#[derive(Clone, Debug)]
pub struct RoleSpec {
    pub password: SecretString,
    /// Grows when the password changes, so that drift is told without reading the password's hash.
    pub password_version: u32,
    pub connection_limit: u32,
    pub statement_timeout: Duration,
    pub idle_in_transaction_timeout: Duration,
}

/// What PostgreSQL says of a tenant; an absent part is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseObservation {
    pub role: Option<RoleState>,
    pub database: Option<DatabaseState>,
}

/// The calls. Each has a deadline; none retries.
#[async_trait]
pub trait TenantDatabase: std::fmt::Debug + Send + Sync {
    /// How the tenant's role and database are, against what `role` asks for.
    ///
    /// # Errors
    /// [`DatabaseError`] if that could not be told; then nothing is known.
    async fn observe(
        &self,
        tenant: TenantId,
        isolation: Isolation,
        role: &RoleSpec,
    ) -> Result<DatabaseObservation, DatabaseError>;

    /// Makes the role, or makes it conform.
    ///
    /// # Errors
    /// [`DatabaseError`].
    async fn ensure_role(&self, tenant: TenantId, role: &RoleSpec) -> Result<RoleState, DatabaseError>;

    /// Makes the database or schema owned by the tenant's role, or makes owner and grants conform.
    ///
    /// # Errors
    /// [`DatabaseError`]; [`DatabaseError::Refused`] if the role is not there.
    async fn ensure_database(&self, tenant: TenantId, isolation: Isolation) -> Result<DatabaseState, DatabaseError>;

    /// Whether the tenant gets in with this password: a role may change its own, and nothing shows that.
    ///
    /// # Errors
    /// [`DatabaseError`] if that could not be told.
    async fn admits(&self, tenant: TenantId, isolation: Isolation, role: &RoleSpec) -> Result<bool, DatabaseError>;

    /// Runs a release's effect query with the tenant's own credentials: whether its first column of its first row is a
    /// number above zero. A missing table is `false`, not an error.
    ///
    /// # Errors
    /// [`DatabaseError`] if it could not be asked.
    async fn effect(
        &self,
        tenant: TenantId,
        isolation: Isolation,
        role: &RoleSpec,
        query: &str,
    ) -> Result<bool, DatabaseError>;

    /// Runs a statement with the tenant's own credentials.
    ///
    /// # Errors
    /// [`DatabaseError`].
    async fn run(
        &self,
        tenant: TenantId,
        isolation: Isolation,
        role: &RoleSpec,
        statement: &str,
    ) -> Result<(), DatabaseError>;

    /// Ends its sessions and drops the database or schema with all it holds; no error if it is gone.
    ///
    /// # Errors
    /// [`DatabaseError`].
    async fn drop_database(&self, tenant: TenantId, isolation: Isolation) -> Result<(), DatabaseError>;

    /// Ends its sessions and drops the role with whatever else it owns or was granted; no error if it is gone.
    ///
    /// # Errors
    /// [`DatabaseError`]; [`DatabaseError::Refused`] while the tenant's database or schema is there.
    async fn drop_role(&self, tenant: TenantId) -> Result<(), DatabaseError>;

    /// How many bytes the database or schema takes on disk; `None` if it is not there.
    ///
    /// # Errors
    /// [`DatabaseError`] if that could not be told.
    async fn size(&self, tenant: TenantId, isolation: Isolation) -> Result<Option<u64>, DatabaseError>;

    /// All tenants that have a role, a database or a schema here, each with a number that changes whenever one of these is
    /// altered, but for the role's password.
    ///
    /// # Errors
    /// [`DatabaseError`].
    async fn fingerprints(&self) -> Result<BTreeMap<TenantId, u64>, DatabaseError>;
}
