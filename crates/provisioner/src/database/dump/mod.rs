//! A tenant's data as files: taken before a release may change it, brought back when somebody asks.

mod fake;
mod folder;
mod majors;
mod programs;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::tenant::DumpsState;
use domain::{Clock as _, SystemClock, TenantId};

pub use fake::{Call as DumpCall, FakeDumps, HALF};
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

/// The release that is wanted next.
#[derive(Clone, Copy, Debug)]
pub struct NextRelease {
    pub number: u32,
    /// When the change was asked for that it belongs to. A dump that is older was taken for another that came to nothing, and
    /// people have gone on since.
    pub asked_at: DateTime<Utc>,
}

/// A dump that there is.
#[derive(Clone, Copy, Debug)]
struct Taken {
    name: DumpName,
    at: DateTime<Utc>,
}

/// What these are to one who wants that release next, if a dump holds what there is for so long.
fn state_of(dumps: impl IntoIterator<Item = Taken>, next: NextRelease, fresh_for: Duration) -> DumpsState {
    let (mut state, now) = (DumpsState::default(), SystemClock.now());
    for Taken { name, at } in dumps {
        match name {
            DumpName::BeforeRelease(release) => {
                // One that the clock has never come to tells nothing of its age.
                let age = (now - at).to_std().ok();
                let is_fresh = at >= next.asked_at && age.is_some_and(|age| age <= fresh_for);
                state.before_next |= release == next.number && is_fresh;
                state.releases.insert(release);
            }
            DumpName::BeforeRestore(asked) => drop(state.restores.insert(asked)),
        }
    }
    state
}

/// The dumps there are, each named by what it was taken for.
#[async_trait]
pub trait DumpStore: std::fmt::Debug + Send + Sync {
    /// What there is of a tenant, to one who wants that release next; `None` if there is no dump at all.
    ///
    /// # Errors
    /// [`DumpError`] if that could not be told.
    async fn find(&self, tenant: TenantId, next: NextRelease) -> Result<Option<DumpsState>, DumpError>;

    /// Dumps all the tenant has, for that release; old ones beyond those to keep go.
    ///
    /// # Errors
    /// [`DumpError`]; there is then no dump for that release.
    async fn dump(&self, subject: Subject<'_>, next: NextRelease) -> Result<DumpsState, DumpError>;

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
