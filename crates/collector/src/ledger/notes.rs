//! What a ledger says itself between the lines: what happened to containers, what is missing, what the platform did.

use chrono::{DateTime, Utc};
use domain::log::{
    ContainerChange, ContainerNote, GapReason, LogEntry, LogGap, LogLine, LogPhase, LogSource, LogStream,
};
use tokio::time::Instant;

use super::Core;
use crate::registry::Happening;
use crate::told::Note;
use crate::waiting::{Restart, Waits};

impl Core {
    /// Adds a container's change.
    pub(crate) fn container(&mut self, source: LogSource, phase: LogPhase, event: ContainerChange, at: DateTime<Utc>) {
        let cursor = self.state.speak(at);
        let note = ContainerNote { cursor, ts: at, event, container: source, phase };
        let new_to_viewers = self.told.note(source, Note::Change(event), self.is_watched());
        self.add(LogEntry::Container(note), new_to_viewers, Instant::now());
    }

    /// Says that lines are missing between the last that is kept of a container and `to`.
    pub(crate) fn gap(&mut self, source: LogSource, reason: GapReason, to: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        let reason = if self.was_stalled { GapReason::DiskFull } else { reason };
        let from = self.harvested(source).last().map(DateTime::from_timestamp_nanos);
        let cursor = self.state.speak(now);
        let gap = LogGap { cursor, lost: None, reason, container: source, from, to };
        // Whoever has seen what comes then has seen what is missing, too.
        let seen = to.and_then(|to| to.timestamp_nanos_opt()).is_some_and(|to| self.told.has_from(source, to));
        let new_to_viewers = self.told.note(source, Note::Gap, self.is_watched()) && !seen;
        self.add(LogEntry::Gap(gap), new_to_viewers, Instant::now());
    }

    /// Says that lines may be missing before the first that is kept of a container.
    pub(crate) fn gap_before(&mut self, source: LogSource, first: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        let cursor = self.state.speak(now);
        let reason = GapReason::Rotated;
        let gap = LogGap { cursor, lost: None, reason, container: source, from: None, to: first };
        let new_to_viewers = self.told.note(source, Note::Gap, self.is_watched());
        self.add(LogEntry::Gap(gap), new_to_viewers, Instant::now());
    }

    /// Takes events that stand in the log from here on, each once.
    pub(crate) fn take_happenings(&mut self, events: Vec<Happening>) {
        let last = self.last_happening();
        self.waiting.add_events(events.into_iter().filter(|event| event.id > last));
    }

    /// The last event that is known.
    pub(crate) fn last_happening(&self) -> i64 {
        self.waiting.last_event().unwrap_or(self.state.event)
    }

    /// Adds all that waits: the lines before it are there.
    pub(crate) fn tell_all(&mut self) {
        let now = Instant::now();
        while let Some(waits) = self.waiting.next() {
            self.tell(waits, now);
        }
    }

    /// The same of one container, of which something else is to be told.
    pub(crate) fn tell_restarts(&mut self, source: LogSource) {
        let now = Instant::now();
        while let Some(waits) = self.waiting.restart_of(source) {
            self.tell(waits, now);
        }
    }

    pub(super) fn tell(&mut self, waits: Waits, now: Instant) {
        match waits {
            Waits::Event(event) => self.happening(event, now),
            Waits::Restart(Restart { source, phase, event, at }) => {
                self.container(source, phase, ContainerChange::Stopped, at);
                self.container(source, phase, event, at);
            }
        }
    }

    fn happening(&mut self, event: Happening, now: Instant) {
        if self.stalled.is_none() {
            self.state.event = event.id;
        }
        let cursor = self.state.speak(event.at);
        let line = LogLine {
            cursor,
            ts: event.at,
            stream: LogStream::Platform,
            level: None,
            text: event.message,
            continues: false,
            cut: 0,
        };
        let new_to_viewers = event.id > self.told.event;
        if self.is_watched() {
            self.told.event = self.told.event.max(event.id);
        }
        self.add(LogEntry::Line(line), new_to_viewers, now);
    }
}
