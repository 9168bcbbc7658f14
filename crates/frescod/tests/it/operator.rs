//! What an operator does beside deploying: keys, the doctor, the daemon by itself.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::ports::Ports;
use crate::support::{Dev, frescod, image, output_of, text};
use crate::tenant::Tenant;

/// A command that works with the platform's own configuration.
fn with_config(dev: &Dev, arguments: &[&str]) -> Command {
    let mut command = frescod();
    command.args(arguments).arg("--config").arg(dev.ready("config"));
    command
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}{}", text(&output.stdout), text(&output.stderr)))
}

#[test]
fn an_operator_key_opens_the_api_until_it_is_revoked() {
    let dev = Dev::start();
    let created = json(&with_config(&dev, &["operator-key", "create", "--name", "laptop", "--json"]).output().unwrap());
    let (id, token) = (created["id"].as_str().unwrap(), created["token"].as_str().unwrap());
    let authorization = format!("Authorization: Bearer {token}");
    let url = dev.ready("api") + "/api/v1/tenants";
    let status = || output_of("curl", &["-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", &authorization, &url]);
    assert_eq!(status(), "200");

    let listed = json(&with_config(&dev, &["operator-key", "list", "--json"]).output().unwrap());
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["frescod dev", "laptop"]);
    assert!(!listed.to_string().contains(token), "a token is shown once");

    assert!(with_config(&dev, &["operator-key", "revoke", id]).status().unwrap().success());
    assert_eq!(status(), "401");
    let again = with_config(&dev, &["operator-key", "revoke", id]).output().unwrap();
    assert_eq!(again.status.code(), Some(1), "it works no more, so there is nothing to revoke");
}

/// A limit of the kernel's kills the first command after it has written some of it.
#[test]
fn a_key_file_is_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let mut create = frescod();
    create.args(["sealing-key", "create"]).arg(&file);
    let mut limited = Command::new("prlimit");
    limited.args(["--fsize=10", "--"]).arg(create.get_program()).args(create.get_args());
    let killed = limited.output().unwrap();
    assert!(!killed.status.success() && !text(&killed.stdout).contains("key"), "{killed:?}");
    assert!(!file.exists(), "{:?}", std::fs::read_to_string(&file));
    let made = create.output().unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    let public = frescod().args(["sealing-key", "public"]).arg(&file).output().unwrap();
    assert!(public.status.success(), "{}", text(&public.stderr));
}

#[test]
fn the_doctor_names_what_is_wrong_and_its_mend() {
    let dev = Dev::start();
    for (variable, value, finding) in [
        ("FRESCOD_ENGINE__SOCKET", "/nowhere/docker.sock", "container engine"),
        ("FRESCOD_ROUTING__PING_URL", "http://127.0.0.1:9/ping", "Traefik"),
        ("FRESCOD_TENANTS__ADMIN_URL_FILE", "/nowhere/url", "tenants' PostgreSQL"),
        ("FRESCOD_DATABASE__URL_FILE", "/nowhere/url", "platform's database (API)"),
    ] {
        let output = with_config(&dev, &["doctor", "--json"]).env(variable, value).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{variable}");
        let answer = json(&output);
        let findings = answer["findings"].as_array().unwrap();
        let found = findings.iter().find(|found| found["name"] == finding).unwrap_or_else(|| panic!("{answer:#}"));
        assert_eq!(found["verdict"], "fail", "{found}");
        assert!(!found["mend"].as_str().unwrap().is_empty(), "{found}");
    }
}

/// What works, and is not what it should be: each would go unnoticed until it hurts.
#[test]
fn the_doctor_finds_what_is_valid_and_wrong() {
    image();
    let dev = Dev::start();
    Tenant::deploy(&dev, "jay", "sample", &[]);
    let config: toml::Table = std::fs::read_to_string(dev.ready("config")).unwrap().parse().unwrap();
    let worker_url = config["database"]["worker_url_file"].as_str().unwrap();
    let (owner_url, superuser_url) =
        (config["database"]["owner_url_file"].as_str().unwrap(), superuser_url(&dev, worker_url));
    let [other, half] = ["other-key", "other-half"].map(|name| dev.state().join("secrets").join(name));
    assert!(frescod().args(["sealing-key", "create"]).arg(&other).status().unwrap().success());
    let public = frescod().args(["sealing-key", "public"]).arg(&other).output().unwrap();
    std::fs::write(&half, public.stdout).unwrap();
    std::fs::set_permissions(&half, std::fs::Permissions::from_mode(0o600)).unwrap();
    let (other, half) = (other.to_str().unwrap(), half.to_str().unwrap());
    for (role, variable, value, finding, word) in [
        ("all", "FRESCOD_SECRETS__KEY_FILE", other, "sealing keys in use", "no key for"),
        ("api", "FRESCOD_SECRETS__PUBLIC_KEY_FILE", half, "sealing keys in use", "opens nowhere"),
        ("all", "FRESCOD_DATABASE__URL_FILE", worker_url, "platform's database (API)", "reads tenants' secrets"),
        ("api", "FRESCOD_DATABASE__URL_FILE", worker_url, "platform's database (API)", "reads tenants' secrets"),
        ("api", "FRESCOD_DATABASE__URL_FILE", owner_url, "platform's database (API)", "owns the tables"),
        ("api", "FRESCOD_DATABASE__URL_FILE", &superuser_url, "platform's database (API)", "is a superuser"),
        ("all", "FRESCOD_DATABASE__WORKER_URL_FILE", &superuser_url, "platform's database (worker)", "is a superuser"),
        ("all", "FRESCOD_ENGINE__NETWORK_SUBNET", "10.250.8.0/24", "tenants' network", "its subnet is"),
        ("all", "FRESCOD_ENGINE__NETWORK_INTERFACE", "other0", "tenants' network", "its interface is"),
    ] {
        let mut doctor = with_config(&dev, &["doctor", "--role", role, "--json"]);
        let half = ("FRESCOD_SECRETS__PUBLIC_KEY_FILE", half);
        let output = doctor.envs([half, (variable, value)]).output().unwrap();
        let answer = json(&output);
        let found = answer["findings"].as_array().unwrap().iter().find(|found| found["name"] == finding);
        let found = found.unwrap_or_else(|| panic!("{answer:#}"));
        assert_eq!((&found["verdict"], output.status.code()), (&"fail".into(), Some(1)), "{variable}: {found}");
        assert!(found["detail"].as_str().unwrap().contains(word), "{variable}: {found}");
    }
}

/// A file with the superuser's URL of the database that another file's leads to.
fn superuser_url(dev: &Dev, other: &str) -> String {
    let other = std::fs::read_to_string(other).unwrap();
    let (_, place) = other.split_once('@').unwrap();
    let secrets = dev.state().join("secrets");
    let password = std::fs::read_to_string(secrets.join("superuser-password")).unwrap();
    let file = secrets.join("superuser-url");
    std::fs::write(&file, format!("postgres://postgres:{}@{place}", password.trim())).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn people_are_answered_while_the_engine_is_away() {
    let dev = Dev::start();
    let ports = Ports::reserve();
    let [address, gate, _] = ports.numbers.map(|port| format!("127.0.0.1:{port}"));
    let mut command = with_config(&dev, &["serve"]);
    command.env("FRESCOD_ENGINE__SOCKET", "/nowhere/docker.sock").env("FRESCOD_SERVER__LISTEN", &address);
    command.env("FRESCOD_GATE__LISTEN", &gate);
    let mut daemon = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    dev.wait_until("the second daemon's API answers", || {
        let output = Command::new("curl").args(["-sf", &format!("http://{address}/readyz")]).output().unwrap();
        text(&output.stdout).contains("\"ok\"")
    });
    kill_process(Pid::from_child(&daemon), Signal::TERM).unwrap();
    assert_eq!(daemon.wait().unwrap().code(), Some(0));
    let log = std::io::read_to_string(daemon.stderr.take().unwrap()).unwrap();
    assert!(log.contains("waiting for the container engine"), "{log}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let dev = Dev::start();
    let output = with_config(&dev, &["serve"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("can't listen on 127.0.0.1:") && told.contains("`server.listen`"), "{told}");
}
