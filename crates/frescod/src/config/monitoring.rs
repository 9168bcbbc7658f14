//! Where the platform's own metrics are.

use super::section::section;
use super::value::Listener;

section! {
    /// The platform's own metrics, for Prometheus: `GET /metrics`, on listeners of their own that ask nobody who they are. Keep
    /// them inside.
    pub(crate) struct Monitoring as "monitoring" {
        /// Address of the process that has the API, or "off".
        listen: Listener = default("127.0.0.1:9464"),
        /// Address of one that is the worker alone (`--role worker`), or "off".
        worker_listen: Listener = default("127.0.0.1:9465"),
    }
}
