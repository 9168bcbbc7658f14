//! How many sockets may be open: in all, and for one thing, so that nobody can take them all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::TenantId;

use crate::news::Audience;

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Watched {
    Tenant(TenantId),
    Events(Audience),
}

impl Watched {
    const fn kind(self) -> &'static str {
        match self {
            Self::Tenant(_) => "tenant",
            Self::Events(_) => "events",
        }
    }
}

/// Those that are taken.
#[derive(Clone, Debug)]
pub(crate) struct Seats {
    most: usize,
    most_of_one: usize,
    taken: Arc<Mutex<HashMap<Watched, usize>>>,
}

/// Taken, until this goes.
#[derive(Debug)]
pub(crate) struct Seat {
    watched: Watched,
    taken: Arc<Mutex<HashMap<Watched, usize>>>,
}

impl Seats {
    pub(crate) fn new(most: usize, most_of_one: usize) -> Self {
        Self { most, most_of_one, taken: Arc::default() }
    }

    /// `None` if there is none left.
    pub(crate) fn take(&self, watched: Watched) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let of_one = taken.get(&watched).copied().unwrap_or_default();
        if all >= self.most || of_one >= self.most_of_one {
            return None;
        }
        taken.insert(watched, of_one + 1);
        metrics::gauge!("fresco_sockets", "of" => watched.kind()).increment(1.0);
        Some(Seat { watched, taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        metrics::gauge!("fresco_sockets", "of" => self.watched.kind()).decrement(1.0);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.watched) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => {
                taken.remove(&self.watched);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Clock, SystemClock, SystemEntropy};

    use super::*;

    #[test]
    fn nobody_takes_them_all_and_they_come_back() {
        let seats = Seats::new(3, 2);
        let one = Watched::Tenant(TenantId::generate(SystemClock.now(), &SystemEntropy));
        let other = Watched::Events(Audience::Everybody);
        let held = [seats.take(one).unwrap(), seats.take(one).unwrap()];
        assert!(seats.take(one).is_none());
        let last = seats.take(other).unwrap();
        assert!(seats.take(other).is_none());
        drop(held);
        assert!(seats.take(other).is_some() && seats.take(one).is_some());
        drop(last);
        assert!(seats.taken.lock().unwrap().is_empty());
    }
}
