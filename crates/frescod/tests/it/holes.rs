//! Holes in a host's wall, each opened on purpose, and found by the hostile probe.
//!
//! ```text
//!  world: 198.51.100.1 (nobody's, public), 192.168.0.1 (private), 169.254.169.254
//!    │ 203.0.113.1
//!    │ 203.0.113.2
//!  namespaces of the test's own: engine, platform, what listens on the host
//! ```
//!
//! The engine starts containers by a program that stands before its own, and opens what no rule of the host could.

use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::private_engine::{Engine, inside};
use crate::probe::{finds, is_tight, probe, setting};
use crate::support::{Dev, output_of};
use crate::tenant::Tenant;

const DEADLINE: Duration = Duration::from_secs(20);
const NOBODY: &str = "198.51.100.1";
const PRIVATE: &str = "192.168.0.1";
const METADATA: &str = "169.254.169.254";

/// A network of its own behind this one's default route; it ends with the test's process namespace at the latest.
struct World {
    keeper: Child,
    servers: Vec<Child>,
}

impl World {
    /// With servers at these ports of each of its addresses.
    fn around(ports: &[u16]) -> Self {
        let keeper = Command::new("unshare").args(["--net", "--", "sleep", "600"]).spawn().unwrap();
        let mut world = Self { keeper, servers: vec![] };
        let own = std::fs::read_link("/proc/self/ns/net").unwrap();
        let is_apart = || std::fs::read_link(world.namespace()).is_ok_and(|theirs| theirs != own);
        wait_until("the world is apart", is_apart);
        let pid = world.keeper.id().to_string();
        output_of("ip", &["link", "add", "outer", "netns", &pid, "type", "veth", "peer", "name", "inner"]);
        output_of("ip", &["address", "add", "203.0.113.2/24", "dev", "inner"]);
        output_of("ip", &["link", "set", "inner", "up"]);
        output_of("ip", &["route", "add", "default", "via", "203.0.113.1"]);
        world.run(&["ip", "address", "add", "203.0.113.1/24", "dev", "outer"]);
        for link in ["lo", "outer"] {
            world.run(&["ip", "link", "set", link, "up"]);
        }
        for address in [NOBODY, PRIVATE, METADATA] {
            world.run(&["ip", "address", "add", &format!("{address}/32"), "dev", "lo"]);
        }
        for port in ports {
            let mut server = world.command(&["/bin/busybox", "httpd", "-f", "-p", &port.to_string()]);
            world.servers.push(server.stderr(Stdio::null()).spawn().unwrap());
        }
        let answers = |port: &u16| std::net::TcpStream::connect((NOBODY, *port)).is_ok();
        wait_until("the world answers", || ports.iter().all(answers));
        world
    }

    fn namespace(&self) -> PathBuf {
        format!("/proc/{}/ns/net", self.keeper.id()).into()
    }

    fn command(&self, command: &[&str]) -> Command {
        let mut entered = Command::new("nsenter");
        entered.arg(format!("--net={}", self.namespace().display())).args(command);
        entered
    }

    fn run(&self, command: &[&str]) {
        assert!(self.command(command).status().unwrap().success(), "{command:?}");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for process in self.servers.iter_mut().chain([&mut self.keeper]) {
            drop(process.kill());
            drop(process.wait());
        }
    }
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let until = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < until, "not by the deadline: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What starts containers, as long as a file in its folder says what is to be wrong with them.
struct Runtime<'a>(&'a Path);

impl<'a> Runtime<'a> {
    const NEW_PRIVILEGES: &'static str = "new-privileges";
    const IPV6: &'static str = "ipv6";

    /// The engine that starts containers so.
    fn engine(folder: &'a Path) -> (Self, Engine) {
        let script = r#"#!/bin/bash
            folder=$(dirname "$0")
            bundle=$(sed -nE 's/.*--bundle ([^ ]+).*/\1/p' <<<"$*")
            if [ -e "$folder/new-privileges" ] && [ -n "$bundle" ]; then
                sed -i 's/"noNewPrivileges":true/"noNewPrivileges":false/' "$bundle/config.json"
            fi
            if [ -e "$folder/ipv6" ] && [ -n "$bundle" ]; then
                sed -i 's/"linux":{/&"sysctl":{"net.ipv6.conf.all.disable_ipv6":"0"},/' "$bundle/config.json"
            fi
            exec runc "$@""#;
        let program = folder.join("runtime");
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let runtime = format!("--add-runtime=open={}", program.display());
        (Self(folder), Engine::start(folder, vec![runtime, "--default-runtime=open".to_owned()]))
    }

    fn open(&self, what: &str) {
        std::fs::write(self.0.join(what), "").unwrap();
    }

    fn close(&self, what: &str) {
        std::fs::remove_file(self.0.join(what)).unwrap();
    }
}

/// Lets tenants through before any rule of ours is asked, as long as this lives.
struct Rule<'a>(&'a str, Vec<&'a str>);

impl<'a> Rule<'a> {
    fn accept(program: &'a str, chain: &'a str, matching: &[&'a str]) -> Self {
        let rule = [&[chain], matching, &["-j", "ACCEPT"]].concat();
        output_of(program, &[&["--wait", "10", "-I"], &rule[..]].concat());
        Self(program, rule)
    }
}

impl Drop for Rule<'_> {
    fn drop(&mut self) {
        output_of(self.0, &[&["--wait", "10", "-D"], &self.1[..]].concat());
    }
}

/// A platform whose tenants may reach nothing of the internet, and one of them.
fn platform() -> (Dev, Tenant, String) {
    let dev = Dev::start_with(vec![("FRESCOD_FIREWALL__EGRESS", "none".into())]);
    let tenant = Tenant::deploy(&dev, "owls", "sample", &[]);
    let bridge = setting(&dev, "engine", "network_interface");
    (dev, tenant, bridge)
}

#[test]
fn each_way_out_that_is_opened_is_found() {
    inside("holes::each_way_out_that_is_opened_is_found", |folder| {
        let _world = World::around(&[80, 587]);
        let _engine = Engine::start(folder, vec![]);
        let (dev, tenant, bridge) = platform();
        is_tight(&dev, &tenant);
        let tcp = |port| ["-p", "tcp", "--dport", port];
        for (matching, check, severity, port) in [
            (vec!["-d", PRIVATE], "private_networks", "medium", "192.168.0.1:80"),
            (vec!["-d", METADATA], "metadata", "high", "169.254.169.254:80"),
            (tcp("587").to_vec(), "mail", "medium", "198.51.100.1:587"),
            ([&["-d", NOBODY], &tcp("80")[..]].concat(), "internet", "medium", "198.51.100.1:80"),
        ] {
            let rule = Rule::accept("iptables", "DOCKER-USER", &[&["-i", &bridge], &matching[..]].concat());
            finds(&dev, &tenant, (check, severity, port));
            drop(rule);
        }
        is_tight(&dev, &tenant);
    });
}

#[test]
fn each_service_of_the_host_that_is_opened_is_found() {
    inside("holes::each_service_of_the_host_that_is_opened_is_found", |folder| {
        let _world = World::around(&[]);
        let (runtime, _engine) = Runtime::engine(folder);
        let (dev, tenant, bridge) = platform();
        let listens = |address: &str| TcpListener::bind(address).unwrap();
        // As an engine does that is reached by TCP; as most services do; and two that are reached by datagrams.
        let (_engines, everywhere) = (listens("0.0.0.0:2375"), listens("[::]:0"));
        let [echo, mute] = ["0.0.0.0:0"; 2].map(|address| UdpSocket::bind(address).unwrap());
        let port = |address: std::io::Result<std::net::SocketAddr>| address.unwrap().port().to_string();
        let (tcp, [udp, deaf]) =
            (port(everywhere.local_addr()), [&echo, &mute].map(|socket| port(socket.local_addr())));
        std::thread::spawn(move || {
            while let Ok((_, client)) = echo.recv_from(&mut [0; 16]) {
                drop(echo.send_to(b"here", client));
            }
        });
        is_tight(&dev, &tenant);

        let open =
            |protocol, port| Rule::accept("iptables", "INPUT", &["-i", &bridge, "-p", protocol, "--dport", port]);
        let rule = open("tcp", "2375");
        finds(&dev, &tenant, ("engine", "critical", ":2375"));
        drop(rule);
        let rule = open("udp", &udp);
        finds(&dev, &tenant, ("host", "high", &format!(":{udp} (UDP)")));
        drop(rule);
        let rule = open("udp", &deaf);
        let report = probe(&dev, &tenant);
        assert_eq!(report["verdict"], "unproved", "silence is no refusal: {report:#}");
        assert!(report["findings"].to_string().contains(&format!(":{deaf} (UDP)")), "{report:#}");
        drop(rule);
        // No tenant is to have an address by which this could be tried: that it does is no proof, whatever is refused.
        runtime.open(Runtime::IPV6);
        let report = probe(&dev, &tenant);
        assert_eq!(report["verdict"], "unproved", "{report:#}");
        let rule = Rule::accept("ip6tables", "INPUT", &["-i", &bridge]);
        finds(&dev, &tenant, ("host", "high", &format!("]:{tcp}")));
        drop(rule);
        runtime.close(Runtime::IPV6);
        is_tight(&dev, &tenant);
    });
}

#[test]
fn a_container_that_may_more_than_it_was_asked_for_is_found() {
    inside("holes::a_container_that_may_more_than_it_was_asked_for_is_found", |folder| {
        let _world = World::around(&[]);
        let (runtime, _engine) = Runtime::engine(folder);
        let (dev, tenant, _) = platform();
        is_tight(&dev, &tenant);
        runtime.open(Runtime::NEW_PRIVILEGES);
        finds(&dev, &tenant, ("process", "high", "no_new_privs"));
        runtime.close(Runtime::NEW_PRIVILEGES);
        is_tight(&dev, &tenant);
    });
}
