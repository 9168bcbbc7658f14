//! The URL an app connects with.

use std::net::IpAddr;

use domain::TenantId;
use domain::app::Isolation;
use secrecy::{ExposeSecret, SecretString};

use super::ident::{database_name, role_name};

/// Where tenants reach PostgreSQL or its pooler, as seen from their network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub address: IpAddr,
    pub port: u16,
}

/// What goes into one tenant's URL.
#[derive(Clone, Debug)]
pub struct TenantUrl<'a> {
    pub tenant: TenantId,
    pub isolation: Isolation,
    /// The database all tenants with a schema share.
    pub shared_database: &'a str,
    pub password: &'a SecretString,
}

impl TenantUrl<'_> {
    /// `postgresql://user:password@address:port/database`; the password is made of hex digits and needs no escaping.
    #[must_use]
    pub fn at(&self, endpoint: Endpoint) -> SecretString {
        let (address, port) = (endpoint.address, endpoint.port);
        let host = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
        let database = match self.isolation {
            Isolation::Database => database_name(self.tenant),
            Isolation::Schema => self.shared_database.to_owned(),
        };
        let (role, password) = (role_name(self.tenant), self.password.expose_secret());
        SecretString::from(format!("postgresql://{role}:{password}@{host}:{port}/{database}"))
    }
}
