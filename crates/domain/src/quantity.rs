//! Quantities people write in configuration and manifests: byte sizes and durations, read from text with a unit.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A size in bytes; in text a whole number with `KiB`, `MiB` or `GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Bytes(pub u64);

const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// Why a text is no size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no size: expected a whole number and KiB, MiB or GiB, such as \"256MiB\"")]
pub struct InvalidBytes(String);

impl Bytes {
    #[must_use]
    pub const fn mib(mib: u64) -> Self {
        Self(mib << 20)
    }

    /// Reads `"256MiB"`.
    ///
    /// # Errors
    /// [`InvalidBytes`] if the number or the unit is wrong, or the size is more than 2^63 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidBytes> {
        UNITS
            .iter()
            .find_map(|(unit, factor)| {
                let number = text.strip_suffix(unit)?.trim_end().parse::<u64>().ok()?;
                number.checked_mul(*factor).filter(|bytes| i64::try_from(*bytes).is_ok())
            })
            .map(Self)
            .ok_or_else(|| InvalidBytes(text.to_owned()))
    }
}

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let whole = UNITS.iter().find(|(_, factor)| self.0 >= *factor && self.0.is_multiple_of(*factor));
        match whole {
            Some((unit, factor)) => write!(f, "{}{unit}", self.0 / factor),
            None => write!(f, "{}KiB", self.0.div_ceil(1 << 10)),
        }
    }
}

impl From<Bytes> for String {
    fn from(bytes: Bytes) -> Self {
        bytes.to_string()
    }
}

impl TryFrom<String> for Bytes {
    type Error = InvalidBytes;

    fn try_from(text: String) -> Result<Self, InvalidBytes> {
        Self::parse(&text)
    }
}

/// A length of time; in text `"500ms"`, `"90s"`, `"2h"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Span(pub Duration);

/// Why a text is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no length of time: expected a number and a unit, such as \"500ms\", \"90s\" or \"2h\"")]
pub struct InvalidSpan(String);

impl Span {
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    #[must_use]
    pub const fn millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// As a calendar difference; lengths past chrono's range (292 million years) saturate.
    #[must_use]
    pub fn delta(self) -> chrono::TimeDelta {
        chrono::TimeDelta::from_std(self.0).unwrap_or(chrono::TimeDelta::MAX)
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        humantime::format_duration(span.0).to_string()
    }
}

impl TryFrom<String> for Span {
    type Error = InvalidSpan;

    fn try_from(text: String) -> Result<Self, InvalidSpan> {
        humantime::parse_duration(&text).map(Self).map_err(|_| InvalidSpan(text))
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_back_as_written() {
        for text in ["1KiB", "256MiB", "384MiB", "2GiB"] {
            assert_eq!(Bytes::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "256", "256MB", "-1MiB", "1.5GiB", "99999999999GiB"] {
            assert!(Bytes::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lengths_of_time_read_back_as_written() {
        for text in ["500ms", "1m 30s", "2h"] {
            assert_eq!(Span::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        assert!(Span::try_from("soon".to_owned()).is_err());
    }
}
