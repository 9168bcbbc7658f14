//! What goes wrong with a part in memory, and when: the switches of the fakes.
//!
//! A fault strikes before the effect (nothing has happened) or after it (it has, and the caller is not told).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// When a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    BeforeEffect,
    AfterEffect,
}

/// The switches of one part, whose calls are `C`.
#[derive(Debug)]
pub(crate) struct Faults<C>(Mutex<State<C>>);

#[derive(Debug)]
struct State<C> {
    planned: BTreeMap<(C, Moment), u32>,
    down: bool,
    latency: Duration,
    calls: BTreeMap<C, u64>,
}

impl<C> Default for Faults<C> {
    fn default() -> Self {
        let (planned, calls) = (BTreeMap::new(), BTreeMap::new());
        Self(Mutex::new(State { planned, down: false, latency: Duration::ZERO, calls }))
    }
}

impl<C: Copy + Ord + Send> Faults<C> {
    /// The next `times` such calls fail at that moment.
    pub(crate) fn plan(&self, call: C, moment: Moment, times: u32) {
        self.state().planned.insert((call, moment), times);
    }

    /// Whether every call fails before its effect.
    pub(crate) fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// How long every call takes.
    pub(crate) fn set_latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// How often such a call was made, failed ones included.
    pub(crate) fn calls(&self, call: C) -> u64 {
        self.state().calls.get(&call).copied().unwrap_or_default()
    }

    /// One call: time, faults, effect.
    pub(crate) async fn around<T, E>(
        &self,
        call: C,
        failed: impl Fn() -> E + Send,
        effect: impl FnOnce() -> Result<T, E> + Send,
    ) -> Result<T, E> {
        let latency = self.state().latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        if self.strikes_before(call) {
            return Err(failed());
        }
        let answer = effect()?;
        if self.state().strikes(call, Moment::AfterEffect) { Err(failed()) } else { Ok(answer) }
    }

    fn strikes_before(&self, call: C) -> bool {
        let mut state = self.state();
        *state.calls.entry(call).or_default() += 1;
        state.down || state.strikes(call, Moment::BeforeEffect)
    }

    /// A test that panicked in another thread changes nothing here half-way.
    fn state(&self) -> MutexGuard<'_, State<C>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Copy + Ord> State<C> {
    fn strikes(&mut self, call: C, moment: Moment) -> bool {
        let left = self.planned.get_mut(&(call, moment)).filter(|left| **left > 0);
        left.map(|left| *left -= 1).is_some()
    }
}
