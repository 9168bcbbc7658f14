//! What stands before the next line that is later: the platform's events, and that a container was started again.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use domain::log::{ContainerChange, LogCursor, LogPhase, LogSource};

use crate::registry::Happening;

/// Of one tenant, each in its order.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    events: VecDeque<Happening>,
    restarts: VecDeque<Restart>,
    /// Those that were told since a block was closed, and with each that is not written: nobody else knows of them.
    told: Vec<Restart>,
    closed: VecDeque<Vec<Restart>>,
}

/// A container that ran has ended and runs again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Restart {
    pub(crate) source: LogSource,
    pub(crate) phase: LogPhase,
    /// What its new start is.
    pub(crate) event: ContainerChange,
    pub(crate) at: DateTime<Utc>,
}

#[derive(Debug)]
pub(crate) enum Waits {
    Event(Happening),
    Restart(Restart),
}

impl Waiting {
    pub(crate) fn last_event(&self) -> Option<i64> {
        self.events.back().map(|event| event.id)
    }

    pub(crate) fn add_events(&mut self, events: impl Iterator<Item = Happening>) {
        self.events.extend(events);
    }

    pub(crate) fn add_restart(&mut self, restart: Restart) {
        self.restarts.push_back(restart);
    }

    /// What is not later than a line. Of another container's restart that says nothing: its lines may not be there.
    pub(crate) fn before(&mut self, line: &LogCursor) -> Option<Waits> {
        let is_first = |restart: &Restart| restart.source == line.source && restart.at <= line.at();
        let event = self.events.front().map(|event| event.at).filter(|at| *at <= line.at());
        let place = self.restarts.iter().position(is_first);
        let restart = place.map(|place| self.restarts[place].at);
        match (event, place) {
            (Some(at), _) if restart.is_none_or(|restart| at <= restart) => self.events.pop_front().map(Waits::Event),
            (_, Some(place)) => self.take(place),
            (_, None) => None,
        }
    }

    /// A restart of that container.
    pub(crate) fn restart_of(&mut self, source: LogSource) -> Option<Waits> {
        let place = self.restarts.iter().position(|restart| restart.source == source)?;
        self.take(place)
    }

    /// What is earliest.
    pub(crate) fn next(&mut self) -> Option<Waits> {
        let event = self.events.front().map(|event| event.at);
        let restart = self.restarts.front().map(|restart| restart.at);
        match restart {
            Some(at) if event.is_none_or(|event| at < event) => self.take(0),
            Some(_) | None => self.events.pop_front().map(Waits::Event),
        }
    }

    fn take(&mut self, place: usize) -> Option<Waits> {
        let restart = self.restarts.remove(place)?;
        self.told.push(restart);
        Some(Waits::Restart(restart))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.restarts.is_empty()
    }

    /// What was told is in a block.
    pub(crate) fn close(&mut self) {
        self.closed.push_back(std::mem::take(&mut self.told));
    }

    /// The disk has the first block.
    pub(crate) fn kept(&mut self) {
        self.closed.pop_front();
    }

    /// The disk has none of what is left, and it is told again.
    pub(crate) fn not_kept(&mut self) {
        let mut again: VecDeque<Restart> = self.closed.drain(..).flatten().collect();
        again.extend(self.told.drain(..));
        again.append(&mut self.restarts);
        self.restarts = again;
    }
}
