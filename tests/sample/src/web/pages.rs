//! The pages people and probes ask for, and how each line says "go elsewhere" and "it failed".

use axum::{
    Extension,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use tokio_postgres::types::Type;

use super::{
    Here,
    first_run::{self, FirstRun},
    site::{self, Site},
};
use crate::{database::DatabaseError, line::Line, log};

/// What a page comes to, before its line puts it in its own words.
enum Page {
    Show(&'static str),
    Go(&'static str),
}

const SETUP: &str = r#"<h1>Set up</h1><form method="post" action="/setup"><input name="user" required>
<input name="password" type="password" required><button>Create account</button></form>"#;
const SIGN_IN: &str = r#"<h1>Sign in</h1><form method="post" action="/signin"><input name="user" required>
<input name="password" type="password" required><button>Sign in</button></form>"#;
const DASHBOARD: &str = "<h1>Dashboard</h1>";
const EXPIRED: &str = "<h1>Installation expired</h1>";

pub(super) async fn setup(Extension(site): Here) -> Response {
    render(
        &site,
        first_run::look(&site).await.map(|state| match state {
            FirstRun::Open => Page::Show(SETUP),
            FirstRun::Expired => Page::Go("/expired"),
            FirstRun::Configured => Page::Go("/signin"),
        }),
    )
}

pub(super) async fn dashboard(Extension(site): Here, headers: HeaderMap) -> Response {
    let page = async {
        Ok(match first_run::look(&site).await? {
            FirstRun::Open => Page::Go("/setup"),
            FirstRun::Expired => Page::Go("/expired"),
            FirstRun::Configured if signed_in(&site, &headers).await? => Page::Show(DASHBOARD),
            FirstRun::Configured => Page::Go("/signin"),
        })
    };
    render(&site, page.await)
}

/// Asks the database only for a visitor who shows a session, be it a false one: that is how readiness is probed.
pub(super) async fn sign_in(Extension(site): Here, headers: HeaderMap) -> Response {
    let page = signed_in(&site, &headers).await;
    render(&site, page.map(|known| if known { Page::Go("/dashboard") } else { Page::Show(SIGN_IN) }))
}

pub(super) async fn expired(Extension(site): Here) -> Response {
    render(&site, Ok(Page::Show(EXPIRED)))
}

/// Looks a media file up in the database. There are none, so 404 is the good news.
pub(super) async fn asset(Extension(site): Here, Path(name): Path<String>) -> Response {
    const SQL: &str = r#"select from {s}"AppSettings" where "key" = 'asset:' || $1"#;
    match site.query(SQL, &[(&name, Type::TEXT)]).await {
        Ok(_none) => StatusCode::NOT_FOUND.into_response(),
        Err(failure) => site::failed(&failure),
    }
}

async fn signed_in(site: &Site, headers: &HeaderMap) -> Result<bool, DatabaseError> {
    let Some(session) = session_cookie(headers) else { return Ok(false) };
    let rows = site.query(r#"select from {s}"Session" where "id" = $1"#, &[(&session, Type::TEXT)]).await?;
    Ok(!rows.is_empty())
}

fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("auth_session="))
}

/// Line 3 tells by the status, line 4 by the body of an answer that is 200 always.
fn render(site: &Site, page: Result<Page, DatabaseError>) -> Response {
    match (site.line, page) {
        (_, Ok(Page::Show(body))) => html(body).into_response(),
        (line, Ok(Page::Go(target))) => go(line, target),
        (Line::Three, Err(failure)) => site::failed(&failure),
        (Line::Four, Err(failure)) => {
            log::query_error(&failure, failure.code());
            html("<h1>Something went wrong</h1>").into_response()
        }
    }
}

/// A redirect in the words of the line.
pub(super) fn go(line: Line, target: &str) -> Response {
    match line {
        Line::Three => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, target)]).into_response(),
        Line::Four => {
            html(&format!(r#"<meta id="__next-page-redirect" http-equiv="refresh" content="1;url={target}"/>"#))
                .into_response()
        }
    }
}

fn html(body: &str) -> Html<String> {
    Html(format!("<!DOCTYPE html><html lang=\"en\"><head><title>Sample</title></head><body>{body}</body></html>"))
}
