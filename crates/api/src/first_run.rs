//! How the API tells of an instance's first visitor.

use chrono::{DateTime, Utc};
use domain::app::Setup;
use serde::Serialize;
use storage::Tenant;
use utoipa::ToSchema;

use crate::state::ApiState;

/// How far an instance's first visitor, who becomes its administrator, has come.
#[derive(Serialize, ToSchema)]
pub(crate) struct FirstRun {
    state: FirstRunState,
    /// Until when the app accepts its first visitor; null once it is set up, and before its database is prepared.
    until: Option<DateTime<Utc>>,
    /// When it was first seen set up.
    set_up_at: Option<DateTime<Utc>>,
    /// Whether only its owner may come, by a claim link (`POST /api/v1/tenants/{id}/claim-link`).
    gated: bool,
}

/// The same in a word. `unclaimed`: nobody has come by a claim link. `claiming`: its owner has, and has not finished.
/// `expired`: nobody has set it up in time, and the app refuses to be (`POST /api/v1/tenants/{id}/reopen-setup`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FirstRunState {
    Unclaimed,
    Claiming,
    SetUp,
    Expired,
}

/// What the app's manifest says of it; `None` if its version is not known yet, or has no first-run set-up.
pub(crate) fn setup<'a>(state: &'a ApiState, tenant: &Tenant) -> Option<&'a Setup> {
    let manifest = state.catalogue.get(&tenant.spec.app).ok()?;
    manifest.profile(tenant.pinned_image.as_ref()?).setup.as_ref()
}

impl FirstRun {
    /// `None` for an app without a first-run set-up.
    pub(crate) fn of(state: &ApiState, tenant: &Tenant) -> Option<Self> {
        let setup = setup(state, tenant)?;
        let run = &tenant.first_run;
        Some(Self {
            state: run.state(setup.window, state.clock.now()).into(),
            until: run.until(setup.window).filter(|_| !run.is_set_up()),
            set_up_at: run.set_up_at,
            gated: state.platform.gate && !run.is_set_up(),
        })
    }
}

impl From<domain::tenant::FirstRunState> for FirstRunState {
    fn from(state: domain::tenant::FirstRunState) -> Self {
        match state {
            domain::tenant::FirstRunState::Unclaimed => Self::Unclaimed,
            domain::tenant::FirstRunState::Claiming => Self::Claiming,
            domain::tenant::FirstRunState::SetUp => Self::SetUp,
            domain::tenant::FirstRunState::Expired => Self::Expired,
        }
    }
}
