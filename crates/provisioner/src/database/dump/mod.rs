//! A tenant's data as files: taken before a release may change it, brought back when somebody asks.

mod fake;
mod folder;
mod programs;

use async_trait::async_trait;
use domain::TenantId;
use domain::tenant::DumpsState;

pub use fake::FakeDumps;
pub use folder::DumpFolder;
pub use programs::{DumpError, DumpOptions, Dumps, Subject};

/// The dumps there are, each named by the number of the release it was taken for.
#[async_trait]
pub trait DumpStore: std::fmt::Debug + Send + Sync {
    /// What there is of a tenant whose next release has that number; `None` if there is no dump at all.
    ///
    /// # Errors
    /// [`DumpError`] if that could not be told.
    async fn find(&self, tenant: TenantId, next_release: u32) -> Result<Option<DumpsState>, DumpError>;

    /// Dumps all the tenant has, for the release of that number; old ones beyond those to keep go.
    ///
    /// # Errors
    /// [`DumpError`]; there is then no dump for that release.
    async fn dump(&self, subject: Subject<'_>, next_release: u32) -> Result<DumpsState, DumpError>;

    /// Removes all dumps of a tenant; no error if there are none.
    ///
    /// # Errors
    /// [`DumpError`].
    async fn remove(&self, tenant: TenantId) -> Result<(), DumpError>;
}
