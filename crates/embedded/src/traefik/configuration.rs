//! Traefik's two files: the static configuration, and the base of the dynamic one.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::{Docker, TraefikOptions};
use crate::child::ChildError;

/// The entry points a route may name: plain, and with TLS.
pub const ENTRY_POINTS: [&str; 2] = ["web", "websecure"];

/// The base of the dynamic configuration; the name keeps clear of a tenant's file.
const BASE_FILE: &str = "_base.toml";

/// Writes both and returns the static one.
pub(super) fn write(options: &TraefikOptions) -> Result<PathBuf, ChildError> {
    for folder in [&options.state_dir, &options.staging_dir, &options.dynamic_dir] {
        std::fs::create_dir_all(folder).map_err(ChildError::io(folder))?;
    }
    let static_file = options.state_dir.join("traefik.toml");
    replace(&options.state_dir, &static_file, &static_configuration(options))?;
    replace(&options.staging_dir, &options.dynamic_dir.join(BASE_FILE), &base(options))?;
    Ok(static_file)
}

/// Writes in another folder, then renames: Traefik watches the dynamic one and reads whatever appears. What is there as it
/// should be stays, so that a full disk does not keep Traefik from starting.
fn replace(staging_dir: &Path, path: &Path, content: &Value) -> Result<(), ChildError> {
    let text = toml::to_string(content).map_err(|error| ChildError::io(path)(std::io::Error::other(error)))?;
    if std::fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    let draft = staging_dir.join("draft");
    std::fs::write(&draft, text).map_err(ChildError::io(&draft))?;
    std::fs::rename(&draft, path).map_err(ChildError::io(path))
}

fn static_configuration(options: &TraefikOptions) -> Value {
    json!({
        "global": { "checkNewVersion": false, "sendAnonymousUsage": false },
        "log": { "level": "INFO", "noColor": true },
        "ping": { "entryPoint": "internal" },
        "metrics": { "prometheus": { "entryPoint": "internal", "addRoutersLabels": true } },
        "entryPoints": entry_points(options),
        "providers": providers(options),
        "serversTransport": { "forwardingTimeouts": { "dialTimeout": "1s" } },
    })
}

/// A route that names no entry point is served on those that are `asDefault`, never on `internal`.
fn entry_points(options: &TraefikOptions) -> Value {
    let [web, websecure] = ENTRY_POINTS;
    let mut all = Map::new();
    all.insert("internal".to_owned(), json!({ "address": options.internal }));
    all.insert(web.to_owned(), json!({ "address": options.http, "asDefault": true }));
    if let Some(https) = options.https {
        let tls = json!({ "address": https, "asDefault": true, "http": { "tls": {} } });
        all.insert(websecure.to_owned(), tls);
    }
    Value::Object(all)
}

fn providers(options: &TraefikOptions) -> Value {
    let mut all = json!({
        "providersThrottleDuration": format!("{}ms", options.throttle.as_millis()),
        "file": { "directory": options.dynamic_dir, "watch": true },
    });
    if let Some(docker) = &options.docker {
        all["docker"] = docker_provider(docker);
    }
    all
}

fn docker_provider(docker: &Docker) -> Value {
    let mut provider = json!({
        "endpoint": format!("unix://{}", docker.socket.display()),
        "exposedByDefault": false,
    });
    if let Some(network) = &docker.network {
        provider["network"] = json!(network);
    }
    if let Some(constraint) = &docker.constraint {
        provider["constraints"] = json!(constraint);
    }
    provider
}

fn base(options: &TraefikOptions) -> Value {
    let mut tls = json!({ "options": { "default": { "minVersion": "VersionTLS12" } } });
    if let Some(pair) = &options.certificate {
        tls["stores"] =
            json!({ "default": { "defaultCertificate": { "certFile": pair.certificate, "keyFile": pair.key } } });
    }
    json!({ "tls": tls })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn options() -> TraefikOptions {
        TraefikOptions {
            binary: "/bin/traefik".into(),
            state_dir: "/s".into(),
            staging_dir: "/x".into(),
            dynamic_dir: "/d".into(),
            http: "127.0.0.1:80".parse().unwrap(),
            https: None,
            internal: "127.0.0.1:81".parse().unwrap(),
            docker: None,
            throttle: Duration::from_millis(100),
            certificate: None,
        }
    }

    #[test]
    fn what_is_not_asked_for_is_not_there() {
        let text = toml::to_string(&static_configuration(&options())).unwrap();
        for absent in ["docker", "websecure", "[api", "accessLog"] {
            assert!(!text.contains(absent), "{absent} in {text}");
        }
        assert!(text.contains("providersThrottleDuration = \"100ms\""), "{text}");
    }

    #[test]
    fn the_constraint_keeps_two_platforms_on_one_engine_apart() {
        let constraint = Some("Label(`fresco.platform`,`dev`)".to_owned());
        let docker = Docker { socket: "/run/d.sock".into(), network: Some("n".to_owned()), constraint };
        let value = static_configuration(&TraefikOptions { docker: Some(docker), ..options() });
        let provider = &value["providers"]["docker"];
        assert_eq!(provider["constraints"], "Label(`fresco.platform`,`dev`)");
        assert_eq!(provider["exposedByDefault"], false);
    }
}
