//! Dumps of tenants' data, taken before a release where an app's manifest asks for it.

use std::path::PathBuf;

use domain::quantity::Span;

use super::section::section;

section! {
    /// Dumps of a tenant's data, taken before another image changes its database, where the app's manifest says `dump_before`.
    pub(crate) struct Dumps as "dumps" {
        /// The folder for them; it holds what people have entered.
        directory: PathBuf = default("/var/lib/frescod/dumps"),
        /// The folder with `pg_dump` and `pg_restore`, of the tenants' PostgreSQL's major version. Of others, 16 does for 15, and
        /// 18 for 17; the rest is refused, because it could not bring data back.
        programs: PathBuf = default("/usr/bin"),
        /// How many of a tenant's newest dumps are kept.
        keep: u32 = default("3") in 1..=1000,
        /// How long a dump holds what there is: a release that is tried again later than that is preceded by another. None that
        /// was taken before the change was asked for counts at all.
        fresh_for: Span = default("1h") in Span::seconds(60)..=Span::seconds(86_400),
        /// The longest a dump or a restore may take.
        deadline: Span = default("30m") in Span::seconds(10)..=Span::seconds(86_400),
    }
}
