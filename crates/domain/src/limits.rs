//! What a container may use.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::quantity::Bytes;

/// The least memory any container gets: below it a Node server dies while starting.
pub const MEMORY_FLOOR: Bytes = Bytes::mib(256);
/// The least share of a core, in thousandths.
pub const CPU_FLOOR: Millicpus = Millicpus(250);
/// The least number of processes and threads; a Node server needs 11 when idle.
pub const PIDS_FLOOR: u32 = 16;

/// Thousandths of a core; in text a fraction of a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "f64", try_from = "f64")]
pub struct Millicpus(pub u32);

impl From<Millicpus> for f64 {
    fn from(cpus: Millicpus) -> Self {
        Self::from(cpus.0) / 1000.0
    }
}

impl TryFrom<f64> for Millicpus {
    type Error = InvalidLimits;

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie within 0 and 1024 cores"
    )]
    fn try_from(cores: f64) -> Result<Self, InvalidLimits> {
        let millis = (cores * 1000.0).round();
        if (0.0..=1_024_000.0).contains(&millis) { Ok(Self(millis as u32)) } else { Err(InvalidLimits::Cpu) }
    }
}

/// Limits of one container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawLimits")]
pub struct Limits {
    /// Bytes of memory.
    pub memory: Bytes,
    /// Bytes of memory and swap together, as the engine counts it; at most twice `memory`.
    pub memory_swap: Bytes,
    /// Cores.
    pub cpus: Millicpus,
    /// Processes and threads.
    pub pids: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimits {
    memory: Bytes,
    memory_swap: Option<Bytes>,
    cpus: Millicpus,
    pids: Option<u32>,
}

/// Why limits are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLimits {
    #[error("`cpus` must be a number of cores between 0.25 and 1024")]
    Cpu,
    #[error("`memory` is {0}, the least is {MEMORY_FLOOR}")]
    Memory(Bytes),
    #[error("`memory_swap` (memory and swap together) is {swap}; it must be between memory ({memory}) and twice that")]
    Swap { swap: Bytes, memory: Bytes },
    #[error("`pids` is {0}, the least is {PIDS_FLOOR}")]
    Pids(u32),
    #[error("`{what}` is {asked}, this app's version allows at most {most}")]
    TooMuch { what: &'static str, asked: String, most: String },
}

impl InvalidLimits {
    /// The key it is about.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Cpu => "cpus",
            Self::Memory(_) => "memory",
            Self::Swap { .. } => "memory_swap",
            Self::Pids(_) => "pids",
            Self::TooMuch { what, .. } => what,
        }
    }
}

impl TryFrom<RawLimits> for Limits {
    type Error = InvalidLimits;

    fn try_from(raw: RawLimits) -> Result<Self, InvalidLimits> {
        Self::new(raw.memory, raw.memory_swap.unwrap_or(raw.memory), raw.cpus, raw.pids.unwrap_or(Self::DEFAULT.pids))
    }
}

impl Limits {
    /// What a container gets where nothing else is said.
    pub const DEFAULT: Self =
        Self { memory: MEMORY_FLOOR, memory_swap: Bytes::mib(512), cpus: Millicpus(500), pids: 100 };

    /// Checks the floors and the bound on swap.
    ///
    /// # Errors
    /// [`InvalidLimits`] names the value and what would be right.
    pub fn new(memory: Bytes, memory_swap: Bytes, cpus: Millicpus, pids: u32) -> Result<Self, InvalidLimits> {
        let limits = Self { memory, memory_swap, cpus, pids };
        limits.conform().map(|()| limits)
    }

    /// The same for limits that were put together of several.
    ///
    /// # Errors
    /// As [`Limits::new`].
    pub fn conform(&self) -> Result<(), InvalidLimits> {
        self.amiss().next().map_or(Ok(()), Err)
    }

    /// What no container can have.
    fn amiss(&self) -> impl Iterator<Item = InvalidLimits> + use<> {
        let Self { memory, memory_swap: swap, cpus, pids } = *self;
        let swaps = memory <= swap && swap.0 <= memory.0.saturating_mul(2);
        let found = [
            (memory < MEMORY_FLOOR).then_some(InvalidLimits::Memory(memory)),
            (!swaps).then_some(InvalidLimits::Swap { swap, memory }),
            (cpus < CPU_FLOOR).then_some(InvalidLimits::Cpu),
            (pids < PIDS_FLOOR).then_some(InvalidLimits::Pids(pids)),
        ];
        found.into_iter().flatten()
    }

    /// Checks these limits against the most an app's version allows.
    ///
    /// # Errors
    /// [`InvalidLimits::TooMuch`] for the first value past it.
    pub fn within(&self, most: &Self) -> Result<(), InvalidLimits> {
        self.past(most).next().map_or(Ok(()), Err)
    }

    /// What is more than an app's version allows.
    fn past(&self, most: &Self) -> impl Iterator<Item = InvalidLimits> + use<> {
        let too_much = |what, is_past: bool, asked: String, most: String| {
            is_past.then_some(InvalidLimits::TooMuch { what, asked, most })
        };
        let bytes = |what, asked: Bytes, most: Bytes| too_much(what, asked > most, asked.to_string(), most.to_string());
        let (cores, most_cores) = (f64::from(self.cpus), f64::from(most.cpus));
        let found = [
            bytes("memory", self.memory, most.memory),
            bytes("memory_swap", self.memory_swap, most.memory_swap),
            too_much("cpus", self.cpus > most.cpus, cores.to_string(), most_cores.to_string()),
            too_much("pids", self.pids > most.pids, self.pids.to_string(), most.pids.to_string()),
        ];
        found.into_iter().flatten()
    }
}

/// Limits as somebody asks for them; what is left out is the app's version's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AskedLimits {
    pub memory: Option<Bytes>,
    /// Left out beside `memory`: no swap.
    pub memory_swap: Option<Bytes>,
    pub cpus: Option<Millicpus>,
    pub pids: Option<u32>,
}

impl AskedLimits {
    /// What holds, where `usual` holds otherwise. Not checked: what was asked for may not fit this version.
    #[must_use]
    pub fn over(&self, usual: &Limits) -> Limits {
        Limits {
            memory: self.memory.unwrap_or(usual.memory),
            memory_swap: self.memory_swap.or(self.memory).unwrap_or(usual.memory_swap),
            cpus: self.cpus.unwrap_or(usual.cpus),
            pids: self.pids.unwrap_or(usual.pids),
        }
    }

    /// What holds whatever the version, if nothing is left out.
    #[must_use]
    pub fn whole(&self) -> Option<Limits> {
        let Self { memory: Some(memory), memory_swap, cpus: Some(cpus), pids: Some(pids) } = *self else { return None };
        Some(Limits { memory, memory_swap: memory_swap.unwrap_or(memory), cpus, pids })
    }

    /// Checks what was asked for before the version is known, against the most any version allows.
    ///
    /// # Errors
    /// One [`InvalidLimits`] for each wrong value, with what would be right.
    pub fn check(&self, most: &Limits) -> Result<(), Vec<InvalidLimits>> {
        // Swap by itself is held against its memory once that is known; until then against one that suits it.
        let suits = |swap: Bytes| swap.min(most.memory).max(MEMORY_FLOOR);
        let memory = self.memory.or(self.memory_swap.map(suits)).unwrap_or(most.memory);
        let asked = Limits { memory, ..self.over(most) };
        // Swap that nobody asked for is wrong only where its memory is.
        let is_asked = |wrong: &InvalidLimits| self.memory_swap.is_some() || wrong.field() != "memory_swap";
        let mut told = BTreeSet::new();
        let wrong = asked.amiss().chain(asked.past(most)).filter(is_asked);
        let wrong: Vec<InvalidLimits> = wrong.filter(|wrong| told.insert(wrong.field())).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Limits, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn floors_and_swap_are_held_by_serde_too() {
        assert_eq!(parse(r#"{"memory":"256MiB","memory_swap":"512MiB","cpus":0.5}"#), Ok(Limits::DEFAULT));
        for (json, word) in [
            (r#"{"memory":"128MiB","cpus":0.5}"#, "256MiB"),
            (r#"{"memory":"256MiB","memory_swap":"513MiB","cpus":0.5}"#, "twice"),
            (r#"{"memory":"256MiB","cpus":0.1}"#, "0.25"),
            (r#"{"memory":"256MiB","cpus":0.5,"pids":3}"#, "16"),
            (r#"{"memory":"256MiB","cpus":0.5,"disk":3}"#, "disk"),
        ] {
            assert!(parse(json).unwrap_err().contains(word), "{json}");
        }
    }

    #[test]
    fn each_limit_can_be_asked_for_by_itself() {
        let usual = Limits { memory: Bytes::mib(384), memory_swap: Bytes::mib(768), ..Limits::DEFAULT };
        let most = Limits { memory: Bytes::mib(1024), memory_swap: Bytes::mib(2048), ..usual };
        let over = |json: &str| serde_json::from_str::<AskedLimits>(json).unwrap().over(&usual);
        assert_eq!(over("{}"), usual);
        let no_swap = Limits { memory: Bytes::mib(512), memory_swap: Bytes::mib(512), ..usual };
        assert_eq!(over(r#"{"memory":"512MiB"}"#), no_swap);
        assert_eq!(over(r#"{"cpus":0.25}"#), Limits { cpus: Millicpus(250), ..usual });
        assert_eq!(over(r#"{"memory_swap":"512MiB"}"#), Limits { memory_swap: Bytes::mib(512), ..usual });
        let check = |json: &str| serde_json::from_str::<AskedLimits>(json).unwrap().check(&most);
        for right in ["{}", r#"{"memory":"1GiB"}"#, r#"{"memory_swap":"512MiB"}"#, r#"{"pids":16}"#] {
            assert_eq!(check(right), Ok(()), "{right}");
        }
        for wrong in [r#"{"memory":"2GiB"}"#, r#"{"memory":"128MiB"}"#, r#"{"cpus":1}"#, r#"{"pids":3}"#] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        let all = check(r#"{"memory":"128MiB","cpus":64,"pids":3}"#).unwrap_err();
        assert_eq!(all.len(), 3, "{all:?}");
    }

    #[test]
    fn an_apps_most_is_held() {
        let more = Limits { cpus: Millicpus(1000), ..Limits::DEFAULT };
        assert!(Limits::DEFAULT.within(&Limits::DEFAULT).is_ok());
        assert!(more.within(&Limits::DEFAULT).unwrap_err().to_string().contains("cpus"));
    }
}
