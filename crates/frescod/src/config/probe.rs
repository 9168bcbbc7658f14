//! The hostile probe.

use domain::quantity::Span;

use super::section::section;

section! {
    /// The hostile probe: a program in a tenant's place that tries what no tenant may do (`frescod tenant probe`).
    pub(crate) struct Probe as "probe" {
        /// Whether each deploy is followed by one, in the background.
        after_deploy: bool = default("false"),
        /// The longest one may run.
        deadline: Span = default("2m") in Span::seconds(10)..=Span::seconds(3600),
    }
}
