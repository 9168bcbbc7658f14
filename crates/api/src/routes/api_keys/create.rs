//! Make a key.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Permission, Permissions, Principal};
use domain::{OrganisationId, UserId};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use storage::NewApiKey;
use utoipa::ToSchema;

use super::representation::ApiKey;
use crate::auth::{Caller, OrgAccess, OwnKeys, api_key};
use crate::error::{ApiError, FieldError};
use crate::extract::Body;
use crate::routes::organisations::name;
use crate::state::ApiState;

/// The longest life of a key that has an end.
const MOST_DAYS: u16 = 3650;

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateApiKey {
    /// What it is for: 1 to 200 characters.
    #[schema(example = "deploys from CI")]
    name: String,
    /// Permissions by name, none that you haven't yourself; one at least.
    #[schema(example = json!(["tenant.view", "tenant.operate"]))]
    scopes: Vec<String>,
    /// For whom it acts: `true`: for the organisation; left out: for you. Either way no further than you may go, and as long as you are a member.
    #[serde(default)]
    organisation: bool,
    /// After which it is good no more; left out: until it is revoked. One made with a key ends with that at the latest.
    #[schema(minimum = 1, maximum = 3650)]
    days: Option<u16>,
}

/// A new key, with its token.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewKey {
    key: ApiKey,
    /// Nobody can be shown it a second time.
    #[schema(example = "frk_0190a1b2c3d4e5f60718293a4b5c6d7e_5f1b…")]
    token: String,
}

/// Make a key
///
/// One of the organisation's takes the permission `api_keys.manage`; one of your own, that you have signed in. The token is
/// shown here and never again.
#[utoipa::path(post, path = "/organisations/{id}/api-keys", tag = "organisations", operation_id = "create_api_key",
    params(("id" = String, Path, description = "`org_` and 32 hex digits")),
    request_body = CreateApiKey,
    responses(
        (status = 201, description = "The key", body = NewKey),
    ))]
pub(crate) async fn create(
    OrgAccess { organisation, caller, scope, .. }: OrgAccess<OwnKeys>,
    State(state): State<ApiState>,
    Body(request): Body<CreateApiKey>,
) -> Result<(StatusCode, Json<NewKey>), ApiError> {
    let checked = request.check(&caller)?;
    let user = acts_for(&caller, request.organisation)?;
    let now = state.clock.now();
    let made = api_key::generate(now, &*state.entropy);
    let wanted = request.days.map(|days| now + TimeDelta::days(days.into()));
    let expires_at = [wanted, end_of(&caller, &state).await?].into_iter().flatten().min();
    let new = checked.key(&made, (organisation.id, user, caller.answerable()), (now, expires_at));
    state.store.create_api_key(scope, &new).await?;
    let NewApiKey { id, user, maker, name, scopes, .. } = new;
    let row = storage::ApiKey { id, user, maker, name, scopes, created_at: now, expires_at, last_used_at: None };
    let token = made.token.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(NewKey { key: row.into(), token })))
}

/// A request whose every part is right.
struct Checked {
    name: String,
    scopes: Permissions,
}

impl CreateApiKey {
    /// Checks every part, so that all that is wrong is told at once.
    fn check(&self, caller: &Caller) -> Result<Checked, ApiError> {
        let mut wrong = Vec::new();
        let name = name(&self.name).map_err(|error| wrong.push(error)).ok();
        let mut scopes = Vec::new();
        for (number, text) in self.scopes.iter().enumerate() {
            match may_give(caller, text) {
                Ok(permission) => scopes.push(permission),
                Err(why) => wrong.push(FieldError::body(["scopes", &*number.to_string()], why)),
            }
        }
        if self.scopes.is_empty() {
            wrong.push(FieldError::body(["scopes"], "expected one permission at least, such as `tenant.view`"));
        }
        if self.days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
            wrong.push(FieldError::body(["days"], format!("expected 1 to {MOST_DAYS}, or nothing")));
        }
        match name {
            Some(name) if wrong.is_empty() => Ok(Checked { name, scopes: scopes.into_iter().collect() }),
            Some(_) | None => Err(ApiError::Invalid(wrong)),
        }
    }
}

impl Checked {
    fn key(
        self,
        made: &api_key::Generated,
        (organisation, user, maker): (OrganisationId, Option<UserId>, UserId),
        (now, expires_at): (DateTime<Utc>, Option<DateTime<Utc>>),
    ) -> NewApiKey {
        let Self { name, scopes } = self;
        NewApiKey { id: made.id, organisation, user, maker, name, hash: made.hash, scopes, now, expires_at }
    }
}

/// No key is let further than its maker.
fn may_give(caller: &Caller, text: &str) -> Result<Permission, String> {
    let permission = Permission::parse(text).map_err(|error| error.to_string())?;
    caller.may(permission).map_err(|denied| denied.to_string())?;
    Ok(permission)
}

/// When the caller's own key ends: one that was good for a day would otherwise make one that is good for ever.
async fn end_of(caller: &Caller, state: &ApiState) -> Result<Option<DateTime<Utc>>, ApiError> {
    let Principal::ApiKey { key, .. } = caller.principal else { return Ok(None) };
    Ok(state.store.find_api_key(key).await?.and_then(|key| key.expires_at))
}

/// Whom the key acts for.
fn acts_for(caller: &Caller, organisation: bool) -> Result<Option<UserId>, ApiError> {
    if organisation {
        caller.may(Permission::ApiKeysManage)?;
        return Ok(None);
    }
    match caller.principal {
        Principal::User { user, .. } => Ok(Some(user)),
        Principal::Operator { .. } | Principal::ApiKey { .. } => Err(ApiError::Forbidden(
            "a key for a person is made by that person, signed in; with `\"organisation\": true` it acts for the organisation"
                .to_owned(),
        )),
    }
}
