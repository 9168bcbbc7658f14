//! Sessions of people who have signed in, by the access token that their browser holds.

use domain::access::Caller;

use super::Unauthenticated;
use crate::error::ApiError;
use crate::state::ApiState;

/// Whether a text looks like an access token: a JWT's three parts.
pub(super) fn is_token(text: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    text.split('.').count() == 3 && text.split('.').all(part)
}

/// Whom a session stands for now. There are no sessions yet, so no token is good.
#[expect(clippy::unused_async, reason = "a session is looked up")]
pub(super) async fn caller(_: &ApiState, _: &str) -> Result<Caller, ApiError> {
    Err(Unauthenticated::Refused.into())
}
