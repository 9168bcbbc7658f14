//! How often, and how long.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::Entropy;
use domain::entropy::random;

/// How letters are tried again.
#[derive(Clone, Copy, Debug)]
pub struct MailPace {
    /// How often somebody looks though no bell has rung.
    pub period: Duration,
    /// How long a letter is its holder's. Longer than an attempt takes.
    pub lease: Duration,
    /// After the first attempt; doubled with each one more.
    pub backoff_first: Duration,
    pub backoff_most: Duration,
    /// After so many attempts, or so long, nobody tries any more.
    pub attempts: u32,
    pub give_up_after: Duration,
    /// How long what was sent or given up is shown to the operator.
    pub keep: Duration,
}

impl Default for MailPace {
    fn default() -> Self {
        let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3600));
        Self {
            period: minute,
            lease: 2 * minute,
            backoff_first: Duration::from_secs(15),
            backoff_most: hour,
            attempts: 50,
            give_up_after: 48 * hour,
            keep: 30 * 24 * hour,
        }
    }
}

impl MailPace {
    /// When to try again after this many attempts; `None`: not.
    pub(super) fn again(
        &self,
        attempts: u32,
        (created_at, now): (DateTime<Utc>, DateTime<Utc>),
        entropy: &dyn Entropy,
    ) -> Option<Duration> {
        let age = (now - created_at).max(TimeDelta::zero()).to_std().unwrap_or(Duration::MAX);
        if attempts >= self.attempts || age >= self.give_up_after {
            return None;
        }
        let doubled = self.backoff_first.saturating_mul(1 << attempts.saturating_sub(1).min(16));
        // Half of it by chance, so that letters that failed together don't come back together.
        let chance = f64::from(u16::from_be_bytes(random(entropy))) / f64::from(u16::MAX);
        Some(doubled.min(self.backoff_most).mul_f64(0.5 + chance / 2.0))
    }
}

#[cfg(test)]
mod tests {
    use domain::{Clock, SystemClock, SystemEntropy};

    use super::*;

    #[test]
    fn waits_grow_to_their_bound_differ_by_chance_and_have_an_end() {
        let (pace, now) = (MailPace::default(), SystemClock.now());
        let again = |attempts| pace.again(attempts, (now, now), &SystemEntropy);
        for (attempts, most) in [(1, 15), (2, 30), (5, 240), (49, 3600)] {
            let (most, wait) = (Duration::from_secs(most), again(attempts).unwrap());
            assert!((most / 2..=most).contains(&wait), "{attempts}: {wait:?}");
        }
        let waits: std::collections::HashSet<Duration> = (0..50).filter_map(|_| again(3)).collect();
        assert!(waits.len() > 10);
        assert_eq!(again(50), None);
        let old = now - TimeDelta::hours(48);
        assert_eq!(pace.again(1, (old, now), &SystemEntropy), None);
        assert!(pace.again(1, (now + TimeDelta::hours(1), now), &SystemEntropy).is_some(), "a clock may be set back");
    }
}
