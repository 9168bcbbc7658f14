//! The apps this installation offers.

use axum::Json;
use axum::extract::State;
use domain::app::{AppManifest, Setting};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::routes::tenants::Limits;
use crate::state::ApiState;

/// The apps, by name.
#[derive(Serialize, ToSchema)]
pub(crate) struct Apps {
    items: Vec<App>,
}

/// One app.
#[derive(Serialize, ToSchema)]
pub(crate) struct App {
    #[schema(example = "fresco")]
    name: String,
    /// For people.
    title: String,
    /// What it does, in one sentence.
    summary: String,
    /// What a new tenant gets if its creator names no other.
    image: String,
    /// The most a tenant may ask for.
    most: Limits,
    /// What may be set in a tenant's `environment`.
    settings: Vec<AppSetting>,
}

/// One variable that may be set.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppSetting {
    name: String,
    /// What it does.
    help: String,
    /// The only values it takes; none: any text.
    values: Vec<String>,
    /// Kept sealed, and never shown again.
    secret: bool,
}

/// List the apps
#[utoipa::path(get, path = "/apps", tag = "apps", operation_id = "list_apps",
    responses((status = 200, description = "All of them, by name", body = Apps)))]
pub(crate) async fn list(_: Caller, State(state): State<ApiState>) -> Json<Apps> {
    Json(Apps { items: state.catalogue.iter().map(App::from).collect() })
}

impl From<&AppManifest> for App {
    fn from(manifest: &AppManifest) -> Self {
        Self {
            name: manifest.name.to_string(),
            title: manifest.title.clone(),
            summary: manifest.summary.clone(),
            image: manifest.image.to_string(),
            most: manifest.most().into(),
            settings: manifest.settings.iter().map(AppSetting::from).collect(),
        }
    }
}

impl From<&Setting> for AppSetting {
    fn from(setting: &Setting) -> Self {
        Self {
            name: setting.name.to_string(),
            help: setting.help.clone(),
            values: setting.values.clone(),
            secret: setting.secret,
        }
    }
}
