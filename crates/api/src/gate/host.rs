//! Which instance a host names.

use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderName};
use domain::Platform;
use domain::tenant::Subdomain;

/// Written by Traefik itself: the host of the request that is to pass, whatever its sender wrote there.
const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Of a request that Traefik has routed here.
pub(super) fn own(headers: &HeaderMap, platform: &Platform) -> Option<Subdomain> {
    subdomain(headers.get(HOST)?.to_str().ok()?, platform)
}

/// Of the request that Traefik asks about.
pub(super) fn asked_about(headers: &HeaderMap, platform: &Platform) -> Option<Subdomain> {
    let mut hosts = headers.get_all(FORWARDED).iter();
    let only = hosts.next().filter(|_| hosts.next().is_none())?;
    subdomain(only.to_str().ok()?, platform)
}

/// Letters of either case, a port and a final dot don't make another host.
fn subdomain(host: &str, platform: &Platform) -> Option<Subdomain> {
    let port = |(_, port): &(&str, &str)| port.bytes().all(|byte| byte.is_ascii_digit());
    let name = host.rsplit_once(':').filter(port).map_or(host, |(name, _)| name).to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    let label = name.strip_suffix(platform.domain.as_str())?.strip_suffix('.')?;
    Subdomain::parse(label).ok()
}
