//! Answers at even moments, so that how long a request took tells nothing.
//!
//! What is done for an address with an account and for one without is not the same: other rows, another letter. It differs by
//! milliseconds, which enough requests would show. So both are answered after a whole number of pulses, and a pulse is many times
//! as long as what they differ by. (What costs most, hashing the password, is done in both cases.)

use std::time::Duration;

use tokio::time::Instant;

/// Does the work, and answers when the next pulse since its beginning comes; without one, at once.
pub(crate) async fn at_pulse<T>(pulse: Duration, work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let done = work.await;
    tokio::time::sleep_until(began + next(pulse, began.elapsed())).await;
    done
}

/// The first whole number of pulses that is longer than this.
fn next(pulse: Duration, taken: Duration) -> Duration {
    match taken.as_nanos().checked_div(pulse.as_nanos()) {
        Some(whole) => pulse.saturating_mul(u32::try_from(whole + 1).unwrap_or(u32::MAX)),
        None => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_of_other_lengths_is_answered_at_the_same_moment() {
        let answered = |taken| next(Duration::from_millis(250), Duration::from_millis(taken)).as_millis();
        for taken in [0, 1, 40, 249] {
            assert_eq!(answered(taken), 250, "{taken}");
        }
        for taken in [250, 251, 499] {
            assert_eq!(answered(taken), 500, "{taken}");
        }
        assert_eq!(next(Duration::ZERO, Duration::from_millis(7)), Duration::ZERO, "without a pulse nobody waits");
    }

    #[tokio::test]
    async fn nothing_is_answered_before_its_pulse() {
        let began = Instant::now();
        assert_eq!(at_pulse(Duration::from_millis(60), async { 7 }).await, 7);
        assert!(began.elapsed() >= Duration::from_millis(60), "{:?}", began.elapsed());
    }
}
