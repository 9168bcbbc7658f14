//! Whether a name is to be had.

use axum::Json;
use axum::extract::{Path, State};
use chrono::Datelike;
use domain::SignupId;
use domain::tenant::{InvalidSubdomain, Subdomain};
use domain::wizard::suggest::{OFFERED, suggestions};
use serde::{Deserialize, Serialize};
use storage::NameState;
use utoipa::{IntoParams, ToSchema};

use crate::auth::Asker;
use crate::error::ApiError;
use crate::extract::Parameters;
use crate::state::ApiState;

/// How a name stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NameCheck {
    available: bool,
    /// Why it is not.
    reason: Option<Reason>,
    /// The same for people.
    #[schema(example = "`www` is reserved: people would take it for the platform itself")]
    detail: Option<String>,
    /// Where the instance would answer; none if this can be no name.
    #[schema(example = "https://my-study.example.org")]
    url: Option<String>,
    /// Close to it, and to be had now; three, if there are.
    suggestions: Vec<String>,
}

/// Why a name is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// It can be no name.
    Invalid,
    /// Nobody gets it.
    Reserved,
    /// Another instance has it.
    Taken,
    /// The instance that had it is destroyed, and links to it may still be about.
    InQuarantine,
    /// Somebody else who is signing up wishes for it.
    Held,
}

/// Who asks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ForDraft {
    /// The draft that may hold the name: to it, it is available.
    #[param(example = "sgn_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    session: Option<String>,
}

/// Whether a name is to be had
///
/// Answers for any text, so that a form may ask while somebody writes.
#[utoipa::path(get, path = "/wizard/subdomains/{name}", tag = "wizard", operation_id = "check_subdomain", security(()),
    params(("name" = String, Path, description = "What somebody wishes for"), ForDraft),
    responses(
        (status = 200, description = "How it stands", body = NameCheck),
    ))]
pub(crate) async fn check(
    asker: Asker,
    State(state): State<ApiState>,
    Path(wished): Path<String>,
    Parameters(draft): Parameters<ForDraft>,
) -> Result<Json<NameCheck>, ApiError> {
    asker.counts_as_request(&state)?;
    let signup = draft.session.as_deref().and_then(|id| SignupId::parse(id).ok());
    let name = Subdomain::parse(&wished);
    let now = state.clock.now();
    let stands = match &name {
        Ok(name) => state.store.name_states(std::slice::from_ref(name), now, signup).await?.pop(),
        Err(_) => None,
    };
    let (reason, detail) = match (&name, stands) {
        (Err(error), _) => (Some(Reason::of(error)), Some(error.to_string())),
        (Ok(_), None | Some(NameState::Free)) => (None, None),
        (Ok(name), Some(refused)) => Reason::refused(name, refused),
    };
    let suggestions = if reason.is_some() { offers(&state, &wished, signup).await? } else { Vec::new() };
    let url = name.ok().map(|name| state.platform.url(&name));
    Ok(Json(NameCheck { available: reason.is_none(), reason, detail, url, suggestions }))
}

impl Reason {
    const fn of(error: &InvalidSubdomain) -> Self {
        match error {
            InvalidSubdomain::Reserved { .. } => Self::Reserved,
            InvalidSubdomain::Length(_)
            | InvalidSubdomain::Character(_)
            | InvalidSubdomain::Edge
            | InvalidSubdomain::Encoded => Self::Invalid,
        }
    }

    /// In a word, and in words.
    fn refused(name: &Subdomain, state: NameState) -> (Option<Self>, Option<String>) {
        let (reason, error) = match state {
            NameState::Free => return (None, None),
            NameState::Taken => (Self::Taken, ApiError::SubdomainTaken(name.clone())),
            NameState::InQuarantine { until } => {
                (Self::InQuarantine, ApiError::SubdomainInQuarantine { subdomain: name.clone(), until })
            }
            NameState::Held { until } => (Self::Held, ApiError::SubdomainHeld { subdomain: name.clone(), until }),
        };
        (Some(reason), Some(error.to_string()))
    }
}

/// Names close to the wished one that are to be had.
async fn offers(state: &ApiState, wished: &str, signup: Option<SignupId>) -> Result<Vec<String>, ApiError> {
    let now = state.clock.now();
    let close = suggestions(wished, now.year());
    let states = state.store.name_states(&close, now, signup).await?;
    let free = close.into_iter().zip(states).filter(|(_, state)| *state == NameState::Free);
    Ok(free.take(OFFERED).map(|(name, _)| name.into()).collect())
}
