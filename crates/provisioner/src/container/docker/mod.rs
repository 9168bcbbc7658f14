//! The Docker engine, over its unix socket.
//!
//! Why not simply `bollard`: it puts names into paths unescaped, opens a socket for every call without a limit, waits
//! for the headers of an answer only, and tells a time-out from a refusal by the kind of its error. So everything goes
//! through [`call`]: a budget, a deadline, and one reading of failures.
//!
//! Invariants: only ids, names and references that were checked reach the API; a call that did not answer, or answered
//! with a fault of the engine's own, is `Unavailable`, whatever else it may look like; what is removed is named by id.
//!
//! Requests carry no API version (bollard's negotiation changes nothing on the wire), so an engine answers in its
//! newest one: no optional field is relied upon, and [`version`] refuses engines too old or too new at the start.

mod call;
mod create;
mod credentials;
mod events;
mod file;
mod image;
mod lifecycle;
mod log;
mod network;
mod options;
mod own;
mod pull;
mod state;
mod trait_impl;
mod usage;
mod version;
mod view;

use std::sync::Arc;

use bollard::Docker;
use tokio::sync::{Mutex, Semaphore};

use self::call::Ask;
use self::version::Host;
use super::EngineError;

pub use credentials::RegistryCredentials;
pub use network::NetworkEnd;
pub use options::DockerOptions;
pub use view::{EngineView, ViewOptions};

/// One engine.
#[derive(Debug)]
pub struct DockerEngine {
    docker: Docker,
    options: DockerOptions,
    host: Host,
    /// Calls that answer at once.
    short: Semaphore,
    /// Calls that take as long as a container does: stop, wait, events.
    long: Arc<Semaphore>,
    /// Logs that are read.
    logs: Arc<Semaphore>,
    pulls: Semaphore,
    /// Held while the network is made, so that this process does not race itself.
    network: Mutex<()>,
}

/// How many images are fetched at once: more only share the same line and disk.
const PULLS: usize = 3;
/// bollard's own deadline covers the headers of an answer alone, and `stop` sends them last: ours are in `call`.
const NO_DEADLINE_SECONDS: u64 = 24 * 60 * 60;

impl DockerEngine {
    /// Connects, and checks that the engine's API is one we speak.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] if nothing answers on the socket, [`EngineError::Refused`] if the engine is too old
    /// or too new; both say what to do.
    pub async fn connect(options: DockerOptions) -> Result<Self, EngineError> {
        let ask = Ask::new("connect", options.socket.display());
        let socket = options.socket.to_string_lossy();
        let docker = Docker::connect_with_unix(&socket, NO_DEADLINE_SECONDS, bollard::API_DEFAULT_VERSION)
            .map_err(|error| ask.unavailable(format!("{error}; is the engine running, and may this user open it?")))?
            .with_request_modifier(credentials::url_safe);
        let mut engine = Self {
            docker,
            host: Host::UNKNOWN,
            short: Semaphore::new(options.concurrency),
            long: Arc::new(Semaphore::new(options.long_calls)),
            logs: Arc::new(Semaphore::new(options.log_streams)),
            pulls: Semaphore::new(PULLS),
            network: Mutex::new(()),
            options,
        };
        let (version, host) = engine.ask_version_and_host().await?;
        version::check(&version)?;
        engine.host = host;
        Ok(engine)
    }
}
