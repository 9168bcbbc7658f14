//! What tells a container of one spec from one of another.

use std::process::Command;

use serde_json::{Map, Value, json};

use crate::support::text;
use crate::tenant::Tenant;

/// Harmless, and another value each time: so that it tells whose container it is.
const MARK: &str = "SAMPLE_SETUP_WINDOW_SECONDS";

/// As it was asked for, or as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Make {
    version: String,
    mark: Option<String>,
    /// `None` where nobody can tell before the image is known.
    memory: Option<String>,
}

/// That mark, as an environment.
pub(super) fn mark(number: usize) -> Map<String, Value> {
    Map::from_iter([(MARK.to_owned(), json!((7200 + number).to_string()))])
}

impl Make {
    /// As the API shows it.
    pub(super) fn told(tenant: &Value) -> Self {
        let (_, version) = tenant["image"].as_str().unwrap().rsplit_once(':').unwrap();
        Self {
            version: version.to_owned(),
            mark: tenant["environment"][MARK]["value"].as_str().map(str::to_owned),
            memory: tenant["limits"]["memory"].as_str().map(str::to_owned),
        }
    }

    /// Whether a container is made so.
    pub(super) fn is(&self, serving: &Self) -> bool {
        let memory = self.memory.is_none() || self.memory == serving.memory;
        memory && (&self.version, &self.mark) == (&serving.version, &serving.mark)
    }

    /// Of the container with a tenant's name, if it is there.
    pub(super) fn serving(tenant: &Tenant) -> Option<Self> {
        let container = inspected(tenant)?;
        let variable = |variable: &Value| Some(variable.as_str()?.strip_prefix(MARK)?.strip_prefix('=')?.to_owned());
        Some(Self {
            version: container["Config"]["Labels"]["fresco.version"].as_str()?.to_owned(),
            mark: container["Config"]["Env"].as_array()?.iter().find_map(variable),
            memory: Some(format!("{}MiB", container["HostConfig"]["Memory"].as_u64()? >> 20)),
        })
    }
}

/// What every container of an instance that should be up is held to, where it is not: it is not told by the spec.
pub(super) fn loosened(tenant: &Tenant) -> Option<Value> {
    let held = inspected(tenant)?["HostConfig"].take();
    let is_held = held["PidsLimit"] == 100 && held["RestartPolicy"]["Name"] == "unless-stopped";
    (!is_held).then(|| json!([held["PidsLimit"], held["RestartPolicy"]]))
}

fn inspected(tenant: &Tenant) -> Option<Value> {
    let output = Command::new("docker").args(["inspect", &tenant.container()]).output().unwrap();
    Some(serde_json::from_str::<Value>(&text(&output.stdout)).ok()?.get_mut(0)?.take())
}
