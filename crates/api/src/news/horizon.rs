//! Up to which number all events are there that will ever be.
//!
//! Numbers are given in one order and seen in another: one that is missing may still come, or never will. It never will once
//! all have ended who were writing events when a higher one was seen. So nobody who goes on from a number behind the horizon
//! misses what was given a lower one.

use std::collections::HashSet;

use domain::OrganisationId;
use storage::{StorageError, Store};
use tokio::time::{Duration, Instant};

/// Numbers read at once.
const PAGE: u16 = 1000;
/// One who writes for longer hangs.
const LONGEST_WRITE: Duration = Duration::from_secs(10);

/// Where it is.
#[derive(Debug, Default)]
pub(super) struct Horizon {
    settled: Option<i64>,
    /// Whose events have been passed and nobody was told of.
    untold: HashSet<OrganisationId>,
    doubt: Option<Doubt>,
}

/// Numbers of which some may still come.
#[derive(Debug)]
struct Doubt {
    upto: i64,
    /// Who might have them.
    writers: HashSet<String>,
    since: Instant,
    told: bool,
}

impl Horizon {
    /// Where it is, once that is known, and whose events it has passed since this was asked last.
    pub(super) fn take(&mut self) -> Option<(i64, HashSet<OrganisationId>)> {
        self.settled.map(|settled| (settled, std::mem::take(&mut self.untold)))
    }

    /// Moves it as far as it goes. `false`: there are numbers beyond that may still come.
    pub(super) async fn look(&mut self, store: &Store) -> Result<bool, StorageError> {
        loop {
            let decided = self.decided(store).await?;
            let Some(before) = self.settled.or(decided) else {
                if self.doubts(store, store.newest_event().await?).await? {
                    return Ok(false);
                }
                continue;
            };
            let rows = store.event_numbers(before, PAGE).await?;
            let settled = settled(before, decided, rows.iter().map(|(number, _)| *number));
            let concerned = rows.iter().take_while(|(number, _)| *number <= settled).map(|(_, whose)| *whose);
            self.untold.extend(concerned);
            self.settled = Some(settled);
            match rows.last() {
                Some((last, _)) if *last > settled => {
                    if self.doubts(store, *last).await? {
                        return Ok(false);
                    }
                }
                Some(_) if rows.len() == usize::from(PAGE) => self.doubt = None,
                Some(_) | None => {
                    self.doubt = None;
                    return Ok(true);
                }
            }
        }
    }

    /// Up to which number there is no doubt any more, though some are missing.
    async fn decided(&mut self, store: &Store) -> Result<Option<i64>, StorageError> {
        let Some(doubt) = &mut self.doubt else { return Ok(None) };
        if !doubt.writers.is_empty() {
            let writing: HashSet<String> = store.event_writers().await?.into_iter().collect();
            doubt.writers.retain(|writer| writing.contains(writer));
        }
        if doubt.writers.is_empty() {
            return Ok(self.doubt.take().map(|doubt| doubt.upto));
        }
        if !doubt.told && doubt.since.elapsed() > LONGEST_WRITE {
            doubt.told = true;
            tracing::warn!(number = doubt.upto, "events are held back by one that is being written for long");
        }
        Ok(None)
    }

    /// Whether somebody may have a number that is missing up to this one, which was seen. One doubt at a time: what lies beyond
    /// it is looked at after it.
    async fn doubts(&mut self, store: &Store, upto: i64) -> Result<bool, StorageError> {
        if self.doubt.is_none() {
            let writers = store.event_writers().await?.into_iter().collect();
            self.doubt = Some(Doubt { upto, writers, since: Instant::now(), told: false });
        }
        Ok(self.doubt.as_ref().is_some_and(|doubt| !doubt.writers.is_empty()))
    }
}

/// How far all is settled: up to what is decided, and from there as long as no number is missing.
fn settled(before: i64, decided: Option<i64>, numbers: impl Iterator<Item = i64>) -> i64 {
    let begin = decided.unwrap_or(before).max(before);
    numbers
        .filter(|number| *number > begin)
        .fold((begin, true), |(settled, whole), number| {
            let whole = whole && number == settled + 1;
            (if whole { number } else { settled }, whole)
        })
        .0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stops_at_a_number_that_is_missing_until_that_is_decided() {
        let at = |before, decided, numbers: &[i64]| settled(before, decided, numbers.iter().copied());
        assert_eq!(at(7, None, &[]), 7);
        assert_eq!(at(7, None, &[8, 9, 10]), 10);
        assert_eq!(at(7, None, &[8, 10, 11]), 8);
        assert_eq!(at(7, Some(10), &[8, 10, 11]), 11);
        assert_eq!(at(7, Some(10), &[8, 10, 12]), 10);
        assert_eq!(at(7, Some(12), &[8]), 12, "numbers that were given in vain");
        assert_eq!(at(7, Some(3), &[9]), 7);
    }
}
