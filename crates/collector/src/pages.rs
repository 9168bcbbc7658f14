//! Pages of what is kept. They read a view of the book, beside its writer.
//!
//! A request looks at so much and no more, whatever it asks for: one that has found little by then answers with that, and says
//! where it got to.
//!
//! Entries stand in the order in which they were read, which is not that of their times: a container is read after the other, and
//! what happened to it is noted before its lines are. So times choose blocks, and end nothing.

use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use domain::log::{Filter, LogCursor, LogEntry, Sieve};
use logbook::{BookError, Bounds, Record, View};
use logs::{LogPage, LogQuery, LogsError, Place};

use crate::ledger::position_of;
use crate::{record, resume};

/// Records looked at together, going back.
const WINDOW: u64 = 4096;
/// Lines of one entry that are looked at beyond what was asked for, so that it is shown as a whole.
const ENTRY: u64 = 256;

/// What a page is made of.
struct Search<'a> {
    view: &'a View,
    filter: Filter,
    since: Option<i64>,
    until: Option<i64>,
    limit: usize,
    /// Bytes left to look at.
    scan: u64,
}

/// # Errors
/// [`LogsError`].
pub(crate) fn page(view: &View, query: &LogQuery, scan: u64) -> Result<LogPage, LogsError> {
    let nanos = |at: DateTime<Utc>| {
        at.timestamp_nanos_opt().unwrap_or(if at > DateTime::UNIX_EPOCH { i64::MAX } else { i64::MIN })
    };
    let mut search = Search {
        view,
        filter: Filter::new(&query.wanted)?,
        since: query.since.map(nanos),
        until: query.until.map(nanos),
        limit: usize::try_from(query.limit).unwrap_or(usize::MAX).max(1),
        scan,
    };
    let found = match query.place {
        Place::Oldest => search.forward(view.begin()),
        Place::After(cursor) => search.forward(search.position(&cursor)? + 1),
        Place::Newest => search.backward(view.end()),
        Place::Before(cursor) => search.backward(search.position(&cursor)?),
        Place::Around(cursor) => search.around(search.position(&cursor)?),
    };
    found.map_err(unreadable)
}

pub(crate) fn unreadable(error: BookError) -> LogsError {
    tracing::error!(%error, "a tenant's log can't be read");
    LogsError::Unavailable("a file of it can't be read".to_owned())
}

impl Search<'_> {
    fn position(&self, cursor: &LogCursor) -> Result<u64, LogsError> {
        position_of(self.view, cursor).map_err(unreadable)?.ok_or(LogsError::CursorGone)
    }

    fn forward(&mut self, from: u64) -> Result<LogPage, BookError> {
        let begin = match self.since {
            Some(since) => from.max(self.view.seek(since)?),
            None => from.max(self.view.begin()),
        };
        let (mut sieve, mut found) = (Sieve::new(self.filter.clone()), Vec::new());
        let (mut scan, mut end, mut more) = (self.scan, self.view.end().max(begin), self.lines_of_an_entry());
        let from = if self.filter.is_open() { begin } else { resume::look_back(self.view, begin)? };
        self.view.forward_until(Bounds { from, to: u64::MAX }, self.last_time(), |record| {
            if record.position < begin {
                // The entry that goes on there: what is wanted of it by now, the page before has.
                if let Some(entry) = self.in_time(record) {
                    sieve.push(entry, &mut Vec::new());
                }
                return ControlFlow::Continue(());
            }
            if found.len() >= self.limit || scan == 0 {
                if more == 0 || !continues(record) {
                    end = record.position;
                    return ControlFlow::Break(());
                }
                more -= 1;
            }
            scan = scan.saturating_sub(record.bytes.len() as u64);
            if let Some(entry) = self.in_time(record) {
                sieve.push(entry, &mut found);
            }
            ControlFlow::Continue(())
        })?;
        self.page(found, begin, end)
    }

    fn backward(&mut self, to: u64) -> Result<LogPage, BookError> {
        let mut to = to.min(self.view.end());
        if let Some(until) = self.until {
            to = to.min(self.view.end_until(until)?);
        }
        let first = match self.since {
            Some(since) => self.view.seek(since)?,
            None => self.view.begin(),
        };
        let (end, mut begin, mut found) = (to, to, Vec::new());
        while begin > first && found.len() < self.limit && self.scan > 0 {
            let window = if self.filter.is_open() { (self.limit - found.len()) as u64 } else { WINDOW };
            let (mut part, from) = self.window(Bounds { from: first, to: begin }, window)?;
            part.append(&mut found);
            (found, begin) = (part, from);
        }
        // What is too much is the oldest; it is asked for next.
        if found.len() > self.limit {
            let dropped = found.len() - self.limit;
            // Of an entry that is cut in two the first lines alone may not be wanted.
            let goes_on = |entry: &&LogEntry| matches!(entry, LogEntry::Line(line) if line.continues);
            let most = usize::try_from(self.lines_of_an_entry()).unwrap_or_default();
            let more = found[1..=dropped].iter().rev().take(most).take_while(goes_on).count();
            found.drain(..dropped - more);
            if let Some(cursor) = found.first().map(LogEntry::cursor) {
                begin = position_of(self.view, &cursor)?.unwrap_or(begin);
            }
        }
        self.page(found, begin, end)
    }

    /// The neighbours of a record, whatever is wanted otherwise.
    fn around(&mut self, position: u64) -> Result<LogPage, BookError> {
        self.filter = Filter::default();
        let half = (self.limit / 2) as u64;
        let first = position.saturating_sub(half).max(self.view.begin());
        // Each side has its share, so that long lines before it don't keep the record itself away.
        let rest = self.scan - self.scan / 2;
        self.scan /= 2;
        let before = Bounds { from: first, to: position };
        let (mut found, begin) = if half > 0 { self.window(before, half)? } else { (Vec::new(), position) };
        self.scan += rest;
        let end = (begin + self.limit as u64).max(position + 1).min(self.view.end());
        let end = self.sieved(Bounds { from: position, to: end }, &mut found)?;
        self.page(found, begin, end)
    }

    /// Looks at the last so many records, or fewer where they are large, and at more where an entry would be cut in two. What is
    /// wanted of them, and where they begin.
    fn window(&mut self, bounds: Bounds, most: u64) -> Result<(Vec<LogEntry>, u64), BookError> {
        let (mut entries, mut begin) = (Vec::new(), bounds.from);
        let (mut left, mut scan, mut more) = (most, self.scan, self.lines_of_an_entry());
        self.view.backward_until(bounds, self.last_time(), |record| {
            begin = record.position;
            (left, scan) = (left.saturating_sub(1), scan.saturating_sub(record.bytes.len() as u64));
            entries.extend(self.in_time(record));
            if left > 0 && scan > 0 {
                return ControlFlow::Continue(());
            }
            if more == 0 || !continues(record) {
                return ControlFlow::Break(());
            }
            more -= 1;
            ControlFlow::Continue(())
        })?;
        self.scan = scan;
        let (mut sieve, mut found) = (Sieve::new(self.filter.clone()), Vec::new());
        for entry in entries.into_iter().rev() {
            sieve.push(entry, &mut found);
        }
        Ok((found, begin))
    }

    /// What is wanted of these, as far as may be looked at; where that ends.
    fn sieved(&mut self, bounds: Bounds, found: &mut Vec<LogEntry>) -> Result<u64, BookError> {
        let (mut sieve, mut scan, mut end) = (Sieve::new(self.filter.clone()), self.scan, bounds.to);
        self.view.forward(bounds, |record| {
            if scan == 0 && record.position > bounds.from {
                end = record.position;
                return ControlFlow::Break(());
            }
            scan = scan.saturating_sub(record.bytes.len() as u64);
            if let Some(entry) = self.in_time(record) {
                sieve.push(entry, found);
            }
            ControlFlow::Continue(())
        })?;
        self.scan = scan;
        Ok(end)
    }

    /// How many lines an entry may have that is not to be cut in two.
    const fn lines_of_an_entry(&self) -> u64 {
        if self.filter.is_open() { 0 } else { ENTRY }
    }

    fn last_time(&self) -> i64 {
        self.until.unwrap_or(i64::MAX)
    }

    fn in_time(&self, record: Record<'_>) -> Option<LogEntry> {
        let early = self.since.is_some_and(|since| record.at < since);
        let late = self.until.is_some_and(|until| record.at > until);
        if early || late { None } else { record::decode(record.bytes) }
    }

    fn page(&self, entries: Vec<LogEntry>, begin: u64, end: u64) -> Result<LogPage, BookError> {
        let more = end < self.view.end();
        let before = if begin > self.view.begin() { self.cursor_at(begin)? } else { None };
        let after = if end > self.view.begin() { self.last_before(end)? } else { None };
        Ok(LogPage { entries, before, after, more, as_of: None })
    }

    /// After which the rest follows. At the end of the log that is also what the filter holds back by then.
    fn last_before(&self, end: u64) -> Result<Option<LogCursor>, BookError> {
        if end == self.view.end() && !self.filter.is_open() {
            let settled = resume::settled(self.view, self.filter.clone(), end)?;
            // Where nothing is, nothing was shown either.
            if settled.is_some() {
                return Ok(settled);
            }
        }
        self.cursor_at(end - 1)
    }

    fn cursor_at(&self, position: u64) -> Result<Option<LogCursor>, BookError> {
        let mut cursor = None;
        self.view.forward(Bounds { from: position, to: position.saturating_add(1) }, |record| {
            cursor = record::decode(record.bytes).map(|entry| entry.cursor());
            ControlFlow::Break(())
        })?;
        Ok(cursor)
    }
}

/// Whether a record goes on with the entry before it.
fn continues(record: Record<'_>) -> bool {
    matches!(record::decode(record.bytes), Some(LogEntry::Line(line)) if line.continues)
}
