//! Who works on which tenant, and what a holder may write.
//!
//! ```text
//! ring ─► due ─► claim_due ─► renew … progress … reread … ─► finish ─► due again at next_at
//! ```
//!
//! Invariants:
//! - A tenant has one holder at a time. A lease that lapses may be claimed by another; its epoch counts up, and the old
//!   holder's writes change nothing from then on ([`ClaimError::Lost`]).
//! - Nothing asked for is forgotten: a change of the tenant's row while it is held shows in its generation, which
//!   [`Store::finish`] compares with the one the holder has read; a ring for other reasons stays in `next_at`.
//! - The claim's row is locked before the tenant's.
//!
//! Times of leases are the database's, so hosts needn't agree on the time.
//!
//! [`Store::finish`]: crate::Store::finish

mod claim;
mod expected;
mod finish;
mod hold;
mod progress;
mod reject;
mod removal;
mod ring;
mod serving;

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::image::ImageId;
use domain::tenant::{DatabaseIdentity, ReleaseRecord};
use domain::{DeploymentId, TenantId};
use uuid::Uuid;

use crate::error::StorageError;
use crate::tenants::Tenant;

pub use expected::{Expectation, Expected};
pub use finish::{DeploymentOutcome, Finished};
pub use progress::Progress;
pub use serving::Serving;

/// A worker; one per process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeaseOwner(pub Uuid);

/// The right to work on a tenant, until it lapses and somebody else takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    pub tenant: TenantId,
    pub owner: LeaseOwner,
    /// Tells this claim from those before and after it.
    pub epoch: i64,
}

/// Who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    People,
    Background,
}

impl Priority {
    pub(crate) const fn number(self) -> i16 {
        match self {
            Self::People => 0,
            Self::Background => 1,
        }
    }

    const fn of(number: i16) -> Self {
        if number == 0 { Self::People } else { Self::Background }
    }
}

/// How much to claim.
#[derive(Clone, Copy, Debug)]
pub struct ClaimRequest {
    /// Tenants at most.
    pub limit: u16,
    /// Of these, at most so many that nobody waits for.
    pub background_limit: u16,
    /// How long the lease holds unless it is renewed.
    pub lease: Duration,
}

/// A tenant to work on, with all the loop needs to begin.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub tenant: Tenant,
    pub lease: Lease,
    pub priority: Priority,
    /// Claims since the last success, this one included.
    pub attempts: i32,
    /// The newest recorded release.
    pub released: Option<ReleaseRecord>,
    /// How many releases are recorded.
    pub releases: u32,
    /// The newest deployment that has not ended.
    pub deployment: Option<DeploymentId>,
}

/// A lease that holds on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// Whether people have changed what should be since the holder read it.
    pub dirty: bool,
}

/// Why a holder's write was refused.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Stop at once, write nothing: somebody else works on the tenant.
    #[error("the lease has lapsed and was given to somebody else")]
    Lost,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for ClaimError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// A fenced statement answers with one row, or with none if the lease is lost.
pub(crate) fn held<T>(answer: Option<T>) -> Result<T, ClaimError> {
    answer.ok_or(ClaimError::Lost)
}

/// The columns of a recorded release: its image and those released on the same database before, the newest first.
pub(crate) fn release(
    tenant: TenantId,
    images: &[String],
    database: i64,
    at: DateTime<Utc>,
) -> Result<ReleaseRecord, StorageError> {
    let corrupt =
        |source: Box<dyn std::error::Error + Send + Sync>| StorageError::corrupt("tenant_releases", tenant, source);
    let images: Result<Vec<ImageId>, _> = images.iter().map(|image| ImageId::parse(image)).collect();
    let mut images = images.map_err(|error| corrupt(error.into()))?.into_iter();
    let image = images.next().ok_or_else(|| corrupt("a release without an image".into()))?;
    let database = u32::try_from(database).map_err(|error| corrupt(error.into()))?;
    Ok(ReleaseRecord { image, database: DatabaseIdentity(database), at, earlier: images.collect() })
}

/// One corrupt row must not hold up the others: it is named in the log and left out.
pub(crate) fn readable<T>(row: Result<T, StorageError>) -> Option<T> {
    row.inspect_err(|error| tracing::error!(error = ?error, "a tenant can't be worked on")).ok()
}
