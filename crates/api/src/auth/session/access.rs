//! Access tokens: JSON Web Tokens (RFC 7519) signed with Ed25519.

use chrono::{DateTime, Utc};
use domain::{OrganisationId, SessionId, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::SessionSettings;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) aud: String,
    pub(crate) sub: UserId,
    /// The session, without which the token is worth nothing.
    pub(crate) sid: SessionId,
    /// As a member of what they act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) org: Option<OrganisationId>,
    /// In seconds, as `exp`.
    pub(crate) iat: i64,
    pub(crate) exp: i64,
}

/// A token that was made now.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) token: SecretString,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Why a token is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RefusedToken {
    #[error("this is no access token")]
    Malformed,
    #[error("the access token has expired")]
    Expired,
    /// Another key, algorithm, issuer or audience, or changed on its way: which of them is nobody's business.
    #[error("the access token is not valid")]
    Invalid,
}

/// Longer than any of ours: whatever else is sent is not even parsed.
const LONGEST: usize = 2048;
/// How far another machine's clock may be ahead.
const SKEW: i64 = 60;

pub(super) fn sign(claims: &Claims, kid: &str, key: &EncodingKey) -> Result<SecretString, jsonwebtoken::errors::Error> {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, claims, key).map(SecretString::from)
}

/// Which key a token names. Nothing in it is to be believed yet.
pub(super) fn kid(token: &str) -> Result<String, RefusedToken> {
    if token.len() > LONGEST {
        return Err(RefusedToken::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| RefusedToken::Malformed)?;
    let ours = header.alg == Algorithm::EdDSA && header.jwk.is_none() && header.jku.is_none();
    header.kid.filter(|_| ours).ok_or(RefusedToken::Invalid)
}

/// What a token says, if it is signed with this key, for us, and has not ended.
pub(super) fn verify(
    token: &str,
    key: &DecodingKey,
    settings: &SessionSettings,
    now: DateTime<Utc>,
) -> Result<Claims, RefusedToken> {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[&settings.issuer]);
    validation.set_audience(&[settings.audience()]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    // By our clock, below.
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(token, key, &validation).map_err(|_| RefusedToken::Invalid)?.claims;
    if claims.iat > now.timestamp() + SKEW {
        return Err(RefusedToken::Invalid);
    }
    if claims.exp <= now.timestamp() { Err(RefusedToken::Expired) } else { Ok(claims) }
}

/// Whether a token would be believed at any time if the key were ours that RFC 8037 shows (appendix A).
pub(crate) fn is_believed(token: &str) -> bool {
    let settings = SessionSettings::new("https://platform.example.net".to_owned());
    let key = DecodingKey::from_ed_components("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPJHURo");
    let key = key.expect("the key of the RFC is one");
    kid(token).is_ok() && verify(token, &key, &settings, DateTime::UNIX_EPOCH).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_shown_names_a_key_or_none(text in r"[A-Za-z0-9_\-]{0,80}(\.[A-Za-z0-9_\-=]{0,80}){0,4}|\PC{0,60}") {
            prop_assert!(!matches!(kid(&text), Err(RefusedToken::Expired)));
        }

        #[test]
        fn a_head_of_any_json_names_a_key_or_none(
            head in r#"\{("(alg|typ|kid|jku|jwk|crit|b64)":("EdDSA"|"HS256"|"none"|null|1|\{\}|"\PC{0,4}"),?){0,4}\}"#,
        ) {
            use base64::Engine as _;
            let head = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&head);
            let named = kid(&format!("{head}.e30.AA"));
            prop_assert!(!matches!(named, Err(RefusedToken::Expired)));
        }
    }
}
