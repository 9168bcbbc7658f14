//! What an instance suffers from for a while: named once it has lasted, taken back once it is over for good.
//!
//! One peak is no trouble, and a value that wavers around a threshold is one trouble and not twenty: it begins when the
//! value has been above for [`Hold::begin`], and ends when it has been below the lower threshold for [`Hold::end`].

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Sample;

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Close to its memory limit for a while: the next thing it does may end it.
    MemoryHigh,
    /// Close to its processor limit for a while: it is slow.
    CpuHigh,
    /// It, or a part of it, was ended for want of memory, and not long ago.
    OutOfMemory,
    /// A disk of its host is nearly full: what it stores next may fail.
    DiskHigh,
}

impl Trouble {
    pub const ALL: [Self; 4] = [Self::MemoryHigh, Self::CpuHigh, Self::OutOfMemory, Self::DiskHigh];

    /// Its stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MemoryHigh => "memory_high",
            Self::CpuHigh => "cpu_high",
            Self::OutOfMemory => "out_of_memory",
            Self::DiskHigh => "disk_high",
        }
    }

    /// What people are told when it begins.
    #[must_use]
    pub const fn began(self) -> &'static str {
        match self {
            Self::MemoryHigh => "close to its memory limit for a while: what it needs next may end it; raise the limit",
            Self::CpuHigh => "at its processor limit for a while, and so slow; raise the limit, or wait",
            Self::OutOfMemory => "ran out of memory, and was ended or lost a part of itself; raise the limit",
            Self::DiskHigh => {
                "the host's disk is nearly full: what it stores next may fail; the operator can make room"
            }
        }
    }

    /// What people are told when it ends.
    #[must_use]
    pub const fn ended(self) -> &'static str {
        match self {
            Self::MemoryHigh => "well below its memory limit again",
            Self::CpuHigh => "well below its processor limit again",
            Self::OutOfMemory => "has not run out of memory again since",
            Self::DiskHigh => "the host's disk has room again",
        }
    }

    /// The part of a whole that counts for it.
    fn measure(self, sight: &Sight<'_>) -> Option<f64> {
        match self {
            Self::MemoryHigh => sight.sample.memory_of_limit(),
            Self::CpuHigh => sight.sample.cpu_of_limit(),
            Self::OutOfMemory => Some(if sight.was_killed { 1.0 } else { 0.0 }),
            Self::DiskHigh => sight.disk,
        }
    }

    /// Where it begins and ends, and how long that has to last.
    const fn bounds(self, thresholds: &Thresholds) -> (f64, f64, Hold) {
        let Thresholds { above, below, hold, disk_above, disk_below } = *thresholds;
        match self {
            Self::MemoryHigh | Self::CpuHigh => (above, below, hold),
            // Once is trouble enough.
            Self::OutOfMemory => (1.0, 1.0, Hold { begin: Duration::ZERO, end: hold.end }),
            Self::DiskHigh => (disk_above, disk_below, hold),
        }
    }
}

/// What a look at an instance has found.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    pub sample: &'a Sample,
    /// Whether something of it was ended for want of memory since the look before.
    pub was_killed: bool,
    /// The part that is full of its host's fullest disk, if that is known.
    pub disk: Option<f64>,
}

/// How long before it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    pub begin: Duration,
    pub end: Duration,
}

/// When it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Parts of the limit: above it is trouble.
    pub above: f64,
    /// Below it is none. Between the two it stays as it is.
    pub below: f64,
    pub hold: Hold,
    /// The same for the host's disks.
    pub disk_above: f64,
    pub disk_below: f64,
}

/// How one trouble of one instance stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Standing {
    /// Since when, if it is one.
    since: Option<DateTime<Utc>>,
    /// Since when the opposite holds.
    turned: Option<DateTime<Utc>>,
}

/// All troubles of one instance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Troubles([Standing; Trouble::ALL.len()]);

impl Troubles {
    /// As they were known before: what lasts is not told again.
    #[must_use]
    pub fn known(before: &[(Trouble, DateTime<Utc>)]) -> Self {
        let since = |trouble| before.iter().find(|(each, _)| *each == trouble).map(|(_, since)| *since);
        Self(Trouble::ALL.map(|trouble| Standing { since: since(trouble), turned: None }))
    }

    /// What has begun (with its time) or ended with this look.
    pub fn see(&mut self, sight: &Sight<'_>, thresholds: &Thresholds) -> Vec<(Trouble, Option<DateTime<Utc>>)> {
        let each = Trouble::ALL.into_iter().zip(&mut self.0);
        each.filter_map(|(trouble, standing)| {
            let part = trouble.measure(sight)?;
            standing.see(part, sight.sample.at, trouble.bounds(thresholds)).then_some((trouble, standing.since))
        })
        .collect()
    }
}

impl Standing {
    /// Whether this turned it.
    fn see(&mut self, part: f64, at: DateTime<Utc>, (above, below, hold): (f64, f64, Hold)) -> bool {
        let (turns, long) = match self.since {
            None => (part >= above, hold.begin),
            Some(_) => (part < below, hold.end),
        };
        if !turns {
            self.turned = None;
            return false;
        }
        let turned = *self.turned.get_or_insert(at);
        if (at - turned).to_std().unwrap_or_default() < long {
            return false;
        }
        *self = Self { since: if self.since.is_none() { Some(turned) } else { None }, turned: None };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLDS: Thresholds = Thresholds {
        above: 0.8,
        below: 0.7,
        hold: Hold { begin: Duration::from_secs(60), end: Duration::from_secs(120) },
        disk_above: 0.9,
        disk_below: 0.85,
    };

    fn quiet() -> Sample {
        Sample {
            at: DateTime::UNIX_EPOCH,
            cpu: 0.0,
            cpu_limit: Some(1.0),
            memory: 0,
            memory_limit: Some(100),
            network: None,
            block: None,
            pids: 1,
        }
    }

    fn sight(sample: &Sample) -> Sight<'_> {
        Sight { sample, was_killed: false, disk: Some(0.5) }
    }

    /// Memory at these parts of the limit, a look each 15 s; what turned, and at which look.
    fn see(troubles: &mut Troubles, from: usize, parts: &[u64]) -> Vec<(usize, bool)> {
        let mut told = Vec::new();
        for (number, part) in (from..).zip(parts) {
            let at = DateTime::from_timestamp(number as i64 * 15, 0).unwrap();
            let sample = Sample { at, memory: *part, ..quiet() };
            for (trouble, since) in troubles.see(&sight(&sample), &THRESHOLDS) {
                assert_eq!(trouble, Trouble::MemoryHigh);
                told.push((number, since.is_some()));
            }
        }
        told
    }

    #[test]
    fn a_peak_is_no_trouble_and_what_lasts_is_one() {
        let mut troubles = Troubles::default();
        assert_eq!(see(&mut troubles, 0, &[90, 90, 90, 10, 90, 90, 90, 90]), []);
        assert_eq!(see(&mut troubles, 8, &[90, 90]), [(8, true)]);
    }

    #[test]
    fn wavering_neither_ends_it_nor_tells_it_again() {
        let mut troubles = Troubles::default();
        see(&mut troubles, 0, &[90; 5]);
        assert_eq!(see(&mut troubles, 5, &[75, 81, 60, 75, 60, 82, 60, 60, 60]), []);
        assert_eq!(see(&mut troubles, 14, &[60; 6]), [(19, false)]);
    }

    #[test]
    fn what_was_known_is_not_told_again() {
        let mut troubles = Troubles::known(&[(Trouble::MemoryHigh, DateTime::UNIX_EPOCH)]);
        assert_eq!(see(&mut troubles, 0, &[90; 8]), []);
        assert_eq!(see(&mut troubles, 8, &[10; 9]), [(16, false)]);
    }

    #[test]
    fn a_kill_for_want_of_memory_is_told_at_once_and_a_full_disk_once_it_lasts() {
        let mut troubles = Troubles::default();
        let mut told = Vec::new();
        for number in 0..24 {
            let at = DateTime::from_timestamp(number * 15, 0).unwrap();
            let sample = Sample { at, ..quiet() };
            let disk = Some(if number < 10 { 0.95 } else { 0.5 });
            let sight = Sight { sample: &sample, was_killed: number == 2 || number == 4, disk };
            let each = troubles.see(&sight, &THRESHOLDS);
            told.extend(each.into_iter().map(|(trouble, since)| (number, trouble, since.is_some())));
        }
        let (memory, disk) = (Trouble::OutOfMemory, Trouble::DiskHigh);
        assert_eq!(told, [(2, memory, true), (4, disk, true), (13, memory, false), (18, disk, false)]);
    }

    #[test]
    fn what_has_no_limit_suffers_from_none() {
        let sample = Sample { cpu: 9.0, cpu_limit: None, memory: 1 << 40, memory_limit: None, ..quiet() };
        let at_once = Thresholds { hold: Hold { begin: Duration::ZERO, end: Duration::ZERO }, ..THRESHOLDS };
        assert_eq!(Troubles::default().see(&sight(&sample), &at_once), []);
    }
}
