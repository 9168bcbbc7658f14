//! Operator keys: `fr_`, the key's id, `_`, and 64 hex digits.

use chrono::TimeDelta;
use domain::Entropy;
use domain::access::Caller;
use domain::entropy::random;
use secrecy::SecretString;
use storage::OperatorKey;
use uuid::Uuid;

use super::Unauthenticated;
use super::keys::{self, Presented};
use crate::error::ApiError;
use crate::state::ApiState;

const PREFIX: &str = "fr";

/// A new key: the token is shown once, the hash is kept.
#[derive(Debug)]
pub struct Generated {
    pub id: Uuid,
    pub token: SecretString,
    pub hash: [u8; 32],
}

/// Makes a key.
#[must_use]
pub fn generate(entropy: &dyn Entropy) -> Generated {
    let id = uuid::Builder::from_random_bytes(random(entropy)).into_uuid();
    let (token, hash) = keys::generate(PREFIX, id, entropy);
    Generated { id, token, hash }
}

/// Whether a text looks like one.
pub(super) fn parse(text: &str) -> Option<Presented> {
    Presented::parse(PREFIX, text)
}

/// Who presents it.
pub(super) async fn caller(state: &ApiState, presented: Presented) -> Result<Caller, ApiError> {
    let kept = state.store.find_operator_key(presented.id).await?;
    let key = kept.filter(|key| presented.is(&key.hash)).ok_or(Unauthenticated::Refused)?;
    note_use(state, &key).await;
    Ok(Caller::operator(key.id))
}

/// Storage writes it once a minute at most; asking it no more often saves a busy key the round trip.
async fn note_use(state: &ApiState, key: &OperatorKey) {
    let now = state.clock.now();
    if key.last_used_at.is_some_and(|at| now - at < TimeDelta::minutes(1)) {
        return;
    }
    if let Err(error) = state.store.touch_operator_key(key.id, now).await {
        tracing::warn!(key.id = %key.id, %error, "can't note that a key was used");
    }
}
