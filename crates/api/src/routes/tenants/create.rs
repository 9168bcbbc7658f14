//! Ask for a new tenant.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use domain::access::Denied;
use domain::app::{AppManifest, AppName};
use domain::image::ImageReference;
use domain::tenant::{Environment, Subdomain, TenantSpec};
use domain::{DeploymentId, TenantId};
use secrecy::SecretString;
use serde::Deserialize;
use storage::tenants::Metadata;
use storage::{NewTenant, Scope};
use utoipa::ToSchema;

use super::change::Accepted;
use super::checks::{Variables, Wrong};
use super::limits::AskedLimits;
use crate::auth::{Asker, Create, Here};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::routes::keepable::keepable;
use crate::state::ApiState;

/// What a new tenant should be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTenant {
    /// 3 to 63 lower-case letters, digits and hyphens, starting with a letter.
    #[schema(example = "my-study")]
    subdomain: String,
    /// One of `GET /api/v1/apps`; left out: the installation's default.
    #[schema(example = "fresco")]
    app: Option<String>,
    /// A tag or digest of the app's own; the operator may give any. Left out: what the app's settings say.
    #[schema(example = "registry.example.org/fresco:4.0.0")]
    image: Option<String>,
    /// Left out: what the app's version needs.
    limits: Option<AskedLimits>,
    /// Variables that the app's settings list.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    environment: BTreeMap<String, SecretString>,
    /// Whatever you want to find again; 8 KiB of JSON at most.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Metadata,
}

/// Ask for a new tenant
///
/// In the organisation that the caller is in. Answers as soon as the wish is written down; wait for it with `GET /api/v1/tenants/{id}/wait`.
#[utoipa::path(post, path = "/tenants", tag = "tenants", operation_id = "create_tenant", request_body = CreateTenant,
    responses(
        (status = 202, description = "It will be made", body = Accepted,
            headers(("Location" = String, description = "The tenant's address"))),
        (status = 403, description = "`forbidden`, `email_not_verified` or `awaiting_approval`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`subdomain_taken`, `subdomain_held`, `subdomain_in_quarantine` or `too_many_tenants`",
            body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn create(
    Here { caller, scope, .. }: Here<Create>,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<CreateTenant>,
) -> Result<impl IntoResponse, ApiError> {
    let checked = check(request, scope, &state)?;
    asker.counts_as_deploy(&state, &caller).await?;
    let home = caller.home().ok_or(Denied::NoOrganisation)?;
    let now = state.clock.now();
    let (id, deployment) = (TenantId::generate(now, &*state.entropy), DeploymentId::generate(now, &*state.entropy));
    let new = NewTenant {
        id,
        organisation: home,
        owner: caller.answerable(),
        subdomain: checked.subdomain,
        spec: checked.spec,
        metadata: checked.metadata,
        secrets: checked.variables.sealed(&state, id),
        deployment,
        most: state.settings.signup.most_tenants_of(scope),
        now,
    };
    let tenant = state.store.create_tenant(scope, new).await?;
    Ok(([(LOCATION, format!("/api/v1/tenants/{id}"))], Accepted::of(&state, tenant, deployment)))
}

/// A request whose every part is right.
struct Checked {
    subdomain: Subdomain,
    spec: TenantSpec,
    variables: Variables,
    metadata: Metadata,
}

/// Checks every part, so that all that is wrong is told at once.
fn check(request: CreateTenant, scope: Scope, state: &ApiState) -> Result<Checked, ApiError> {
    let mut wrong = Wrong::default();
    let subdomain = wrong.note("subdomain", Subdomain::parse(&request.subdomain));
    let manifest = wrong.note("app", app(request.app.as_deref(), state));
    let image = request.image.as_deref().and_then(|text| match manifest {
        Some(manifest) => wrong.image(scope, manifest, text),
        None => wrong.note("image", ImageReference::parse(text)),
    });
    let asked = manifest.zip(request.limits);
    let limits = asked.and_then(|(manifest, asked)| wrong.note_limits(asked.check(&manifest.most())));
    let mut variables = Variables::new(Environment::new(), 1);
    if let Some(manifest) = manifest {
        request.environment.iter().for_each(|(name, value)| wrong.set(&mut variables, manifest, (name, value)));
    }
    let metadata = wrong.note("metadata", keepable(request.metadata));
    let parts = (subdomain, manifest, metadata);
    match parts {
        (Some(subdomain), Some(manifest), Some(metadata)) if wrong.0.is_empty() => {
            let usual = TenantSpec::usual(manifest);
            let (image, environment) = (image.unwrap_or(usual.image), variables.environment.clone());
            let spec = TenantSpec { image, limits, environment, ..usual };
            Ok(Checked { subdomain, spec, variables, metadata })
        }
        _ => Err(ApiError::Invalid(wrong.0)),
    }
}

fn app<'a>(name: Option<&str>, state: &'a ApiState) -> Result<&'a AppManifest, String> {
    let name = name.map_or_else(|| Ok(state.settings.default_app.clone()), AppName::parse);
    let name = name.map_err(|error| error.to_string())?;
    state.catalogue.get(&name).map_err(|error| error.to_string())
}
