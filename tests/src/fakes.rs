//! The loop on a real PostgreSQL for the platform's tables, with the world outside in memory.

use std::sync::Arc;
use std::time::Duration;

use domain::app::Catalogue;
use domain::image::{ImageId, ImageReference};
use domain::quantity::Bytes;
use domain::tenant::{CrashPolicy, Operation, RouteProvider, Status, Subdomain, TenantSpec, Update};
use domain::{
    Clock, DeploymentId, Domain, OrganisationId, Platform, Routing, SystemClock, SystemEntropy, TenantId, TraefikName,
    UserId,
};
use provisioner::container::fake::{Behaviour, FakeEngine};
use provisioner::container::{ContainerSpec, NetworkName, NetworkSpec, Phase, PlatformId};
use provisioner::database::{FakeDumps, FakeTenants};
use provisioner::routing::fake::FakeRoutes;
use reconciler::{Pace, Parts, Reconciler, RoleLimits, Settings, Sources, TaskEnded};
use storage::{Change, Keyring, Metadata, NewTenant, Scope, Tenant};
use tempfile::TempDir;
use test_cluster::Platform as PlatformDatabase;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::eventually;

/// How long anything may take in these tests.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// When a crash is one too many: as the default, in a hurry.
pub const HASTY: CrashPolicy = CrashPolicy {
    engine_restarts: 2,
    calm_after: Duration::from_millis(300),
    first_pause: Duration::from_millis(50),
    longest_pause: Duration::from_millis(100),
    platform_starts: 5,
};

/// The parts, and a database to turn on.
#[derive(Debug)]
pub struct Bench {
    pub cluster: PlatformDatabase,
    pub engine: FakeEngine,
    pub databases: Arc<FakeTenants>,
    pub dumps: Arc<FakeDumps>,
    pub routes: Arc<FakeRoutes>,
    pub settings: Settings,
    keyring: Keyring,
    folder: TempDir,
}

/// A loop that turns. Dropping it kills it where it stands.
#[derive(Debug)]
pub struct Turning {
    task: JoinHandle<Result<(), TaskEnded>>,
    stop: CancellationToken,
}

impl Turning {
    /// Dies, as by `kill -9`: nothing of it runs afterwards.
    pub async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.is_err_and(|error| error.is_cancelled()), "it had ended before it was killed");
    }

    /// Stops as it should.
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

impl Bench {
    pub async fn start() -> Self {
        Self::with(RouteProvider::File, |_| ()).await
    }

    /// The sample's manifest asks for a dump before each release but the first.
    pub async fn saving_before_releases(provider: RouteProvider, adjust: impl FnOnce(&mut Settings)) -> Self {
        let manifest = include_str!("../../crates/domain/manifests/sample.toml");
        let asking = manifest.replace("deadline = \"2m\"", "deadline = \"2m\"\ndump_before = true");
        assert_ne!(manifest, asking, "the manifest has no such line any more");
        Self::with(provider, |settings| {
            settings.catalogue = Catalogue::offered(true, [("sample.toml".to_owned(), asking)]).unwrap();
            adjust(settings);
        })
        .await
    }

    pub async fn with(provider: RouteProvider, adjust: impl FnOnce(&mut Settings)) -> Self {
        Self::on(PlatformDatabase::start().await, provider, adjust)
    }

    #[must_use]
    pub fn on(cluster: PlatformDatabase, provider: RouteProvider, adjust: impl FnOnce(&mut Settings)) -> Self {
        let folder = TempDir::new().unwrap();
        let keyring = Keyring::generate_file(&folder.path().join("keys"), &SystemEntropy).unwrap();
        let mut settings = settings(provider);
        adjust(&mut settings);
        let engine = FakeEngine::new(settings.platform_id.clone(), Arc::new(SystemClock));
        let bench = Self {
            cluster,
            engine,
            databases: Arc::default(),
            dumps: Arc::default(),
            routes: Arc::default(),
            settings,
            keyring,
            folder,
        };
        bench.add_image("fresco-sample:4.0.0", "4.0.0");
        bench.add_image("fresco-sample:3.1.2", "3.1.2");
        bench.behave(|_| None);
        bench
    }

    /// Containers do what `script` says, or what a well-behaved app does; a release that succeeds has its effect.
    pub fn behave(&self, script: impl Fn(Phase) -> Option<Behaviour> + Send + Sync + 'static) {
        self.behave_as(move |spec| script(spec.owner.phase));
    }

    /// The same, told by the container's spec.
    pub fn behave_as(&self, script: impl Fn(&ContainerSpec) -> Option<Behaviour> + Send + Sync + 'static) {
        let databases = Arc::clone(&self.databases);
        self.engine.script(move |spec| {
            let behaviour = script(spec).unwrap_or_else(|| Behaviour::usual(spec));
            if spec.owner.phase == Phase::Release && behaviour.end.is_some_and(|end| end.code == 0) {
                databases.set_released(spec.owner.tenant, true);
            }
            behaviour
        });
    }

    pub fn add_image(&self, reference: &str, version: &str) -> ImageId {
        let image = self.engine.add_image(&ImageReference::parse(reference).unwrap());
        self.engine.put_file(&image, "/app/package.json", format!(r#"{{"version":"{version}"}}"#).as_bytes());
        image
    }

    /// Puts an image into the registry.
    pub fn publish_image(&self, reference: &str, version: &str) {
        let digest = self.engine.publish_image(&ImageReference::parse(reference).unwrap());
        let (_, id) = digest.split_once('@').unwrap();
        let image = ImageId::parse(id).unwrap();
        self.engine.put_file(&image, "/app/package.json", format!(r#"{{"version":"{version}"}}"#).as_bytes());
    }

    #[must_use]
    pub fn parts(&self) -> Parts {
        Parts {
            engine: Arc::new(self.engine.clone()),
            databases: Arc::clone(&self.databases) as _,
            dumps: Arc::clone(&self.dumps) as _,
            routes: Arc::clone(&self.routes) as _,
            probe: Arc::new(self.engine.clone()),
        }
    }

    /// The operator has lost the key file, and made another.
    pub fn forget_keys(&mut self) {
        self.keyring = Keyring::generate_file(&self.folder.path().join("other-keys"), &SystemEntropy).unwrap();
    }

    /// Starts a loop on these parts, or on what stands before them.
    #[must_use]
    pub fn turn(&self, parts: Parts) -> Turning {
        self.turn_by(Arc::new(SystemClock), parts)
    }

    /// The same on a host with that clock.
    #[must_use]
    pub fn turn_by(&self, clock: Arc<dyn Clock>, parts: Parts) -> Turning {
        let sources = Sources { clock, entropy: Arc::new(SystemEntropy) };
        let (store, settings) = (self.cluster.worker.clone(), self.settings.clone());
        let reconciler = Reconciler::new(store, self.keyring.clone(), parts, settings, sources);
        let stop = CancellationToken::new();
        let token = stop.clone();
        #[expect(clippy::disallowed_methods, reason = "the test holds the handle and kills it")]
        let task = tokio::spawn(reconciler.run(token));
        Turning { task, stop }
    }

    pub async fn deploy(&self, name: &str) -> TenantId {
        self.deploy_image(name, "fresco-sample:4.0.0").await
    }

    pub async fn deploy_image(&self, name: &str, image: &str) -> TenantId {
        let id = TenantId::generate(SystemClock.now(), &SystemEntropy);
        let tenant = NewTenant {
            id,
            organisation: OrganisationId::OPERATOR,
            owner: UserId::OPERATOR,
            subdomain: Subdomain::parse(name).unwrap(),
            spec: spec(image),
            metadata: Metadata::new(),
            secrets: vec![],
            deployment: deployment(),
            most: None,
            now: SystemClock.now(),
        };
        self.cluster.api.create_tenant(Scope::Operator, tenant).await.unwrap();
        id
    }

    pub async fn wish(&self, tenant: TenantId, operation: Operation) {
        self.change(tenant, Change::plain(operation, deployment(), SystemClock.now())).await;
    }

    /// Asks that its first-run window begin anew.
    pub async fn reopen(&self, tenant: TenantId) {
        let restart = Change::plain(Operation::Restart, deployment(), SystemClock.now());
        self.change(tenant, Change { reopens: true, ..restart }).await;
    }

    async fn change(&self, tenant: TenantId, change: Change) {
        self.cluster.api.change_tenant(Scope::Operator, tenant, change).await.unwrap();
    }

    /// Asks for its end, at once.
    pub async fn destroy(&self, tenant: TenantId) {
        self.wish(tenant, Operation::Destroy { after: SystemClock.now() }).await;
    }

    /// Asks for another image.
    pub async fn update(&self, tenant: TenantId, image: &str) {
        let update = Update { spec: spec(image), notes: false };
        self.wish(tenant, Operation::Update(Box::new(update))).await;
    }

    pub async fn tenant(&self, id: TenantId) -> Tenant {
        self.cluster.api.find_tenant(Scope::Operator, id).await.unwrap().unwrap()
    }

    /// Waits until the newest generation is settled in this status.
    pub async fn settled(&self, id: TenantId, status: Status) -> Tenant {
        let what = format!("{id} settled as {}", status.as_str());
        eventually(&what, DEADLINE, async || {
            let tenant = self.tenant(id).await;
            (tenant.is_settled() && tenant.status == status).then_some(tenant)
        })
        .await
    }

    /// Waits until the row says so.
    pub async fn until(&self, id: TenantId, what: &str, holds: impl Fn(&Tenant) -> bool) -> Tenant {
        eventually(what, DEADLINE, async || Some(self.tenant(id).await).filter(&holds)).await
    }

    /// Waits until apps were asked what they show, from now on and to the end.
    pub async fn asked_again(&self) {
        let before = self.engine.pages_read();
        // One question may have been on its way.
        let asked = async || (self.engine.pages_read() >= before + 2).then_some(());
        eventually("asked again", DEADLINE, asked).await;
    }

    /// What is left of any tenant in the world outside; the network belongs to all.
    #[must_use]
    pub fn left_over(&self) -> Vec<String> {
        let containers = self.engine.inventory().containers.into_keys();
        let databases = self.databases.inventory().into_keys().map(|tenant| format!("role or database of {tenant}"));
        let routes = self.routes.inventory().into_keys().map(|tenant| format!("route of {tenant}"));
        let dumps = self.dumps.inventory().into_keys().map(|tenant| format!("dumps of {tenant}"));
        containers.chain(databases).chain(routes).chain(dumps).collect()
    }
}

fn settings(provider: RouteProvider) -> Settings {
    Settings {
        platform_id: PlatformId::parse("test").unwrap(),
        platform: Platform {
            domain: Domain::parse("example.org").unwrap(),
            public_port: None,
            network: "tenants".to_owned(),
            database: "10.77.0.1:5432".parse().unwrap(),
            pooler: None,
            shared_database: "shared".to_owned(),
            routing: Routing {
                provider,
                entry_point: TraefikName::parse("websecure").unwrap(),
                tls: true,
                certificate_resolver: None,
                hsts_seconds: None,
            },
            log_size: Bytes::mib(10),
            log_files: 3,
            cgroup_parent: None,
            gate: true,
            crashes: CrashPolicy::DEFAULT,
        },
        catalogue: Catalogue::shipped(),
        network: NetworkSpec {
            name: NetworkName::parse("tenants").unwrap(),
            subnet: "10.77.0.0/22".to_owned(),
            interface: "tenants0".to_owned(),
        },
        roles: RoleLimits {
            connection_limit: 20,
            statement_timeout: Duration::from_secs(60),
            idle_in_transaction_timeout: Duration::from_secs(60),
        },
        quarantine: Duration::ZERO,
        pace: Pace {
            lease: Duration::from_millis(300),
            backoff_first: Duration::from_millis(20),
            backoff_most: Duration::from_millis(200),
            unknown_most: Duration::from_millis(100),
            resync: Duration::from_millis(200),
            switch: Duration::from_millis(10),
            health: Duration::from_millis(100),
            first_run: Duration::from_millis(20),
            ..Pace::default()
        },
    }
}

fn spec(image: &str) -> TenantSpec {
    serde_json::from_value(
        serde_json::json!({ "app": "sample", "isolation": "database", "image": image, "limits": null }),
    )
    .unwrap()
}

fn deployment() -> DeploymentId {
    DeploymentId::generate(SystemClock.now(), &SystemEntropy)
}
