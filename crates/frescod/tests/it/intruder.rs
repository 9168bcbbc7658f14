//! Somebody inside a tenant's container: in its network, at its address, with its credentials.
//!
//! The app's image holds no shell and no psql, so they come from the host: a second container in the network namespace of the
//! tenant's, which sees the host's files read-only. It may do more than the tenant's own container, so what it can't
//! reach the tenant can't either.

use std::io::Write;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{Dev, image, output_of, text};
use crate::tenant::{Tenant, psql};

const BUSYBOX: &str = "/host/bin/busybox";

/// What the engine says of a tenant's container.
pub(crate) fn inspect(tenant: &Tenant) -> Value {
    let all: Value = serde_json::from_str(&output_of("docker", &["inspect", &tenant.container()])).unwrap();
    all[0].clone()
}

/// A variable of the container's environment.
pub(crate) fn variable(inspected: &Value, name: &str) -> String {
    let all = inspected["Config"]["Env"].as_array().unwrap().iter().map(|variable| variable.as_str().unwrap());
    all.filter_map(|variable| variable.split_once('=')).find(|(found, _)| *found == name).unwrap().1.to_owned()
}

/// The URL its container connects with.
pub(crate) fn database_url(tenant: &Tenant) -> String {
    variable(&inspect(tenant), "DATABASE_URL")
}

fn inside(tenant: &Tenant, command: &[&str]) -> Command {
    let network = format!("container:{}", tenant.container());
    let mut docker = Command::new("docker");
    docker.args(["run", "--rm", "--interactive", "--network", &network, "--volume", "/:/host:ro", "--env", "LC_ALL=C"]);
    docker.args(["--entrypoint", BUSYBOX, &image()]).args(command);
    docker.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    docker
}

/// What a shell script says inside.
pub(crate) fn shell(tenant: &Tenant, script: &str) -> String {
    let script = script.replace("busybox", BUSYBOX);
    let output = inside(tenant, &["sh", "-c", &script]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// psql inside; what it is to do comes over its standard input.
pub(crate) fn session(dev: &Dev, tenant: &Tenant) -> Child {
    let url = database_url(tenant);
    let command = ["chroot", "/host", &psql(dev), "--no-psqlrc", "--quiet", "--set", "VERBOSITY=sqlstate", &url];
    inside(tenant, &command).spawn().unwrap()
}

/// The error of each line, in its place; empty where there was none.
pub(crate) fn errors(dev: &Dev, tenant: &Tenant, lines: &[String]) -> Vec<String> {
    let mut session = session(dev, tenant);
    let script: String = lines.iter().map(|line| format!("\\warn ==\n{line}\n")).collect();
    session.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = session.wait_with_output().unwrap();
    let told = text(&output.stderr);
    let errors: Vec<_> = told.split("==\n").skip(1).map(|error| error.trim().to_owned()).collect();
    assert_eq!(errors.len(), lines.len(), "{told}");
    errors
}

/// What each of these URLs answers inside; empty where it lets in.
pub(crate) fn refusals(dev: &Dev, tenant: &Tenant, urls: &[String]) -> Vec<String> {
    let psql = psql(dev);
    let tried = |url: &String| format!("echo ==; busybox chroot /host {psql} --no-psqlrc --command ';' '{url}' 2>&1");
    let script: Vec<_> = urls.iter().map(tried).chain(["true".to_owned()]).collect();
    let told = shell(tenant, &script.join("\n"));
    let refusals: Vec<_> = told.split("==\n").skip(1).map(|refusal| refusal.trim().to_owned()).collect();
    assert_eq!(refusals.len(), urls.len(), "{told}");
    refusals
}
