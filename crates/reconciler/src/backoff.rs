//! How long to wait before looking again: doubling, bounded, and jittered so that tenants that failed together do not
//! come back together.

use std::time::Duration;

use domain::Entropy;
use domain::entropy::random;

/// The delay after `attempts` attempts (one or more), between half and the whole of `first * 2^(attempts - 1)`, at most
/// `most`.
#[must_use]
pub(crate) fn delay(first: Duration, most: Duration, attempts: u32, entropy: &dyn Entropy) -> Duration {
    let doublings = attempts.saturating_sub(1).min(20);
    jitter(first.saturating_mul(1 << doublings).min(most), entropy)
}

/// Between half and the whole of `period`.
#[must_use]
pub(crate) fn jitter(period: Duration, entropy: &dyn Entropy) -> Duration {
    let share = f64::from(u16::from_le_bytes(random(entropy))) / f64::from(u16::MAX);
    period.mul_f64(0.5 + share / 2.0)
}

#[cfg(test)]
mod tests {
    use domain::SystemEntropy;

    use super::*;

    #[test]
    fn grows_stays_bounded_and_spreads() {
        let (first, most) = (Duration::from_secs(1), Duration::from_secs(60));
        for (attempts, whole) in [(0, 1), (1, 1), (2, 2), (4, 8), (7, 60), (1_000_000, 60)] {
            let delay = delay(first, most, attempts, &SystemEntropy);
            let whole = Duration::from_secs(whole);
            assert!(delay >= whole / 2 && delay <= whole, "{attempts}: {delay:?}");
        }
        let spread: std::collections::BTreeSet<_> = (0..20).map(|_| delay(first, most, 5, &SystemEntropy)).collect();
        assert!(spread.len() > 10);
    }
}
