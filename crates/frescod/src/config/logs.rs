//! Tenants' logs.

use std::path::PathBuf;

use domain::quantity::{Bytes, Span};

use super::section::section;

section! {
    /// What tenants log: kept across their containers, and shown as it comes.
    pub(crate) struct Logs as "logs" {
        /// The folder for them, a folder a tenant; they may hold what people have entered.
        directory: PathBuf = default("/var/lib/frescod/logs"),
        /// The unix socket by which `--role api` asks `--role worker` for them. Whoever may write to it may read them all.
        socket: PathBuf = default("/run/frescod-logs/logs.sock"),
        /// How much is kept of a tenant's log, compressed: about ten times that much text.
        size: Bytes = default("64MiB") in Bytes::mib(1)..=Bytes::mib(65_536),
        /// How long it is kept.
        age: Span = default("720h") in Span::seconds(3600)..=Span::seconds(10 * 366 * 86_400),
        /// How often the logs that nobody watches are read from the engine. Sooner than one writes `engine.log_size` times
        /// `engine.log_files`, or lines are lost (and marked).
        harvest: Span = default("30s") in Span::seconds(1)..=Span::seconds(600),
        /// How many are read at once for that.
        harvest_at_once: usize = default("4") in 1..=64,
        /// How long a container's removal waits for its log to be read to its end.
        removal_patience: Span = default("20s") in Span::seconds(1)..=Span::seconds(600),
        /// What is kept of a line; the rest is counted.
        longest_line: Bytes = default("64KiB") in Bytes(1 << 10)..=Bytes::mib(1),
        /// How often viewers are sent what has come: the longest a line waits.
        batch: Span = default("100ms") in Span(std::time::Duration::from_millis(10))..=Span::seconds(1),
        /// How many lines are sent at once at most.
        batch_lines: u32 = default("1000") in 1..=10_000,
        /// How many batches wait for a slow viewer; what comes then it is told to have missed.
        viewer_batches: usize = default("64") in 2..=1024,
        /// How much text one request looks through; one that has not found enough by then says where to go on.
        scan: Bytes = default("64MiB") in Bytes::mib(1)..=Bytes::mib(1024),
        /// The longest export, uncompressed.
        export: Bytes = default("256MiB") in Bytes::mib(1)..=Bytes::mib(65_536),
        /// How many may watch at once: logs, metrics, and what happens.
        viewers: usize = default("1000") in 1..=65_536,
        /// How many may watch one tenant at once, or what happens in one organisation.
        viewers_per_tenant: usize = default("100") in 1..=65_536,
    }
}
