//! What would be done: the loop's own decision, played forward.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::image::{ImageId, ImagePin, ImageReference};
use domain::tenant::{Decision, Desired, DesiredState as Goal, Resolved, Step, Subject, World, hash, preview};
use serde::{Deserialize, Serialize};
use storage::Tenant;
use utoipa::{IntoParams, ToSchema};

use super::manifest;
use super::representation::pin;
use super::words::DesiredState;
use crate::auth::{TenantAccess, View};
use crate::error::ApiError;
use crate::extract::Parameters;
use crate::state::ApiState;

/// What if.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PlanTenant {
    /// What if this were asked for; left out: what is.
    #[param(inline)]
    state: Option<DesiredState>,
}

/// The steps from what was last seen to what should be, if nothing goes wrong.
#[derive(Serialize, ToSchema)]
pub(crate) struct Plan {
    /// The goal.
    desired_state: DesiredState,
    /// When somebody last looked; null: nobody has, and nothing is taken to be there.
    observed_at: Option<DateTime<Utc>>,
    steps: Vec<PlannedStep>,
    end: End,
    /// What is taken for granted because nobody knows it yet.
    assumptions: Vec<&'static str>,
}

/// One call to the world outside.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlannedStep {
    /// Stable.
    #[schema(example = "ensure_database")]
    name: &'static str,
    /// For people.
    #[schema(example = "Creating the database")]
    description: &'static str,
}

/// Where the steps lead.
#[derive(Serialize, ToSchema)]
pub(crate) struct End {
    decision: EndKind,
    /// In words.
    detail: String,
}

/// Where steps can lead.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EndKind {
    /// To what should be.
    Converged,
    /// To a wait for something that can't be done or seen now.
    Waiting,
    /// To something only a person can mend.
    Blocked,
    /// Nowhere: the plan goes round in circles, which is a defect of the platform.
    Endless,
}

/// Show what would be done
///
/// A dry run; it changes nothing and looks at nothing but what was last seen.
#[utoipa::path(get, path = "/tenants/{id}/plan", tag = "tenants", operation_id = "plan_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), PlanTenant),
    responses((status = 200, description = "The steps", body = Plan)))]
pub(crate) async fn plan(
    TenantAccess { tenant, .. }: TenantAccess<View>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<PlanTenant>,
) -> Result<Json<Plan>, ApiError> {
    let desired_state = query.state.unwrap_or_else(|| tenant.desired_state.into());
    let subject = Subject { state: desired_state.into(), ..tenant.subject() };
    let Some(manifest) = manifest(&state, &tenant) else {
        let end = blocked(format!("there is no app `{}` here any more", tenant.spec.app));
        let observed_at = tenant.observed_at;
        return Ok(Json(Plan { desired_state, observed_at, steps: vec![], end, assumptions: vec![] }));
    };
    let mut assumptions = Vec::new();
    let pin = pin(&tenant).cloned().unwrap_or_else(|| {
        assumptions.push("the image's version is what its tag says");
        assumed_pin(&tenant.spec.image)
    });
    let desired = Desired::of(subject, Some(manifest), &state.platform);
    let world = world(&tenant, &desired, &mut assumptions);
    let assumed = Resolved::of(subject, &pin, manifest, &state.platform);
    let preview = preview(&desired, &world, &assumed, state.clock.now());
    Ok(Json(Plan {
        desired_state,
        observed_at: tenant.observed_at,
        steps: preview.steps.iter().map(PlannedStep::from).collect(),
        end: preview.end.into(),
        assumptions,
    }))
}

/// Where the steps begin. What nobody looked at because nothing needed it is no obstacle to who needs it.
fn world(tenant: &Tenant, desired: &Desired, assumptions: &mut Vec<&'static str>) -> World {
    if tenant.observed_at.is_none() {
        assumptions.push("nothing of the tenant is there yet");
        return World::empty();
    }
    let seen = seen(tenant);
    let needed = Some(desired.resolved.as_ref()).filter(|_| desired.state == Goal::Running);
    let Some(assumed) = needed.and_then(|resolved| seen.with_shared_parts(resolved)) else { return seen };
    assumptions.push("the network and the image are still there");
    assumed
}

/// The last look, with what the platform's own tables know by now.
fn seen(tenant: &Tenant) -> World {
    World {
        rejected: tenant.rejection().cloned().into(),
        restoration: tenant.restoration.into(),
        removal: tenant.removal_started_at.map(|_| ()).into(),
        ..tenant.observed.clone()
    }
}

/// A pin for an image nobody has seen: good enough to choose the app's profile by, and never written anywhere.
fn assumed_pin(reference: &ImageReference) -> ImagePin {
    let digits = [hash(reference), hash(&(reference, "assumed"))].map(|half| half.to_string()).concat();
    let version = reference.tag().and_then(|tag| tag.trim_start_matches('v').parse().ok());
    let id = ImageId::parse(&format!("sha256:{digits}")).expect("two hashes of 32 digits are an image's 64");
    ImagePin { reference: reference.clone(), id, digest: None, version, refreshes: 0 }
}

fn blocked(detail: String) -> End {
    End { decision: EndKind::Blocked, detail }
}

impl From<&Step> for PlannedStep {
    fn from(step: &Step) -> Self {
        Self { name: step.name(), description: step.describe() }
    }
}

impl From<Decision> for End {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Converged => {
                Self { decision: EndKind::Converged, detail: "everything is as it should be".to_owned() }
            }
            Decision::Wait(waiting) => Self { decision: EndKind::Waiting, detail: waiting.to_string() },
            Decision::Blocked(blocker) => blocked(blocker.to_string()),
            Decision::Do(step) => {
                Self { decision: EndKind::Endless, detail: format!("it comes back to: {}", step.describe()) }
            }
        }
    }
}
