//! The URL an app connects with.

use std::net::SocketAddr;

use domain::TenantId;
use domain::app::Isolation;
use secrecy::{ExposeSecret, SecretString};

use super::ident::{database_name, role_name};

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
    /// `postgresql://user:password@address:port/database`, for the tenants' PostgreSQL or its pooler as seen from their
    /// network; the password is made of hex digits and needs no escaping.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> SecretString {
        let database = match self.isolation {
            Isolation::Database => database_name(self.tenant),
            Isolation::Schema => self.shared_database.to_owned(),
        };
        let (role, password) = (role_name(self.tenant), self.password.expose_secret());
        SecretString::from(format!("postgresql://{role}:{password}@{address}/{database}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_version_6_stands_in_brackets() {
        let tenant = TenantId::parse("tnt_0190a1b2c3d4e5f60718293a4b5c6d7e").unwrap();
        let password = SecretString::from("00ff");
        let url = |isolation| TenantUrl { tenant, isolation, shared_database: "shared", password: &password };
        let at = |isolation, address: &str| url(isolation).at(address.parse().unwrap()).expose_secret().to_owned();
        let role = role_name(tenant);
        assert_eq!(at(Isolation::Schema, "[fd00::1]:6432"), format!("postgresql://{role}:00ff@[fd00::1]:6432/shared"));
        let own = database_name(tenant);
        assert_eq!(at(Isolation::Database, "10.0.0.1:5432"), format!("postgresql://{role}:00ff@10.0.0.1:5432/{own}"));
    }
}
