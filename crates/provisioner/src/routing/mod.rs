//! How people reach an instance: Traefik, by labels on the container or by a file we write.
//!
//! What must change under a running container (gate, headers) stands in the tenant's own small file, which Traefik
//! watches; labels can't change.

mod error;

use std::net::SocketAddr;

use async_trait::async_trait;
use domain::TenantId;
use domain::tenant::RouteState;
pub use domain::tenant::{Route, RouteProvider};

pub use error::RouteError;

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
