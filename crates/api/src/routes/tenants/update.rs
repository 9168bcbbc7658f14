//! Ask for a tenant to be otherwise.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::DeploymentId;
use domain::app::AppManifest;
use domain::limits::AskedLimits;
use domain::tenant::{Environment, Operation, TenantSpec, Update};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};
use storage::tenants::Metadata;
use storage::{Change, ChangeError, NewSecret, Scope};
use utoipa::ToSchema;

use super::change::Accepted;
use super::checks::{Variables, Wrong};
use super::limits;
use super::manifest;
use super::words::ImagePolicy;
use crate::auth::{Configure, TenantAccess};
use crate::error::{ApiError, FieldError};
use crate::extract::{Body, IfMatch, Member};
use crate::routes::keepable::keepable;
use crate::state::ApiState;

/// How often a change is worked out anew when somebody else was quicker.
const ATTEMPTS: usize = 8;

/// What should be otherwise, as a JSON merge patch: what is left out stays, null goes back to the app's own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateTenant {
    /// The same one again: what its tag means by now.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "registry.example.org/fresco:4.1.0")]
    image: Member<String>,
    /// Have the image's tag looked up in its registry, for newer content.
    #[serde(default)]
    refresh_image: bool,
    /// Null: `manual`.
    #[serde(default)]
    #[schema(value_type = Option<ImagePolicy>)]
    image_policy: Member<ImagePolicy>,
    /// Each by itself; what is left out stays as it was asked for.
    #[serde(default)]
    #[schema(value_type = Option<limits::AskedLimits>)]
    limits: Member<limits::AskedLimits>,
    /// Variables that the app's settings list; null unsets one.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, Option<String>>>)]
    environment: Member<BTreeMap<String, Option<SecretString>>>,
    /// Merged into what is there; 8 KiB of JSON at most in all.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Member<Map<String, Value>>,
}

/// Change a tenant
///
/// Its image, who decides about that, its limits, its environment, its metadata: a new container has to become ready before it takes over, where
/// the container changes at all. `nothing_to_change` if it is so already.
#[utoipa::path(patch, path = "/tenants/{id}", tag = "tenants", operation_id = "update_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), IfMatch),
    request_body(content(
        (UpdateTenant = "application/json"),
        (UpdateTenant = "application/merge-patch+json"),
    )),
    responses(
        (status = 202, description = "It will be otherwise", body = Accepted),
    ))]
pub(crate) async fn update(
    TenantAccess { mut tenant, scope, .. }: TenantAccess<Configure>,
    State(state): State<ApiState>,
    if_match: IfMatch,
    Body(request): Body<UpdateTenant>,
) -> Result<Accepted, ApiError> {
    // What is asked for depends on what is: somebody else's change in between is neither undone nor overlooked.
    for _ in 0..ATTEMPTS {
        if if_match.generation().is_some_and(|expected| expected != tenant.generation) {
            return Err(ApiError::GenerationConflict(tenant.generation));
        }
        let change = request.against(&tenant, scope, &state)?;
        match state.store.change_tenant(scope, tenant.id, change).await {
            Ok(changed) => return Ok(Accepted::of(&state, changed.tenant, changed.deployment)),
            Err(ChangeError::GenerationMismatch { .. }) => {
                let found = state.store.find_tenant(scope, tenant.id).await?;
                tenant = found.ok_or(ChangeError::NotFound)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::GenerationConflict(tenant.generation))
}

impl UpdateTenant {
    /// The change that this means for a tenant as it is; everything that is wrong with it at once.
    fn against(&self, tenant: &storage::Tenant, scope: Scope, state: &ApiState) -> Result<Change, ApiError> {
        let manifest = manifest(state, tenant).ok_or_else(|| {
            let detail =
                format!("this installation has no app `{}` any more; its tenants can't be changed", tenant.spec.app);
            ApiError::invalid(FieldError::body([], detail))
        })?;
        let mut wrong = Wrong::default();
        let image = self.image((scope, manifest), &tenant.spec, &mut wrong);
        let limits = self.limits(manifest, tenant.spec.limits, &mut wrong);
        let variables = self.variables(manifest, tenant, &mut wrong);
        let metadata = self.metadata(&tenant.metadata, &mut wrong);
        let (Some(image), Some(limits), Some(metadata), true) = (image, limits, metadata, wrong.0.is_empty()) else {
            return Err(ApiError::Invalid(wrong.0));
        };
        let secrets = variables.sealed(state, tenant.id);
        let image_policy = self.image_policy(tenant.spec.image_policy);
        let spec = TenantSpec { limits, environment: variables.environment, image_policy, ..image };
        Ok(self.change(tenant, state, (spec, secrets, metadata)))
    }

    fn change(
        &self,
        tenant: &storage::Tenant,
        state: &ApiState,
        (spec, secrets, metadata): (TenantSpec, Vec<NewSecret>, Metadata),
    ) -> Change {
        let now = state.clock.now();
        let notes = metadata != tenant.metadata;
        let operation = Operation::Update(Box::new(Update { spec, notes }));
        let plain = Change::plain(operation, DeploymentId::generate(now, &*state.entropy), now);
        Change { expected_generation: Some(tenant.generation), secrets, metadata: Some(metadata), ..plain }
    }

    /// The spec with its image as it should be.
    fn image(
        &self,
        (scope, manifest): (Scope, &AppManifest),
        spec: &TenantSpec,
        wrong: &mut Wrong,
    ) -> Option<TenantSpec> {
        let asked = match &self.image {
            Member::Absent => None,
            Member::Null => Some(manifest.image.clone()),
            Member::Value(text) => Some(wrong.image(scope, manifest, text)?),
        };
        let is_same = asked.as_ref().is_some_and(|asked| *asked == spec.image);
        let refreshes = spec.refreshes.wrapping_add(u32::from(self.refresh_image || is_same));
        let pin = spec.pin.clone().filter(|_| asked.is_none() && !self.refresh_image);
        Some(TenantSpec { image: asked.unwrap_or_else(|| spec.image.clone()), refreshes, pin, ..spec.clone() })
    }

    fn image_policy(&self, now: domain::tenant::ImagePolicy) -> domain::tenant::ImagePolicy {
        match self.image_policy {
            Member::Absent => now,
            Member::Null => domain::tenant::ImagePolicy::default(),
            Member::Value(asked) => asked.into(),
        }
    }

    fn limits(
        &self,
        manifest: &AppManifest,
        before: Option<AskedLimits>,
        wrong: &mut Wrong,
    ) -> Option<Option<AskedLimits>> {
        match self.limits {
            Member::Absent => Some(before),
            Member::Null => Some(None),
            Member::Value(asked) => wrong.note_limits(asked.or(before).check(&manifest.most())).map(Some),
        }
    }

    fn variables(&self, manifest: &AppManifest, tenant: &storage::Tenant, wrong: &mut Wrong) -> Variables {
        let next = tenant.generation.saturating_add(1);
        let mut variables = Variables::new(tenant.spec.environment.clone(), next);
        match &self.environment {
            Member::Absent => {}
            Member::Null => variables.environment = Environment::new(),
            Member::Value(changed) => {
                for (name, value) in changed {
                    match value {
                        Some(value) => wrong.set(&mut variables, manifest, (name, value)),
                        None => variables.environment.retain(|known, _| known.as_str() != name),
                    }
                }
            }
        }
        variables
    }

    fn metadata(&self, now: &Metadata, wrong: &mut Wrong) -> Option<Metadata> {
        let merged = match &self.metadata {
            Member::Absent => return Some(now.clone()),
            Member::Null => Metadata::new(),
            Member::Value(patch) => merged(now.clone(), patch),
        };
        wrong.note("metadata", keepable(merged))
    }
}

/// RFC 7396, for objects.
fn merged(mut target: Map<String, Value>, patch: &Map<String, Value>) -> Map<String, Value> {
    for (name, value) in patch {
        match value {
            Value::Null => {
                target.remove(name);
            }
            Value::Object(inner) => {
                let there = target.remove(name).and_then(|value| value.as_object().cloned()).unwrap_or_default();
                target.insert(name.clone(), Value::Object(merged(there, inner)));
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                target.insert(name.clone(), value.clone());
            }
        }
    }
    target
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_merges_as_its_standard_says() {
        let object = |value: Value| value.as_object().cloned().unwrap();
        // From RFC 7396, appendix A.
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [1, 2]}), json!({"a": {"a": "b", "c": null}}), json!({"a": {"a": "b"}})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            assert_eq!(Value::Object(merged(object(target), &object(patch.clone()))), result, "{patch}");
        }
    }
}
