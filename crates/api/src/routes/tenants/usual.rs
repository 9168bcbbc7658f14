//! How long a first deploy usually takes, for those who wait for one.

use std::collections::BTreeMap;

use domain::app::AppName;
use domain::tenant::DesiredState;
use serde::Serialize;
use storage::{Scope, StorageError};
use utoipa::ToSchema;

use crate::state::ApiState;

/// How long the first deploy of an app usually takes here, learned from the newest that succeeded, whosever they were: of each
/// length the middle one.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct UsualDeploy {
    /// From the wish until it answers.
    #[schema(example = 14.2)]
    usual_seconds: f64,
    /// How many deploys it was learned from.
    #[schema(example = 20)]
    runs: u32,
    /// In the order in which they usually begin.
    steps: Vec<UsualStep>,
}

/// One step of it.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct UsualStep {
    /// Stable.
    #[schema(example = "await_ready")]
    name: String,
    /// For people. One name may stand for two steps, which this tells apart.
    #[schema(example = "Waiting for the application to answer")]
    description: String,
    /// Until what comes after it begins.
    #[schema(example = 3.1)]
    usual_seconds: f64,
    /// From its beginning until the app answers.
    #[schema(example = 3.4)]
    usual_seconds_left: f64,
}

/// The same for some tenants: asked for once an app.
#[derive(Default)]
pub(crate) struct UsualDeploys(BTreeMap<AppName, UsualDeploy>);

impl UsualDeploys {
    pub(crate) async fn of(state: &ApiState, scope: Scope, rows: &[storage::Tenant]) -> Result<Self, StorageError> {
        let mut known = BTreeMap::new();
        for row in rows.iter().filter(|row| waits(row)) {
            let app = &row.spec.app;
            if !known.contains_key(app) {
                known.insert(app.clone(), state.store.usual_deploy(scope, app).await?);
            }
        }
        let found = known.into_iter().filter_map(|(app, usual)| Some((app, UsualDeploy::from(usual?))));
        Ok(Self(found.collect()))
    }

    pub(crate) fn for_one(&self, row: &storage::Tenant) -> Option<UsualDeploy> {
        self.0.get(&row.spec.app).filter(|_| waits(row)).cloned()
    }
}

/// Whether its first deploy is still to come to its end.
fn waits(row: &storage::Tenant) -> bool {
    row.last_deployed_at.is_none() && row.desired_state == DesiredState::Running
}

impl From<storage::UsualDeploy> for UsualDeploy {
    fn from(usual: storage::UsualDeploy) -> Self {
        let steps = usual.steps.into_iter().map(|step| UsualStep {
            name: step.name,
            description: step.words,
            usual_seconds: step.took.as_secs_f64(),
            usual_seconds_left: step.remained.as_secs_f64(),
        });
        Self { usual_seconds: usual.took.as_secs_f64(), runs: usual.runs, steps: steps.collect() }
    }
}
