//! How the engine is reached.

use std::path::PathBuf;
use std::time::Duration;

use super::RegistryCredentials;
use crate::container::PlatformId;

/// Where the engine is and how much is asked of it.
#[derive(Clone, Debug)]
pub struct DockerOptions {
    pub socket: PathBuf,
    /// Whose containers and networks are ours.
    pub platform: PlatformId,
    /// Calls at once; each is a socket.
    pub concurrency: usize,
    /// Stops, waits and event streams at once; each is a socket for as long as it lasts.
    pub long_calls: usize,
    /// Logs read at once; each is a socket for as long as it is followed.
    pub log_streams: usize,
    /// How long a call may take, its turn in the queue included.
    pub call_timeout: Duration,
    /// How long fetching an image may take.
    pub pull_timeout: Duration,
    /// How long fetching an image may make no progress.
    pub pull_idle: Duration,
    /// From which age on a container made to read a file from counts as abandoned: longer than the three calls that
    /// reading takes.
    pub reader_lifetime: Duration,
    pub credentials: RegistryCredentials,
}

impl DockerOptions {
    /// What fits one host and some hundred tenants.
    #[must_use]
    pub fn new(socket: PathBuf, platform: PlatformId) -> Self {
        Self {
            socket,
            platform,
            concurrency: 32,
            long_calls: 256,
            log_streams: 512,
            call_timeout: Duration::from_secs(30),
            pull_timeout: Duration::from_secs(30 * 60),
            pull_idle: Duration::from_secs(120),
            reader_lifetime: Duration::from_secs(120),
            credentials: RegistryCredentials::default(),
        }
    }
}
