//! How far back usage is known, and how finely.
//!
//! It is kept at several resolutions, each made of the one before and kept for longer, so that its size is bounded however
//! long an instance lives. A question names a time and how many points it wants; the answer has exactly so many.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// How long one kept point stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resolution {
    Seconds15,
    Minute,
    Minutes15,
    Hour,
}

impl Resolution {
    /// From the finest to the coarsest.
    pub const ALL: [Self; 4] = [Self::Seconds15, Self::Minute, Self::Minutes15, Self::Hour];

    #[must_use]
    pub const fn seconds(self) -> i32 {
        match self {
            Self::Seconds15 => 15,
            Self::Minute => 60,
            Self::Minutes15 => 900,
            Self::Hour => 3600,
        }
    }

    /// The one it is made of; `None`: of samples.
    #[must_use]
    pub const fn finer(self) -> Option<Self> {
        match self {
            Self::Seconds15 => None,
            Self::Minute => Some(Self::Seconds15),
            Self::Minutes15 => Some(Self::Minute),
            Self::Hour => Some(Self::Minutes15),
        }
    }

    /// How much of it lies in one partition, in days: of each a hundred or so at most.
    #[must_use]
    pub const fn partition_days(self) -> i32 {
        match self {
            Self::Seconds15 => 1,
            Self::Minute => 2,
            Self::Minutes15 => 15,
            Self::Hour => 60,
        }
    }

    /// When the point began that a moment belongs to.
    #[must_use]
    pub fn start_of(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let into = at.timestamp().rem_euclid(i64::from(self.seconds()));
        DateTime::from_timestamp(at.timestamp() - into, 0).unwrap_or(at)
    }
}

/// A question's time, cut into equal steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub step: Duration,
    pub points: u32,
}

/// Why a question about a time makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    #[error("`from` is not before `to`")]
    Empty,
    #[error("a step of {step} s makes {points} points of that time, and {most} is the most; take a longer step")]
    TooMany { step: u64, points: u64, most: u32 },
    #[error("`step` is at least 1 second")]
    NoStep,
    #[error("a question reaches over {} s at most", Span::LONGEST.as_secs())]
    TooLong,
}

impl Span {
    /// Longer than anything is kept: ten years.
    pub const LONGEST: Duration = Duration::from_secs(315_360_000);

    /// `from` to `to` in steps of `step` seconds, the last one whole; without a step, so that there are `most` points or
    /// a point of the finest resolution each.
    ///
    /// # Errors
    /// [`SpanError`].
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>, step: Option<u64>, most: u32) -> Result<Self, SpanError> {
        let whole = (to - from).to_std().ok().filter(|whole| !whole.is_zero()).ok_or(SpanError::Empty)?;
        let seconds = whole.as_secs() + u64::from(whole.subsec_nanos() > 0);
        let finest = Resolution::Seconds15.seconds().unsigned_abs();
        let step = step.unwrap_or_else(|| seconds.div_ceil(u64::from(most.max(1))).max(finest.into()));
        if step == 0 {
            return Err(SpanError::NoStep);
        }
        if step.max(seconds) > Self::LONGEST.as_secs() {
            return Err(SpanError::TooLong);
        }
        let points = seconds.div_ceil(step);
        match u32::try_from(points) {
            Ok(points) if points <= most => Ok(Self { from, step: Duration::from_secs(step), points }),
            _ => Err(SpanError::TooMany { step, points, most }),
        }
    }

    #[must_use]
    pub fn to(&self) -> DateTime<Utc> {
        self.start_of(self.points)
    }

    /// When the point of that number begins.
    #[must_use]
    pub fn start_of(&self, number: u32) -> DateTime<Utc> {
        let after = TimeDelta::from_std(self.step * number).unwrap_or(TimeDelta::MAX);
        self.from.checked_add_signed(after).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The coarsest resolution that is as fine as the step and reaches back far enough; if none does, the finest that
    /// reaches, or the one that reaches furthest. `kept` says how long each is kept, in the order of [`Resolution::ALL`].
    #[must_use]
    pub fn resolution(&self, now: DateTime<Utc>, kept: &[Duration; 4]) -> Resolution {
        let age = (now - self.from).to_std().unwrap_or_default();
        let reaching = || Resolution::ALL.into_iter().zip(kept).filter(|(_, kept)| **kept >= age).map(|(each, _)| each);
        let is_fine = |each: &Resolution| u64::from(each.seconds().unsigned_abs()) <= self.step.as_secs();
        reaching().rfind(is_fine).or_else(|| reaching().next()).unwrap_or(Resolution::Hour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn kept() -> [Duration; 4] {
        [6, 48, 24 * 32, 24 * 400].map(|hours| Duration::from_secs(hours * HOUR))
    }

    #[test]
    fn a_span_has_as_many_points_as_asked_at_most() {
        let day = Span::new(at(0), at(86_400), None, 300).unwrap();
        assert_eq!((day.step.as_secs(), day.points, day.to()), (288, 300, at(86_400)));
        let minute = Span::new(at(0), at(60), None, 300).unwrap();
        assert_eq!((minute.step.as_secs(), minute.points), (15, 4));
        let ragged = Span::new(at(0), at(100), Some(60), 300).unwrap();
        assert_eq!((ragged.points, ragged.to()), (2, at(120)));
    }

    #[test]
    fn a_span_that_makes_no_sense_says_why() {
        assert_eq!(Span::new(at(1), at(1), None, 300), Err(SpanError::Empty));
        assert_eq!(Span::new(at(0), at(60), Some(0), 300), Err(SpanError::NoStep));
        assert_eq!(Span::new(at(0), at(60), Some(u64::MAX), 300), Err(SpanError::TooLong));
        assert_eq!(Span::new(at(-400_000_000), at(0), None, 300), Err(SpanError::TooLong));
        assert_eq!(
            Span::new(at(0), at(600), Some(1), 300),
            Err(SpanError::TooMany { step: 1, points: 600, most: 300 })
        );
    }

    #[test]
    fn the_resolution_is_as_coarse_as_the_step_allows_and_reaches_back_as_far() {
        let of = |hours: i64, step: u64| {
            let from = at(-hours * 3600);
            Span { from, step: Duration::from_secs(step), points: 1 }.resolution(at(0), &kept())
        };
        assert_eq!(of(1, 15), Resolution::Seconds15);
        assert_eq!(of(1, 100), Resolution::Minute);
        assert_eq!(of(24, 15), Resolution::Minute, "the finer is gone by then");
        assert_eq!(of(24 * 30, 8_640), Resolution::Hour);
        assert_eq!(of(24 * 30, 900), Resolution::Minutes15);
        assert_eq!(of(24 * 900, 900), Resolution::Hour, "nothing reaches so far");
    }

    #[test]
    fn a_moment_belongs_to_one_point() {
        let moment = DateTime::from_timestamp(1_800_000_007, 999).unwrap();
        assert_eq!(Resolution::Seconds15.start_of(moment), at(0));
        assert_eq!(Resolution::Hour.start_of(moment).timestamp() % 3600, 0);
    }
}
