//! What a container is allowed, by the engine's words and by the container's own.

use std::collections::BTreeMap;

use domain::app::{EnvName, Writable};
use domain::limits::{Limits, Millicpus};
use domain::quantity::Bytes;
use provisioner::container::{ContainerSpec, Phase};
use serde_json::{Value, json};

use super::docker;
use crate::bench::Bench;
use crate::program::{Program, shell};

fn hardened(bench: &Bench) -> ContainerSpec {
    let spec = bench.spec(Phase::Serve, Program::Sleeps);
    let writable = Writable {
        path: "/data".to_owned(),
        size: Bytes::mib(4),
        uid: Some(1001),
        gid: Some(1002),
        mode: Some("0700".to_owned()),
    };
    ContainerSpec {
        user: Some("1001:1002".to_owned()),
        writable: vec![writable],
        environment: BTreeMap::from([(EnvName::parse("SECRET").unwrap(), "a=b c".into())]),
        labels: BTreeMap::from([
            ("traefik.enable".to_owned(), "true".to_owned()),
            ("fresco.platform".to_owned(), "somebody-else".to_owned()),
        ]),
        cgroup_parent: Some("contract.slice".to_owned()),
        limits: Limits::new(Bytes::mib(256), Bytes::mib(512), Millicpus(250), 50).unwrap(),
        ..spec
    }
}

fn inspect(name: &str) -> Value {
    let all: Value = serde_json::from_str(&docker(&["inspect", "--type", "container", name])).unwrap();
    all[0].clone()
}

#[tokio::test]
async fn is_in_every_field_the_engine_shows() {
    let bench = Bench::docker().await;
    let spec = hardened(&bench);
    bench.made(&spec).await;
    let shown = inspect(spec.name.as_str());
    let host = &shown["HostConfig"];
    for (field, wanted) in [
        ("CapDrop", json!(["ALL"])),
        ("CapAdd", Value::Null),
        ("SecurityOpt", json!(["no-new-privileges:true"])),
        ("Privileged", json!(false)),
        ("ReadonlyRootfs", json!(true)),
        ("Tmpfs", json!({"/data": "rw,nosuid,nodev,noexec,size=4194304,uid=1001,gid=1002,mode=0700"})),
        ("Memory", json!(256 << 20)),
        ("MemorySwap", json!(512 << 20)),
        ("NanoCpus", json!(250_000_000)),
        ("PidsLimit", json!(50)),
        ("CgroupParent", json!("contract.slice")),
        ("OomScoreAdj", json!(500)),
        ("Init", json!(true)),
        ("IpcMode", json!("private")),
        ("PidMode", json!("")),
        ("NetworkMode", json!(bench.network.name.as_str())),
        ("PublishAllPorts", json!(false)),
        ("PortBindings", Value::Null),
        ("Binds", Value::Null),
        ("Devices", Value::Null),
        ("RestartPolicy", json!({"Name": "unless-stopped", "MaximumRetryCount": 0})),
        ("LogConfig", json!({"Type": "json-file", "Config": {"max-size": "10485760", "max-file": "3"}})),
    ] {
        let empty = host[field].is_null() || host[field] == json!([]) || host[field] == json!({});
        assert!(host[field] == wanted || (wanted.is_null() && empty), "{field}: {} is not {wanted}", host[field]);
    }
    assert_eq!(shown["Mounts"], json!([]));
    let config = &shown["Config"];
    for (field, wanted) in [
        ("Tty", json!(false)),
        ("OpenStdin", json!(false)),
        ("User", json!("1001:1002")),
        ("StopSignal", json!("SIGTERM")),
        ("StopTimeout", json!(7)),
        ("Entrypoint", json!(shell("exec sleep 600"))),
        ("Cmd", Value::Null),
    ] {
        assert_eq!(config[field], wanted, "{field}");
    }
    assert_eq!(config["Healthcheck"]["Test"], json!(["NONE"]));
    assert!(config["Env"].as_array().unwrap().contains(&json!("SECRET=a=b c")));
    let labels = &config["Labels"];
    assert_eq!(labels["traefik.enable"], "true");
    assert_eq!(labels["fresco.platform"], bench.platform.as_str(), "ownership can't be claimed by another label");
    assert_eq!((&labels["fresco.port"], &labels["fresco.phase"]), (&json!("3000"), &json!("serve")));
}

#[tokio::test]
async fn a_release_is_never_restarted_and_a_root_is_writable_only_on_request() {
    let bench = Bench::docker().await;
    let spec = ContainerSpec { writable_root: true, ..bench.spec(Phase::Release, Program::Fails) };
    bench.made(&spec).await;
    let shown = inspect(spec.name.as_str());
    assert_eq!(shown["HostConfig"]["RestartPolicy"]["Name"], "no");
    assert_eq!(shown["HostConfig"]["ReadonlyRootfs"], false);
}

#[tokio::test]
async fn holds_inside() {
    let bench = Bench::docker().await;
    let script = "b=/bin/busybox
        $b grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp|Uid|Gid):' /proc/self/status | $b tr '\\t' ' '
        echo x >/file || echo root read-only
        echo x >/data/file && echo data writable
        $b cp $b /data/b && { /data/b true || echo data not executable; }
        $b dd if=/dev/zero of=/data/full bs=1M count=5 2>/dev/null || echo data limited
        echo \"$SECRET\"";
    let spec = ContainerSpec { command: Some(shell(script)), ..hardened(&bench) };
    let spec = ContainerSpec { restart: provisioner::container::Restart::Never, ..spec };
    let id = bench.made(&spec).await;
    bench.engine.start_container(&id).await.unwrap();
    bench.engine.wait_container(&id).await.unwrap();
    let log = bench.engine.tail_log(&id, 100, Bytes::mib(1)).await.unwrap();
    for wanted in [
        "CapEff: 0000000000000000",
        "CapBnd: 0000000000000000",
        "NoNewPrivs: 1",
        "Seccomp: 2",
        "Uid: 1001 1001 1001 1001",
        "Gid: 1002 1002 1002 1002",
        "root read-only",
        "data writable",
        "data not executable",
        "data limited",
        "a=b c",
    ] {
        assert!(log.iter().any(|line| line == wanted), "{wanted}: {log:#?}");
    }
}

/// The image's volume at `/data` is a disk without a limit, but where the spec has memory at that very path.
#[tokio::test]
async fn a_tmpfs_takes_the_place_of_a_volume_at_its_very_path_only() {
    let bench = Bench::docker().await;
    for (path, replaced) in [("/data", true), ("/data/below", false), ("/other", false)] {
        let spec = hardened(&bench);
        let writable = Writable { path: path.to_owned(), ..spec.writable[0].clone() };
        let spec = ContainerSpec { writable: vec![writable], ..spec };
        let id = bench.made(&spec).await;
        bench.engine.start_container(&id).await.unwrap();
        let mounts = inspect(spec.name.as_str())["Mounts"].as_array().unwrap().len();
        assert_eq!(mounts, usize::from(!replaced), "{path}");
        bench.engine.remove_container(&id).await.unwrap();
    }
}

/// The init process starts whatever comes of it: the engine says nothing, the exit code does.
#[tokio::test]
async fn a_program_that_is_not_there_is_an_exit_code() {
    let bench = Bench::docker().await;
    let missing = Some(vec!["/not/there".to_owned()]);
    let spec = ContainerSpec { command: missing, ..bench.spec(Phase::Release, Program::Sleeps) };
    let id = bench.made(&spec).await;
    bench.engine.start_container(&id).await.unwrap();
    assert_eq!(bench.engine.wait_container(&id).await.unwrap().code, 127);
    let log = bench.engine.tail_log(&id, 10, Bytes::mib(1)).await.unwrap();
    assert!(log.iter().any(|line| line.contains("/not/there")), "{log:?}");
}
