//! What the operator has settled that goes into every tenant, without any secret.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::name::{Domain, TraefikName};
use crate::quantity::Bytes;
use crate::tenant::{CrashPolicy, RouteProvider, Subdomain};

/// The settings a tenant's containers and route are made from. A change here changes them all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Platform {
    /// The tenants' domain.
    pub domain: Domain,
    /// The port people use, where it is not the scheme's own.
    pub public_port: Option<u16>,
    pub network: String,
    /// Where tenants reach PostgreSQL.
    pub database: SocketAddr,
    /// Where tenants reach the pooler, if there is one.
    pub pooler: Option<SocketAddr>,
    /// The database of tenants that have a schema.
    pub shared_database: String,
    pub routing: Routing,
    /// Whether an instance that nobody has set up yet is closed to all but its owner.
    pub gate: bool,
    pub log_size: Bytes,
    pub log_files: u32,
    /// The slice tenants live in, beside the platform's.
    pub cgroup_parent: Option<String>,
    /// What is done about an app that keeps crashing; no part of any container.
    pub crashes: CrashPolicy,
}

/// How Traefik is set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routing {
    pub provider: RouteProvider,
    pub entry_point: TraefikName,
    /// Whether the entry point speaks TLS; public URLs are `https` then.
    pub tls: bool,
    /// Traefik's certificate resolver, asked for one wildcard of the tenants' domain (so one by DNS-01): no tenant's name
    /// is then in the public log. `None`: whichever certificate Traefik has for the name.
    pub certificate_resolver: Option<TraefikName>,
    /// Seconds of Strict-Transport-Security; `None` sends none. The app's own never passes.
    pub hsts_seconds: Option<u32>,
}

impl Platform {
    /// `subdomain.domain`, as in a certificate or a `Host` rule.
    #[must_use]
    pub fn hostname(&self, subdomain: &Subdomain) -> String {
        format!("{subdomain}.{}", self.domain)
    }

    /// The host as a browser sends it: with the port, where it is not the scheme's own.
    #[must_use]
    pub fn host(&self, subdomain: &Subdomain) -> String {
        let port = self.public_port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}{port}", self.hostname(subdomain))
    }

    /// The address people type.
    #[must_use]
    pub fn url(&self, subdomain: &Subdomain) -> String {
        let scheme = if self.routing.tls { "https" } else { "http" };
        format!("{scheme}://{}", self.host(subdomain))
    }
}
