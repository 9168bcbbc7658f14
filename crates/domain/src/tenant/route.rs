//! How people reach an instance.

use serde::{Deserialize, Serialize};

use super::spec::{SpecHash, hash};
use super::subdomain::Subdomain;
use crate::id::TenantId;
use crate::platform::Routing;

/// Everything a route is made of. Its hash is taken over the whole of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    pub tenant: TenantId,
    pub subdomain: Subdomain,
    /// The tenants' domain, such as `example.org`.
    pub domain: String,
    /// The port inside the container.
    pub port: u16,
    pub routing: Routing,
}

/// Who tells Traefik of the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteProvider {
    /// Labels on the container; the tenant's file holds the middleware chain alone.
    Labels,
    /// The tenant's file holds the whole route, published after readiness.
    File,
}

impl Route {
    /// `subdomain.domain`.
    #[must_use]
    pub fn host(&self) -> String {
        format!("{}.{}", self.subdomain, self.domain)
    }

    #[must_use]
    pub fn hash(&self) -> SpecHash {
        hash(self)
    }
}
