//! The loop's pace.

use domain::quantity::{Bytes, Span};

use super::section::section;

section! {
    /// The loop that makes what is equal to what should be: how fast it goes, and what it keeps.
    pub(crate) struct Reconciler as "reconciler" {
        /// Tenants worked on at once.
        slots: u16 = default("16") in 1..=256,
        /// So many of them may be background work; fewer than `slots`, so that people's actions always find one.
        background_slots: u16 = default("8") in 0..=255,
        /// How long a claim holds without being renewed: a tenant whose worker died waits this long.
        lease: Span = default("10s") in Span::seconds(3)..=Span::seconds(300),
        /// The first delay after a failure; it doubles with each.
        backoff_first: Span = default("1s") in Span::millis(100)..=Span::seconds(60),
        /// The longest delay after a failure.
        backoff_most: Span = default("5m") in Span::seconds(1)..=Span::seconds(86_400),
        /// The longest delay while a part can't be looked at.
        unknown_most: Span = default("15s") in Span::seconds(1)..=Span::seconds(600),
        /// How often one settled tenant is looked at in full, unless there are too many for that.
        full_look: Span = default("10m") in Span::seconds(10)..=Span::seconds(86_400),
        /// The most of these looks in a second: with more tenants each is looked at less often.
        full_looks_per_second: u16 = default("10") in 1..=1000,
        /// So many restarts by the engine without calm in between make a crash loop: the platform decides from there.
        crash_restarts: u32 = default("5") in 1..=1000,
        /// Having run so long, an app that crashed before is calm again.
        crash_calm: Span = default("1m") in Span::seconds(1)..=Span::seconds(86_400),
        /// The first pause before the platform starts an app that is crash looping; it doubles with each.
        crash_pause_first: Span = default("10s") in Span::millis(100)..=Span::seconds(86_400),
        /// The longest such pause.
        crash_pause_most: Span = default("10m") in Span::seconds(1)..=Span::seconds(86_400),
        /// How often the platform starts it before a person has to.
        crash_starts: u32 = default("6") in 0..=1000,
        /// How often all containers are looked at in one call.
        resync: Span = default("10s") in Span::seconds(1)..=Span::seconds(600),
        /// How often an active app is asked whether it still answers, unless there are too many for that.
        health: Span = default("30s") in Span::seconds(1)..=Span::seconds(3600),
        /// The most apps that are asked in a second: with more of them each is asked less often.
        health_asks_per_second: u16 = default("50") in 1..=10_000,
        /// How often everything is searched for what nobody owns.
        orphans: Span = default("10m") in Span::seconds(10)..=Span::seconds(86_400),
        /// How often an app is asked whether it is set up, while its owner may be at it.
        first_run: Span = default("1s") in Span::millis(100)..=Span::seconds(60),
        /// The same for all that await their first visitor, whether anybody is at it or not.
        first_run_sweep: Span = default("1h") in Span::seconds(10)..=Span::seconds(86_400),
        /// Lines of a failed container's log that are kept with the failure.
        failure_lines: u32 = default("40") in 1..=1000,
        /// How much of a release's log is kept.
        release_log: Bytes = default("64KiB") in Bytes(1 << 10)..=Bytes(64 << 10),
        /// From a route file's change until the old container may stop: more than Traefik's `providersThrottleDuration`.
        switch: Span = default("3s") in Span::millis(0)..=Span::seconds(60),
        /// From SIGTERM to SIGKILL, for a container whose app isn't known.
        stop_grace: Span = default("10s") in Span::seconds(1)..=Span::seconds(600),
    }
}
