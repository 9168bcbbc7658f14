//! The log on standard error.

use super::section::section;
use super::value::{Filter, LogFormat};

section! {
    /// The log, on standard error.
    pub(crate) struct Log as "log" {
        /// "text" for people, "json" for a log store.
        format: LogFormat = default("text"),
        /// What is written: a level, and levels of single modules, such as `info,reconciler=debug`.
        filter: Filter = default("info"),
    }
}
