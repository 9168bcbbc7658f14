//! Whether a request comes from our own page.
//!
//! A cookie is sent by the browser, whoever has made it ask: a page of another site, or one of a tenant's, which may share
//! the site with us (then `SameSite` keeps nothing back). What browsers say of where a request comes from can't be forged
//! by a page: `Sec-Fetch-Site`, and in older ones `Origin`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use crate::error::ApiError;
use crate::state::ApiState;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a request's headers say of where it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    OurPage,
    Elsewhere,
    /// No browser, or an old one that says nothing for requests of its own site.
    Unsaid,
}

/// `origin`: where people reach the API.
fn from(headers: &HeaderMap, origin: &str) -> From {
    let said = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let (site, from) = (said(&SEC_FETCH_SITE), said(&axum::http::header::ORIGIN));
    match (site, from) {
        (Some("same-origin"), _) => From::OurPage,
        (Some(_), _) => From::Elsewhere,
        (None, Some(from)) if from == origin => From::OurPage,
        (None, Some(_)) => From::Elsewhere,
        (None, None) => From::Unsaid,
    }
}

/// The request was made by a page of ours. Taken by whatever the cookie alone has done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SameOrigin;

impl FromRequestParts<ApiState> for SameOrigin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        match from(&parts.headers, state.auth.origin()) {
            From::OurPage => Ok(Self),
            From::Elsewhere | From::Unsaid => Err(ApiError::CrossSite),
        }
    }
}

/// The request was made by no page of others. Taken by what gives somebody a cookie, so that no other page logs its
/// visitors in as somebody else; programs, which say nothing, may.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotCrossSite;

impl FromRequestParts<ApiState> for NotCrossSite {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        match from(&parts.headers, state.auth.origin()) {
            From::OurPage | From::Unsaid => Ok(Self),
            From::Elsewhere => Err(ApiError::CrossSite),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "https://platform.example.net";

    fn said(headers: &[(&'static str, &str)]) -> From {
        let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        from(&headers.collect(), OURS)
    }

    #[test]
    fn what_browsers_say_decides() {
        for (headers, expected) in [
            (vec![("sec-fetch-site", "same-origin")], From::OurPage),
            (vec![("sec-fetch-site", "same-site")], From::Elsewhere),
            (vec![("sec-fetch-site", "cross-site"), ("origin", OURS)], From::Elsewhere),
            (vec![("sec-fetch-site", "none")], From::Elsewhere),
            (vec![("sec-fetch-site", "")], From::Elsewhere),
            (vec![("origin", OURS)], From::OurPage),
            (vec![("origin", "https://platform.example.net.evil.example")], From::Elsewhere),
            (vec![("origin", "http://platform.example.net")], From::Elsewhere),
            (vec![("origin", "null")], From::Elsewhere),
            (vec![], From::Unsaid),
        ] {
            assert_eq!(said(&headers), expected, "{headers:?}");
        }
    }
}
