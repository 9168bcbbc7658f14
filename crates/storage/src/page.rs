//! Keyset pages.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Part of a list, and where the next part begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// `None` on the last page.
    pub next: Option<Cursor>,
}

/// Behind which row a page begins. Rows that come or go in between move no boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) id: Uuid,
}

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where the page before ended; `None`: from the beginning.
    pub after: Option<Cursor>,
    /// Items, at most; none is taken for one.
    pub limit: u16,
}

impl Part {
    /// The first so many.
    #[must_use]
    pub const fn first(limit: u16) -> Self {
        Self { after: None, limit }
    }

    pub(crate) fn created_at(self) -> Option<DateTime<Utc>> {
        self.after.map(|cursor| cursor.created_at)
    }

    pub(crate) fn id(self) -> Option<Uuid> {
        self.after.map(|cursor| cursor.id)
    }

    /// How many rows to ask for: one more than the page has, which tells that it is not the last.
    pub(crate) fn rows(self) -> i64 {
        i64::from(self.limit.max(1)) + 1
    }

    /// The page out of those rows; `key`: what they are ordered by.
    pub(crate) fn page<T>(self, mut items: Vec<T>, key: impl Fn(&T) -> (DateTime<Utc>, Uuid)) -> Page<T> {
        let limit = usize::from(self.limit.max(1));
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(key);
        Page { next: next.map(|(created_at, id)| Cursor { created_at, id }), items }
    }
}

/// A text that is no cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no cursor: pass on the one that came with the page before, unchanged")]
pub struct InvalidCursor;

impl Cursor {
    /// Reads what [`Cursor`]'s `Display` wrote.
    ///
    /// # Errors
    /// [`InvalidCursor`].
    pub fn parse(text: &str) -> Result<Self, InvalidCursor> {
        let (micros, id) = text.split_once('-').ok_or(InvalidCursor)?;
        let micros = i64::from_str_radix(micros, 16).map_err(|_| InvalidCursor)?;
        let created_at = DateTime::from_timestamp_micros(micros).ok_or(InvalidCursor)?;
        let id = Uuid::try_parse(id).map_err(|_| InvalidCursor)?;
        Ok(Self { created_at, id })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}-{}", self.created_at.timestamp_micros(), self.id.simple())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_nothing_else_is_one() {
        let created_at = DateTime::from_timestamp_micros(1_800_000_000_123_456).unwrap();
        let cursor = Cursor { created_at, id: Uuid::from_u128(42) };
        assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
        for wrong in ["", "-", "zz-00", "7fffffffffffffff-0000000000000000000000000000002a", "12"] {
            assert_eq!(Cursor::parse(wrong), Err(InvalidCursor), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_a_cursor_prints_as_the_same(text in "[+\\-]?[0-9a-f]{0,17}-(urn:uuid:)?\\{?[0-9a-f\\-]{32,36}\\}?|\\PC{0,60}") {
            if let Ok(cursor) = Cursor::parse(&text) {
                prop_assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
            }
        }

        #[test]
        fn every_moment_and_every_id_make_a_cursor(micros in 0..=i64::MAX, id: u128) {
            if let Some(created_at) = DateTime::from_timestamp_micros(micros) {
                let cursor = Cursor { created_at, id: Uuid::from_u128(id) };
                prop_assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
            }
        }
    }
}
