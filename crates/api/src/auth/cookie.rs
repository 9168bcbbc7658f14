//! The cookie with the refresh token.
//!
//! Over TLS its name begins with `__Host-`: browsers then take it from this very host only, and from no neighbour or
//! parent in the domain. No script reads it, and it is sent with nothing that another site has begun. Without TLS, which is
//! for a developer's own machine, there is no such name.

use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::token::Key;

const SECURE: &str = "__Host-fresco_refresh";
const PLAIN: &str = "fresco_refresh";

/// How the cookie is to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RefreshCookie {
    tls: bool,
}

impl RefreshCookie {
    /// As the place wants it where people reach the API.
    pub(crate) fn at(public_url: &str) -> Self {
        Self { tls: public_url.starts_with("https://") }
    }

    /// What a request carries. Several are none: one of them was planted, and nobody knows which.
    pub(crate) fn of(self, headers: &HeaderMap) -> Option<Key> {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let all = lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
        let mut ours = all.filter(|(name, _)| *name == self.name()).map(|(_, value)| value);
        let only = ours.next().filter(|_| ours.next().is_none())?;
        Key::parse(only)
    }

    /// Sets it, for so long, or until the browser is closed.
    pub(crate) fn set(self, token: &SecretString, lifetime: Option<Duration>) -> HeaderValue {
        let age = lifetime.map(|lifetime| format!("; Max-Age={}", lifetime.as_secs())).unwrap_or_default();
        self.header(token.expose_secret(), &age)
    }

    /// Takes it away.
    pub(crate) fn clear(self) -> HeaderValue {
        self.header("", "; Max-Age=0")
    }

    fn header(self, value: &str, age: &str) -> HeaderValue {
        let secure = if self.tls { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}", self.name());
        let mut header = HeaderValue::from_str(&text).expect("a token is hex digits");
        header.set_sensitive(true);
        header
    }

    const fn name(self) -> &'static str {
        if self.tls { SECURE } else { PLAIN }
    }
}

#[cfg(test)]
mod tests {
    use domain::SystemEntropy;

    use super::*;
    use crate::token::generate;

    fn found(tls: bool, cookies: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for line in cookies {
            headers.append(COOKIE, line.parse().unwrap());
        }
        RefreshCookie { tls }.of(&headers).is_some()
    }

    #[test]
    fn it_is_found_under_its_own_name_only_and_only_once() {
        let token = generate(&SystemEntropy).token.expose_secret().to_owned();
        let secure = format!("__Host-fresco_refresh={token}");
        assert!(found(true, &["a=1; b", &secure]));
        assert!(found(true, &[&format!("a=1;{secure}; c=2")]));
        assert!(!found(false, &[&secure]));
        assert!(!found(true, &[&format!("fresco_refresh={token}")]));
        assert!(!found(true, &[&secure, &secure]), "one of the two was planted");
        for wrong in ["__Host-fresco_refresh=", "__Host-fresco_refresh=short", "", "__Host-fresco_refresh"] {
            assert!(!found(true, &[wrong]), "{wrong}");
        }
    }

    #[test]
    fn it_is_this_hosts_alone_and_no_scripts() {
        let token = generate(&SystemEntropy).token;
        let cookie = RefreshCookie::at("https://platform.example.net");
        let set = cookie.set(&token, Some(Duration::from_secs(60)));
        let rest = "; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=60";
        assert_eq!(set.to_str().unwrap(), format!("__Host-fresco_refresh={}{rest}", token.expose_secret()));
        assert!(!format!("{set:?}").contains(token.expose_secret()));
        assert!(!cookie.set(&token, None).to_str().unwrap().contains("Max-Age"), "it goes with the browser");
        assert!(cookie.clear().to_str().unwrap().starts_with("__Host-fresco_refresh=; Path=/;"));
        let plain = RefreshCookie::at("http://127.0.0.1:8080").set(&token, None);
        assert!(!plain.to_str().unwrap().contains("Secure"));
    }
}
