//! The history: condensed every minute, made room for and forgotten every hour.

use std::time::Duration;

use domain::usage::Resolution;
use storage::StorageError;
use tokio::time::Instant;

use crate::Sampler;

const CONDENSE: Duration = Duration::from_secs(60);
const FORGET: Duration = Duration::from_secs(3600);
/// A point is condensed so long after it is whole: its last sample may still be on its way.
const SETTLE: Duration = Duration::from_secs(5);

impl Sampler {
    /// Never ends.
    pub(crate) async fn tend(&self) {
        let mut next = Instant::now();
        let mut ticks = tokio::time::interval(CONDENSE);
        loop {
            let now = ticks.tick().await;
            let forget = now >= next;
            match self.tend_once(forget).await {
                Ok(()) if forget => next = now + FORGET,
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(%error, "the history of what instances use was not looked after; in a minute again");
                }
            }
        }
    }

    async fn tend_once(&self, forget: bool) -> Result<(), StorageError> {
        let now = self.clock.now();
        if forget {
            self.store.tend_usage(now, &self.settings.kept).await?;
            self.store.forget_usage_of_destroyed().await?;
        }
        for resolution in Resolution::ALL {
            self.store.roll_usage(resolution, now - SETTLE).await?;
        }
        Ok(())
    }
}
