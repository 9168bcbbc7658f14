//! A tenant's file: what it says, and how it is read back.
//!
//! It is JSON, which is YAML too, so that no value can leave its quotes, under one comment that holds everything the
//! file was made from. Reading it back makes it anew from that comment and compares: a file that was edited, cut short or
//! written by a version of frescod with other chains has another hash than the route it says it holds, and is written
//! again.

use std::net::SocketAddr;

use domain::TenantId;
use domain::tenant::{RouteState, SpecHash};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::base::{ERRORS, GATE, SERVERS_TRANSPORT};
use super::{Route, RouteProvider, certificate, name, rule};

const HEADING: &str = "# Written by frescod, which undoes changes. Made from: ";

/// The hash of a file that does not say what it should.
const ALTERED: &str = "altered";

/// What a file is made from.
#[derive(Serialize, Deserialize)]
struct Origin<R> {
    target: Option<SocketAddr>,
    route: R,
}

/// The file's content; `target` counts for [`RouteProvider::File`] only.
pub(super) fn write(route: &Route, target: Option<SocketAddr>) -> String {
    let target = target.filter(|_| route.routing.provider == RouteProvider::File);
    let origin = json!(Origin { target, route });
    let configuration = configuration(route, target);
    format!("{HEADING}{origin}\n{configuration:#}\n")
}

/// What `content` says of `tenant`. The target of an altered file is told where it can be read, so that its next version
/// goes on sending people there.
pub(super) fn read(tenant: TenantId, content: &[u8]) -> RouteState {
    let origin = origin(content);
    let target = origin.as_ref().and_then(|origin| origin.target);
    let hash = origin.and_then(|origin| serde_json::from_value::<Route>(origin.route).ok()).and_then(|route| {
        let genuine = route.tenant == tenant && write(&route, target).as_bytes() == content;
        genuine.then(|| route.hash())
    });
    RouteState { hash: hash.unwrap_or_else(|| SpecHash::from_label(ALTERED)), target }
}

/// The route is read apart, so that one of another version does not hide the target.
fn origin(content: &[u8]) -> Option<Origin<Value>> {
    let heading = str::from_utf8(content).ok()?.lines().next()?;
    serde_json::from_str(heading.strip_prefix(HEADING)?).ok()
}

fn configuration(route: &Route, target: Option<SocketAddr>) -> Value {
    let name = name(route);
    let headers_name = format!("{name}-headers");
    let mut chain = vec![&*headers_name, ERRORS];
    if route.gated {
        chain.push(GATE);
    }
    let mut http = json!({ "middlewares": {
        &name: { "chain": { "middlewares": chain } },
        &headers_name: { "headers": headers(route) },
    } });
    if let Some(target) = target {
        let server =
            json!({ "servers": [{ "url": format!("http://{target}") }], "serversTransport": SERVERS_TRANSPORT });
        http["routers"] = json!({ &name: router(route) });
        http["services"] = json!({ &name: { "loadBalancer": server } });
    }
    json!({ "http": http })
}

fn router(route: &Route) -> Value {
    let name = name(route);
    let mut router = json!({
        "rule": rule(route),
        "entryPoints": [route.routing.entry_point],
        "middlewares": [name],
        "service": name,
    });
    if route.routing.tls {
        router["tls"] = certificate(&route.routing, &route.domain);
    }
    router
}

/// The first of the chain: headers of every answer, each set over the app's own, or taken off where empty.
///
/// - `SAMEORIGIN`, not `DENY`: nobody else may frame an instance, but an app may frame its own pages.
/// - Strict-Transport-Security is the platform's to say, so the app's never passes. Fresco 4 sends two years with
///   `includeSubDomains`: that outlives the instance on a name somebody else may get, speaks for names below it that no
///   certificate of ours covers, and would lock a developer's `localhost` name to https.
/// - The server's name and version help nobody but an attacker.
fn headers(route: &Route) -> Value {
    let transport = route.routing.hsts_seconds.map(|seconds| format!("max-age={seconds}")).unwrap_or_default();
    let answer: Map<_, _> = [
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Server", ""),
        ("Strict-Transport-Security", &transport),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "SAMEORIGIN"),
        ("X-Powered-By", ""),
    ]
    .map(|(name, value)| (name.to_owned(), json!(value)))
    .into_iter()
    .collect();
    json!({ "customResponseHeaders": answer })
}

#[cfg(test)]
mod tests {
    use super::super::sample::route;
    use super::*;

    const TARGET: &str = "10.77.0.9:3000";

    fn target() -> Option<SocketAddr> {
        Some(TARGET.parse().unwrap())
    }

    #[test]
    fn a_chain_alone() {
        insta::assert_snapshot!(write(&route(RouteProvider::Labels), target()));
    }

    #[test]
    fn a_whole_route() {
        insta::assert_snapshot!(write(&route(RouteProvider::File), target()));
    }

    #[test]
    fn a_gated_chain() {
        let gated = Route { gated: true, ..route(RouteProvider::Labels) };
        insta::assert_snapshot!(write(&gated, None));
    }

    #[test]
    fn what_is_written_reads_back() {
        let gated = [(RouteProvider::Labels, None, true), (RouteProvider::File, target(), true)];
        let open = gated.map(|(provider, kept, _)| (provider, kept, false));
        for (provider, kept, gated) in gated.into_iter().chain(open) {
            let route = Route { gated, ..route(provider) };
            let state = read(route.tenant, write(&route, target()).as_bytes());
            assert_eq!(state, RouteState { hash: route.hash(), target: kept });
        }
    }

    #[test]
    fn any_changed_byte_changes_the_hash() {
        let route = route(RouteProvider::File);
        let content = write(&route, target()).into_bytes();
        for place in 0..content.len() {
            let mut altered = content.clone();
            altered[place] ^= 1;
            assert_ne!(read(route.tenant, &altered).hash, route.hash(), "byte {place}");
            assert_ne!(read(route.tenant, &content[..place]).hash, route.hash(), "cut at {place}");
        }
    }

    #[test]
    fn another_versions_file_is_altered_and_keeps_its_target() {
        let route = route(RouteProvider::File);
        let content = write(&route, target());
        for (from, to) in [("nosniff", "sniff"), (r#""port":"#, r#""harbour":"#)] {
            let other = content.replacen(from, to, 1);
            assert_ne!(other, content);
            let expected = RouteState { hash: SpecHash::from_label(ALTERED), target: target() };
            assert_eq!(read(route.tenant, other.as_bytes()), expected);
        }
    }

    #[test]
    fn another_tenants_file_is_altered() {
        let route = route(RouteProvider::File);
        let other = TenantId::from_uuid(uuid::Uuid::from_u128(7));
        assert_eq!(read(other, write(&route, None).as_bytes()).hash, SpecHash::from_label(ALTERED));
    }

    #[test]
    fn traefik_finds_no_template_in_it() {
        let content = write(&route(RouteProvider::File), target());
        assert!(!content.contains("{{"), "{content}");
    }
}
