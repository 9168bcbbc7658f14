//! What an answer says of quotas.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use chrono::TimeDelta;
use domain::Quota;
use domain::quota::Decision;

use super::Class;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What one request has used of a quota.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spent {
    pub(super) class: Class,
    pub(super) quota: Quota,
    pub(super) decision: Decision,
}

/// What one request has used, noted by whoever counts, in the order it was.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(Arc<Mutex<Vec<Spent>>>);

impl Tally {
    pub(super) fn note(&self, spent: Spent) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(spent);
    }
}

/// Gives each request a tally, and its answer the headers that tell it.
pub(crate) async fn headers(mut request: Request, next: Next) -> Response {
    let tally = Tally::default();
    request.extensions_mut().insert(tally.clone());
    let mut response = next.run(request).await;
    let spent = tally.0.lock().unwrap_or_else(PoisonError::into_inner);
    if !spent.is_empty() {
        let list = |member: fn(&Spent) -> String| spent.iter().map(member).collect::<Vec<_>>().join(", ");
        for (name, text) in [(RATE_LIMIT_POLICY, list(policy)), (RATE_LIMIT, list(left))] {
            let value = HeaderValue::from_str(&text).expect("names and numbers are fit for a header");
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn policy(spent: &Spent) -> String {
    format!(r#""{}";q={};w={}"#, spent.class.name(), spent.quota.times(), spent.quota.within().0.as_secs())
}

fn left(spent: &Spent) -> String {
    let decision = spent.decision;
    let until = if decision.allowed { decision.reset_after } else { decision.retry_after };
    format!(r#""{}";r={};t={}"#, spent.class.name(), decision.remaining, whole_seconds(until))
}

/// Never less than it takes.
pub(crate) fn whole_seconds(delta: TimeDelta) -> i64 {
    delta.num_seconds() + i64::from(delta.subsec_nanos() > 0)
}
