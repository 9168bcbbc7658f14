//! Accounts and sessions: the first visitor becomes the administrator.

use axum::{
    Extension, Form,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio_postgres::{Row, types::Type};

use super::{
    Here,
    first_run::{self, FirstRun},
    pages,
    site::{self, Site},
};
use crate::{database::DatabaseError, line::Line};

#[derive(Deserialize)]
pub(super) struct Credentials {
    user: String,
    password: String,
}

/// One statement, so that an account never stands without its session or the app's mark of being configured.
const CREATE: &str = r#"
    with account as (
        insert into {s}"User" ("id", "username", "salt", "passwordHash")
        select fresh.id, $1, fresh.salt, encode(sha256(convert_to(fresh.salt || $2, 'UTF8')), 'hex')
          from (select gen_random_uuid()::text as id, gen_random_uuid()::text as salt) fresh
        on conflict ("username") do nothing returning "id"
    ), configured as (
        insert into {s}"AppSettings" ("key", "value") select 'configured', 'true' from account
        on conflict ("key") do update set "value" = 'true'
    )
    insert into {s}"Session" ("id", "userId") select gen_random_uuid()::text, "id" from account returning "id""#;

const SIGN_IN: &str = r#"
    insert into {s}"Session" ("id", "userId")
    select gen_random_uuid()::text, "id" from {s}"User"
     where "username" = $1 and "passwordHash" = encode(sha256(convert_to("salt" || $2, 'UTF8')), 'hex')
    returning "id""#;

/// Makes an account. Line 3 goes on making them for whoever asks, also after set-up.
pub(super) async fn set_up(Extension(site): Here, Form(credentials): Form<Credentials>) -> Response {
    if credentials.user.is_empty() || credentials.password.is_empty() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    match (first_run::look(&site).await, site.line) {
        (Ok(FirstRun::Expired), line) => pages::go(line, "/expired"),
        (Ok(FirstRun::Configured), Line::Four) => StatusCode::CONFLICT.into_response(),
        (Ok(FirstRun::Open | FirstRun::Configured), _) => {
            session(begin(&site, CREATE, &credentials).await, StatusCode::CONFLICT)
        }
        (Err(failure), _) => site::failed(&failure),
    }
}

pub(super) async fn sign_in(Extension(site): Here, Form(credentials): Form<Credentials>) -> Response {
    session(begin(&site, SIGN_IN, &credentials).await, StatusCode::UNAUTHORIZED)
}

async fn begin(site: &Site, sql: &str, credentials: &Credentials) -> Result<Vec<Row>, DatabaseError> {
    site.query(sql, &[(&credentials.user, Type::TEXT), (&credentials.password, Type::TEXT)]).await
}

/// The session's cookie, which only https brings back; `refused` where no session came of it.
fn session(rows: Result<Vec<Row>, DatabaseError>, refused: StatusCode) -> Response {
    match rows.as_deref() {
        Ok([row, ..]) => {
            let cookie = format!("auth_session={}; Path=/; HttpOnly; Secure; SameSite=Lax", row.get::<_, &str>(0));
            (StatusCode::SEE_OTHER, [(header::LOCATION, "/dashboard"), (header::SET_COOKIE, &cookie)]).into_response()
        }
        Ok([]) => refused.into_response(),
        Err(failure) => site::failed(failure),
    }
}
