//! How people reach an instance: Traefik, by labels on the container or by a file we write.
//!
//! What must change under a running container (gate, headers) stands in the tenant's own small file, which Traefik
//! watches; labels can't change. [`labels`] and the files' content are pure; [`RouteFiles`] puts them on the disk.
//!
//! Invariants: whatever a route is made of can't be read as anything else by Traefik (rules, labels, templates), because
//! its types hold no character that could; a file is there whole or not at all; a file that says something else than we
//! would write has another hash.

mod base;
mod content;
mod error;
pub mod fake;
mod file;
mod folder;
mod labels;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use async_trait::async_trait;
use domain::tenant::RouteState;
pub use domain::tenant::{Route, RouteProvider};
use domain::{Domain, Routing, TenantId};
use serde_json::{Value, json};

pub use base::{Front, path};
pub use error::RouteError;
pub use file::RouteFiles;
pub use labels::{labels, unrouted};

/// The files. One a tenant, changed whole.
#[async_trait]
pub trait RouteStore: std::fmt::Debug + Send + Sync {
    /// # Errors
    /// [`RouteError`] if that could not be told.
    async fn find(&self, tenant: TenantId) -> Result<Option<RouteState>, RouteError>;

    /// Writes the tenant's file; `target` is ignored unless the provider is [`RouteProvider::File`].
    ///
    /// # Errors
    /// [`RouteError`]; the old file is then still whole.
    async fn write(&self, route: &Route, target: Option<SocketAddr>) -> Result<RouteState, RouteError>;

    /// No error if it is gone.
    ///
    /// # Errors
    /// [`RouteError`].
    async fn remove(&self, tenant: TenantId) -> Result<(), RouteError>;

    /// The tenants that have a file.
    ///
    /// # Errors
    /// [`RouteError`].
    async fn tenants(&self) -> Result<Vec<TenantId>, RouteError>;

    /// Puts right what all routes share, if somebody has changed it, and tells of all files at once what can be told without
    /// reading them.
    ///
    /// # Errors
    /// [`RouteError`].
    async fn survey(&self) -> Result<Survey, RouteError>;
}

/// All tenants' files at one look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Who has one.
    pub present: BTreeSet<TenantId>,
    /// Whose is not the one that this store has written or read last.
    pub altered: BTreeSet<TenantId>,
}

/// What Traefik calls the tenant's router, service and middleware chain.
fn name(route: &Route) -> String {
    format!("fresco-{}", route.tenant.simple())
}

fn rule(route: &Route) -> String {
    format!("Host(`{}`)", route.host())
}

/// The certificate's wildcard.
fn wildcard(domain: &Domain) -> String {
    format!("*.{domain}")
}

/// A router's `tls`: which resolver is asked for what, or whichever certificate there is.
fn certificate(routing: &Routing, domain: &Domain) -> Value {
    match &routing.certificate_resolver {
        Some(resolver) => json!({ "certResolver": resolver, "domains": [{ "main": wildcard(domain) }] }),
        None => json!({}),
    }
}

#[cfg(test)]
mod sample {
    use domain::TraefikName;
    use domain::tenant::Subdomain;

    use super::{Domain, Route, RouteProvider, Routing, TenantId};

    pub(super) fn route(provider: RouteProvider) -> Route {
        Route {
            tenant: TenantId::parse("tnt_0190a1b2c3d4e5f60718293a4b5c6d7e").unwrap(),
            subdomain: Subdomain::parse("night-owls").unwrap(),
            domain: Domain::parse("example.org").unwrap(),
            port: 3000,
            routing: Routing {
                provider,
                entry_point: TraefikName::parse("websecure").unwrap(),
                tls: true,
                certificate_resolver: Some(TraefikName::parse("letsencrypt").unwrap()),
                hsts_seconds: Some(31_536_000),
            },
            gated: false,
        }
    }
}
