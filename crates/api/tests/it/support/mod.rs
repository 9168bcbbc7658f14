//! The API over its own database, a client for it, and a worker who does what people asked for.

mod answer;
mod browser;
mod database;
mod heard;
mod home;
mod logs;
mod superuser;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use api::{
    ApiParts, ApiSettings, ApiState, Auth, AuthSettings, LimitSettings, News, RateLimits, SigningParts, SignupSettings,
    operator_key,
};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use domain::app::{AppName, Catalogue};
use domain::quantity::Bytes;
use domain::signup::SignupPolicy;
use domain::tenant::RouteProvider;
use domain::{Clock, Domain, Email, Platform, Quota, Routing, SystemClock, SystemEntropy, TraefikName};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use storage::{Keyring, NewOperatorKey};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub(crate) use answer::Answer;
pub(crate) use browser::{Browser, PASSWORD};
pub(crate) use database::Database;
pub(crate) use heard::{Heard, Log};
pub(crate) use home::Home;
pub(crate) use logs::Logs;
pub(crate) use superuser::Superuser;
pub(crate) use worker::Worker;

/// A router and everything behind it.
pub(crate) struct Api {
    pub(crate) router: Router,
    pub(crate) state: ApiState,
    gate: Router,
    pub(crate) database: Database,
    pub(crate) keyring: Keyring,
    /// The API's own.
    pub(crate) own_keys: Keyring,
    pub(crate) logs: Logs,
    pub(crate) stop: CancellationToken,
    token: SecretString,
    _followers: JoinSet<()>,
    _folder: TempDir,
}

/// Whom people write to for help.
pub(crate) const HELP: &str = "help@example.net";
/// How many bytes of a body the API under test takes.
pub(crate) const BODY_LIMIT: usize = 32 << 10;

impl Api {
    /// Nobody in it is held back.
    pub(crate) async fn start() -> Self {
        Self::start_with(unlimited()).await
    }

    pub(crate) async fn start_with(limits: LimitSettings) -> Self {
        Self::start_as(limits, SignupPolicy::default()).await
    }

    pub(crate) async fn start_as(limits: LimitSettings, policy: SignupPolicy) -> Self {
        Self::start_where(limits, policy, Some(HELP)).await
    }

    /// Nobody helps there.
    pub(crate) async fn start_without_help() -> Self {
        Self::start_where(unlimited(), SignupPolicy::default(), None).await
    }

    async fn start_where(limits: LimitSettings, policy: SignupPolicy, help: Option<&str>) -> Self {
        let database = Database::start().await;
        let folder = TempDir::with_prefix("api-").unwrap();
        let keyring = Keyring::generate_file(&folder.path().join("keys"), &SystemEntropy).unwrap();
        let own_keys = Keyring::generate_file(&folder.path().join("own-keys"), &SystemEntropy).unwrap();
        let (news, stop) = (News::new(2), CancellationToken::new());
        let mut followers = JoinSet::new();
        let (follower, store, stopped) = (news.clone(), database.api.clone(), stop.clone());
        followers.spawn(async move { follower.follow(&store, stopped).await });
        let logs = Logs::default();
        let state = ApiState::new(ApiParts {
            store: database.api.clone(),
            news,
            logs: Arc::new(logs.clone()),
            catalogue: Catalogue::shipped(),
            platform: platform(),
            sealer: keyring.sealer(),
            auth: auth(&database, &own_keys),
            limits: RateLimits::new(limits),
            keyring: own_keys.clone(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            settings: ApiSettings {
                body_limit: BODY_LIMIT,
                request_timeout: Duration::from_secs(5),
                longest_wait: Duration::from_secs(20),
                signup: SignupSettings { policy, ..SignupSettings::default() },
                help_address: help.map(|address| Email::parse(address).unwrap()),
                ..ApiSettings::new(AppName::parse("fresco").unwrap())
            },
            stop: stop.clone(),
        });
        let token = new_key(&database).await.token;
        let gate = api::gate_router(state.clone());
        Self {
            router: api::router(state.clone()),
            state,
            gate,
            database,
            keyring,
            own_keys,
            logs,
            stop,
            token,
            _followers: followers,
            _folder: folder,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    /// A body that is no text.
    pub(crate) async fn bytes(&self, path: &str) -> Vec<u8> {
        let request = self.request(Method::GET, path).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        self.ask(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::PATCH, path).header("content-type", "application/merge-patch+json");
        self.ask(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// A request that carries the operator's key.
    pub(crate) fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        Request::builder().method(method).uri(path).header("authorization", self.authorization())
    }

    pub(crate) fn authorization(&self) -> String {
        format!("Bearer {}", self.token.expose_secret())
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        Answer::of(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// From now on, every answer of both listeners is kept.
    pub(crate) fn overhear(&mut self) -> Heard {
        let heard = Heard::default();
        self.router = heard.on(self.router.clone());
        self.gate = heard.on(self.gate.clone());
        heard
    }

    /// What the newest letter of this kind to this address carries.
    pub(crate) async fn mailed_token(&self, email: &str, kind: &str) -> String {
        let all = self.database.api.list_mails(None, storage::Part::first(100)).await.unwrap().items;
        let newest = all.iter().find(|mail| mail.recipient == email && mail.kind == kind).unwrap();
        let mail = self.database.api.find_mail(newest.id).await.unwrap().unwrap();
        let says = mail.open(&self.own_keys).unwrap().unwrap();
        let says: Value = serde_json::from_str(says.expose_secret()).unwrap();
        says["token"].as_str().unwrap().to_owned()
    }

    /// The same of the listener in front of instances.
    pub(crate) async fn ask_gate(&self, request: Request<Body>) -> Answer {
        Answer::of(self.gate.clone().oneshot(request).await.unwrap()).await
    }

    /// A new sample tenant's representation.
    pub(crate) async fn create(&self, subdomain: &str) -> Value {
        let created = self.post("/api/v1/tenants", &json!({ "subdomain": subdomain, "app": "sample" })).await;
        assert_eq!(created.status, 202, "{}", created.body);
        created.body["tenant"].clone()
    }

    /// As the worker's role.
    pub(crate) fn worker_store(&self) -> &storage::Store {
        &self.database.worker
    }

    pub(crate) fn worker(&self) -> Worker {
        Worker::new(self.database.worker.clone())
    }
}

/// The path of a tenant's representation.
pub(crate) fn path(tenant: &Value) -> String {
    format!("/api/v1/tenants/{}", tenant["id"].as_str().unwrap())
}

/// A key that the database knows.
pub(crate) async fn new_key(database: &Database) -> operator_key::Generated {
    let key = operator_key::generate(&SystemEntropy);
    let new = NewOperatorKey { id: key.id, name: "a test's".to_owned(), hash: key.hash, now: SystemClock.now() };
    database.worker.create_operator_key(&new).await.unwrap();
    key
}

/// So much that no test comes near it.
pub(crate) fn unlimited() -> LimitSettings {
    let all = Quota::parse("1000000/1m").unwrap();
    LimitSettings {
        user: all,
        organisation: all,
        address: all,
        login: all,
        login_address: all,
        mail: all,
        mail_address: all,
        deploy: all,
        draft: all,
    }
}

/// Where people reach the API under test.
pub(crate) const PUBLIC_URL: &str = "https://platform.example.net";

fn auth(database: &Database, keyring: &Keyring) -> Auth {
    let parts = SigningParts {
        store: database.api.clone(),
        keyring: keyring.clone(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    };
    // Nobody measures how long the answers here take.
    Auth::new(parts, AuthSettings { pulse: Duration::ZERO, ..AuthSettings::new(PUBLIC_URL.to_owned()) }).unwrap()
}

fn platform() -> Platform {
    Platform {
        domain: Domain::parse("example.org").unwrap(),
        public_port: Some(8443),
        network: "fresco".to_owned(),
        database: "10.77.0.1:5432".parse().unwrap(),
        pooler: None,
        shared_database: "tenants".to_owned(),
        routing: Routing {
            provider: RouteProvider::Labels,
            entry_point: TraefikName::parse("websecure").unwrap(),
            tls: true,
            certificate_resolver: None,
            hsts_seconds: None,
        },
        log_size: Bytes::mib(10),
        log_files: 3,
        cgroup_parent: None,
        gate: true,
        crashes: domain::tenant::CrashPolicy::DEFAULT,
    }
}
