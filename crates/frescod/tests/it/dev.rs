//! A whole platform: started, restarted, killed, cleaned up; and a tenant on it.

use std::io::Read;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::engine_proxy::{EngineProxy, Mood};
use crate::support::{Dev, engine, frescod, image, output_of, text};

#[test]
fn a_platform_survives_a_stop_and_a_kill() {
    let mut dev = Dev::start();
    assert_eq!(dev.curl("/readyz").0, 200);
    let doctor = frescod().args(["doctor", "--json", "--config"]).arg(dev.ready("config")).output().unwrap();
    assert!(doctor.status.success(), "{}", text(&doctor.stdout));

    let second = dev.command().output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second.stderr).contains("another `frescod dev` works in"), "{}", text(&second.stderr));

    let key = std::fs::read(dev.ready("key_file")).unwrap();
    assert_eq!(dev.stop(), Some(0));
    dev.start_again();
    assert_eq!(dev.curl("/readyz").0, 200);

    dev.kill();
    dev.start_again();
    assert_eq!(dev.curl("/readyz").0, 200);
    assert_eq!(std::fs::read(dev.ready("key_file")).unwrap(), key, "the developer's key stays");
    assert!(dev.tenant(&["list"]).status.success());

    let network = dev.network();
    assert!(output_of("docker", &["network", "ls"]).contains(&network));
    let refused = frescod().args(["dev", "clean", "--state"]).arg(dev.state().join("routes")).output().unwrap();
    assert_eq!(refused.status.code(), Some(1), "a folder that is no platform's");
    assert!(text(&refused.stderr).contains("nothing was touched"), "{}", text(&refused.stderr));
    assert!(dev.state().join("routes").exists());

    dev.kill();
    assert!(!dev.processes().is_empty(), "its children live on");
    dev.clean();
    assert!(!output_of("docker", &["network", "ls"]).contains(&network));
    assert!(!dev.state().exists());
    assert_eq!(dev.processes(), Vec::<String>::new());
}

#[test]
fn a_first_run_that_was_killed_between_its_network_and_its_note_of_it_is_made_up_for() {
    let mut dev = Dev::start();
    let network = dev.network();
    dev.kill();
    let file = dev.state().join("identity.json");
    let mut identity: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    identity["subnet"] = Value::Null;
    std::fs::write(&file, identity.to_string()).unwrap();
    dev.start_again();
    assert_eq!((dev.curl("/readyz").0, dev.network()), (200, network.clone()));
    dev.clean();
    assert!(!output_of("docker", &["network", "ls"]).contains(&network));
}

#[test]
fn a_first_run_that_cannot_have_its_ports_leaves_nothing() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    for option in ["--http", "--https", "--api"] {
        let output = frescod().args(["dev", option, &port, "--state"]).arg(&state).output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(!state.exists(), "{told}");
        // Somebody may have the usual ports on this machine, too.
        assert!(told.contains("taken by another process") && told.contains("nothing was made"), "{told}");
    }
}

/// As Docker 20.10 does now and then.
#[test]
fn an_engine_that_miscounts_a_network_keeps_that_and_nothing_else() {
    let mut dev = Dev::start();
    let network = dev.network();
    dev.stop();
    let proxy = EngineProxy::before(&engine());
    proxy.be(Mood::Miscounting);
    let output = dev.clean_command_by(&proxy.socket()).output().unwrap();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains(&format!("docker network rm {network}")), "{told}");
    assert!(!dev.state().exists() && dev.processes().is_empty(), "{told}");
    output_of("docker", &["network", "rm", &network]);
}

#[test]
fn a_supervisor_is_told_of_the_start_the_watchdog_and_the_stop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let heard = || {
        let mut buffer = [0; 512];
        let length = socket.recv(&mut buffer).unwrap();
        text(&buffer[..length]).trim().to_owned()
    };
    let mut dev = Dev::start_with(vec![("NOTIFY_SOCKET", path.clone().into()), ("WATCHDOG_USEC", "200000".into())]);
    let first = heard();
    assert!(first.starts_with("READY=1\nSTATUS="), "{first}");
    for _ in 0..2 {
        let said = std::iter::repeat_with(heard).find(|said| !said.starts_with("STATUS="));
        assert_eq!(said.as_deref(), Some("WATCHDOG=1"));
    }
    assert_eq!(dev.stop(), Some(0));
    let last = std::iter::repeat_with(heard).find(|said| said.starts_with("STOPPING="));
    assert!(last.is_some_and(|last| last.starts_with("STOPPING=1")));
}

#[test]
fn a_killed_server_is_started_again() {
    let dev = Dev::start();
    let traefik = dev.child("traefik");
    rustix::process::kill_process(traefik, rustix::process::Signal::KILL).unwrap();
    dev.wait_until("another Traefik answers", || dev.redirects() && dev.child("traefik") != traefik);
    assert_eq!(dev.curl("/readyz").0, 200);
}

#[test]
fn a_tenant_is_deployed_reached_and_destroyed_and_leaves_nothing() {
    let image = image();
    let mut dev = Dev::start();
    let deployed = dev.tenant(&["deploy", "night-owls", "--app", "sample", "--image", &image, "--json"]);
    assert!(deployed.status.success(), "{}\n{}", text(&deployed.stderr), dev.log());
    let answer: Value = serde_json::from_slice(&deployed.stdout).unwrap();
    assert_eq!(answer["status"], "active");
    let steps = answer["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["name"] == "await_ready"), "{answer}");
    assert!(steps.iter().all(|step| step["seconds"].as_f64().unwrap() >= 0.0), "{answer}");

    // By its name, with no certificate trusted but those of the platform's own authority.
    let url = answer["url"].as_str().unwrap();
    let (status, _) = dev.fetch(url);
    assert!((200..400).contains(&status), "{url} answers {status}");

    let again = dev.tenant(&["deploy", "night-owls", "--app", "sample"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("`night-owls` is taken"), "{}", text(&again.stderr));

    let id = answer["id"].as_str().unwrap().trim_start_matches("tnt_").to_owned();
    let container = format!("fresco_tenant_{id}");
    assert!(output_of("docker", &["ps", "--format", "{{.Names}}"]).contains(&container));
    let unconfirmed = dev.tenant(&["destroy", "night-owls", "--confirm", "day-owls"]);
    assert_eq!(unconfirmed.status.code(), Some(1));
    let address = format!("tnt_{id}");
    let destroy = || dev.tenant_command(&["destroy", &address, "--yes"]).stderr(Stdio::piped()).spawn().unwrap();
    for destroyer in [destroy(), destroy()] {
        let destroyed = destroyer.wait_with_output().unwrap();
        assert!(destroyed.status.success(), "two at once: {}", text(&destroyed.stderr));
    }
    assert!(dev.tenant(&["destroy", &address, "--yes"]).status.success(), "it is gone already");

    assert!(!output_of("docker", &["ps", "--all", "--format", "{{.Names}}"]).contains(&id));
    dev.wait_until("route and certificate are gone", || {
        let names = ["routes", "certificates"].map(|folder| dev.files(folder)).concat();
        names.iter().all(|name| !name.contains(&id) && !name.contains("night-owls"))
    });
    dev.clean();
    assert!(!dev.state().exists(), "what was deployed leaves something that is cleaned by nobody");
}

#[test]
fn a_deploy_is_followed_across_a_restart_of_the_platform() {
    let image = image();
    let mut dev = Dev::start();
    // Never ready, so that it is still being followed when the platform is back.
    let wish = ["deploy", "night-owls", "--app", "sample", "--image", &image, "--env", "SAMPLE_NEVER_READY=true"];
    let mut follower = dev.tenant_command(&wish);
    let mut follower = follower.args(["--timeout", "20s", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    dev.wait_until("it is being made", || text(&dev.tenant(&["list"]).stdout).contains("night-owls"));

    let mut watcher = dev.tenant_command(&["wait", "night-owls"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = watcher.stderr.take().unwrap();
    // What it shows is proof that it follows, and so listens for the signal.
    assert!(told.read(&mut [0; 256]).unwrap() > 0);
    rustix::process::kill_process(rustix::process::Pid::from_child(&watcher), rustix::process::Signal::INT).unwrap();
    let mut rest = String::new();
    told.read_to_string(&mut rest).unwrap();
    assert_eq!(watcher.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("it goes on: `frescod tenant wait tnt_"), "{rest}");
    dev.kill();
    dev.start_again();
    let mut answer = String::new();
    follower.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
    assert_eq!(follower.wait().unwrap().code(), Some(1));
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert!(["timeout", "failed"].contains(&answer["status"].as_str().unwrap()), "{answer}");
}

#[test]
fn a_deploy_that_fails_again_and_again_is_told_before_the_time_is_over() {
    let image = image();
    let dev = Dev::start();
    let wish = ["deploy", "owls", "--app", "sample", "--image", &image, "--env", "SAMPLE_RELEASE_FAULT=fail"];
    let failed = dev.tenant_command(&wish).args(["--timeout", "3m"]).output().unwrap();
    assert_eq!(failed.status.code(), Some(1));
    let told = text(&failed.stderr);
    assert!(told.lines().any(|line| line.starts_with("  ✗ ") && line.ends_with(" s")), "{told}");
    for words in ["fails again and again", "SAMPLE_RELEASE_FAULT: failing as asked", "frescod tenant destroy owls"] {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }
}

#[test]
fn a_deploy_that_cannot_work_says_why_and_what_to_do() {
    let dev = Dev::start();
    let refused = dev.tenant(&["deploy", "Night Owls", "--app", "nosuchapp"]);
    assert_eq!(refused.status.code(), Some(1));
    let told = text(&refused.stderr);
    for words in ["subdomain", "nosuchapp"] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
    // A registry's host that is nowhere: the first attempt fails, and is tried on in the background.
    let image = "registry.invalid/nothing:1.0.0";
    let failed = dev.tenant(&["deploy", "owls", "--app", "sample", "--image", image, "--timeout", "15s", "--json"]);
    assert_eq!(failed.status.code(), Some(1), "{}", text(&failed.stdout));
    let answer: Value = serde_json::from_slice(&failed.stdout).unwrap();
    assert_eq!(answer["error"]["step"], "ensure_image", "{answer}");
    let failed: Vec<_> = answer["steps"].as_array().unwrap().iter().filter(|step| step["failed"] == true).collect();
    assert!(!failed.is_empty() && failed.iter().all(|step| step["name"] == "ensure_image"), "{answer}");
    assert!(!answer["error"]["remedy"].as_str().unwrap().is_empty(), "{answer}");
}
