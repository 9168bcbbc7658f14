//! What an owner may ask for, checked part by part, so that all that is wrong is told at once.

use domain::TenantId;
use domain::app::{AppManifest, EnvName, InvalidSetting};
use domain::image::ImageReference;
use domain::limits::InvalidLimits;
use domain::tenant::{Environment, EnvironmentValue, sealed_name};
use secrecy::{ExposeSecret, SecretString};
use storage::{NewSecret, Scope};

use crate::error::FieldError;
use crate::state::ApiState;

/// What is wrong so far.
#[derive(Default)]
pub(super) struct Wrong(pub(super) Vec<FieldError>);

impl Wrong {
    pub(super) fn note<T, E: ToString>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.0.push(FieldError::body([field], error))).ok()
    }

    /// An image that somebody asks for. What runs on the operator's machines is the operator's to say: others choose among the
    /// versions of the app's own.
    pub(super) fn image(&mut self, scope: Scope, manifest: &AppManifest, text: &str) -> Option<ImageReference> {
        let image = self.note("image", ImageReference::parse(text))?;
        let own = manifest.image.repository();
        if scope == Scope::Operator || image.repository() == own {
            return Some(image);
        }
        let detail =
            format!("`{image}` is none of this app's: expected a tag or digest of `{own}`, as in `{}`", manifest.image);
        self.0.push(FieldError::body(["image"], detail));
        None
    }

    pub(super) fn note_limits<T>(&mut self, result: Result<T, Vec<InvalidLimits>>) -> Option<T> {
        let told = |error: InvalidLimits| FieldError::body(["limits", error.field()], error);
        result.map_err(|errors| self.0.extend(errors.into_iter().map(told))).ok()
    }

    /// Sets a variable, if the manifest lists it with such a value.
    pub(super) fn set(
        &mut self,
        variables: &mut Variables,
        manifest: &AppManifest,
        (name, value): (&str, &SecretString),
    ) {
        match variable(manifest, name, value) {
            Ok((name, true)) => {
                variables.environment.insert(name.clone(), EnvironmentValue::Sealed(variables.version));
                variables.secrets.push((name, value.clone()));
            }
            Ok((name, false)) => {
                variables.environment.insert(name, EnvironmentValue::Plain(value.expose_secret().to_owned()));
            }
            Err(error) => self.0.push(FieldError::body(["environment", name], error)),
        }
    }
}

/// Variables by where they go: into the spec, or sealed beside it.
#[derive(Debug)]
pub(super) struct Variables {
    pub(super) environment: Environment,
    /// What is sealed, to be named by this version in the spec.
    secrets: Vec<(EnvName, SecretString)>,
    version: u32,
}

impl Variables {
    /// Those that are set already, to be changed with this generation. It is the version of what is sealed now: no two
    /// changes have the same.
    pub(super) fn new(environment: Environment, generation: i64) -> Self {
        Self { environment, secrets: Vec::new(), version: u32::try_from(generation).unwrap_or(u32::MAX) }
    }

    pub(super) fn sealed(&self, state: &ApiState, tenant: TenantId) -> Vec<NewSecret> {
        let seal = |(name, value): &(EnvName, SecretString)| {
            let named = (&*sealed_name(name), self.version);
            NewSecret::seal(&state.sealer, tenant, named, value.expose_secret(), &*state.entropy)
        };
        self.secrets.iter().map(seal).collect()
    }
}

/// The variable's name, and whether it is a secret.
fn variable(manifest: &AppManifest, name: &str, value: &SecretString) -> Result<(EnvName, bool), InvalidSetting> {
    let name = EnvName::parse(name)?;
    let setting = manifest.setting(&name, value.expose_secret())?;
    Ok((name, setting.secret))
}
