//! How people reach an instance.

use serde::{Deserialize, Serialize};

use super::spec::{SpecHash, hash};
use super::subdomain::Subdomain;
use crate::id::TenantId;
use crate::name::Domain;
use crate::platform::Routing;

/// Everything a route is made of. Its hash is taken over the whole of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    pub tenant: TenantId,
    pub subdomain: Subdomain,
    /// The tenants' domain.
    pub domain: Domain,
    /// The port inside the container.
    pub port: u16,
    pub routing: Routing,
    /// Whether only its owner may come, until it is set up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gated: bool,
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

    /// The hash of what a container's labels say of it. The rest stands in the tenant's file, and changes without a new
    /// container.
    #[must_use]
    pub fn labels_hash(&self) -> SpecHash {
        match self.routing.provider {
            RouteProvider::File => hash(&RouteProvider::File),
            RouteProvider::Labels => {
                let routing = Routing { hsts_seconds: None, ..self.routing.clone() };
                hash(&Self { routing, gated: false, ..self.clone() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::TraefikName;

    fn route(provider: RouteProvider) -> Route {
        Route {
            tenant: TenantId::parse("tnt_0190a1b2c3d4e5f60718293a4b5c6d7e").unwrap(),
            subdomain: Subdomain::parse("night-owls").unwrap(),
            domain: Domain::parse("example.org").unwrap(),
            port: 3000,
            routing: Routing {
                provider,
                entry_point: TraefikName::parse("websecure").unwrap(),
                tls: true,
                certificate_resolver: None,
                hsts_seconds: Some(600),
            },
            gated: false,
        }
    }

    #[test]
    fn what_stands_in_the_file_alone_needs_no_new_container() {
        let port = |provider| Route { port: 80, ..route(provider) };
        for (provider, port_is_a_label) in [(RouteProvider::Labels, true), (RouteProvider::File, false)] {
            let mut headers = route(provider);
            headers.routing.hsts_seconds = None;
            let gated = Route { gated: true, ..route(provider) };
            for changed in [headers, gated] {
                assert_ne!(changed.hash(), route(provider).hash());
                assert_eq!(changed.labels_hash(), route(provider).labels_hash());
            }
            assert_eq!(port(provider).labels_hash() != route(provider).labels_hash(), port_is_a_label);
        }
        assert_ne!(route(RouteProvider::Labels).labels_hash(), route(RouteProvider::File).labels_hash());
    }
}
