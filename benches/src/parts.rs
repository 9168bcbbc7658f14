//! Where the time goes: how long each part of many runs took.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::statistics::{Spread, milliseconds, rounded};

/// Samples by part, numbered so that they are told in the order they happen.
#[derive(Debug, Default)]
pub(crate) struct Parts(Mutex<BTreeMap<(usize, String), Vec<f64>>>);

/// One run through the parts.
#[derive(Debug)]
pub(crate) struct Lap<'a> {
    parts: &'a Parts,
    count: usize,
    since: Instant,
}

impl Parts {
    pub(crate) fn lap(&self) -> Lap<'_> {
        Lap { parts: self, count: 0, since: Instant::now() }
    }

    /// One part of a run, the `place`th, took so many milliseconds.
    pub(crate) fn took(&self, place: usize, part: &str, took: f64) {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.entry((place, part.to_owned())).or_default().push(took);
    }
}

impl Lap<'_> {
    /// This part has ended, and the next begins.
    pub(crate) fn done(&mut self, part: &str) {
        let now = Instant::now();
        self.parts.took(self.count, part, milliseconds(now - self.since));
        (self.count, self.since) = (self.count + 1, now);
    }
}

/// The median of each.
impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let medians = parts.iter().map(|((_, part), samples)| {
            let median = rounded(Spread::of(samples.iter().copied()).median(), 1);
            format!("{part} {median}")
        });
        f.write_str(&medians.collect::<Vec<_>>().join(", "))
    }
}
