//! How people reach an instance: Traefik, by labels on the container or by a file we write.
//!
//! What must change under a running container (gate, headers) stands in the tenant's own small file, which Traefik
//! watches; labels can't change.

mod error;

use std::net::SocketAddr;

use async_trait::async_trait;
use domain::TenantId;
use domain::tenant::{RouteState, SpecHash, Subdomain};
use serde::Serialize;

pub use error::RouteError;

/// Everything a route is made of. Its hash is taken over the whole of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    pub tenant: TenantId,
    pub subdomain: Subdomain,
    /// The tenants' domain, such as `example.org`.
    pub domain: String,
    /// The port inside the container.
    pub port: u16,
    pub entry_point: String,
    /// Whether the entry point speaks TLS.
    pub tls: bool,
    /// Traefik's certificate resolver; `None`: the default certificate.
    pub certificate_resolver: Option<String>,
    pub provider: RouteProvider,
    /// Seconds of Strict-Transport-Security; `None` sends none.
    pub hsts_seconds: Option<u32>,
}

/// Who tells Traefik of the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteProvider {
    /// Labels on the container; the file holds the middleware chain alone.
    Labels,
    /// The file holds the whole route, published after readiness.
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
        domain::tenant::hash(self)
    }
}

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
}
