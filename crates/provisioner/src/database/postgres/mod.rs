//! The real thing: tokio-postgres and a small pool of one admin role's sessions.
//!
//! The admin role is no superuser: CREATEROLE and CREATEDB, as [`bootstrap_sql`](super::bootstrap_sql) makes it. It is a
//! member of every tenant's role, and so may do in a tenant's place whatever must be done, on PostgreSQL 15 to 18.
//!
//! Invariants:
//! - The admin's sessions stand in the shared database, resolve names in `pg_catalog` only, and run nothing a tenant wrote.
//! - A statement that could be half done is one transaction in one message, so no session is left inside one.
//! - A call is one round trip where PostgreSQL allows it; what follows from a change is asked for behind it, in the same
//!   trip.
//! - A password goes to the server as a SCRAM verifier: neither its log nor its statistics ever hold it.
//! - Each `ensure_*` mends whatever its look tells apart, and fails rather than answer that something still differs.

mod besieged;
mod call;
mod check;
mod connect;
mod fingerprints;
mod grants;
mod own_database;
mod owned;
mod role;
mod schema;
mod session;
mod size;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use domain::TenantId;
use domain::app::Isolation;
use domain::tenant::{DatabaseState, RoleState};
use futures_util::future::try_join;
use secrecy::SecretString;

use super::ident::{PlainName, tenants_group};
use super::{DatabaseError, DatabaseObservation, RoleSpec, TenantDatabase};
use connect::Admin;

pub(in crate::database) use call::in_words;
pub use check::Finding;
pub use connect::InvalidOptions;

/// Where PostgreSQL is and how long it may take.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// `postgresql://admin:password@host:port/shared`: the admin role, in the database that tenants with a schema share.
    pub admin_url: SecretString,
    /// Sessions kept for the admin role.
    pub pool_size: usize,
    /// The longest a call may take, waiting for a session included.
    pub call_timeout: Duration,
    /// The longest one of the admin's statements may run; shorter than `call_timeout`, so that the server gives up first.
    pub statement_timeout: Duration,
    /// The longest one of the admin's statements may wait for a lock.
    pub lock_timeout: Duration,
    /// Where this process reaches PostgreSQL, itself and not a pooler, for a tenant's own login.
    pub tenant_login: SocketAddr,
}

/// The tenants' PostgreSQL.
#[derive(Debug)]
pub struct PostgresTenants {
    admin: Admin,
    tenant_login: SocketAddr,
    /// See [`tenants_group`].
    group: String,
}

impl PostgresTenants {
    /// Connects at the first call, not before.
    ///
    /// # Errors
    /// [`InvalidOptions`] says what is wrong with them.
    pub fn new(options: &PostgresOptions) -> Result<Self, InvalidOptions> {
        let admin = Admin::new(options)?;
        let group = tenants_group(admin.shared_database());
        Ok(Self { admin, tenant_login: options.tenant_login, group })
    }

    /// The database that tenants with a schema share.
    #[must_use]
    pub fn shared_database(&self) -> &PlainName {
        self.admin.shared_database()
    }

    pub(super) const fn login_address(&self) -> SocketAddr {
        self.tenant_login
    }

    /// The server's major version.
    pub(super) async fn major(&self) -> Result<u32, DatabaseError> {
        self.admin.within("tell its version", check::major(&self.admin)).await
    }

    /// Drops all the tenant has, as the tenant itself; its database or schema stays. Its other sessions are ended first.
    pub(super) async fn empty(
        &self,
        tenant: TenantId,
        isolation: Isolation,
        password: &SecretString,
    ) -> Result<(), DatabaseError> {
        let login = self.admin.tenant_login(self.tenant_login, tenant, isolation, password);
        let call = async {
            role::be_alone(&self.admin, tenant).await?;
            session::empty(&login, tenant, isolation).await
        };
        self.admin.within("empty a tenant's database", call).await
    }

    /// What an operator must know of this PostgreSQL, good and bad; `network` is where tenants reach it. If it can't be
    /// asked, that is the one finding.
    pub async fn check(&self, network: Option<SocketAddr>) -> Vec<Finding> {
        check::run(&self.admin, &self.group, network).await
    }
}

#[async_trait]
impl TenantDatabase for PostgresTenants {
    async fn observe(
        &self,
        tenant: TenantId,
        isolation: Isolation,
        role: &RoleSpec,
    ) -> Result<DatabaseObservation, DatabaseError> {
        let call = async {
            let session = self.admin.session().await?;
            let role = role::look(&session, &self.group, tenant, role);
            let database = async {
                match isolation {
                    Isolation::Database => own_database::look(&session, tenant).await,
                    Isolation::Schema => schema::look(&session, &self.group, tenant).await,
                }
            };
            let (role, database) = try_join(role, database).await?;
            session.give_back();
            Ok(DatabaseObservation { role, database })
        };
        self.admin.within("tell how a tenant's role and database are", call).await
    }

    async fn ensure_role(&self, tenant: TenantId, spec: &RoleSpec) -> Result<RoleState, DatabaseError> {
        self.admin.within("make a tenant's role", role::ensure(&self.admin, &self.group, tenant, spec)).await
    }

    async fn ensure_database(&self, tenant: TenantId, isolation: Isolation) -> Result<DatabaseState, DatabaseError> {
        match isolation {
            Isolation::Database => {
                self.admin.within("make a tenant's database", own_database::ensure(&self.admin, tenant)).await
            }
            Isolation::Schema => {
                self.admin.within("make a tenant's schema", schema::ensure(&self.admin, &self.group, tenant)).await
            }
        }
    }

    async fn admits(&self, tenant: TenantId, isolation: Isolation, role: &RoleSpec) -> Result<bool, DatabaseError> {
        let login = self.admin.tenant_login(self.tenant_login, tenant, isolation, &role.password);
        self.admin.within("log in as a tenant", session::admits(&login)).await
    }

    async fn effect(
        &self,
        tenant: TenantId,
        isolation: Isolation,
        role: &RoleSpec,
        query: &str,
    ) -> Result<bool, DatabaseError> {
        let login = self.admin.tenant_login(self.tenant_login, tenant, isolation, &role.password);
        self.admin.within("ask a tenant's database for a release's effect", session::effect(&login, query)).await
    }

    async fn run(
        &self,
        tenant: TenantId,
        isolation: Isolation,
        role: &RoleSpec,
        statement: &str,
    ) -> Result<(), DatabaseError> {
        let login = self.admin.tenant_login(self.tenant_login, tenant, isolation, &role.password);
        self.admin.within("change a tenant's data as its app's manifest says", session::change(&login, statement)).await
    }

    async fn drop_database(&self, tenant: TenantId, isolation: Isolation) -> Result<(), DatabaseError> {
        match isolation {
            Isolation::Database => {
                self.admin.within("drop a tenant's database", own_database::drop(&self.admin, tenant)).await
            }
            Isolation::Schema => {
                self.admin.within("drop a tenant's schema", schema::drop(&self.admin, &self.group, tenant)).await
            }
        }
    }

    async fn drop_role(&self, tenant: TenantId) -> Result<(), DatabaseError> {
        self.admin.within("drop a tenant's role", role::drop(&self.admin, tenant)).await
    }

    async fn size(&self, tenant: TenantId, isolation: Isolation) -> Result<Option<u64>, DatabaseError> {
        self.admin.within("measure a tenant's database", size::look(&self.admin, tenant, isolation)).await
    }

    async fn fingerprints(&self) -> Result<BTreeMap<TenantId, u64>, DatabaseError> {
        self.admin.within("look at all tenants' databases", fingerprints::look(&self.admin)).await
    }
}
