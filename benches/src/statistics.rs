//! Medians and spreads of a few samples.

use std::fmt;
use std::time::Duration;

/// Samples of one quantity, in order.
#[derive(Clone, Debug)]
pub(crate) struct Spread(Vec<f64>);

impl Spread {
    /// # Panics
    /// Without samples: the caller has measured at least once.
    pub(crate) fn of(samples: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = samples.into_iter().collect();
        assert!(!sorted.is_empty(), "something was measured");
        sorted.sort_by(f64::total_cmp);
        Self(sorted)
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// Where the median of endless samples lies, with 19 chances in 20: between the samples whose ranks are so far from the
    /// middle (the binomial distribution's normal approximation; all of them if they are few).
    fn median_bounds(&self) -> (f64, f64) {
        let count = self.0.len() as f64;
        let aside = 1.96 * count.sqrt() / 2.0;
        let below = (count / 2.0 - aside).floor().max(0.0) as usize;
        let above = (count / 2.0 + aside).ceil() as usize;
        (self.0[below], self.0[above.min(self.0.len() - 1)])
    }

    /// Between two samples, by their distance.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let last = self.0.len() - 1;
        let place = share * last as f64;
        let (below, above) = (place.floor() as usize, place.ceil() as usize);
        let (low, high) = (self.0[below], self.0[above.min(last)]);
        low + (high - low) * place.fract()
    }
}

/// With as many digits behind the point as asked for (`{:.3}`), else one.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(1);
        let [low, quarter, median, three, high] = [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| self.quantile(share));
        let (least, most) = self.median_bounds();
        write!(f, "{median:8.digits$} (surely {least:.digits$} to {most:.digits$})")?;
        write!(f, "   middle half {quarter:.digits$} to {three:.digits$}, all {low:.digits$} to {high:.digits$}")
    }
}

pub(crate) fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

/// Rounded for people: `digits` behind the point.
pub(crate) fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_stands_in_the_middle_or_between_two() {
        assert!((Spread::of([3.0, 1.0, 2.0]).median() - 2.0).abs() < 1e-9);
        assert!((Spread::of([4.0, 1.0, 2.0, 3.0]).median() - 2.5).abs() < 1e-9);
        assert!((Spread::of([7.0]).median() - 7.0).abs() < 1e-9);
    }

    #[test]
    fn a_spread_shows_its_quarters_and_ends() {
        let shown = Spread::of([0.0, 10.0, 20.0, 30.0, 40.0]).to_string();
        assert_eq!(shown.trim(), "20.0 (surely 0.0 to 40.0)   middle half 10.0 to 30.0, all 0.0 to 40.0");
    }

    #[test]
    fn more_samples_tell_more_of_the_median() {
        let width = |count: u32| {
            let (least, most) = Spread::of((0..count).map(|n| f64::from(n) / f64::from(count))).median_bounds();
            assert!(least <= 0.5 && most >= 0.5, "{least} {most}");
            most - least
        };
        assert!(width(100) < 0.25 && width(1000) < 0.1, "{} {}", width(100), width(1000));
    }

    #[test]
    fn rounding_keeps_what_is_asked_for() {
        assert!((rounded(1.046_21, 3) - 1.046).abs() < 1e-9);
    }
}
