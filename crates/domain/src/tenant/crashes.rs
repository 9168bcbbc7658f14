//! An app that ends by itself, again and again: when the platform takes its restarts out of the engine's hand.
//!
//! The engine starts it again at first, also while the platform is away. One that keeps crashing would go on for ever; so
//! from [`CrashPolicy::engine_restarts`] on the platform holds it: it starts it with growing pauses, a limited number of
//! times, and then waits for a person. One that runs in calm is given back to the engine.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How patient the platform is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CrashPolicy {
    /// So many restarts by the engine, without calm in between, make a crash loop.
    pub engine_restarts: u32,
    /// Having run so long, an app is calm.
    pub calm_after: Duration,
    /// The platform's first pause before a start; it doubles with each.
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// So many starts by the platform, then a person has to look.
    pub platform_starts: u32,
}

impl CrashPolicy {
    pub const DEFAULT: Self = Self {
        engine_restarts: 5,
        calm_after: Duration::from_secs(60),
        first_pause: Duration::from_secs(10),
        longest_pause: Duration::from_secs(600),
        platform_starts: 6,
    };

    /// When one that the platform has started `tries` times already, and that ended at `ended`, is started again.
    #[must_use]
    pub fn again_at(&self, ended: DateTime<Utc>, tries: u32) -> DateTime<Utc> {
        let pause = self.first_pause.saturating_mul(1 << tries.min(16)).min(self.longest_pause);
        TimeDelta::from_std(pause).ok().and_then(|pause| ended.checked_add_signed(pause)).unwrap_or(ended)
    }

    /// Whether what was started at `started` is calm.
    #[must_use]
    pub fn is_calm(&self, started: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        (now - started).to_std().is_ok_and(|age| age >= self.calm_after)
    }
}

/// How often a container has ended by itself, and who starts it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crashes {
    /// How often the engine has started it again since it was made or last started by us.
    pub restarts: u32,
    /// How many of these came before it was last seen in calm.
    pub forgiven: u32,
    /// Whether the platform has taken its restarts into its own hand.
    pub held: bool,
    /// How often the platform has started it since then.
    pub tries: u32,
}

impl Crashes {
    /// Just taken into the platform's hand.
    #[must_use]
    pub const fn in_hand() -> Self {
        Self { restarts: 0, forgiven: 0, held: true, tries: 0 }
    }

    /// Once more started by us; the engine then counts anew.
    #[must_use]
    pub const fn after_start(self) -> Self {
        let tries = if self.held { self.tries.saturating_add(1) } else { 0 };
        Self { restarts: 0, forgiven: 0, held: self.held, tries }
    }

    /// The restarts that count.
    #[must_use]
    pub const fn recent(&self) -> u32 {
        self.restarts.saturating_sub(self.forgiven)
    }

    /// Whether the engine should not go on starting it.
    #[must_use]
    pub const fn are_a_loop(&self, policy: &CrashPolicy) -> bool {
        !self.held && self.recent() >= policy.engine_restarts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_have_an_end() {
        let (policy, ended) = (CrashPolicy::DEFAULT, DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let pauses: Vec<i64> =
            [0, 1, 2, 5, 6, 60].map(|tries| (policy.again_at(ended, tries) - ended).num_seconds()).into();
        assert_eq!(pauses, [10, 20, 40, 320, 600, 600]);
    }

    #[test]
    fn what_was_forgiven_and_what_is_held_is_no_loop() {
        let crashes = Crashes { restarts: 7, ..Crashes::default() };
        assert!(crashes.are_a_loop(&CrashPolicy::DEFAULT));
        assert!(!Crashes { forgiven: 3, ..crashes }.are_a_loop(&CrashPolicy::DEFAULT));
        assert!(!Crashes { held: true, ..crashes }.are_a_loop(&CrashPolicy::DEFAULT));
    }
}
