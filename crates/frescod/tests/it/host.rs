//! A host for one test: a network namespace with an engine of its own in it, and a world around it.
//!
//! ```text
//!  world: 198.51.100.1 (public), 10.9.9.9 and 192.168.7.7 (private), 169.254.169.254
//!    │ 203.0.113.1
//!    │ 203.0.113.2
//!  host: dockerd, bridge fresco0 10.77.0.1 ── containers
//! ```
//!
//! Everything ends with it, also after a panic.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{output_of, text};

const DEADLINE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
/// Every address of the world.
pub(crate) const PUBLIC: &str = "198.51.100.1";
pub(crate) const WORLD: [&str; 4] = [PUBLIC, "10.9.9.9", "192.168.7.7", "169.254.169.254"];
pub(crate) const GATEWAY: &str = "10.77.0.1";
/// The host's own address towards the world.
pub(crate) const OWN: &str = "203.0.113.2";

pub(crate) struct Host {
    folder: tempfile::TempDir,
    name: String,
    backend: &'static str,
    engine: Option<Child>,
    servers: Vec<Child>,
}

impl Host {
    /// `backend` is the family of programs that the host calls `iptables`: `nft` or `legacy`.
    pub(crate) fn start(backend: &'static str) -> Self {
        let folder = tempfile::Builder::new().prefix("frescod-host-").tempdir().unwrap();
        // An interface's name has 15 characters at most.
        let name = format!("h{:x}{}", std::process::id(), &backend[..1]);
        let mut host = Self { folder, name, backend, engine: None, servers: vec![] };
        host.connect();
        host.choose_programs();
        host.start_engine();
        host.docker(&[
            "network",
            "create",
            "--subnet",
            "10.77.0.0/22",
            "--gateway",
            GATEWAY,
            "--opt",
            "com.docker.network.bridge.name=fresco0",
            "fresco",
        ]);
        host.import_busybox();
        host
    }

    fn world(&self) -> String {
        format!("{}w", self.name)
    }

    fn connect(&self) {
        let (host, world) = (self.name.clone(), self.world());
        let [outer, inner] = [format!("{host}o"), format!("{host}i")];
        for namespace in [&host, &world] {
            output_of("ip", &["netns", "add", namespace]);
            output_of("ip", &["-n", namespace, "link", "set", "lo", "up"]);
        }
        output_of(
            "ip",
            &["link", "add", &outer, "netns", &world, "type", "veth", "peer", "name", &inner, "netns", &host],
        );
        for (namespace, link, address) in [(&world, &outer, "203.0.113.1/24"), (&host, &inner, "203.0.113.2/24")] {
            output_of("ip", &["-n", namespace, "address", "add", address, "dev", link]);
            output_of("ip", &["-n", namespace, "link", "set", link, "up"]);
        }
        output_of("ip", &["-n", &host, "route", "add", "default", "via", "203.0.113.1"]);
        for address in WORLD {
            output_of("ip", &["-n", &world, "address", "add", &format!("{address}/32"), "dev", "lo"]);
        }
    }

    /// What `iptables` means on this host, for the engine and for frescod.
    fn choose_programs(&self) {
        for family in ["iptables", "ip6tables"] {
            for action in ["", "-save", "-restore"] {
                let program = format!("/usr/sbin/{family}-{}{action}", self.backend);
                symlink(program, self.folder.path().join(format!("{family}{action}"))).unwrap();
            }
        }
    }

    pub(crate) fn start_engine(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.path("log")).unwrap();
        let mut command = self.inside("dockerd");
        command.arg("--data-root").arg(self.path("data")).arg("--exec-root").arg(self.path("exec"));
        command.arg("--pidfile").arg(self.path("pid")).arg("-H").arg(format!("unix://{}", self.socket().display()));
        command.stdout(Stdio::null()).stderr(log);
        self.engine = Some(command.spawn().unwrap());
        self.wait_until("the engine answers", || self.try_docker(&["version"]).status.success());
    }

    /// What a reboot takes: the packet filter and the bridge. What the engine keeps on disk stays.
    pub(crate) fn forget(&self) {
        for program in ["iptables", "ip6tables"] {
            for arguments in [&["-P", "FORWARD", "ACCEPT"][..], &["-F"], &["-X"], &["-t", "nat", "-F"]] {
                self.filter(program, arguments);
            }
        }
        output_of("ip", &["-n", &self.name, "link", "del", "fresco0"]);
    }

    pub(crate) fn stop_engine(&mut self) {
        let mut engine = self.engine.take().unwrap();
        kill_process(Pid::from_child(&engine), Signal::TERM).unwrap();
        engine.wait().unwrap();
    }

    fn import_busybox(&self) {
        let root = self.path("root/bin");
        std::fs::create_dir_all(&root).unwrap();
        std::fs::copy("/bin/busybox", root.join("busybox")).unwrap();
        let archive = self.path("root.tar");
        output_of("tar", &["-cf", archive.to_str().unwrap(), "-C", self.path("root").to_str().unwrap(), "."]);
        self.docker(&["import", archive.to_str().unwrap(), "busybox"]);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn socket(&self) -> PathBuf {
        self.path("docker.sock")
    }

    /// A program in the host's network.
    pub(crate) fn inside(&self, program: impl AsRef<Path>) -> Command {
        self.in_namespace(&self.name, program.as_ref())
    }

    fn in_namespace(&self, namespace: &str, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        // Not `ip netns exec`, which hides the control groups.
        command.arg(format!("--net=/run/netns/{namespace}")).arg(program);
        command.env("PATH", format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.folder.path().display()));
        command
    }

    pub(crate) fn docker(&self, arguments: &[&str]) -> String {
        let output = self.try_docker(arguments);
        assert!(output.status.success(), "docker {arguments:?}: {}", text(&output.stderr));
        text(&output.stdout).trim().to_owned()
    }

    fn try_docker(&self, arguments: &[&str]) -> Output {
        let mut docker = Command::new("docker");
        docker.arg("--host").arg(format!("unix://{}", self.socket().display())).args(arguments).output().unwrap()
    }

    /// A container that lives until the host ends, serving on port 3000; its address.
    pub(crate) fn tenant(&self, name: &str, network: &str) -> String {
        self.docker(&[
            "run",
            "--detach",
            "--restart",
            "always",
            "--name",
            name,
            "--network",
            network,
            "busybox",
            "/bin/busybox",
            "httpd",
            "-f",
            "-p",
            "3000",
        ]);
        self.address_of(name)
    }

    pub(crate) fn address_of(&self, name: &str) -> String {
        self.docker(&["inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name])
    }

    /// Serves on all addresses of the host.
    pub(crate) fn serve(&mut self, port: u16) {
        self.serve_in(self.name.clone(), port);
    }

    pub(crate) fn serve_in_the_world(&mut self, port: u16) {
        self.serve_in(self.world(), port);
    }

    fn serve_in(&mut self, namespace: String, port: u16) {
        let mut command = self.in_namespace(&namespace, Path::new("/bin/busybox"));
        command.args(["httpd", "-f", "-p", &port.to_string()]).stderr(Stdio::null());
        self.servers.push(command.spawn().unwrap());
        let answers = || {
            let mut client = self.in_namespace(&namespace, Path::new("/bin/busybox"));
            client.args(["nc", "127.0.0.1", &port.to_string()]).stdin(Stdio::null()).output().unwrap().status.success()
        };
        self.wait_until("the server answers", answers);
    }

    /// Whether the container's connection is accepted; a refused one must be refused at once.
    pub(crate) fn reaches(&self, container: &str, address: &str, port: u16) -> bool {
        let began = Instant::now();
        let target = ["exec", container, "/bin/busybox", "nc", "-w", "5", address, &port.to_string()];
        let output = self.try_docker(&target);
        let said = text(&output.stderr);
        assert!(output.status.success() || said.contains("refused"), "{container} to {address}:{port}: {said}");
        assert!(began.elapsed() < Duration::from_secs(4), "{container} to {address}:{port} hung");
        output.status.success()
    }

    /// The filter table of both families, without what changes by itself.
    pub(crate) fn rules(&self) -> String {
        let tables = ["iptables-save", "ip6tables-save"].map(|program| {
            let output = self.inside(self.path(program)).args(["-t", "filter"]).output().unwrap();
            text(&output.stdout)
        });
        let lines = tables.concat();
        let lines = lines.lines().filter(|line| !line.starts_with('#'));
        // Counters go on counting.
        lines.map(|line| line.split(" [").next().unwrap().to_owned() + "\n").collect()
    }

    pub(crate) fn iptables(&self, arguments: &[&str]) {
        self.filter("iptables", arguments);
    }

    fn filter(&self, program: &str, arguments: &[&str]) {
        let output = self.inside(self.path(program)).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program} {arguments:?}: {}", text(&output.stderr));
    }

    /// A connection from the container, open, which asks for a page when it is told to.
    pub(crate) fn open(&self, container: &str, address: &str, port: u16) -> Opened {
        let before = self.established(container);
        let script = format!(
            "(read go; printf 'GET / HTTP/1.0\\r\\n\\r\\n'; /bin/busybox sleep 1) | /bin/busybox nc {address} {port}"
        );
        let mut docker = Command::new("docker");
        docker.arg("--host").arg(format!("unix://{}", self.socket().display()));
        docker.args(["exec", "--interactive", container, "/bin/busybox", "sh", "-c", &script]);
        docker.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let opened = Opened(docker.spawn().unwrap());
        self.wait_until("the connection is open", || self.established(container) > before);
        opened
    }

    fn established(&self, container: &str) -> usize {
        let sockets = self.docker(&["exec", container, "/bin/busybox", "netstat", "-tn"]);
        sockets.lines().filter(|line| line.contains("ESTABLISHED")).count()
    }

    /// A configuration whose secrets nobody can read.
    pub(crate) fn configuration(&self, more: &str) -> PathBuf {
        let path = self.path("frescod.toml");
        let mut file = std::fs::File::create(&path).unwrap();
        let least = "[database]\nurl_file = \"/none\"\nworker_url_file = \"/none\"\n[secrets]\nkey_file = \"/none\"\n[auth]\nkey_file = \"/none\"\n\
                     [tenants]\ndomain = \"example.org\"\nadmin_url_file = \"/none\"\n";
        file.write_all(format!("{least}{more}\n").as_bytes()).unwrap();
        path
    }

    pub(crate) fn wait_until(&self, what: &str, condition: impl Fn() -> bool) {
        let until = Instant::now() + DEADLINE;
        while !condition() {
            let log = || std::fs::read_to_string(self.path("log")).unwrap_or_default();
            assert!(Instant::now() < until, "not by the deadline: {what}\n{}", log());
            std::thread::sleep(POLL);
        }
    }
}

/// The client's end of an open connection.
pub(crate) struct Opened(Child);

impl Opened {
    /// Whether what it asks for now is answered.
    pub(crate) fn answers(mut self) -> bool {
        self.0.stdin.take().unwrap().write_all(b"go\n").unwrap();
        text(&self.0.wait_with_output().unwrap().stdout).starts_with("HTTP/")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let containers = self.try_docker(&["ps", "--all", "--quiet"]);
        for container in text(&containers.stdout).lines() {
            self.try_docker(&["rm", "--force", container]);
        }
        if let Some(mut engine) = self.engine.take() {
            drop(kill_process(Pid::from_child(&engine), Signal::TERM).map_err(std::io::Error::from));
            drop(engine.wait());
        }
        // An engine that ends in a hurry leaves its data folder mounted on itself.
        drop(Command::new("umount").arg("--quiet").arg(self.path("data")).output());
        for server in &mut self.servers {
            drop(server.kill());
            drop(server.wait());
        }
        for namespace in [self.name.clone(), self.world()] {
            drop(Command::new("ip").args(["netns", "del", &namespace]).output());
        }
    }
}
