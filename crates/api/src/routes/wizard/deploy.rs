//! Have what a draft asks for.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::access::Denied;
use domain::tenant::TenantSpec;
use domain::wizard::Wish;
use domain::{DeploymentId, SignupId, TenantId};
use storage::{DeployError, NewTenant};

use super::representation::Deployed;
use crate::auth::{Asker, Create, Here, Me};
use crate::error::{ApiError, Problem};
use crate::state::ApiState;

/// Deploy a draft
///
/// For the person whose address it names, once they have signed in. Asked for twice, it is deployed once, and answers the same.
#[utoipa::path(post, path = "/wizard/sessions/{id}/deploy", tag = "wizard", operation_id = "deploy_wizard",
    params(("id" = String, Path, description = "`sgn_` and 32 hex digits")),
    responses(
        (status = 202, description = "It will be made; follow it as any tenant", body = Deployed),
        (status = 403, description = "`email_not_verified` or `awaiting_approval`", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "`draft_not_found`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`step_too_early`, `subdomain_taken`, `subdomain_held` or `too_many_tenants`",
            body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn deploy(
    me: Me,
    asker: Asker,
    Here { caller, scope, .. }: Here<Create>,
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Deployed>), ApiError> {
    let id = SignupId::parse(&id).map_err(|_| ApiError::DraftNotFound)?;
    let signup = state.store.find_signup_of(scope, (id, me.user), state.clock.now()).await?;
    let signup = signup.ok_or(ApiError::DraftNotFound)?;
    if let Some((tenant, deployment)) = signup.deployed {
        return Ok(accepted(tenant, deployment));
    }
    let home = caller.home().ok_or(Denied::NoOrganisation)?;
    let wish = signup.draft.wish(&state.settings.signup.terms_version)?;
    let terms = wish.terms.clone();
    let new = instance(&state, wish, (home, me.user))?;
    asker.counts_as_deploy(&state, &caller).await?;
    let deployed = state.store.deploy_signup(scope, id, (&new, &terms)).await;
    let deployed = deployed.map_err(|error| match error {
        DeployError::NotFound => ApiError::DraftNotFound,
        DeployError::Create(error) => error.into(),
    })?;
    Ok(accepted(deployed.tenant, deployed.deployment))
}

fn accepted(tenant: TenantId, deployment: DeploymentId) -> (StatusCode, Json<Deployed>) {
    let deployed = Deployed { tenant_id: tenant.to_string(), deployment_id: deployment.to_string() };
    (StatusCode::ACCEPTED, Json(deployed))
}

/// The installation's default app as its manifest has it.
fn instance(
    state: &ApiState,
    Wish { use_case, subdomain, terms }: Wish,
    (organisation, owner): (domain::OrganisationId, domain::UserId),
) -> Result<NewTenant, ApiError> {
    let manifest =
        state.catalogue.get(&state.settings.default_app).map_err(|error| ApiError::Internal(error.into()))?;
    let now = state.clock.now();
    let metadata = serde_json::json!({ "use_case": use_case, "terms": terms });
    Ok(NewTenant {
        id: TenantId::generate(now, &*state.entropy),
        organisation,
        owner,
        subdomain,
        spec: TenantSpec::usual(manifest),
        metadata: metadata.as_object().cloned().unwrap_or_default(),
        secrets: Vec::new(),
        deployment: DeploymentId::generate(now, &*state.entropy),
        most: Some(state.settings.signup.most_tenants),
        now,
    })
}
