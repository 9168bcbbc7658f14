//! Bringing older data back: what somebody wishes, and how far the platform is with it.
//!
//! A restore is no one transaction: it empties what is there and fills it again. So its beginning is written down before
//! anything is touched, and from there on it is carried through, or undone from what was saved before: no app ever meets
//! data that are half the one and half the other.

use serde::{Deserialize, Serialize};

/// That the data become what they were before a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RestoreWish {
    /// The generation that asks for it; tells one wish from another.
    pub asked: i64,
    /// The release whose dump is meant: it and all later ones are undone by it.
    pub before_release: u32,
}

/// The newest wish that was begun; kept in the platform's own tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restoration {
    pub wish: RestoreWish,
    pub stage: RestorationStage,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestorationStage {
    /// The data may be anything.
    Begun,
    /// They are as wished.
    Done,
    /// They are again what they were before it was begun.
    Undone,
}

impl RestoreWish {
    /// Whether it is still to be carried out. One that is older than another that was begun is past.
    #[must_use]
    pub fn is_open(&self, last: Option<&Restoration>) -> bool {
        last.is_none_or(|last| {
            last.wish.asked < self.asked || (last.wish == *self && last.stage != RestorationStage::Done)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_open_until_it_or_a_later_one_is_done() {
        let wish = |asked| RestoreWish { asked, before_release: 2 };
        let last = |asked, stage| Restoration { wish: wish(asked), stage };
        assert!(wish(5).is_open(None));
        for (last, open) in [
            (last(3, RestorationStage::Done), true),
            (last(5, RestorationStage::Begun), true),
            (last(5, RestorationStage::Undone), true),
            (last(5, RestorationStage::Done), false),
            (last(7, RestorationStage::Begun), false),
            (last(7, RestorationStage::Undone), false),
        ] {
            assert_eq!(wish(5).is_open(Some(&last)), open, "{last:?}");
        }
    }
}
