//! Ask for a new tenant.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use domain::app::{AppManifest, AppName, EnvName, InvalidSetting};
use domain::image::ImageReference;
use domain::limits::InvalidLimits;
use domain::tenant::{Environment, EnvironmentValue, Subdomain, TenantSpec, sealed_name};
use domain::{DeploymentId, TenantId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use storage::tenants::Metadata;
use storage::{NewSecret, NewTenant};
use utoipa::ToSchema;

use super::limits::{self, AskedLimits};
use super::representation::Tenant;
use crate::auth::Operator;
use crate::error::{ApiError, FieldError, Problem};
use crate::extract::Body;
use crate::state::ApiState;

/// The longest metadata, in bytes of JSON.
const LONGEST_METADATA: usize = 8 << 10;

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
    /// Left out: the app's own.
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

/// It is being made.
#[derive(Serialize, ToSchema)]
pub(crate) struct Created {
    tenant: Tenant,
    /// To wait for.
    generation: i64,
    deployment_id: String,
}

/// Ask for a new tenant
///
/// Answers as soon as the wish is written down; wait for it with `GET /api/v1/tenants/{id}/wait`.
#[utoipa::path(post, path = "/tenants", tag = "tenants", operation_id = "create_tenant", request_body = CreateTenant,
    responses(
        (status = 202, description = "It will be made", body = Created,
            headers(("Location" = String, description = "The tenant's address"))),
        (status = 409, description = "`subdomain_taken` or `subdomain_in_quarantine`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`: `errors` points at each mistake", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn create(
    _: Operator,
    State(state): State<ApiState>,
    Body(request): Body<CreateTenant>,
) -> Result<impl IntoResponse, ApiError> {
    let checked = check(request, &state)?;
    let now = state.clock.now();
    let (id, deployment) = (TenantId::generate(now, &*state.entropy), DeploymentId::generate(now, &*state.entropy));
    let sealed = checked.secrets.iter().map(|(name, value)| {
        let name = sealed_name(name);
        NewSecret::seal(&state.sealer, id, (&name, FIRST_VERSION), value.expose_secret(), &*state.entropy)
    });
    let new = NewTenant {
        id,
        organisation: Operator::ORGANISATION,
        owner: Operator::OWNER,
        subdomain: checked.subdomain,
        spec: checked.spec,
        metadata: checked.metadata,
        secrets: sealed.collect(),
        deployment,
        now,
    };
    let tenant = state.store.create_tenant(new).await?;
    let created = Created {
        generation: tenant.generation,
        deployment_id: deployment.to_string(),
        tenant: Tenant::changed(&state, tenant),
    };
    Ok((StatusCode::ACCEPTED, [(LOCATION, format!("/api/v1/tenants/{id}"))], Json(created)))
}

const FIRST_VERSION: u32 = 1;

/// A request whose every part is right.
struct Checked {
    subdomain: Subdomain,
    spec: TenantSpec,
    /// What must not stand in the spec.
    secrets: Vec<(EnvName, SecretString)>,
    metadata: Metadata,
}

/// Checks every part, so that all that is wrong is told at once.
fn check(request: CreateTenant, state: &ApiState) -> Result<Checked, ApiError> {
    let mut wrong = Wrong::default();
    let subdomain = wrong.note("subdomain", Subdomain::parse(&request.subdomain));
    let manifest = wrong.note("app", app(request.app.as_deref(), state));
    let image = request.image.as_deref().map(ImageReference::parse).transpose();
    let image = wrong.note("image", image);
    let asked = manifest.zip(request.limits);
    let limits = asked.and_then(|(manifest, asked)| wrong.note_limits(asked.check(&manifest.most())));
    let variables = manifest.map(|manifest| wrong.variables(manifest, request.environment));
    let metadata = wrong.note("metadata", keepable(request.metadata));
    let parts = (subdomain, manifest, image, variables, metadata);
    match parts {
        (Some(subdomain), Some(manifest), Some(image), Some((environment, secrets)), Some(metadata))
            if wrong.0.is_empty() =>
        {
            let image = image.unwrap_or_else(|| manifest.image.clone());
            let app = manifest.name.clone();
            let isolation = manifest.isolation;
            let (restarts, refreshes, pin) = (0, 0, None);
            let spec = TenantSpec { app, isolation, image, limits, environment, restarts, refreshes, pin };
            Ok(Checked { subdomain, spec, secrets, metadata })
        }
        _ => Err(ApiError::Invalid(wrong.0)),
    }
}

fn app<'a>(name: Option<&str>, state: &'a ApiState) -> Result<&'a AppManifest, String> {
    let name = name.map_or_else(|| Ok(state.settings.default_app.clone()), AppName::parse);
    let name = name.map_err(|error| error.to_string())?;
    state.catalogue.get(&name).map_err(|error| error.to_string())
}

/// PostgreSQL keeps no NUL.
fn keepable(metadata: Metadata) -> Result<Metadata, String> {
    let json = serde_json::to_string(&metadata).map_err(|error| error.to_string())?;
    if json.len() > LONGEST_METADATA {
        return Err(format!("it has {} bytes, {LONGEST_METADATA} are the most", json.len()));
    }
    // Escaped in JSON by the same six characters wherever it stands, unless a backslash is meant before `u0000`.
    if json.replace(r"\\", "").contains(r"\u0000") {
        return Err("it has a character NUL, which can't be kept".to_owned());
    }
    Ok(metadata)
}

/// What is wrong so far.
#[derive(Default)]
struct Wrong(Vec<FieldError>);

impl Wrong {
    fn note<T, E: ToString>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.0.push(FieldError::body([field], error))).ok()
    }

    fn note_limits<T>(&mut self, result: Result<T, InvalidLimits>) -> Option<T> {
        let told = |error| self.0.push(FieldError::body(["limits", limits::field(&error)], error));
        result.map_err(told).ok()
    }

    /// The variables by where they go: into the spec, or sealed beside it.
    fn variables(
        &mut self,
        manifest: &AppManifest,
        given: BTreeMap<String, SecretString>,
    ) -> (Environment, Vec<(EnvName, SecretString)>) {
        let (mut environment, mut secrets) = (Environment::new(), Vec::new());
        for (name, value) in given {
            match variable(manifest, &name, &value) {
                Ok((name, true)) => {
                    environment.insert(name.clone(), EnvironmentValue::Sealed(FIRST_VERSION));
                    secrets.push((name, value));
                }
                Ok((name, false)) => {
                    environment.insert(name, EnvironmentValue::Plain(value.expose_secret().to_owned()));
                }
                Err(error) => self.0.push(FieldError::body(["environment", &name], error)),
            }
        }
        (environment, secrets)
    }
}

/// The variable's name, and whether it is a secret.
fn variable(manifest: &AppManifest, name: &str, value: &SecretString) -> Result<(EnvName, bool), InvalidSetting> {
    let name = EnvName::parse(name)?;
    let setting = manifest.setting(&name, value.expose_secret())?;
    Ok((name, setting.secret))
}
