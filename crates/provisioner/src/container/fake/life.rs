//! How a container runs, ends and is started again.

use std::sync::{Arc, Weak};
use std::time::Duration;

use domain::tenant::{ContainerId, ContainerState};

use super::behaviour::End;
use super::world::Kept;
use super::{Inner, Signal, lock};
use crate::container::{EngineEvent, Restart};

const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

impl Inner {
    /// Starts it, and plans how it ends.
    pub(super) fn begin(self: &Arc<Self>, id: &ContainerId) -> Option<ContainerState> {
        let now = self.clock.now();
        let (end, state, run) = {
            let mut world = lock(&self.world);
            let kept = world.containers.get_mut(id)?;
            kept.run += 1;
            kept.state = ContainerState::Running { started_at: now, address: kept.address };
            kept.log.take_all(&kept.behaviour, now);
            self.tell(kept, "start");
            (kept.behaviour.end, kept.state.clone(), kept.run)
        };
        if let Some(end) = end {
            let id = id.clone();
            self.later(end.after, move |inner| inner.end(&id, run, end));
        }
        Some(state)
    }

    /// Ends that run of it; one that has ended, or runs anew, is left alone.
    pub(super) fn end(self: &Arc<Self>, id: &ContainerId, run: u64, end: End) {
        let backoff = {
            let mut world = lock(&self.world);
            let Some(kept) = world.containers.get_mut(id).filter(|kept| kept.run == run && kept.state.may_run()) else {
                return;
            };
            if end.oom_killed {
                self.tell(kept, "oom");
            }
            self.tell(kept, "die");
            if kept.restart == Some(Restart::Never) {
                kept.state = self.exited(end.code, end.oom_killed);
                return;
            }
            kept.restarts += 1;
            kept.state = ContainerState::Restarting { exit_code: end.code, oom_killed: end.oom_killed };
            FIRST_BACKOFF.saturating_mul(1 << (kept.restarts - 1).min(16)).min(LONGEST_BACKOFF)
        };
        let id = id.clone();
        self.later(backoff, move |inner| inner.begin_again(&id, run));
    }

    fn begin_again(self: &Arc<Self>, id: &ContainerId, run: u64) {
        let script = Arc::clone(&lock(&self.behaviour));
        {
            let mut world = lock(&self.world);
            let waits = |kept: &&mut Kept| kept.run == run && matches!(kept.state, ContainerState::Restarting { .. });
            let Some(kept) = world.containers.get_mut(id).filter(waits) else { return };
            if let Some(spec) = &kept.spec {
                kept.behaviour = script(spec);
            }
        }
        self.begin(id);
    }

    pub(super) fn exited(&self, exit_code: i64, oom_killed: bool) -> ContainerState {
        ContainerState::Exited { exit_code, oom_killed, finished_at: self.clock.now() }
    }

    /// Tells those who watch.
    pub(super) fn tell(&self, kept: &Kept, action: &str) {
        self.changes.send_replace(());
        if let Some(owner) = kept.owner.clone() {
            let event = EngineEvent { owner, action: action.to_owned(), at: self.clock.now() };
            // Nobody listening is no error.
            drop(self.events.send(Signal::Event(event)));
        }
    }

    /// Does something after a while, unless the engine is gone by then.
    fn later(self: &Arc<Self>, after: Duration, act: impl FnOnce(&Arc<Self>) + Send + 'static) {
        let engine: Weak<Self> = Arc::downgrade(self);
        let mut lives = lock(&self.lives);
        while lives.try_join_next().is_some() {}
        lives.spawn(async move {
            tokio::time::sleep(after).await;
            if let Some(engine) = engine.upgrade() {
                act(&engine);
            }
        });
    }
}
