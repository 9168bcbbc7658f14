//! What a tenant keeps on disk, as the API shows it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// What a tenant keeps on this host's disks, and what goes with it when it is destroyed; each part as it was last measured.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sizes {
    /// Its database or schema. Null: not measured yet.
    database: Option<Measured>,
    /// The lines of its log that are kept, compressed. Null: not measured yet.
    logs: Option<Measured>,
    /// What was saved of its data before changes. Null: not measured yet.
    dumps: Option<Measured>,
}

/// A number of bytes, and when it was so.
#[derive(Serialize, ToSchema)]
pub(crate) struct Measured {
    #[schema(example = 8_388_608)]
    bytes: u64,
    at: DateTime<Utc>,
    /// How long that is ago, in seconds.
    age: f64,
}

impl Sizes {
    pub(super) fn seen(sizes: storage::Sizes, now: DateTime<Utc>) -> Self {
        let seen = |part: Option<storage::Measured>| {
            part.map(|storage::Measured { bytes, at }| Measured {
                bytes,
                at,
                // A worker whose clock is ahead of ours has not measured in the future.
                age: (now - at).max(TimeDelta::zero()).as_seconds_f64(),
            })
        };
        Self { database: seen(sizes.database), logs: seen(sizes.logs), dumps: seen(sizes.dumps) }
    }
}
