//! `Idempotency-Key`: the same request again is the same answer, and nothing is done twice.
//!
//! The first answer is kept, sealed, under who asked, the operation and the key, with a hash of what was asked. What was our
//! fault (5xx), and refusals that mean "later" or "who are you", are not kept: the next attempt is a new one. It outlives our
//! own death: see `storage::idempotency`.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::access::Principal;
use domain::entropy::random;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use storage::{Begun, IdempotentRequest, KeptAnswer};
use uuid::Uuid;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::ApiState;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const LONGEST_KEY: usize = 128;
/// An answer that is longer is not kept, and its request done again: none of ours is.
const LONGEST_ANSWER: usize = 1 << 20;
/// Those of an answer that mean the same the next time. The rest is made anew.
const KEPT: [HeaderName; 2] = [CONTENT_TYPE, LOCATION];
/// What is sent there is never to be kept, and nothing of it done twice by mistake.
const AUTH: &str = "/api/v1/auth/";
/// Asked by nobody in particular: the next one with that key would be shown the token of another's draft.
const BEGIN_DRAFT: &str = "/api/v1/wizard/sessions";

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

pub(super) async fn idempotency(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let (path, headers) = (request.uri().path(), request.headers());
    let is_kept = !path.starts_with(AUTH) && path != BEGIN_DRAFT && headers.contains_key(AUTHORIZATION);
    if request.method() != Method::POST || !is_kept || !headers.contains_key(IDEMPOTENCY_KEY) {
        return next.run(request).await;
    }
    match once(&state, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn once(state: &ApiState, request: Request, next: Next) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let key = key(&parts)?;
    let principal = principal(&mut parts, state).await?;
    let body = read(state, Request::from_parts(parts.clone(), body)).await?;
    let attempt = uuid::Builder::from_random_bytes(random(&*state.entropy)).into_uuid();
    let operation = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let asked = IdempotentRequest {
        principal,
        operation: format!("POST {operation}"),
        key,
        request: hash(&parts, &body),
        attempt,
        now: state.clock.now(),
    };
    // Nobody works longer on a request than it may take; whoever sleeps through that is refused by the database.
    match state.store.begin_idempotent(&asked, state.settings.request_timeout * 2).await? {
        Begun::Mine => {}
        Begun::Answered(kept) => return replay(state, &kept),
        Begun::UnderWay => return Err(ApiError::IdempotencyInProgress),
        Begun::Mismatch => return Err(ApiError::IdempotencyMismatch),
        Begun::AnswerLost => return Err(ApiError::IdempotencyAnswerLost),
    }
    storage::audit::attempting(attempt);
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    keep(state, attempt, response).await
}

fn key(parts: &Parts) -> Result<String, ApiError> {
    let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
    let text = values.next().filter(|_| values.next().is_none()).and_then(|value| value.to_str().ok());
    let valid =
        |text: &&str| (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    text.filter(valid).map(str::to_owned).ok_or_else(|| {
        ApiError::Malformed(format!(
            "the header `Idempotency-Key` must have 1 to {LONGEST_KEY} visible characters, once"
        ))
    })
}

/// Who asks.
async fn principal(parts: &mut Parts, state: &ApiState) -> Result<String, ApiError> {
    Ok(match Caller::from_request_parts(parts, state).await?.principal {
        Principal::Operator { key } => format!("operator:{key}"),
        Principal::User { user, .. } => format!("user:{user}"),
        Principal::ApiKey { key, .. } => format!("api_key:{key}"),
    })
}

/// Within the bounds that every body has.
async fn read(state: &ApiState, request: Request) -> Result<Bytes, ApiError> {
    let reading = tokio::time::timeout(state.settings.request_timeout, Bytes::from_request(request, state));
    reading.await.map_err(|_| ApiError::TimedOut)?.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::BodyTooLarge(state.settings.body_limit),
        _ => ApiError::Malformed("the body ended before it was whole".to_owned()),
    })
}

/// Of everything that says what is asked.
fn hash(parts: &Parts, body: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let header = |name| parts.headers.get(name).map(HeaderValue::as_bytes);
    let target = parts.uri.path_and_query().map(|target| target.as_str().as_bytes());
    for part in [target, header(IF_MATCH), header(CONTENT_TYPE), Some(body)] {
        // What is empty is not what is left out.
        hasher.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
        hasher.update(part.unwrap_or_default());
    }
    hasher.finalize().into()
}

/// Keeps the answer, or lets the attempt go.
async fn keep(state: &ApiState, attempt: Uuid, response: Response) -> Result<Response, ApiError> {
    if !is_final(response.status()) {
        state.store.let_go(attempt).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, LONGEST_ANSWER).await.map_err(|error| ApiError::Internal(error.into()))?;
    let headers = parts.headers.iter().filter(|(name, _)| KEPT.contains(name));
    let headers = headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    let answer = Answer {
        status: parts.status.as_u16(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let text = serde_json::to_string(&answer).map_err(|error| ApiError::Internal(error.into()))?;
    if let Err(error) = state.store.keep_answer(attempt, &text, (&state.keyring, &*state.entropy)).await {
        // Done is done, and whoever asks again is told so.
        tracing::warn!(%error, "an answer was given and could not be kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Whether the same request would be answered so the next time, too.
fn is_final(status: StatusCode) -> bool {
    let another_time = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS];
    !status.is_server_error() && !another_time.contains(&status)
}

fn replay(state: &ApiState, kept: &KeptAnswer) -> Result<Response, ApiError> {
    let text = kept.open(&state.keyring).map_err(|error| ApiError::Internal(error.into()))?;
    let answer: Answer = serde_json::from_str(text.expose_secret())
        .map_err(|_| ApiError::Internal("a kept answer makes no sense".into()))?;
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers.remove(CONTENT_LENGTH);
    headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn keyed(values: &[Vec<u8>]) -> Result<String, ApiError> {
        let mut request = Request::new(Body::empty());
        for value in values.iter().filter_map(|value| HeaderValue::from_bytes(value).ok()) {
            request.headers_mut().append(IDEMPOTENCY_KEY, value);
        }
        key(&request.into_parts().0)
    }

    proptest! {
        #[test]
        fn what_is_a_key_is_one_again(values in vec(prop_oneof!["[ -~]{0,140}".prop_map(String::into_bytes), vec(any::<u8>(), 0..140)], 0..3)) {
            if let Ok(key) = keyed(&values) {
                prop_assert!((1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert_eq!(keyed(&[key.clone().into_bytes()]).unwrap(), key);
            }
        }
    }
}
