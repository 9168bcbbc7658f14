//! How far an instance's first visitor has come.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::quantity::Span;

/// What is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstRun {
    /// When the app was first seen set up.
    pub set_up_at: Option<DateTime<Utc>>,
    /// When its database was first prepared: from then on the app counts its window, give or take a second.
    pub released_at: Option<DateTime<Utc>>,
    /// When somebody last asked that the window begin anew.
    pub reopen_asked_at: Option<DateTime<Utc>>,
    /// The newest of these wishes that was granted.
    pub reopen_granted: Option<DateTime<Utc>>,
    /// When the window began anew.
    pub reopened_at: Option<DateTime<Utc>>,
    /// Until when a browser that came by a claim link may pass.
    pub claimed_until: Option<DateTime<Utc>>,
}

/// The same in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstRunState {
    /// Nobody has come by a claim link.
    Unclaimed,
    /// Its owner has come, and has not finished.
    Claiming,
    SetUp,
    /// Nobody has set it up within its window: the app refuses to be.
    Expired,
}

impl FirstRun {
    #[must_use]
    pub const fn is_set_up(&self) -> bool {
        self.set_up_at.is_some()
    }

    /// Whether somebody has asked that the window begin anew, and it has not yet.
    #[must_use]
    pub fn is_to_reopen(&self) -> bool {
        self.reopen_asked_at > self.reopen_granted
    }

    /// The end of the window; `None` before the database is prepared.
    #[must_use]
    pub fn until(&self, window: Span) -> Option<DateTime<Utc>> {
        self.reopened_at.max(self.released_at)?.checked_add_signed(window.delta())
    }

    #[must_use]
    pub fn state(&self, window: Span, now: DateTime<Utc>) -> FirstRunState {
        if self.is_set_up() {
            FirstRunState::SetUp
        } else if self.until(window).is_some_and(|until| until <= now) {
            FirstRunState::Expired
        } else if self.claimed_until.is_some_and(|until| now < until) {
            FirstRunState::Claiming
        } else {
            FirstRunState::Unclaimed
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn it_goes_from_unclaimed_to_set_up_or_runs_out_and_can_begin_anew() {
        let window = Span::seconds(7200);
        let start: DateTime<Utc> = "2026-07-01T08:00:00Z".parse().unwrap();
        let after = |minutes| start + TimeDelta::minutes(minutes);
        let mut run = FirstRun::default();
        assert_eq!((run.state(window, after(999)), run.until(window)), (FirstRunState::Unclaimed, None));
        run.released_at = Some(start);
        assert_eq!(run.until(window), Some(after(120)));
        assert_eq!(run.state(window, after(119)), FirstRunState::Unclaimed);
        run.claimed_until = Some(after(100));
        assert_eq!(run.state(window, after(99)), FirstRunState::Claiming);
        assert_eq!(run.state(window, after(100)), FirstRunState::Unclaimed);
        assert_eq!(run.state(window, after(120)), FirstRunState::Expired);

        run.reopen_asked_at = Some(after(130));
        assert!(run.is_to_reopen());
        assert_eq!(run.state(window, after(131)), FirstRunState::Expired);
        (run.reopen_granted, run.reopened_at) = (run.reopen_asked_at, Some(after(131)));
        assert!(!run.is_to_reopen());
        assert_eq!(run.state(window, after(132)), FirstRunState::Unclaimed);
        assert_eq!(run.until(window), Some(after(251)));

        run.set_up_at = Some(after(140));
        assert_eq!(run.state(window, after(9999)), FirstRunState::SetUp);
    }
}
