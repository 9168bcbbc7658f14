//! What reads the socket, each by itself: for those who try it with anything (`tests/outside`, `fuzz/`), and nobody else.

use futures_util::FutureExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::wire::{Answer, Question, line, to_line};

/// The most bytes of a line here, its end included.
pub const MOST: u64 = 4096;

/// The lines that a reader takes from the socket before it closes it.
#[must_use]
pub fn lines(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    // What is there already is read at once.
    std::iter::from_fn(|| line(&mut bytes, MOST).now_or_never().flatten()).collect()
}

/// A question as it is asked again; `None`: it is none.
#[must_use]
pub fn question(line: &[u8]) -> Option<Vec<u8>> {
    again::<Question>(line)
}

/// An answer as it is given again; `None`: it is none.
#[must_use]
pub fn answer(line: &[u8]) -> Option<Vec<u8>> {
    again::<Answer>(line)
}

fn again<T: DeserializeOwned + Serialize>(line: &[u8]) -> Option<Vec<u8>> {
    serde_json::from_slice::<T>(line).ok().map(|read| to_line(&read))
}
