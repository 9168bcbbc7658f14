//! What the operator has settled about the loop.

use std::time::Duration;

use domain::Platform;
use domain::app::Catalogue;
use domain::quantity::Bytes;
use provisioner::container::{NetworkSpec, PlatformId};

/// Everything but the parts themselves.
#[derive(Clone, Debug)]
pub struct Settings {
    pub platform_id: PlatformId,
    pub platform: Platform,
    pub catalogue: Catalogue,
    pub network: NetworkSpec,
    pub roles: RoleLimits,
    /// How long nobody gets the subdomain of a tenant that is destroyed.
    pub quarantine: Duration,
    pub pace: Pace,
}

/// Limits of each tenant's database role.
#[derive(Clone, Copy, Debug)]
pub struct RoleLimits {
    pub connection_limit: u32,
    pub statement_timeout: Duration,
    pub idle_in_transaction_timeout: Duration,
}

/// How fast the loop goes. Every bound of it stands here.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Tenants worked on at once.
    pub slots: u16,
    /// How many of them background work may take, so that people's actions always find one.
    pub background_slots: u16,
    /// How long a claim holds without being renewed; it is renewed three times as often.
    pub lease: Duration,
    /// The first delay after a failure; it doubles with each.
    pub backoff_first: Duration,
    pub backoff_most: Duration,
    /// The longest delay while a part can't be looked at.
    pub unknown_most: Duration,
    /// How often one settled tenant is looked at in full, unless there are too many for that.
    pub full_look: Duration,
    /// The most of these looks in a second: with more tenants each is looked at less often.
    pub full_looks_per_second: u16,
    /// How often all containers are looked at in one call.
    pub resync: Duration,
    /// How often an active app is asked whether it still answers, unless there are too many for that.
    pub health: Duration,
    /// The most of them that are asked in a second.
    pub health_asks_per_second: u16,
    /// How often everything is compared with the rows for what nobody owns.
    pub orphans: Duration,
    /// How often an app whose owner is setting it up is asked whether it is.
    pub first_run: Duration,
    /// The same for all that await their first visitor, whether anybody is at it or not.
    pub first_run_sweep: Duration,
    /// How much of a failed container's log is kept with the failure.
    pub failure_lines: u32,
    /// How much of a release's log is kept.
    pub release_log: Bytes,
    /// From a route's change until Traefik sends nobody to where it led before.
    pub switch: Duration,
    /// From SIGTERM to SIGKILL where the app's profile is not known.
    pub stop_grace: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            slots: 16,
            background_slots: 8,
            lease: Duration::from_secs(10),
            backoff_first: Duration::from_secs(1),
            backoff_most: Duration::from_secs(300),
            unknown_most: Duration::from_secs(15),
            full_look: Duration::from_secs(600),
            full_looks_per_second: 10,
            resync: Duration::from_secs(10),
            health: Duration::from_secs(30),
            health_asks_per_second: 50,
            orphans: Duration::from_secs(600),
            first_run: Duration::from_secs(1),
            first_run_sweep: Duration::from_secs(3600),
            failure_lines: 40,
            release_log: Bytes(64 << 10),
            switch: Duration::from_secs(3),
            stop_grace: Duration::from_secs(10),
        }
    }
}

impl Pace {
    /// How many full looks the highest rate allows in one period: more tenants than that are not due within it anyway.
    #[must_use]
    pub fn full_looks_in_a_period(&self) -> u32 {
        let looks = self.full_look.as_secs().saturating_mul(u64::from(self.full_looks_per_second.max(1)));
        u32::try_from(looks).unwrap_or(u32::MAX)
    }

    /// How long after so many apps were asked the next ones are.
    #[must_use]
    pub fn health_page(&self, apps: u16) -> Duration {
        Duration::from_secs(u64::from(apps)) / u32::from(self.health_asks_per_second.max(1))
    }

    /// The period of full looks with so many tenants.
    #[must_use]
    pub fn full_look_among(&self, tenants: usize) -> Duration {
        let rate = u32::from(self.full_looks_per_second.max(1));
        let sweep = Duration::from_secs(u64::try_from(tenants).unwrap_or(u64::MAX)) / rate;
        // A period is jittered to three quarters of it on average.
        self.full_look.max(sweep.mul_f64(4.0 / 3.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_tenants_are_looked_at_each_period_and_many_at_the_highest_rate() {
        let pace = Pace::default();
        assert_eq!(pace.full_look_among(0), pace.full_look);
        assert_eq!(pace.full_look_among(4_500), pace.full_look);
        assert_eq!(pace.full_look_among(45_000), pace.full_look * 10);
    }
}
