//! The owner's cookie: how it is set, found, and kept from the application.
//!
//! With TLS its name begins with `__Host-`: browsers then take it from this very host only, over TLS only, and no
//! neighbour's instance can plant one.

use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

const SECURE: &str = "__Host-fresco-owner";
const PLAIN: &str = "fresco-owner";

/// The cookies of a request, ours apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cookies<'a> {
    pub(super) ours: Vec<&'a str>,
    /// The application's, as they came.
    pub(super) others: String,
}

impl<'a> Cookies<'a> {
    pub(super) fn of(headers: &'a HeaderMap, tls: bool) -> Self {
        let mut cookies = Self::default();
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        for cookie in lines.flat_map(|line| line.split(';')).map(str::trim).filter(|cookie| !cookie.is_empty()) {
            match cookie.split_once('=') {
                Some((key, value)) if key == name(tls) => cookies.ours.push(value),
                Some(_) | None if cookies.others.is_empty() => cookie.clone_into(&mut cookies.others),
                Some(_) | None => cookies.others += &format!("; {cookie}"),
            }
        }
        cookies
    }
}

/// What sets it.
pub(super) fn set(token: &str, lifetime: Duration, tls: bool) -> String {
    let secure = if tls { "; Secure" } else { "" };
    format!("{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", name(tls), lifetime.as_secs())
}

const fn name(tls: bool) -> &'static str {
    if tls { SECURE } else { PLAIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_applications_cookies_pass_and_ours_does_not() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; __Host-fresco-owner=x;b=2=3".parse().unwrap());
        headers.append(COOKIE, "__Host-fresco-owner=y; flag; fresco-owner=z".parse().unwrap());
        let cookies = Cookies::of(&headers, true);
        assert_eq!(cookies, Cookies { ours: vec!["x", "y"], others: "a=1; b=2=3; flag; fresco-owner=z".to_owned() });
        assert_eq!(Cookies::of(&HeaderMap::new(), true), Cookies::default());
    }
}
