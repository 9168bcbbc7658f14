//! Registries' credentials, as `docker login` writes them into `config.json`.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provisioner::container::docker::RegistryCredentials;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// How `docker login` calls the registry of references without a host.
const DOCKER_HUB: [&str; 2] = ["https://index.docker.io/v1/", "index.docker.io"];

#[derive(Deserialize)]
struct File {
    auths: BTreeMap<String, Login>,
}

#[derive(Deserialize)]
struct Login {
    /// Base64 of `user:password`.
    auth: Option<String>,
    username: Option<String>,
    password: Option<SecretString>,
}

/// Reads the file's text.
pub(crate) fn read(text: &SecretString) -> anyhow::Result<RegistryCredentials> {
    let file: File = serde_json::from_str(text.expose_secret())
        .map_err(|error| anyhow::anyhow!("expected Docker's config.json with `auths` (line {})", error.line()))?;
    file.auths.into_iter().try_fold(RegistryCredentials::default(), |all, (host, login)| {
        let (user, password) = credentials(login).with_context(|| format!("registry `{host}`"))?;
        let host = if DOCKER_HUB.contains(&host.as_str()) { "docker.io" } else { host.as_str() };
        Ok(all.with(host, &user, password))
    })
}

fn credentials(login: Login) -> anyhow::Result<(String, SecretString)> {
    if let (Some(user), Some(password)) = (login.username, login.password) {
        return Ok((user, password));
    }
    let Some(auth) = login.auth else { bail!("it has neither `auth` nor `username` and `password`") };
    let decoded = STANDARD.decode(auth).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
    let (user, password) = pair.context("`auth` is not base64 of user:password")?;
    Ok((user.to_owned(), password.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<String, String> {
        read(&text.into()).map(|all| format!("{all:?}")).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn both_forms_of_docker_are_read_and_no_password_is_shown() {
        let text = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"bWU6Z2VoZWlt"},
            "registry.example.org:5000":{"username":"you","password":"geheim"}}}"#;
        let shown = read_text(text).unwrap();
        for word in ["docker.io", "me", "registry.example.org:5000", "you"] {
            assert!(shown.contains(word), "{word} is not in {shown}");
        }
        assert!(!shown.contains("geheim"), "{shown}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, words) in [
            ("x", "`auths`"),
            (r#"{"auths":{"r.example":{}}}"#, "registry `r.example`: it has neither"),
            (r#"{"auths":{"r.example":{"auth":"!"}}}"#, "not base64"),
        ] {
            assert!(read_text(text).unwrap_err().contains(words), "{text}");
        }
    }
}
