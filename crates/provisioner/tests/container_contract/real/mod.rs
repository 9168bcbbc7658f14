//! A real Docker engine on the bench, and what only it can be asked.

mod connection;
mod hardening;
mod isolation;
mod logs;
mod registry;
mod usage;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use domain::image::{ImageId, ImageReference};
use domain::limits::Limits;
use domain::quantity::Bytes;
use provisioner::container::docker::{DockerEngine, DockerOptions};
use provisioner::container::{
    ContainerEngine, ContainerName, EngineError, ImageName, NetworkName, NetworkSpec, PlatformId,
};

use crate::bench::{Bench, Connecting, Hands};

pub(crate) const SOCKET: &str = "/var/run/docker.sock";
const BUSYBOX: [&str; 2] = ["/usr/bin/busybox", "/bin/busybox"];

/// What one test has on the engine; all of it goes when this goes.
#[derive(Debug)]
pub(crate) struct Machine {
    platform: PlatformId,
    reference: String,
    network: NetworkName,
}

impl Machine {
    pub(crate) async fn bench() -> Bench {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("contract-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let machine = Self {
            platform: PlatformId::parse(&unique).unwrap(),
            reference: format!("{unique}:1"),
            network: NetworkName::parse(&unique).unwrap(),
        };
        import(&machine.reference);
        let platform = machine.platform.clone();
        let engine = DockerEngine::connect(options(&platform)).await.unwrap();
        let reference = ImageReference::parse(&machine.reference).unwrap();
        let image = engine.find_image(ImageName::Reference(&reference)).await.unwrap().unwrap().id;
        let network = free_network(&engine, &machine.network).await;
        Bench { engine: Arc::new(engine), platform, image, reference, network, hands: Box::new(machine) }
    }

    fn label(&self) -> String {
        format!("label={}={}", PlatformId::LABEL, self.platform.as_str())
    }
}

pub(crate) fn options(platform: &PlatformId) -> DockerOptions {
    DockerOptions::new(SOCKET.into(), platform.clone())
}

/// Asks the engine behind our own back.
pub(crate) fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A subnet nobody has: networks of other tests, of this run and of others, come and go.
async fn free_network(engine: &DockerEngine, name: &NetworkName) -> NetworkSpec {
    let first = std::process::id();
    for offset in 0..64 {
        let number = (first + offset * 7) % 256;
        let spec = NetworkSpec {
            name: name.clone(),
            subnet: format!("10.201.{number}.0/24"),
            interface: format!("fr-t{number}"),
        };
        match engine.ensure_network(&spec).await {
            Ok(_) => {
                docker(&["network", "rm", name.as_str()]);
                return spec;
            }
            Err(EngineError::Conflict { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("no subnet of 10.201.0.0/16 is free: remove the networks that earlier tests left");
}

/// The image: a shell and a few files, a label and a volume, and a command of its own that ends with 5.
fn import(reference: &str) {
    let busybox = BUSYBOX.iter().find_map(|path| std::fs::read(path).ok());
    let busybox = busybox.expect("a static busybox: apt-get install busybox-static");
    let mut archive = tar::Builder::new(Vec::new());
    for (path, mode, content) in [
        ("bin/busybox", 0o755, busybox.as_slice()),
        ("app/package.json", 0o644, b"{}"),
        ("app/large", 0o644, &[0; 4096]),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, path, content).unwrap();
    }
    let changes = [
        "ENTRYPOINT [\"/bin/busybox\"]",
        "CMD [\"sh\", \"-c\", \"exit 5\"]",
        "LABEL contract.image=kept",
        "VOLUME [\"/data\"]",
    ];
    let mut command = Command::new("docker");
    command.arg("import").args(changes.iter().flat_map(|change| ["--change", change])).args(["-", reference]);
    let mut import = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    import.stdin.take().unwrap().write_all(&archive.into_inner().unwrap()).unwrap();
    assert!(import.wait().unwrap().success());
}

impl Hands for Machine {
    fn pause(&self, container: &ContainerName) {
        docker(&["pause", container.as_str()]);
    }

    fn loosen(&self, container: &ContainerName, limits: &Limits) {
        let bytes = |bytes: Bytes| bytes.0.to_string();
        let (memory, swap) = (bytes(limits.memory), bytes(limits.memory_swap));
        let (cpus, pids) = (f64::from(limits.cpus).to_string(), limits.pids.to_string());
        let limits = ["--memory", &memory, "--memory-swap", &swap, "--cpus", &cpus, "--pids-limit", &pids];
        docker(&[&["update", "--restart", "always"], &limits[..], &[container.as_str()]].concat());
    }

    fn put_elsewhere(&self, container: &ContainerName) {
        docker(&["network", "connect", "bridge", container.as_str()]);
    }

    fn plant_container(&self, name: &ContainerName) {
        let label = format!("contract.cleanup={}", self.platform.as_str());
        let run = ["run", "-d", "--label", &label, "--name", name.as_str(), "--network", "none", "--entrypoint"];
        docker(&[&run[..], &["/bin/busybox", &self.reference, "sleep", "600"]].concat());
    }

    fn plant_network(&self, spec: &NetworkSpec) {
        docker(&["network", "create", "--subnet", &spec.subnet, spec.name.as_str()]);
    }

    fn drop_network(&self, name: &NetworkName) {
        docker(&["network", "rm", name.as_str()]);
    }

    fn abandon_reader(&self, name: &str) {
        let label = format!("{}={}", PlatformId::LABEL, self.platform.as_str());
        let create = ["create", "--name", name, "--label", &label, "--label", "fresco.role=reader"];
        docker(&[&create[..], &["--entrypoint", "/never", &self.reference]].concat());
    }

    fn reconnect_impatiently(&self) -> Connecting<'_> {
        Box::pin(async {
            let impatient = DockerOptions { reader_lifetime: Duration::from_secs(1), ..options(&self.platform) };
            let engine: Arc<dyn ContainerEngine> = Arc::new(DockerEngine::connect(impatient).await.unwrap());
            engine
        })
    }

    fn reconnect(&self) -> Connecting<'_> {
        Box::pin(async {
            let engine: Arc<dyn ContainerEngine> =
                Arc::new(DockerEngine::connect(options(&self.platform)).await.unwrap());
            engine
        })
    }

    fn count_networks(&self, name: &NetworkName) -> usize {
        let names = docker(&["network", "ls", "--format", "{{.Name}}"]);
        names.lines().filter(|there| *there == name.as_str()).count()
    }

    fn count_containers(&self) -> usize {
        docker(&["ps", "-aq", "--filter", &self.label()]).lines().count()
    }
}

impl Drop for Machine {
    /// Runs after a panic too, so it panics at nothing and only says what it could not do.
    #[expect(clippy::print_stdout, reason = "a test that can't clean up says so")]
    fn drop(&mut self) {
        let platform = self.platform.as_str();
        let clean_up = format!(
            "for label in {label}={platform} {label}={platform}-2 contract.cleanup={platform}; do
                 docker ps -aq --filter label=$label | xargs -r docker rm -fv
                 docker network ls -q --filter label=$label | xargs -r docker network rm
             done >/dev/null
             docker network ls -q --filter name='^{network}$' | xargs -r docker network rm >/dev/null
             docker image rm -f {image} >/dev/null",
            label = PlatformId::LABEL,
            network = self.network.as_str(),
            image = self.reference,
        );
        match Command::new("sh").args(["-ec", &clean_up]).output() {
            Ok(output) if output.status.success() => {}
            Ok(output) => println!("left something of {platform}: {}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => println!("left everything of {platform}: {error}"),
        }
    }
}

/// The image's id, which the engine takes where it takes a reference.
pub(crate) fn id_of(reference: &str) -> ImageId {
    ImageId::parse(&docker(&["image", "inspect", "--format", "{{.Id}}", reference])).unwrap()
}
