//! A tenant as the API shows it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::tenant::EnvironmentValue;
use serde::Serialize;
use storage::{LastLook, Scope, StorageError};
use utoipa::ToSchema;

use super::beside::Beside;
use super::limits::Limits;
use super::manifest;
use super::metrics::{Trouble, Usage};
use super::sizes::Sizes;
use super::usual::UsualDeploy;
use super::words::{ConditionKind, DesiredState, ImagePolicy, Status, Truth};
use crate::first_run::FirstRun;
use crate::state::ApiState;

/// An instance of an app: what should be, and what was last seen.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tenant {
    #[schema(example = "tnt_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    id: String,
    #[schema(example = "my-study")]
    subdomain: String,
    /// Where it answers.
    #[schema(example = "https://my-study.example.org")]
    url: String,
    #[schema(example = "fresco")]
    app: String,
    /// As it was asked for.
    image: String,
    /// The engine's id of the image that is meant, once it is known.
    image_id: Option<String>,
    /// The same in its registry, if it came from one.
    image_digest: Option<String>,
    /// Whether it is this very image that was asked for, as by a rollback, whatever its name means by now.
    image_pinned: bool,
    image_policy: ImagePolicy,
    /// The app's version, once the image is known and if it tells.
    #[schema(example = "4.0.0")]
    version: Option<String>,
    status: Status,
    desired_state: DesiredState,
    /// Counts the changes of what should be.
    generation: i64,
    /// The generation that was last compared with what is; 0: none yet.
    observed_generation: i64,
    /// When somebody last looked.
    observed_at: Option<DateTime<Utc>>,
    conditions: Vec<Condition>,
    /// What is being done about it now.
    step: Option<CurrentStep>,
    /// How long the first deploy of its app usually takes here. Null once it has had its own, and while nobody's has succeeded.
    usual_deploy: Option<UsualDeploy>,
    /// Why the last attempt failed, until one succeeds.
    last_error: Option<Failure>,
    /// When it is tried again after a failure.
    next_attempt_at: Option<DateTime<Utc>>,
    /// What its container may use; null while that depends on the version of an image not known yet.
    limits: Option<Limits>,
    environment: BTreeMap<String, Variable>,
    /// Null while it does not run, or has not for long enough.
    usage: Option<Usage>,
    /// What it suffers from: close to a limit for a while.
    troubles: Vec<Trouble>,
    /// What it keeps on disk; of a tombstone nothing is known.
    sizes: Sizes,
    /// Null for an app without a first-run set-up, and while its version is not known.
    first_run: Option<FirstRun>,
    /// The engine's id.
    container_id: Option<String>,
    created_at: DateTime<Utc>,
    last_deployed_at: Option<DateTime<Utc>>,
    /// Set while it is being destroyed: until then, at least, that can be undone.
    destroy_after: Option<DateTime<Utc>>,
    /// When its removal began, which can't be undone.
    removal_started_at: Option<DateTime<Utc>>,
    /// Set on a tombstone.
    destroyed_at: Option<DateTime<Utc>>,
    /// What there was of it before its removal, and on a tombstone what was found removed.
    #[schema(value_type = Option<Object>)]
    receipt: Option<serde_json::Value>,
    /// Set on a tombstone: until then nobody gets its subdomain.
    quarantine_until: Option<DateTime<Utc>>,
    /// As its creator gave it.
    #[schema(value_type = Object)]
    metadata: storage::tenants::Metadata,
}

/// One part of a tenant's state; unknown wherever its status is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Condition {
    kind: ConditionKind,
    holds: Truth,
    /// When it last changed, as far as anybody has seen.
    since: DateTime<Utc>,
}

/// What is being done.
#[derive(Serialize, ToSchema)]
pub(crate) struct CurrentStep {
    /// Stable.
    #[schema(example = "await_ready")]
    name: &'static str,
    /// For people.
    #[schema(example = "Waiting for the application to answer")]
    description: &'static str,
    since: DateTime<Utc>,
    /// How long that is, in seconds.
    age: f64,
}

/// Why an attempt failed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Failure {
    /// The step that failed.
    step: Option<String>,
    /// What happened, in words.
    cause: String,
    /// What to do next.
    remedy: Option<String>,
    /// Whether it is not tried again before somebody changes something.
    permanent: bool,
    /// The end of the log that shows why.
    last_lines: Vec<String>,
    at: DateTime<Utc>,
}

/// A variable of a tenant's environment that was set for it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Variable {
    /// Null for a secret: it is sealed, and never shown again.
    value: Option<String>,
    secret: bool,
}

impl Tenant {
    /// What may be shown of a row now.
    pub(crate) async fn of(state: &ApiState, scope: Scope, row: storage::Tenant) -> Result<Self, StorageError> {
        let beside = Beside::of(state, scope, std::slice::from_ref(&row));
        let (last_look, beside) = tokio::try_join!(state.store.last_look(), beside)?;
        Ok(Self::seen(state, last_look, row, &beside))
    }

    /// What may be shown of a row that was changed just now: no look at all containers is as fresh as it.
    pub(crate) fn changed(state: &ApiState, row: storage::Tenant) -> Self {
        Self::seen(state, LastLook::default(), row, &Beside::default())
    }

    /// What may be shown of a row if all containers were last looked at then.
    pub(crate) fn seen(state: &ApiState, last_look: LastLook, row: storage::Tenant, beside: &Beside) -> Self {
        let usage = beside.usage.get(&row.id).cloned().unwrap_or_default();
        let sizes = beside.sizes.get(&row.id).copied().unwrap_or_default();
        let usual_deploy = beside.usual.for_one(&row);
        let now = state.clock.now();
        let freshness = row.freshness(last_look.at(row.desired_state), now);
        let limits = limits_in_force(state, &row).map(Limits::from);
        let first_run = FirstRun::of(state, &row);
        let image = pin(&row).cloned();
        let status = Status::from(row.status.at(freshness, now, status_max_age(state)));
        let conditions = row.conditions.into_iter().map(Condition::from);
        Self {
            id: row.id.to_string(),
            url: state.platform.url(&row.subdomain),
            subdomain: row.subdomain.to_string(),
            app: row.spec.app.to_string(),
            version: image.as_ref().and_then(|image| image.version.as_ref()).map(ToString::to_string),
            image: row.spec.image.to_string(),
            image_id: image.as_ref().map(|image| image.id.to_string()),
            image_digest: image.and_then(|image| image.digest),
            image_pinned: row.spec.pin.is_some(),
            image_policy: row.spec.image_policy.into(),
            status,
            desired_state: row.desired_state.into(),
            generation: row.generation,
            observed_generation: row.observed_generation,
            observed_at: freshness.seen_at,
            // They rest on the same look.
            conditions: conditions.map(|condition| condition.believed(status != Status::Unknown)).collect(),
            step: row.current_step.as_ref().map(|current| CurrentStep::at(current, now)),
            usual_deploy,
            last_error: row.last_error.map(Failure::from),
            next_attempt_at: row.next_attempt_at,
            limits,
            environment: row.spec.environment.iter().map(|(name, value)| (name.to_string(), value.into())).collect(),
            usage: usage.sample.map(|sample| Usage::seen(sample, now)),
            troubles: Trouble::all(usage.troubles),
            sizes: Sizes::seen(sizes, now),
            first_run,
            container_id: row.container.map(String::from),
            created_at: row.created_at,
            last_deployed_at: row.last_deployed_at,
            destroy_after: row.destroy_after,
            removal_started_at: row.removal_started_at,
            destroyed_at: row.destroyed_at,
            receipt: row.receipt,
            quarantine_until: row.quarantine_until,
            metadata: row.metadata,
        }
    }
}

/// How old what a status rests on may be.
pub(super) fn status_max_age(state: &ApiState) -> TimeDelta {
    TimeDelta::from_std(state.settings.status_max_age).unwrap_or(TimeDelta::MAX)
}

/// The image that is meant, if it is known.
pub(super) fn pin(row: &storage::Tenant) -> Option<&domain::image::ImagePin> {
    row.spec.image_in_force(row.pinned_image.as_ref())
}

fn limits_in_force(state: &ApiState, row: &storage::Tenant) -> Option<domain::limits::Limits> {
    let asked = row.spec.limits.unwrap_or_default();
    asked.whole().or_else(|| {
        let (manifest, pin) = manifest(state, row).zip(pin(row))?;
        Some(asked.over(&manifest.profile(pin).serve.run.limits))
    })
}

impl From<domain::tenant::Condition> for Condition {
    fn from(condition: domain::tenant::Condition) -> Self {
        Self { kind: condition.kind.into(), holds: condition.holds.into(), since: condition.since }
    }
}

impl Condition {
    fn believed(self, believed: bool) -> Self {
        if believed { self } else { Self { holds: Truth::Unknown, ..self } }
    }
}

impl CurrentStep {
    fn at(current: &storage::CurrentStep, now: DateTime<Utc>) -> Self {
        // A worker whose clock is ahead of ours has not begun in the future.
        let age = (now - current.since).max(TimeDelta::zero()).as_seconds_f64();
        Self { name: current.step.name(), description: current.step.describe(), since: current.since, age }
    }
}

impl From<storage::Failure> for Failure {
    fn from(failure: storage::Failure) -> Self {
        Self {
            step: failure.step,
            cause: failure.cause,
            remedy: failure.remedy,
            permanent: failure.permanent,
            last_lines: failure.last_lines,
            at: failure.at,
        }
    }
}

impl From<&EnvironmentValue> for Variable {
    fn from(value: &EnvironmentValue) -> Self {
        match value {
            EnvironmentValue::Plain(text) => Self { value: Some(text.clone()), secret: false },
            EnvironmentValue::Sealed(_) => Self { value: None, secret: true },
        }
    }
}
