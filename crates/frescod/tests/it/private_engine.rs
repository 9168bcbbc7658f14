//! An engine of one test's own, that it may kill: with a network, processes and mounts of its own, which the kernel takes
//! away with the test, however that ends.
//!
//! Two engines in one network would flush each other's rules. So the test starts itself again inside new namespaces, and
//! everything that it starts there is in them too: engine, platform, PostgreSQL, Traefik, visitors.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::logs::{Follower, has, kept, numbers};
use crate::support::{Dev, engine, image, output_of};
use crate::tenant::Tenant;
use crate::visitors::Visitors;

const FOLDER: &str = "FRESCO_TEST_PRIVATE";
const LIVE_RESTORE: &str = "--live-restore";
const READY: Duration = Duration::from_secs(60);

/// Runs `body` inside, as the test of that name does when it is started there.
#[expect(clippy::disallowed_methods, reason = "what tells the two apart")]
pub(crate) fn inside(test: &str, body: impl FnOnce(&Path)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return body(Path::new(&folder));
    }
    image();
    let folder = tempfile::Builder::new()
        .prefix("frescod-private-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir()
        .unwrap();
    let archive = folder.path().join("image.tar");
    output_of("docker", &["save", "--output", archive.to_str().unwrap(), "fresco-sample:4.0.0"]);
    let socket = folder.path().join("docker.sock");
    // The shell is the first process there, and takes in what others leave behind.
    let script = "ip link set lo up; \"$@\" & wait $!";
    let namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    let mut again = Command::new("unshare");
    again.args(namespaces).args(["--", "bash", "-c", script, "inside"]);
    again.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    again.env(FOLDER, folder.path()).env("FRESCO_TEST_ENGINE", &socket);
    again.env("DOCKER_HOST", format!("unix://{}", socket.display()));
    let ended = again.status().unwrap();
    remove_groups(folder.path());
    assert!(ended.success(), "it failed inside");
}

/// The control groups are not the namespaces'.
fn remove_groups(folder: &Path) {
    let parent = group(folder);
    for controller in std::fs::read_dir("/sys/fs/cgroup").unwrap().flatten() {
        let parent = controller.path().join(&parent);
        let children = std::fs::read_dir(&parent).into_iter().flatten().flatten();
        for folder in children.map(|child| child.path()).chain([parent]).filter(|path| path.is_dir()) {
            // One that isn't empty is in use, and stays.
            drop(std::fs::remove_dir(folder));
        }
    }
}

fn group(folder: &Path) -> String {
    folder.file_name().unwrap().to_str().unwrap().replace('.', "")
}

pub(crate) struct Engine {
    folder: PathBuf,
    /// What its command line says besides.
    more: Vec<String>,
    process: Child,
}

impl Engine {
    pub(crate) fn start(folder: &Path, more: Vec<String>) -> Self {
        let engine = Self { process: spawn(folder, &more), folder: folder.to_owned(), more };
        engine.wait();
        output_of("docker", &["load", "--input", folder.join("image.tar").to_str().unwrap()]);
        engine
    }

    /// SIGKILL; its containers' keepers are processes of their own.
    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn start_again(&mut self) {
        drop(std::fs::remove_file(self.folder.join("docker.pid")));
        self.process = spawn(&self.folder, &self.more);
        self.wait();
    }

    fn wait(&self) {
        let until = Instant::now() + READY;
        let answers = || Command::new("docker").arg("version").output().unwrap().status.success();
        while !answers() {
            let log = || std::fs::read_to_string(self.folder.join("engine.log")).unwrap_or_default();
            assert!(Instant::now() < until, "the engine does not answer:\n{}", log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn spawn(folder: &Path, more: &[String]) -> Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("engine.log")).unwrap();
    let mut command = Command::new("dockerd");
    command.arg("--data-root").arg(folder.join("data")).arg("--exec-root").arg(folder.join("exec"));
    command.arg("--pidfile").arg(folder.join("docker.pid")).arg("--host").arg(format!("unix://{}", engine().display()));
    command.args(["--bridge", "none", "--cgroup-parent", &format!("/{}", group(folder))]);
    command.args(more);
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

/// Asks for two, kills the engine under them, asks for a third meanwhile, and starts the engine again.
fn survives(folder: &Path, live_restore: bool) {
    let mut engine = Engine::start(folder, live_restore.then(|| LIVE_RESTORE.to_owned()).into_iter().collect());
    let dev = Dev::start_with(vec![
        ("FRESCOD_RECONCILER__RESYNC", "1s".into()),
        ("FRESCOD_RECONCILER__UNKNOWN_MOST", "1s".into()),
        ("FRESCOD_SERVER__STATUS_MAX_AGE", "5s".into()),
    ]);
    let tenants =
        [("owls", "sample"), ("terns", "sample-schema")].map(|(name, app)| Tenant::deploy(&dev, name, app, &[]));
    tenants.iter().for_each(|tenant| tenant.enter(&dev, "before"));
    let before = tenants.each_ref().map(started);

    let visitors = live_restore.then(|| Visitors::come(&dev, &tenants, 1));
    engine.kill();
    let larks = Tenant::ask_for(&dev, "larks", "sample", &[]);
    dev.wait_until("nothing is green of which nothing is known", || {
        let list = dev.list();
        list.len() == 3 && list.iter().all(|shown| shown["status"] != "active")
    });
    engine.start_again();
    for tenant in tenants.iter().chain([&larks]) {
        tenant.recovers(&dev);
        assert_eq!(tenant.parts(&dev), tenant.whole());
        assert_eq!(tenant.releases(&dev), 1);
    }
    tenants.iter().for_each(|tenant| tenant.answers_with(&dev, "before"));
    if let Some(visitors) = visitors {
        let seen = visitors.go();
        assert!(
            !seen.failures.iter().any(|failure| failure.starts_with("owls") || failure.starts_with("terns")),
            "{seen:?}"
        );
        assert_eq!(tenants.each_ref().map(started), before, "no container was touched");
    }
}

fn started(tenant: &Tenant) -> String {
    output_of("docker", &["inspect", "--format", "{{.Id}} {{.State.StartedAt}}", &tenant.container()])
}

#[test]
fn tenants_live_on_through_the_death_of_an_engine_that_restores_them() {
    inside("private_engine::tenants_live_on_through_the_death_of_an_engine_that_restores_them", |folder| {
        survives(folder, true);
    });
}

#[test]
fn tenants_come_back_after_the_death_of_an_engine_that_takes_them_along() {
    inside("private_engine::tenants_come_back_after_the_death_of_an_engine_that_takes_them_along", |folder| {
        survives(folder, false);
    });
}

#[test]
fn a_log_that_is_watched_goes_on_through_the_deaths_of_an_engine() {
    inside("private_engine::a_log_that_is_watched_goes_on_through_the_deaths_of_an_engine", |folder| {
        let mut engine = Engine::start(folder, vec![LIVE_RESTORE.to_owned()]);
        let dev = Dev::start();
        let flood = ["--env", "SAMPLE_FLOOD_LINES_PER_SECOND=1000", "--env", "SAMPLE_FLOOD_LINES=20000"];
        let tenant = Tenant::deploy(&dev, "owls", "sample", &flood);
        let follower = Follower::start(&dev, &tenant);
        for _ in 0..2 {
            let before = numbers(&follower.shown()).len();
            dev.wait_until("it goes on", || numbers(&follower.shown()).len() > before + 1000);
            engine.kill();
            engine.start_again();
        }
        dev.wait_until("the flood is over", || has(&follower.shown(), "flood over"));
        // An engine that dies may lose lines itself; what it has is what there is.
        let engines = output_of("docker", &["logs", &tenant.container()]);
        let engines: Vec<u32> =
            engines.lines().filter_map(|line| line.strip_prefix("flood ")?.get(..7)?.parse().ok()).collect();
        assert!(engines.len() > 19_000);
        for (who, entries) in [("seen", follower.shown()), ("kept", kept(&dev, &tenant))] {
            let numbers = numbers(&entries);
            assert!(numbers == engines, "{who}: {} lines, the engine has {}", numbers.len(), engines.len());
        }
    });
}
