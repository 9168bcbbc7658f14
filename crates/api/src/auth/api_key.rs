//! API keys, a person's or an organisation's: `frk_`, the key's id, `_`, and 64 hex digits.

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Caller;
use domain::{ApiKeyId, Entropy};
use secrecy::SecretString;

use super::Unauthenticated;
use super::keys::{self, Presented};
use crate::error::ApiError;
use crate::state::ApiState;

const PREFIX: &str = "frk";

/// A new key: the token is shown once, the hash is kept.
#[derive(Debug)]
pub struct Generated {
    pub id: ApiKeyId,
    pub token: SecretString,
    pub hash: [u8; 32],
}

/// Makes a key.
#[must_use]
pub fn generate(now: DateTime<Utc>, entropy: &dyn Entropy) -> Generated {
    let id = ApiKeyId::generate(now, entropy);
    let (token, hash) = keys::generate(PREFIX, id.uuid(), entropy);
    Generated { id, token, hash }
}

/// Whether a text looks like one.
pub(super) fn parse(text: &str) -> Option<Presented> {
    Presented::parse(PREFIX, text)
}

/// Whom it stands for now: it may have expired, and whom it acts for may be no member any more.
pub(super) async fn caller(state: &ApiState, presented: Presented) -> Result<Caller, ApiError> {
    let (id, now) = (ApiKeyId::from_uuid(presented.id), state.clock.now());
    let kept = state.store.find_api_key(id).await?;
    let kept = kept.filter(|key| presented.is(&key.hash) && key.expires_at.is_none_or(|end| now < end));
    let key = kept.ok_or(Unauthenticated::Refused)?;
    let is_noted = key.last_used_at.is_some_and(|at| now - at < TimeDelta::minutes(1));
    if !is_noted && let Err(error) = state.store.touch_api_key(id, now).await {
        tracing::warn!(key.id = %id, %error, "can't note that a key was used");
    }
    Ok(key.caller)
}
