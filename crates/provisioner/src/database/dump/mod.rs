//! A tenant's data as files: taken before a release may change it, brought back when somebody asks.

mod fake;
mod folder;
mod programs;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::tenant::DumpsState;

pub use fake::{FakeDumps, HALF};
pub use folder::DumpFolder;
pub use programs::{DumpError, DumpOptions, Dumps, Subject};

/// Which dump of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DumpName {
    /// Taken for the release of that number.
    BeforeRelease(u32),
    /// Taken for the wish for older data of that generation.
    BeforeRestore(i64),
}

/// What these are to one whose next release has that number.
fn state_of(names: impl IntoIterator<Item = DumpName>, next_release: u32) -> DumpsState {
    let mut state = DumpsState::default();
    for name in names {
        match name {
            DumpName::BeforeRelease(release) => drop(state.releases.insert(release)),
            DumpName::BeforeRestore(asked) => drop(state.restores.insert(asked)),
        }
    }
    state.before_next = state.releases.contains(&next_release);
    state
}

/// The dumps there are, each named by what it was taken for.
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

    /// Dumps all the tenant has, for the wish for older data of that generation; old ones of that kind go.
    ///
    /// # Errors
    /// [`DumpError`]; there is then no dump for that wish.
    async fn save(&self, subject: Subject<'_>, restore: i64) -> Result<(), DumpError>;

    /// Makes the tenant have what a dump holds, and nothing else; tells of when that is. Nothing of it may run.
    ///
    /// # Errors
    /// [`DumpError`]; the data are then incomplete until a restore succeeds, unless there is no such dump.
    async fn restore(&self, subject: Subject<'_>, from: DumpName) -> Result<DateTime<Utc>, DumpError>;

    /// Removes all dumps of a tenant; no error if there are none.
    ///
    /// # Errors
    /// [`DumpError`].
    async fn remove(&self, tenant: TenantId) -> Result<(), DumpError>;

    /// All that have dumps, or had some taken once.
    ///
    /// # Errors
    /// [`DumpError`].
    async fn tenants(&self) -> Result<Vec<TenantId>, DumpError>;
}
