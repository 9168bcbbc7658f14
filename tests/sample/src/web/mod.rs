//! What the app answers over HTTP, for both lines.
//!
//! Everything but `/` and `/favicon.ico` stands behind `gate`, which checks the environment at the first request and
//! hands the handlers their `Site`. To add a page: a handler in `pages`, a line in `router`, a row in the README.

mod accounts;
mod entries;
mod first_run;
mod pages;
mod site;

use std::sync::{Arc, OnceLock};

use axum::{
    Extension, Json, Router,
    extract::{
        Request, State,
        ws::{WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, uri::Authority},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use serde_json::json;

use crate::{environment::Sample, line::Line, log, serve};
use site::{Site, SiteError};

/// The handlers' way to the app, put into every request by `gate`.
type Here = Extension<Arc<Site>>;

/// The app before its first request: inputs nobody has looked at yet.
#[derive(Debug)]
struct App {
    sample: Sample,
    site: OnceLock<Result<Arc<Site>, SiteError>>,
}

/// Every route of the line that `sample` belongs to.
pub(crate) fn router(sample: Sample) -> Router {
    let line = sample.version.line;
    let app = Arc::new(App { sample, site: OnceLock::new() });
    let gated = Router::new()
        .route("/dashboard", get(pages::dashboard))
        .route("/expired", get(pages::expired))
        .route("/setup", get(pages::setup).post(accounts::set_up))
        .route("/signin", get(pages::sign_in).post(accounts::sign_in))
        .route("/entries", get(entries::list).post(entries::add))
        .route("/whoami", get(who_am_i))
        .route("/ws", any(echo_socket))
        .merge(health(line))
        .layer(middleware::from_fn(same_origin))
        .layer(middleware::from_fn_with_state(app, gate));
    let open = Router::new()
        .route("/", any(StatusCode::PERMANENT_REDIRECT))
        .route("/favicon.ico", get(([(header::CONTENT_TYPE, "image/x-icon")], FAVICON)));
    match line {
        Line::Three => open.merge(gated),
        Line::Four => open.merge(gated).layer(middleware::map_response(strict_transport)),
    }
}

/// The smallest icon there is: a header that announces no image.
const FAVICON: [u8; 6] = [0, 0, 1, 0, 0, 0];

/// Line 4's own health addresses. Line 3 is asked by `/favicon.ico` and `/signin`.
fn health(line: Line) -> Router {
    match line {
        Line::Three => Router::new(),
        Line::Four => Router::new()
            .route("/api/health", get(|| async { Json(json!({ "status": "ok" })) }))
            .route("/api/assets/{name}", get(pages::asset)),
    }
}

/// Checks the environment when the first request comes, and answers 500 for ever when it is wrong.
async fn gate(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    match app.site.get_or_init(|| Site::open(&app.sample).map(Arc::new)) {
        Ok(site) => {
            request.extensions_mut().insert(Arc::clone(site));
            next.run(request).await
        }
        Err(problem) => {
            log::error(problem, "INVALID_ENVIRONMENT");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Refuses what a browser did not send from the app's own pages: the proxy must pass the public host.
async fn same_origin(request: Request, next: Next) -> Response {
    if request.method() != Method::POST || comes_from_us(request.headers()) {
        return next.run(request).await;
    }
    log::err("`x-forwarded-host` does not match `origin` from a forwarded Server Actions request. Aborting.");
    StatusCode::FORBIDDEN.into_response()
}

fn comes_from_us(headers: &HeaderMap) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = header("origin").and_then(|origin| origin.parse::<Uri>().ok());
    let host = origin.as_ref().and_then(Uri::authority).map(Authority::as_str);
    host.is_some() && host == header("x-forwarded-host")
}

async fn strict_transport(mut response: Response) -> Response {
    const TWO_YEARS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
    response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, TWO_YEARS);
    response
}

/// Who the program is, and who it is to the database.
async fn who_am_i(Extension(site): Here) -> Response {
    let sql = "select current_user::text, current_database()::text, current_schema()::text";
    match site.query(sql, &[]).await {
        Ok(rows) => Json(json!({
            "version": site.version,
            "current_user": rows.first().map(|row| row.get::<_, String>(0)),
            "current_database": rows.first().map(|row| row.get::<_, String>(1)),
            "current_schema": rows.first().and_then(|row| row.get::<_, Option<String>>(2)),
            "pid": std::process::id(),
            "hostname": serve::own_name(),
        }))
        .into_response(),
        Err(failure) => site::failed(&failure),
    }
}

async fn echo_socket(Extension(_site): Here, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(echo)
}

/// Sends every message back; pings are answered below us, and a socket that breaks is simply over.
async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}
