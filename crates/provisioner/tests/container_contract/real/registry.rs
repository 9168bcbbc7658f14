//! Pulls from a real registry, with credentials.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use domain::image::ImageReference;
use provisioner::container::docker::{DockerEngine, DockerOptions, RegistryCredentials};
use provisioner::container::{ContainerEngine, EngineError, ImageName, PlatformId};

use super::{docker, id_of, options};
use crate::bench::{Bench, eventually};

const USER: &str = "fresco";
/// Its header needs the alphabet the engine reads: in the other one, the encoding of this holds `/` and `+`.
const PASSWORD: &str = "???>>>~~~ÿÿþ>?";
/// Both, as the registry wants them (bcrypt).
const USERS: &str = "fresco:$2y$05$iddcTmKM2JSZmBALjbWy1.YChcP8hd8cW7JRPFq7JutOFEJVgdu0S\n";

/// A registry that wants a password, holding one image.
struct Registry {
    server: Child,
    folder: tempfile::TempDir,
    host: String,
    pushed: String,
}

impl Registry {
    async fn start(bench: &Bench) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let host = format!("127.0.0.1:{port}");
        std::fs::write(at("users"), USERS).unwrap();
        let configuration = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\n\
             http: {{addr: '{host}'}}\nauth: {{htpasswd: {{realm: fresco, path: {}}}}}\n",
            at("images"),
            at("users")
        );
        std::fs::write(at("config.yml"), configuration).unwrap();
        let server = Command::new("docker-registry")
            .args(["serve", &at("config.yml")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("docker-registry: apt-get install docker-registry");
        let pushed = format!("{host}/team/app:1.2.3");
        let registry = Self { server, folder, host: host.clone(), pushed };
        eventually("the registry", || async { tokio::net::TcpStream::connect(&host).await.ok() }).await;
        registry.push(bench.reference.as_str());
        registry
    }

    fn push(&self, reference: &str) {
        let folder = self.folder.path().to_string_lossy().into_owned();
        docker(&["--config", &folder, "login", "-u", USER, "-p", PASSWORD, &self.host]);
        docker(&["tag", reference, &self.pushed]);
        docker(&["--config", &folder, "push", "-q", &self.pushed]);
        docker(&["image", "rm", &self.pushed]);
    }

    async fn engine(&self, platform: &PlatformId, password: &str) -> DockerEngine {
        let credentials = RegistryCredentials::default().with(&self.host, USER, password.into());
        DockerEngine::connect(DockerOptions { credentials, ..options(platform) }).await.unwrap()
    }

    fn reference(&self, tag: &str) -> ImageReference {
        ImageReference::parse(&format!("{}/team/app{tag}", self.host)).unwrap()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let names =
            docker(&["images", "--digests", "--format", "{{.Repository}}@{{.Digest}} {{.Repository}}:{{.Tag}}"]);
        for name in names.split_whitespace().filter(|name| name.starts_with(&self.host) && !name.contains("<none>")) {
            drop(Command::new("docker").args(["image", "rm", "-f", name]).output());
        }
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pulled_image_is_known_by_its_digest() {
    let bench = Bench::docker().await;
    let registry = Registry::start(&bench).await;
    let engine = registry.engine(&bench.platform, PASSWORD).await;
    let seen = Mutex::new(Vec::new());
    let by_tag = registry.reference(":1.2.3");
    assert_eq!(engine.find_image(ImageName::Reference(&by_tag)).await, Ok(None));
    let image = engine.pull_image(&by_tag, &|progress| seen.lock().unwrap().push(progress)).await.unwrap();
    let digest = image.digest.clone().unwrap();
    assert!(digest.starts_with(&format!("{}/team/app@sha256:", registry.host)), "{digest}");
    assert_eq!(image.id, id_of(&registry.pushed));
    assert!(!seen.lock().unwrap().is_empty());
    assert_eq!(engine.find_image(ImageName::Reference(&by_tag)).await, Ok(Some(image.clone())));
    assert_eq!(engine.find_image(ImageName::Id(&image.id)).await.unwrap().unwrap().id, image.id);

    docker(&["image", "rm", &registry.pushed]);
    let pinned = ImageReference::parse(&digest.replace('@', ":no-such-tag@")).unwrap();
    let pulled = engine.pull_image(&pinned, &|_| {}).await.unwrap();
    assert_eq!((pulled.id, pulled.digest), (image.id, Some(digest)), "the digest decides, whatever the tag");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_registry_lacks_or_hides_is_told_apart() {
    let bench = Bench::docker().await;
    let registry = Registry::start(&bench).await;
    let engine = registry.engine(&bench.platform, PASSWORD).await;
    let absent = engine.pull_image(&registry.reference(":9.9.9"), &|_| {}).await;
    assert!(matches!(absent, Err(EngineError::NotFound { .. })), "{absent:?}");
    let stranger = registry.engine(&bench.platform, "wrong").await;
    let hidden = stranger.pull_image(&registry.reference(":1.2.3"), &|_| {}).await;
    assert!(matches!(hidden, Err(EngineError::Refused { .. })), "{hidden:?}");
    let anonymous = bench.engine.pull_image(&registry.reference(":1.2.3"), &|_| {}).await;
    assert!(matches!(anonymous, Err(EngineError::Refused { .. })), "{anonymous:?}");
    let down = ImageReference::parse("127.0.0.1:9/team/app:1").unwrap();
    let unreachable = engine.pull_image(&down, &|_| {}).await;
    assert!(matches!(unreachable, Err(EngineError::Unavailable { .. })), "{unreachable:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_falls_silent_costs_no_more_than_the_idle_limit() {
    let platform = PlatformId::parse("contract-silent").unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = DockerOptions { pull_idle: Duration::from_secs(1), ..options(&platform) };
    let engine = DockerEngine::connect(options).await.unwrap();
    let reference = ImageReference::parse(&format!("{}/team/app:1", silent.local_addr().unwrap())).unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(10), engine.pull_image(&reference, &|_| {})).await.unwrap();
    assert!(
        matches!(&answer, Err(EngineError::Unavailable { detail, .. }) if detail.contains("progress")),
        "{answer:?}"
    );
}
