//! What this process has counted.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use domain::Quota;
use domain::quota::Decision;

use super::{Class, Subject};

/// Rows at once. Past that, those go that have used up least: whoever makes up many callers to be forgotten as one makes
/// forgotten those who asked once.
pub(super) const MOST: usize = 1 << 16;
/// How often rows are looked for that mean nothing any more.
const SWEEP: TimeDelta = TimeDelta::seconds(60);

type Row = (Class, Subject);

/// Of each caller, when all of their quota is there again.
#[derive(Debug)]
pub(super) struct Table {
    rows: Mutex<Rows>,
    most: usize,
}

#[derive(Debug, Default)]
struct Rows {
    arrivals: HashMap<Row, DateTime<Utc>>,
    swept_at: DateTime<Utc>,
}

impl Default for Table {
    fn default() -> Self {
        Self { rows: Mutex::default(), most: MOST }
    }
}

impl Table {
    pub(super) fn spend(&self, row: Row, quota: Quota, now: DateTime<Utc>) -> Decision {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let decision = quota.decide(rows.arrivals.get(&row).copied(), now);
        if now - rows.swept_at >= SWEEP {
            rows.sweep(now);
        }
        if rows.arrivals.len() >= self.most && !rows.arrivals.contains_key(&row) {
            rows.make_room(self.most / 2, now);
        }
        rows.arrivals.insert(row, decision.arrival);
        decision
    }
}

impl Rows {
    /// Takes away what means nothing any more, and the memory it had.
    fn sweep(&mut self, now: DateTime<Utc>) {
        self.arrivals.retain(|_, arrival| *arrival > now);
        self.arrivals.shrink_to(self.arrivals.len() * 2);
        self.swept_at = now;
    }

    /// Leaves so many: those with the latest arrivals.
    fn make_room(&mut self, left: usize, now: DateTime<Utc>) {
        self.sweep(now);
        let Some(over) = self.arrivals.len().checked_sub(left).filter(|over| *over > 0) else { return };
        let mut arrivals: Vec<_> = self.arrivals.values().copied().collect();
        let (_, last, _) = arrivals.select_nth_unstable(over - 1);
        let last = *last;
        self.arrivals.retain(|_, arrival| *arrival > last);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn caller(number: u128) -> Row {
        (Class::User, Subject::api_key(Uuid::from_u128(number)))
    }

    fn rows(table: &Table) -> usize {
        table.rows.lock().unwrap().arrivals.len()
    }

    #[test]
    fn each_caller_and_each_class_has_a_quota_of_their_own() {
        let (table, quota) = (Table::default(), Quota::parse("2/1m").unwrap());
        let allowed = |row: &Row| table.spend(row.clone(), quota, start()).allowed;
        let other_class = (Class::Login, caller(1).1);
        assert_eq!([allowed(&caller(1)), allowed(&caller(1)), allowed(&caller(1))], [true, true, false]);
        assert!(allowed(&caller(2)) && allowed(&other_class));
    }

    #[test]
    fn what_means_nothing_any_more_goes_by_itself() {
        let (table, quota) = (Table::default(), Quota::parse("2/1m").unwrap());
        for number in 0..1000 {
            table.spend(caller(number), quota, start());
        }
        assert_eq!(rows(&table), 1000);
        table.spend(caller(1), quota, start() + TimeDelta::minutes(2));
        assert_eq!(rows(&table), 1);
        assert!(table.rows.lock().unwrap().arrivals.capacity() < 100);
    }

    #[test]
    fn a_crowd_makes_nobody_forgotten_who_asks_too_much() {
        let table = Table { most: 100, ..Table::default() };
        let quota = Quota::parse("5/1m").unwrap();
        for _ in 0..5 {
            table.spend(caller(0), quota, start());
        }
        for number in 1..10_000 {
            table.spend(caller(number), quota, start());
            assert!(rows(&table) <= 100);
        }
        assert!(!table.spend(caller(0), quota, start()).allowed);
    }
}
