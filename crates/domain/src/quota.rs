//! How often somebody may do something: a quota, and the decision about one more time.
//!
//! The generic cell rate algorithm (GCRA): of each caller one moment is kept, the *theoretical arrival time* at which they
//! will have all of their quota again. Each use moves it on by one interval; a use that would move it further into the
//! future than the whole quota is long is refused, and moves nothing. So there is no window whose edge could be used
//! twice, and one value a caller is all there is to keep.

use chrono::{DateTime, TimeDelta, Utc};

use crate::quantity::Span;

/// So many times in so long a time; in text `"10/5m"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub struct Quota {
    times: u32,
    within: Span,
}

/// Why a text is no quota.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no quota: expected how often in how long a time, such as \"10/5m\", of 1 to 1000000 and 1s to 31d")]
pub struct InvalidQuota(String);

/// What is left to a caller after a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether this time is within the quota.
    pub allowed: bool,
    /// How many more times may follow at once.
    pub remaining: u32,
    /// Until all of the quota is there again.
    pub reset_after: TimeDelta,
    /// Until one more time is allowed; zero if it is now.
    pub retry_after: TimeDelta,
    /// What to keep of this caller.
    pub arrival: DateTime<Utc>,
}

impl Quota {
    /// # Errors
    /// [`InvalidQuota`] for none at all, or more than a million, and for less than a second or more than 31 days.
    pub fn new(times: u32, within: Span) -> Result<Self, InvalidQuota> {
        let sane =
            (1..=1_000_000).contains(&times) && (Span::seconds(1)..=Span::seconds(31 * 86_400)).contains(&within);
        let quota = Self { times, within };
        if sane { Ok(quota) } else { Err(InvalidQuota(quota.to_string())) }
    }

    /// Reads `"10/5m"`.
    ///
    /// # Errors
    /// [`InvalidQuota`].
    pub fn parse(text: &str) -> Result<Self, InvalidQuota> {
        let invalid = || InvalidQuota(text.to_owned());
        let (times, within) = text.split_once('/').ok_or_else(invalid)?;
        let times = times.trim().parse().map_err(|_| invalid())?;
        let within = Span::try_from(within.trim().to_owned()).map_err(|_| invalid())?;
        Self::new(times, within).map_err(|_| invalid())
    }

    #[must_use]
    pub const fn times(self) -> u32 {
        self.times
    }

    #[must_use]
    pub const fn within(self) -> Span {
        self.within
    }

    /// How long one time takes to come back.
    #[must_use]
    pub fn interval(self) -> TimeDelta {
        let nanoseconds = self.within.delta().num_nanoseconds().unwrap_or(i64::MAX);
        // At least a microsecond, which is what a database keeps.
        TimeDelta::nanoseconds((nanoseconds / i64::from(self.times)).max(1000))
    }

    /// From a caller's first use to the moment all of it is used up, were it used at once.
    #[must_use]
    pub fn window(self) -> TimeDelta {
        self.interval() * i32::try_from(self.times).unwrap_or(i32::MAX)
    }

    /// One more time at `now`, by a caller of whom `kept` is known.
    #[must_use]
    pub fn decide(self, kept: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Decision {
        let arrival = kept.unwrap_or(now).max(now);
        let next = arrival + self.interval();
        if next - now > self.window() { self.refused(arrival, now) } else { self.allowed(next, now) }
    }

    /// After a time that was allowed and left `arrival`.
    #[must_use]
    pub fn allowed(self, arrival: DateTime<Utc>, now: DateTime<Utc>) -> Decision {
        Decision { allowed: true, retry_after: TimeDelta::zero(), ..self.left(arrival, now) }
    }

    /// After one that was refused, because `arrival` is too far in the future.
    #[must_use]
    pub fn refused(self, arrival: DateTime<Utc>, now: DateTime<Utc>) -> Decision {
        let wait = arrival + self.interval() - self.window() - now;
        Decision { allowed: false, remaining: 0, retry_after: wait.max(TimeDelta::zero()), ..self.left(arrival, now) }
    }

    fn left(self, arrival: DateTime<Utc>, now: DateTime<Utc>) -> Decision {
        let reset_after = (arrival - now).max(TimeDelta::zero());
        let free = (self.window() - reset_after).num_nanoseconds().unwrap_or_default();
        let each = self.interval().num_nanoseconds().unwrap_or(i64::MAX);
        let remaining = u32::try_from(free / each).unwrap_or_default();
        Decision { allowed: true, remaining, reset_after, retry_after: TimeDelta::zero(), arrival }
    }
}

impl std::fmt::Display for Quota {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.times, self.within)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quota(text: &str) -> Quota {
        Quota::parse(text).unwrap()
    }

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn quotas_read_back_as_written_and_nothing_else_is_one() {
        for text in ["10/5m", "1/1s", "1000000/1day", "600/1m 30s"] {
            assert_eq!(quota(text).to_string(), text);
        }
        for wrong in ["", "10", "/5m", "10/", "0/5m", "-1/5m", "10/500ms", "10/32days", "1000001/1m", "ten/5m"] {
            assert!(Quota::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn all_of_it_may_be_used_at_once_and_then_comes_back_one_by_one() {
        let quota = quota("3/30s");
        let mut kept = None;
        for left in [2, 1, 0] {
            let decision = quota.decide(kept, start());
            assert_eq!((decision.allowed, decision.remaining), (true, left));
            kept = Some(decision.arrival);
        }
        let refused = quota.decide(kept, start());
        assert_eq!((refused.allowed, refused.retry_after), (false, TimeDelta::seconds(10)));
        assert_eq!((Some(refused.arrival), refused.reset_after), (kept, TimeDelta::seconds(30)));
        assert!(!quota.decide(kept, start() + TimeDelta::milliseconds(9_999)).allowed);
        let after = quota.decide(kept, start() + TimeDelta::seconds(10));
        assert_eq!((after.allowed, after.remaining), (true, 0));
        let rested = quota.decide(Some(after.arrival), start() + TimeDelta::days(1));
        assert_eq!((rested.allowed, rested.remaining), (true, 2));
    }

    #[test]
    fn a_moment_that_is_past_is_as_none() {
        let quota = quota("3/30s");
        let past = Some(start() - TimeDelta::days(7));
        assert_eq!(quota.decide(past, start()), quota.decide(None, start()));
    }

    proptest! {
        /// However somebody spreads their attempts, no stretch of time holds more than the quota and what came back in it.
        #[test]
        fn nobody_gets_more_than_their_quota(times in 1_u32..20, seconds in 1_u64..600, gaps in prop::collection::vec(0_i64..30_000, 1..200)) {
            let quota = Quota::new(times, Span::seconds(seconds)).unwrap();
            let (mut now, mut kept, mut allowed) = (start(), None, Vec::new());
            for gap in gaps {
                now += TimeDelta::milliseconds(gap);
                let decision = quota.decide(kept, now);
                kept = Some(decision.arrival);
                if decision.allowed {
                    allowed.push(now);
                } else {
                    // Who waits as long as they were told gets in.
                    prop_assert!(quota.decide(kept, now + decision.retry_after).allowed);
                    prop_assert!(decision.retry_after > TimeDelta::zero());
                }
            }
            for (first, from) in allowed.iter().enumerate() {
                for (last, to) in allowed.iter().enumerate().skip(first) {
                    let came_back = (*to - *from).num_nanoseconds().unwrap() / quota.interval().num_nanoseconds().unwrap();
                    let most = i64::from(times) + came_back;
                    prop_assert!(i64::try_from(last - first).unwrap() < most + 1, "{} in {}", last - first + 1, *to - *from);
                }
            }
        }
    }
}
