//! The one file beside the tenants': what all their routes share.
//!
//! It belongs to us and not to the operator's configuration, so that a route never names something that isn't there. The
//! tenants' files name what it holds, so frescod's own address stands in it alone.
//!
//! | name | what it does |
//! |---|---|
//! | `fresco` (transport) | gives up on a container that doesn't answer the dial; Traefik's own patience is 30 s |
//! | `fresco-gate` | asks frescod whether a visitor of an instance nobody has set up is its owner |
//! | `fresco-errors` | where Traefik itself got no answer (502, 504), frescod says what is going on instead |
//! | `fresco-claim` (router) | `/.fresco/` of every instance's host: where owners show their claim link |
//! | `fresco-front` (router) | any name of the domain that leads nowhere else: unknown, stopped and starting instances |
//!
//! An application's own 503 passes: it knows best when to come back, and Traefik itself answers 503 only where no server
//! is left, which no route of ours ever has.

use std::net::SocketAddr;

use domain::{Domain, Routing};
use serde_json::{Value, json};

use super::certificate;

/// The file's name in the watched folder; no tenant's has it.
pub(super) const FILE: &str = "fresco.yml";

/// How Traefik talks to tenants.
pub(super) const SERVERS_TRANSPORT: &str = "fresco";
/// Middlewares that tenants' chains name.
pub(super) const GATE: &str = "fresco-gate";
pub(super) const ERRORS: &str = "fresco-errors";

const FRONT: &str = "fresco-front";
const CLAIM: &str = "fresco-claim";
const INSTEAD: &str = "fresco-instead";

/// Above any route's, whose own is the length of its rule.
const FIRST: u32 = 1_000_000;
const LAST: u32 = 1;

/// Where frescod answers for its tenants, and for which names.
#[derive(Clone, Debug)]
pub struct Front {
    /// The tenants' domain.
    pub domain: Domain,
    pub routing: Routing,
    /// frescod's own listener for Traefik.
    pub frescod: SocketAddr,
}

/// The paths of [`Front::frescod`] that Traefik asks for on its own account; visitors can't reach them.
pub mod path {
    /// Whether a visitor may pass the gate.
    pub const CHECK: &str = "/check";
    /// What is said in the place of an instance that doesn't answer.
    pub const INSTEAD: &str = "/instead";
    /// What visitors may ask for on every instance's host.
    pub const PUBLIC: &str = "/.fresco/";
}

/// The file's content.
pub(super) fn content(front: &Front) -> String {
    let transport = json!({ "forwardingTimeouts": { "dialTimeout": "1s" } });
    let server = json!({ "servers": [{ "url": at(front, "") }], "serversTransport": SERVERS_TRANSPORT });
    let base = json!({ "http": {
        "serversTransports": { SERVERS_TRANSPORT: transport },
        "middlewares": middlewares(front),
        "routers": {
            CLAIM: router(front, FIRST, Some(path::PUBLIC), &[]),
            FRONT: router(front, LAST, None, &[INSTEAD]),
        },
        "services": { FRONT: { "loadBalancer": server } },
    } });
    format!("# Written by frescod at every start.\n{base:#}\n")
}

/// The gate's answer replaces the visitor's cookies by those that are not ours, so the application never sees ours. What
/// the gate is asked says for which host in a header that Traefik writes itself, whatever the visitor sent.
fn middlewares(front: &Front) -> Value {
    json!({
        GATE: { "forwardAuth": {
            "address": at(front, path::CHECK),
            "trustForwardHeader": false,
            "authRequestHeaders": ["Accept", "Cookie"],
            "authResponseHeaders": ["Cookie"],
        } },
        ERRORS: { "errors": { "status": ["502", "504"], "service": FRONT, "query": path::INSTEAD } },
        INSTEAD: { "replacePath": { "path": path::INSTEAD } },
    })
}

fn router(front: &Front, priority: u32, prefix: Option<&str>, middlewares: &[&str]) -> Value {
    let prefix = prefix.map(|prefix| format!(" && PathPrefix(`{prefix}`)")).unwrap_or_default();
    let escaped = front.domain.to_string().replace('.', "\\.");
    let mut router = json!({
        "rule": format!("HostRegexp(`^[a-z0-9-]+\\.{escaped}$`){prefix}"),
        "priority": priority,
        "entryPoints": [front.routing.entry_point],
        "service": FRONT,
    });
    if !middlewares.is_empty() {
        router["middlewares"] = json!(middlewares);
    }
    if front.routing.tls {
        router["tls"] = certificate(&front.routing, &front.domain);
    }
    router
}

fn at(front: &Front, path: &str) -> String {
    format!("http://{}{path}", front.frescod)
}

#[cfg(test)]
mod tests {
    use super::super::RouteProvider;
    use super::super::sample::route;
    use super::*;

    #[test]
    fn what_all_routes_share() {
        let route = route(RouteProvider::Labels);
        let frescod = "127.0.0.1:8081".parse().unwrap();
        insta::assert_snapshot!(content(&Front { domain: route.domain, routing: route.routing, frescod }));
    }
}
