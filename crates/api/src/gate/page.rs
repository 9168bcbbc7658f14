//! Pages for people, in the place of an instance; the same in a few fields for programs.
//!
//! A page is whole in itself: no font, image or style comes from elsewhere, and its one style is allowed by its hash, so
//! that nothing that ever gets into a page can style or run anything.

use std::convert::Infallible;
use std::sync::LazyLock;

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::tenant::Subdomain;
use serde_json::json;

use crate::look;

const STYLE: &str = look::style!("gate/assets/page.css");

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| look::policy(STYLE, ""));
static CLAIM_POLICY: LazyLock<HeaderValue> =
    LazyLock::new(|| look::policy(STYLE, "; script-src 'self'; connect-src 'self'"));

/// Something to be said.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: StatusCode,
    /// A word or two.
    state: &'static str,
    title: &'static str,
    text: &'static str,
    /// Seconds until it makes sense to look again; a browser does so by itself.
    again: Option<u16>,
    /// Where to go on, and in which words.
    go: Option<(&'static str, &'static str)>,
}

const PLAIN: Page = Page { status: StatusCode::OK, state: "", title: "", text: "", again: None, go: None };

pub(super) const UNKNOWN: Page = Page {
    status: StatusCode::NOT_FOUND,
    state: "Not found",
    title: "There is no instance here",
    text: "Check the address for a typing mistake, or ask the person who gave it to you.",
    ..PLAIN
};
pub(super) const NOTHING: Page = Page {
    status: StatusCode::NOT_FOUND,
    state: "Not found",
    title: "There is nothing at this address",
    text: "What begins with `/.fresco/` belongs to the platform that runs this instance.",
    go: Some(("/", "Go to the instance")),
    ..PLAIN
};
pub(super) const OPEN: Page = Page {
    state: "Open",
    title: "You may open this instance",
    text: "Nothing of the platform stands between you and it.",
    go: Some(("/", "Open it")),
    ..PLAIN
};
pub(super) const REMOVED: Page = Page {
    status: StatusCode::GONE,
    state: "Removed",
    title: "This instance is no longer here",
    text: "It was removed. If you take part in a study, the person who runs it can tell you how to go on.",
    ..PLAIN
};
pub(super) const STOPPED: Page = Page {
    status: StatusCode::SERVICE_UNAVAILABLE,
    state: "Stopped",
    title: "This instance is stopped",
    text: "Its owner has switched it off for now; what it holds is kept. If you take part in a study, please come back \
           later, or ask the person who runs it.",
    ..PLAIN
};
pub(super) const STARTING: Page = Page {
    status: StatusCode::SERVICE_UNAVAILABLE,
    state: "Starting",
    title: "This instance is starting",
    text: "It will be here in a moment. This page looks again by itself.",
    again: Some(3),
    ..PLAIN
};
pub(super) const UPDATING: Page = Page {
    state: "Updating",
    title: "This instance is being updated",
    text: "It will be back shortly, with everything it holds. This page looks again by itself.",
    ..STARTING
};
pub(super) const FAILING: Page = Page {
    status: StatusCode::SERVICE_UNAVAILABLE,
    state: "Unavailable",
    title: "This instance is not available right now",
    text: "Something went wrong here, and the people who run this server can see it. What it holds is kept. Please come \
           back later.",
    again: Some(30),
    ..PLAIN
};
/// Nothing is known, because whoever could know it does not answer.
pub(super) const SILENT: Page = Page {
    text: "Something is wrong with this server, which usually passes in a moment. This page looks again by itself.",
    again: Some(10),
    ..FAILING
};
pub(super) const GATED: Page = Page {
    status: StatusCode::FORBIDDEN,
    state: "Being set up",
    title: "This instance is not open yet",
    text: "Its owner is still setting it up. If you take part in a study, please come back later. If it is yours, open it \
           with the claim link that you were given.",
    ..PLAIN
};
pub(super) const SET_UP: Page = Page {
    state: "Ready",
    title: "This instance is set up already",
    text: "A claim link is needed only once.",
    go: Some(("/", "Open it")),
    ..PLAIN
};
pub(super) const EXPIRED: Page = Page {
    state: "Too late",
    title: "The time to set this instance up is over",
    text: "For safety's sake it waits for its first visitor for a while only. Its set-up can be opened again: ask the \
           person who runs this server, or do it yourself where you deployed it.",
    ..PLAIN
};

/// In which form an answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// By a person's browser, which names HTML; a program's `*/*` does not.
    Html,
    Json,
}

impl Wants {
    fn of(headers: &HeaderMap) -> Self {
        let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        if accepted.any(|value| value.contains("text/html")) { Self::Html } else { Self::Json }
    }
}

impl<S: Sync> FromRequestParts<S> for Wants {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

impl Page {
    pub(super) fn answer(&self, wants: Wants) -> Response {
        let mut response = match wants {
            Wants::Html => (html_headers(&POLICY), self.html()).into_response(),
            Wants::Json => {
                let problem =
                    json!({ "title": self.title, "status": self.status.as_u16(), "detail": self.text }).to_string();
                ([(CONTENT_TYPE, "application/problem+json")], problem).into_response()
            }
        };
        *response.status_mut() = self.status;
        if let Some(seconds) = self.again {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }

    fn html(&self) -> String {
        let again = self.again.map(|seconds| format!(r#"<meta http-equiv="refresh" content="{seconds}">"#));
        let wait = if self.again.is_some() { r#"<div class="wait" aria-hidden="true"></div>"# } else { "" };
        let go = self.go.map(|(path, words)| format!(r#"<a class="go" href="{path}">{words}</a>"#));
        let rest = format!("<p>{}</p>{}{wait}", self.text, go.unwrap_or_default());
        document((self.title, &again.unwrap_or_default()), self.state, &rest)
    }
}

/// The page on which an owner shows their link.
pub(super) fn claim(subdomain: &Subdomain) -> Response {
    let rest = format!(
        r#"<p>The first person to set up <span class="name">{subdomain}</span> becomes its administrator, so for now only
you can open it. Once you have created your account, it opens to everybody.</p>
<button id="start" type="button" hidden>Start setting up</button>
<p id="said" role="status"></p><noscript><p>Please switch JavaScript on for this page.</p></noscript>"#
    );
    let head = r#"<script src="/.fresco/claim.js" defer></script>"#;
    let page = document(("This instance is yours to set up", head), "Yours", &rest);
    (html_headers(&CLAIM_POLICY), page).into_response()
}

fn html_headers(policy: &HeaderValue) -> HeaderMap {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    HeaderMap::from_iter([(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, policy.clone())])
}

fn document((title, head): (&str, &str), state: &str, rest: &str) -> String {
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">{head}
<style>{STYLE}</style></head>
<body><main><p class="state">{state}</p><h1>{title}</h1>{rest}</main></body>
</html>
"#
    )
}
