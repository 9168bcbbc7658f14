//! The questions that are passed on, and what is left of the engine's answers.

use hyper::Method;
use serde_json::{Map, Value, json};

use crate::container::PlatformId;

/// What may be asked, in the version of the API that the client speaks, as `/v1.41`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    version: String,
    pub(super) about: About,
}

/// What a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum About {
    Ping,
    Version,
    /// The containers that run.
    List,
    /// One, by its id or name.
    Inspect(String),
    /// What happens to them, as it happens.
    Events,
}

/// What changes who is led where.
const EVENTS: [&str; 6] = ["start", "die", "destroy", "health_status", "pause", "unpause"];
/// Of one in the list. Its command may hold secrets.
const LISTED: [&str; 9] = ["Id", "Names", "Image", "Created", "Labels", "State", "Status", "Ports", "NetworkSettings"];
const INSPECTED: [&str; 5] = ["Id", "Name", "Created", "Image", "NetworkSettings"];
/// A health check's own words are left out.
const STATE: [&str; 8] = ["Status", "Running", "Paused", "Restarting", "Dead", "ExitCode", "StartedAt", "FinishedAt"];
const HOST: [&str; 2] = ["NetworkMode", "PortBindings"];
/// Not its environment.
const CONFIG: [&str; 4] = ["Hostname", "Image", "Labels", "ExposedPorts"];

impl Question {
    /// `None` for everything else. What a client asks to be filtered by counts for nothing.
    pub(super) fn of(method: &Method, path: &str) -> Option<Self> {
        let (version, rest) = versioned(path);
        let about = match (method, rest) {
            (&Method::GET | &Method::HEAD, "/_ping") => About::Ping,
            (&Method::GET, "/version") => About::Version,
            (&Method::GET, "/containers/json") => About::List,
            (&Method::GET, "/events") => About::Events,
            (&Method::GET, path) => {
                let name = path.strip_prefix("/containers/")?.strip_suffix("/json")?;
                About::Inspect(Some(name).filter(|name| is_name(name))?.to_owned())
            }
            _ => return None,
        };
        Some(Self { version: version.to_owned(), about })
    }

    /// As the engine is asked.
    pub(super) fn target(&self, platform: &PlatformId) -> String {
        let version = &self.version;
        let label = format!("{}={}", PlatformId::LABEL, platform.as_str());
        match &self.about {
            About::Ping => "/_ping".to_owned(),
            About::Version => format!("{version}/version"),
            About::List => format!("{version}/containers/json?filters={}", encoded(&json!({ "label": [label] }))),
            About::Inspect(name) => format!("{version}/containers/{name}/json"),
            About::Events => {
                let filters = json!({ "type": ["container"], "label": [label], "event": EVENTS });
                format!("{version}/events?filters={}", encoded(&filters))
            }
        }
    }

    /// What is shown of an answer; `None` if it is about a container of somebody else's.
    pub(super) fn shown(&self, whole: &Value, platform: &PlatformId) -> Option<Value> {
        match &self.about {
            About::Ping | About::Version | About::Events => Some(whole.clone()),
            About::List => {
                let all = whole.as_array().into_iter().flatten();
                let ours = all.filter(|container| is_of(&container["Labels"], platform));
                Some(ours.map(listed).collect())
            }
            About::Inspect(_) => is_of(&whole["Config"]["Labels"], platform).then(|| inspected(whole)),
        }
    }
}

/// The version, and what is asked in it.
fn versioned(path: &str) -> (&str, &str) {
    let number = path.strip_prefix("/v").and_then(|rest| rest.split('/').next());
    let is_version = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    number.filter(is_version).map_or(("", path), |number| path.split_at("/v".len() + number.len()))
}

/// As the engine names containers; no name leads to another path.
fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    text.bytes().all(is_plain) && text.starts_with(|first: char| first.is_ascii_alphanumeric())
}

/// For a query. Nothing in it is beyond ASCII.
fn encoded(value: &Value) -> String {
    value.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn is_of(labels: &Value, platform: &PlatformId) -> bool {
    labels[PlatformId::LABEL] == platform.as_str()
}

fn only(whole: &Value, names: &[&str]) -> Value {
    let kept = names.iter().filter_map(|name| Some(((*name).to_owned(), whole.get(name)?.clone())));
    Value::Object(kept.collect::<Map<_, _>>())
}

fn listed(container: &Value) -> Value {
    let mut shown = only(container, &LISTED);
    shown["HostConfig"] = only(&container["HostConfig"], &HOST);
    shown
}

fn inspected(container: &Value) -> Value {
    let mut shown = only(container, &INSPECTED);
    shown["Config"] = only(&container["Config"], &CONFIG);
    shown["HostConfig"] = only(&container["HostConfig"], &HOST);
    shown["State"] = only(&container["State"], &STATE);
    if let Some(health) = container["State"].get("Health").filter(|health| health.is_object()) {
        shown["State"]["Health"] = only(health, &["Status"]);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_proxy_needs_may_be_asked_and_by_paths_made_here() {
        let platform = PlatformId::parse("main").unwrap();
        let target = |method, path| Some(Question::of(&method, path)?.target(&platform));
        assert_eq!(target(Method::HEAD, "/_ping").as_deref(), Some("/_ping"));
        assert_eq!(target(Method::GET, "/v1.41/version").as_deref(), Some("/v1.41/version"));
        let one = "/v1.41/containers/fresco_tenant_1/json";
        assert_eq!(target(Method::GET, one).as_deref(), Some(one));
        let list = target(Method::GET, "/containers/json").unwrap();
        let filters = encoded(&json!({ "label": ["fresco.platform=main"] }));
        assert_eq!(list, format!("/containers/json?filters={filters}"));
        for (method, path) in [
            (Method::POST, "/_ping"),
            (Method::POST, "/v1.41/containers/create"),
            (Method::DELETE, "/v1.41/containers/1"),
            (Method::GET, "/v1.41/containers/1/logs"),
            (Method::GET, "/containers/1/../../images/json"),
            (Method::GET, "/containers/..%2F..%2Fimages/json"),
            (Method::GET, "/containers//json"),
            (Method::GET, "/v1.41/images/json"),
            (Method::GET, "/v1.41/secrets"),
            (Method::GET, "/v1.41/v1.41/version"),
        ] {
            assert_eq!(target(method.clone(), path), None, "{method} {path}");
        }
    }

    #[test]
    fn of_a_container_its_environment_its_command_and_its_mounts_stay_here() {
        let platform = PlatformId::parse("main").unwrap();
        let labels = json!({ "fresco.platform": "main", "traefik.enable": "true" });
        let whole = json!({
            "Id": "1", "Args": ["hunter2"], "Mounts": ["hunter2"], "NetworkSettings": { "Networks": {} },
            "Config": { "Env": ["PASSWORD=hunter2"], "Cmd": ["hunter2"], "Labels": labels },
            "HostConfig": { "NetworkMode": "fresco", "Binds": ["hunter2"] },
            "State": { "Running": true, "Health": { "Status": "healthy", "Log": ["hunter2"] } },
        });
        let question = |about| Question { version: String::new(), about };
        let shown = question(About::Inspect("1".to_owned())).shown(&whole, &platform).unwrap();
        assert!(!shown.to_string().contains("hunter2"), "{shown}");
        assert_eq!((&shown["Config"]["Labels"], &shown["State"]["Health"]["Status"]), (&labels, &json!("healthy")));
        let stranger = PlatformId::parse("other").unwrap();
        assert_eq!(question(About::Inspect("1".to_owned())).shown(&whole, &stranger), None);

        let all = json!([{ "Id": "1", "Command": "hunter2", "Labels": labels }, { "Id": "2", "Labels": null }]);
        let shown = question(About::List).shown(&all, &platform).unwrap();
        assert_eq!((shown.as_array().unwrap().len(), shown[0]["Id"].as_str()), (1, Some("1")));
        assert!(!shown.to_string().contains("hunter2"), "{shown}");
    }
}
