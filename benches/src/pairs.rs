//! What was measured in pairs, one of ours and one floor right after the other.
//!
//! A machine is quicker in one minute than in the next, and both of a pair feel that alike: so they are compared within
//! their pair, and the median is of the pairs' comparisons.

use std::fmt;
use std::time::Duration;

use crate::statistics::{Spread, milliseconds};

/// In milliseconds, in the order they were measured.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    ours: Vec<f64>,
    floor: Vec<f64>,
}

impl Pairs {
    pub(crate) fn ours(&mut self, took: Duration) {
        self.ours.push(milliseconds(took));
    }

    pub(crate) fn floor(&mut self, took: Duration) {
        self.floor.push(milliseconds(took));
    }

    pub(crate) fn ours_over_floor(&self) -> Spread {
        self.compared(|ours, floor| ours / floor)
    }

    pub(crate) fn floor_over_ours(&self) -> Spread {
        self.compared(|ours, floor| floor / ours)
    }

    /// What ours took more.
    pub(crate) fn differences(&self) -> Spread {
        self.compared(|ours, floor| ours - floor)
    }

    fn compared(&self, compare: impl Fn(f64, f64) -> f64) -> Spread {
        Spread::of(self.ours.iter().zip(&self.floor).map(|(ours, floor)| compare(*ours, *floor)))
    }
}

impl fmt::Display for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [ours, floor] = [&self.ours, &self.floor].map(|samples| Spread::of(samples.iter().copied()));
        write!(f, "  ours              {ours}\n  floor             {floor}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_minute_slows_both_and_tells_nothing() {
        let mut pairs = Pairs::default();
        for (ours, floor) in [(110, 100), (330, 300), (121, 110)] {
            pairs.floor(Duration::from_millis(floor));
            pairs.ours(Duration::from_millis(ours));
        }
        assert!((pairs.ours_over_floor().median() - 1.1).abs() < 1e-9);
        assert!((pairs.floor_over_ours().median() - 1.0 / 1.1).abs() < 1e-9);
        assert!((pairs.differences().median() - 11.0).abs() < 1e-9);
    }
}
