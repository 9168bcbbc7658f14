//! Who we are to a registry.

use std::collections::BTreeMap;

use bollard::BollardRequest;
use bollard::auth::DockerCredentials;
use domain::image::ImageReference;
use secrecy::{ExposeSecret, SecretString};

/// The registry that a reference without a host means.
const DOCKER_HUB: &str = "docker.io";

/// User and password for each registry, by its host as it stands in references (`registry.example.org:5000`);
/// `docker.io` for references without one.
#[derive(Clone, Debug, Default)]
pub struct RegistryCredentials(BTreeMap<String, (String, SecretString)>);

impl RegistryCredentials {
    /// Adds a registry's.
    #[must_use]
    pub fn with(mut self, host: &str, user: &str, password: SecretString) -> Self {
        self.0.insert(host.to_owned(), (user.to_owned(), password));
        self
    }

    pub(super) fn of(&self, reference: &ImageReference) -> Option<DockerCredentials> {
        let host = reference.registry().unwrap_or(DOCKER_HUB);
        let (user, password) = self.0.get(host)?;
        Some(DockerCredentials {
            username: Some(user.clone()),
            password: Some(password.expose_secret().to_owned()),
            serveraddress: Some(host.to_owned()),
            ..DockerCredentials::default()
        })
    }
}

/// Rewrites the credentials' header in the alphabet the engine reads. bollard writes the other one, and an engine that
/// can't read the header asks the registry as nobody: a password whose encoding holds `+` or `/` would never count.
pub(super) fn url_safe(mut request: BollardRequest) -> BollardRequest {
    if let Some(value) = request.headers_mut().get_mut("X-Registry-Auth") {
        let text = String::from_utf8_lossy(value.as_bytes()).replace('+', "-").replace('/', "_");
        if let Ok(rewritten) = text.parse() {
            *value = rewritten;
        }
    }
    request
}
