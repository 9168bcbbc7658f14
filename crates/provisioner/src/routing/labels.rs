//! What a serve container's labels tell Traefik.

use std::collections::BTreeMap;

use super::base::SERVERS_TRANSPORT;
use super::{Route, RouteProvider, name, rule, wildcard};

/// The labels of the container that serves `route`.
///
/// They stand before the container starts, and the chain they name must stand in its file by then: Traefik serves no
/// route whose chain it can't find. What the chain does may change later; the labels can't.
#[must_use]
pub fn labels(route: &Route) -> BTreeMap<String, String> {
    match route.routing.provider {
        RouteProvider::File => unrouted(),
        RouteProvider::Labels => routed(route),
    }
}

/// The labels of a container that Traefik must not route to, whatever its image says.
#[must_use]
pub fn unrouted() -> BTreeMap<String, String> {
    BTreeMap::from([("traefik.enable".to_owned(), "false".to_owned())])
}

fn routed(route: &Route) -> BTreeMap<String, String> {
    let name = name(route);
    let router = |key: &str| format!("traefik.http.routers.{name}.{key}");
    let service = |key: &str| format!("traefik.http.services.{name}.loadbalancer.{key}");
    let mut labels = BTreeMap::from([
        ("traefik.enable".to_owned(), "true".to_owned()),
        (router("rule"), rule(route)),
        (router("entrypoints"), route.routing.entry_point.as_str().to_owned()),
        (router("middlewares"), format!("{name}@file")),
        (router("service"), name.clone()),
        (service("server.port"), route.port.to_string()),
        (service("serverstransport"), format!("{SERVERS_TRANSPORT}@file")),
    ]);
    if route.routing.tls {
        labels.insert(router("tls"), "true".to_owned());
        if let Some(resolver) = &route.routing.certificate_resolver {
            labels.insert(router("tls.certresolver"), resolver.as_str().to_owned());
            labels.insert(router("tls.domains[0].main"), wildcard(&route.domain));
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::super::RouteProvider;
    use super::super::sample::route;
    use super::labels;

    #[test]
    fn a_labelled_route() {
        insta::assert_json_snapshot!(labels(&route(RouteProvider::Labels)));
    }

    #[test]
    fn a_plain_route_asks_for_no_certificate() {
        let mut plain = route(RouteProvider::Labels);
        plain.routing.tls = false;
        assert!(labels(&plain).keys().all(|key| !key.contains("tls")), "{:?}", labels(&plain));
    }

    #[test]
    fn a_container_routed_by_a_file_says_that_it_is_not_routed_by_labels() {
        insta::assert_json_snapshot!(labels(&route(RouteProvider::File)));
    }
}
