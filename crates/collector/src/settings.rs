//! Every bound there is.

use std::path::PathBuf;
use std::time::Duration;

use domain::quantity::Bytes;
use provisioner::container::{LogRotation, PlatformId};

/// What the operator has settled about logs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A folder a tenant in it.
    pub directory: PathBuf,
    /// Whose containers are read.
    pub platform: PlatformId,
    /// Of one tenant's log: size and age, in nanoseconds.
    pub book: logbook::Options,
    /// How often all logs are read that nobody watches.
    pub harvest: Duration,
    /// Logs read at once for that.
    pub at_once: usize,
    /// How often the limits are seen to of all logs that are kept, also of those that nothing comes to.
    pub enforce: Duration,
    /// How long a container's removal waits for its log to be read.
    pub removal_patience: Duration,
    /// How long somebody who asks waits for the engine to be asked first, and whoever reads a log for its disk.
    pub look_patience: Duration,
    /// What is kept of a line.
    pub longest_line: Bytes,
    /// How often viewers are sent what has come.
    pub batch: Duration,
    /// Lines sent at once, at most.
    pub batch_lines: u64,
    /// Bytes sent at once, but for one long line.
    pub batch_bytes: Bytes,
    /// What waits for a slow viewer, in batches; what comes then is skipped, and counted.
    pub viewer_batches: usize,
    /// What waits longer than this in memory is written to disk.
    pub flush: Duration,
    /// What may wait for a slow disk of one tenant's log, uncompressed, and no less than two blocks: then reading it waits, too.
    pub waiting: Bytes,
    /// Logs that are written at once.
    pub writes: usize,
    /// How much one request looks at.
    pub scan: Bytes,
    /// How much of a container's log the engine keeps.
    pub rotation: LogRotation,
}

impl Settings {
    /// What fits one host and some hundred tenants.
    #[must_use]
    pub fn new(directory: PathBuf, platform: PlatformId) -> Self {
        Self {
            directory,
            platform,
            book: logbook::Options::default(),
            harvest: Duration::from_secs(30),
            at_once: 4,
            enforce: Duration::from_secs(3600),
            removal_patience: Duration::from_secs(20),
            look_patience: Duration::from_secs(3),
            longest_line: Bytes(64 << 10),
            batch: Duration::from_millis(100),
            batch_lines: 1000,
            batch_bytes: Bytes(256 << 10),
            viewer_batches: 64,
            flush: Duration::from_secs(1),
            waiting: Bytes::mib(1),
            writes: 16,
            scan: Bytes::mib(64),
            rotation: LogRotation::DEFAULT,
        }
    }
}
