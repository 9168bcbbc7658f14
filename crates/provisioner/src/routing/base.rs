//! The one file beside the tenants': what all their routes share.
//!
//! It belongs to us and not to the operator's configuration, so that a route never names something that isn't there.

use serde_json::json;

/// The file's name in the watched folder; no tenant's has it.
pub(super) const FILE: &str = "fresco.yml";

/// How Traefik talks to tenants.
pub(super) const SERVERS_TRANSPORT: &str = "fresco";

/// The file's content. Traefik's own dial timeout is 30 s: a request to a stopped container would hang that long.
pub(super) fn content() -> String {
    let transport = json!({ "forwardingTimeouts": { "dialTimeout": "1s" } });
    let base = json!({ "http": { "serversTransports": { SERVERS_TRANSPORT: transport } } });
    format!("# Written by frescod at every start.\n{base:#}\n")
}
