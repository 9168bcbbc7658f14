//! What instances use.

use domain::quantity::Span;

use super::section::section;

section! {
    /// Samples of what instances use: every 15 s of all, more often of those that somebody looks at.
    pub(crate) struct Metrics as "metrics" {
        /// Whether counters are read from this host's cgroups; otherwise the engine is asked, which costs far more. One that
        /// isn't found on this host is asked for all the same.
        from_host: bool = default("true"),
        /// How often those are sampled that somebody looks at live.
        watched: Span = default("2s") in Span::millis(200)..=Span::seconds(15),
        /// How often it is measured what each keeps on disk: its database, its log, its dumps.
        sizes: Span = default("15m") in Span::seconds(60)..=Span::seconds(86_400),
        /// How long samples are kept as they were taken.
        keep_samples: Span = default("12h") in Span::seconds(3600)..=Span::seconds(30 * 86_400),
        /// How long a point a minute is kept.
        keep_minutes: Span = default("7d") in Span::seconds(3600)..=Span::seconds(90 * 86_400),
        /// How long a point a quarter of an hour is kept.
        keep_quarters: Span = default("60d") in Span::seconds(86_400)..=Span::seconds(400 * 86_400),
        /// How long a point an hour is kept.
        keep_hours: Span = default("400d") in Span::seconds(86_400)..=Span::seconds(3650 * 86_400),
        /// The most points an answer has; without a `step` it has about so many.
        points: u32 = default("300") in 10..=5000,
        /// So many percent of its memory or processor limit are trouble, if they last.
        high: u32 = default("80") in 1..=100,
        /// Below so many percent it is over; less than `high`.
        calm: u32 = default("70") in 0..=99,
        /// So many percent of a disk of the host (the engine's, the logs' and the dumps') are trouble for all of them.
        disk_high: u32 = default("90") in 1..=100,
        /// Below so many percent it is over; less than `disk_high`.
        disk_calm: u32 = default("85") in 0..=99,
        /// How long they have to last.
        high_for: Span = default("5m") in Span::seconds(0)..=Span::seconds(86_400),
        /// How long the calm has to last.
        calm_for: Span = default("5m") in Span::seconds(0)..=Span::seconds(86_400),
    }
}
