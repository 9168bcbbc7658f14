//! Chance that can be repeated: the seed is printed, and `FRESCO_TEST_SEED` gives one.

use std::time::Duration;

/// `SplitMix64`.
pub(crate) struct Dice(u64);

impl Dice {
    /// Another one each time, or the one that was asked for.
    #[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a run says how to repeat it")]
    pub(crate) fn cast() -> Self {
        let given = std::env::var("FRESCO_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| Self(u64::from(std::process::id())).next());
        println!("FRESCO_TEST_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// One of these.
    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }

    pub(crate) fn millis(&mut self, below: u64) -> Duration {
        Duration::from_millis(self.next() % below)
    }
}
