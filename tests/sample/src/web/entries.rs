//! What people enter: stored in the app's own database and listed from it.

use axum::{
    Extension, Form,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio_postgres::{Row, types::Type};

use super::{Here, site};
use crate::database::DatabaseError;

/// The text of an entry, sent as such or as the form field `text`.
pub(super) struct Text(String);

#[derive(Deserialize)]
struct Fields {
    text: String,
}

impl<S: Send + Sync> FromRequest<S> for Text {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if is_form(request.headers()) {
            let Form(Fields { text }) =
                Form::from_request(request, state).await.map_err(IntoResponse::into_response)?;
            return Ok(Self(text));
        }
        String::from_request(request, state).await.map(Self).map_err(IntoResponse::into_response)
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// Stores one entry and answers it.
pub(super) async fn add(Extension(site): Here, Text(text): Text) -> Response {
    const SQL: &str = r#"
        with fresh as (insert into {s}"Entry" ("text") values ($1) returning "id", "text", "createdAt")
        select row_to_json(fresh)::text from fresh"#;
    json(StatusCode::CREATED, site.query(SQL, &[(&text, Type::TEXT)]).await)
}

/// Every entry, oldest first.
pub(super) async fn list(Extension(site): Here) -> Response {
    const SQL: &str = r#"
        select coalesce(json_agg(e order by e."id"), '[]')::text
          from (select "id", "text", "createdAt" from {s}"Entry") e"#;
    json(StatusCode::OK, site.query(SQL, &[]).await)
}

/// The JSON the database made, as it is.
fn json(status: StatusCode, rows: Result<Vec<Row>, DatabaseError>) -> Response {
    match rows {
        Ok(rows) => {
            let body: String = rows.first().map(|row| row.get(0)).unwrap_or_default();
            (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Err(failure) => site::failed(&failure),
    }
}
