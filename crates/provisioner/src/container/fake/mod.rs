//! An engine in memory, for tests of what stands on one: held to the same contract tests as the real engine.
//!
//! What containers do is scripted by [`Behaviour`], what goes wrong by [`FakeEngine::fail`], [`FakeEngine::down`] and
//! [`FakeEngine::slow`]. Everything is a map: a hundred thousand containers are no trouble.
//!
//! ```
//! # use std::sync::Arc;
//! # use provisioner::container::{PlatformId, fake::{Call, Failure, FakeEngine}};
//! let engine = FakeEngine::new(PlatformId::parse("test").expect("an id"), Arc::new(domain::SystemClock));
//! engine.fail(Call::CreateContainer, Failure::After, Some(1)); // the container is made, and nobody is told
//! ```

mod behaviour;
mod fault;
mod hands;
mod life;
mod log;
mod trait_impl;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Clock;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

use self::fault::Faults;
use self::world::World;
use super::{ContainerSpec, EngineEvent, PlatformId};

pub use behaviour::{Behaviour, End};
pub use fault::{Call, Failure};
pub use hands::Inventory;

/// How many events a slow reader may lag before some are lost to it.
const EVENTS: usize = 1024;

/// One engine in memory; clones are the same engine.
#[derive(Clone, Debug)]
pub struct FakeEngine(Arc<Inner>);

struct Inner {
    platform: PlatformId,
    clock: Arc<dyn Clock>,
    behaviour: Mutex<Script>,
    world: Mutex<World>,
    faults: Faults,
    events: broadcast::Sender<Signal>,
    /// Rung whenever a container's state changes.
    changes: watch::Sender<()>,
    /// Ends what is followed; each log that is read listens.
    cuts: watch::Sender<u64>,
    /// Ends and restarts to come.
    lives: Mutex<JoinSet<()>>,
}

type Script = Arc<dyn Fn(&ContainerSpec) -> Behaviour + Send + Sync>;

/// What a stream of events hears.
#[derive(Clone, Debug)]
enum Signal {
    Event(EngineEvent),
    Down,
}

impl FakeEngine {
    /// An engine without containers, networks or images. Releases end at once with 0, everything else runs.
    #[must_use]
    pub fn new(platform: PlatformId, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            platform,
            clock,
            behaviour: Mutex::new(Arc::new(Behaviour::usual)),
            world: Mutex::default(),
            faults: Faults::default(),
            events: broadcast::channel(EVENTS).0,
            changes: watch::channel(()).0,
            cuts: watch::channel(0).0,
            lives: Mutex::default(),
        }))
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeEngine").field("platform", &self.platform).finish_non_exhaustive()
    }
}

/// A test that panicked while it held a lock has failed already.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
