//! Going on in the middle of a log that is looked at through a filter.
//!
//! An entry of several lines is shown as soon as one of them decides, so its first lines may be shown after others that stand behind
//! them. Whoever goes on after a line that they were shown has all that was shown before it, and nothing of what was shown after
//! it; where that is, and what is held back there, is found out by looking at what comes before.

use std::ops::ControlFlow;

use domain::log::{Filter, LogCursor, LogEntry, Sieve};
use logbook::{BookError, Bounds, View};

use crate::record;

/// So far back an entry is looked for that goes on: records, and bytes of them.
const RECORDS: u64 = 1024;
const BYTES: usize = 8 << 20;

/// Where somebody goes on.
#[derive(Debug)]
pub(crate) struct Resumed {
    pub(crate) sieve: Sieve,
    /// What is shown first.
    pub(crate) ready: Vec<LogEntry>,
    /// The position that is looked at next.
    pub(crate) next: u64,
}

/// Where an entry may have begun that goes on at that position.
///
/// # Errors
/// [`BookError`].
pub(crate) fn look_back(view: &View, to: u64) -> Result<u64, BookError> {
    let (mut from, mut records, mut bytes) = (to, 0, 0);
    view.backward(Bounds { from: 0, to }, |record| {
        (from, records, bytes) = (record.position, records + 1, bytes + record.bytes.len());
        if records >= RECORDS || bytes >= BYTES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(from)
}

/// A sieve that has seen what comes before a position.
///
/// # Errors
/// [`BookError`].
pub(crate) fn before(view: &View, filter: Filter, to: u64) -> Result<Sieve, BookError> {
    let (mut sieve, mut shown) = (Sieve::new(filter), Vec::new());
    view.forward(Bounds { from: look_back(view, to)?, to }, |record| {
        if let Some(entry) = record::decode(record.bytes) {
            sieve.push(entry, &mut shown);
            shown.clear();
        }
        ControlFlow::Continue(())
    })?;
    Ok(sieve)
}

/// Of somebody who has that entry, at that position.
///
/// # Errors
/// [`BookError`].
pub(crate) fn after(view: &View, filter: Filter, (cursor, position): (&LogCursor, u64)) -> Result<Resumed, BookError> {
    let next = position + 1;
    let sieve = before(view, filter, next)?;
    if sieve.holds(cursor)
        && let Some(decided) = decided(view, sieve.clone(), (cursor, next))?
    {
        return Ok(decided);
    }
    Ok(Resumed { sieve, ready: Vec::new(), next })
}

/// Behind a line that is held back: where it is shown; `None` if it isn't, at least not yet.
fn decided(view: &View, mut sieve: Sieve, (cursor, from): (&LogCursor, u64)) -> Result<Option<Resumed>, BookError> {
    let (mut shown, mut found) = (Vec::new(), None);
    view.forward(Bounds { from, to: from.saturating_add(RECORDS) }, |record| {
        let Some(entry) = record::decode(record.bytes) else { return ControlFlow::Continue(()) };
        sieve.push(entry, &mut shown);
        let place = shown.iter().position(|entry: &LogEntry| entry.cursor() == *cursor);
        if let Some(place) = place {
            found = Some((shown.split_off(place + 1), record.position + 1));
        }
        shown.clear();
        if place.is_some() || !sieve.holds(cursor) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(found.map(|(ready, next)| Resumed { sieve, ready, next }))
}

/// The last entry before a position that is not held back there: whoever goes on after it is shown what is.
///
/// # Errors
/// [`BookError`].
pub(crate) fn settled(view: &View, filter: Filter, end: u64) -> Result<Option<LogCursor>, BookError> {
    let (sieve, mut last) = (before(view, filter, end)?, None);
    view.backward(Bounds { from: 0, to: end }, |record| {
        let Some(entry) = record::decode(record.bytes) else { return ControlFlow::Continue(()) };
        if sieve.holds(&entry.cursor()) {
            return ControlFlow::Continue(());
        }
        last = Some(entry.cursor());
        ControlFlow::Break(())
    })?;
    Ok(last)
}
