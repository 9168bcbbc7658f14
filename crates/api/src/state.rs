//! What handlers share.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use domain::app::{AppName, Catalogue};
use domain::quantity::Bytes;
use domain::signup::SignupPolicy;
use domain::{Clock, Email, Entropy, Platform};
use ipnet::IpNet;
use logs::LogSource;
use storage::{Keyring, Scope, Sealer, Store};
use tokio_util::sync::CancellationToken;

use crate::auth::Auth;
use crate::middleware::RateLimits;
use crate::news::News;
use crate::sockets::{Seats, Tickets};

/// Everything the API works with.
#[derive(Debug)]
pub struct ApiParts {
    /// Connected as the API's role.
    pub store: Store,
    /// What waits is woken by it; somebody must run [`News::follow`].
    pub news: News,
    /// What tenants log.
    pub logs: Arc<dyn LogSource>,
    pub catalogue: Catalogue,
    pub platform: Platform,
    /// Seals what owners must not be shown again; opens nothing.
    pub sealer: Sealer,
    /// Passwords, tokens, second factors.
    pub auth: Auth,
    /// Who has asked how often.
    pub limits: RateLimits,
    /// The API's own keys, for what it alone seals and opens: letters that wait, answers to be repeated.
    pub keyring: Keyring,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub settings: ApiSettings,
    /// Cancelled when the process is asked to end: what waits answers at once, and `/readyz` says no.
    pub stop: CancellationToken,
}

/// What the operator has settled about the API.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// The app of a tenant whose creator names none.
    pub default_app: AppName,
    /// A running or stopped tenant is shown as such for so long after its last look.
    pub status_max_age: Duration,
    /// How long a destroy can be undone.
    pub destroy_grace: Duration,
    /// For requests that don't wait on purpose.
    pub request_timeout: Duration,
    /// The longest a request may wait on purpose.
    pub longest_wait: Duration,
    /// Bytes of a body.
    pub body_limit: usize,
    /// How many items a page has where its reader names no number.
    pub page: u16,
    pub longest_page: u16,
    /// Whose word on where a request comes from is taken.
    pub trusted_proxies: Vec<IpNet>,
    pub logs: LogSettings,
    pub metrics: MetricsSettings,
    pub gate: GateSettings,
    pub signup: SignupSettings,
    /// Whom people write to for help; `None`: nobody.
    pub help_address: Option<Email>,
}

/// How what tenants use is shown.
#[derive(Clone, Copy, Debug)]
pub struct MetricsSettings {
    /// The most points of an answer.
    pub points: u32,
    /// How often who watches live is told.
    pub period: Duration,
    /// How long each resolution is kept, in the order of [`domain::usage::Resolution::ALL`].
    pub kept: [Duration; 4],
}

impl Default for MetricsSettings {
    fn default() -> Self {
        let day = Duration::from_secs(86_400);
        Self { points: 300, period: Duration::from_secs(2), kept: [day / 2, day * 7, day * 60, day * 400] }
    }
}

/// How logs are shown.
#[derive(Clone, Copy, Debug)]
pub struct LogSettings {
    /// The longest export, uncompressed.
    pub export: Bytes,
    /// Who may watch at once.
    pub viewers: usize,
    /// Of one tenant.
    pub viewers_per_tenant: usize,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { export: Bytes::mib(256), viewers: 1000, viewers_per_tenant: 100 }
    }
}

/// How people sign up.
#[derive(Clone, Debug)]
pub struct SignupSettings {
    /// From a draft's last answer to its end.
    pub draft_lifetime: Duration,
    /// Of the terms in force.
    pub terms_version: String,
    /// Where who tests or learns is pointed to; `None`: nowhere.
    pub sandbox_url: Option<String>,
    /// Instances that one person may have; see [`SignupSettings::most_tenants_of`].
    pub most_tenants: u32,
    /// Organisations that one person may have beside their own.
    pub most_organisations: u32,
    /// Who may make an account, and whether they must wait then.
    pub policy: SignupPolicy,
}

impl Default for SignupSettings {
    fn default() -> Self {
        Self {
            draft_lifetime: Duration::from_secs(3600),
            terms_version: "1".to_owned(),
            sandbox_url: None,
            most_tenants: 3,
            most_organisations: 5,
            policy: SignupPolicy::default(),
        }
    }
}

impl SignupSettings {
    /// How many instances one person may have who asks so: none too many for the operator (`None`).
    pub(crate) fn most_tenants_of(&self, scope: Scope) -> Option<u32> {
        (!matches!(scope, Scope::Operator)).then_some(self.most_tenants)
    }
}

/// How long owners may take.
#[derive(Clone, Copy, Debug)]
pub struct GateSettings {
    /// From a claim link's making to its use.
    pub link_lifetime: Duration,
    /// From its use to the last visit by the browser that used it.
    pub session_lifetime: Duration,
}

impl ApiSettings {
    /// Bounds that suit a single host.
    #[must_use]
    pub fn new(default_app: AppName) -> Self {
        Self {
            default_app,
            status_max_age: Duration::from_secs(60),
            destroy_grace: Duration::from_secs(86_400),
            request_timeout: Duration::from_secs(15),
            longest_wait: Duration::from_secs(60),
            body_limit: 64 << 10,
            page: 50,
            longest_page: 200,
            trusted_proxies: Vec::new(),
            logs: LogSettings::default(),
            metrics: MetricsSettings::default(),
            gate: GateSettings {
                link_lifetime: Duration::from_secs(86_400),
                session_lifetime: Duration::from_secs(86_400),
            },
            signup: SignupSettings::default(),
            help_address: None,
        }
    }
}

/// The parts, shared by all requests.
#[derive(Clone, Debug)]
pub struct ApiState(Arc<Shared>);

/// The parts, and what is kept of requests meanwhile.
#[derive(Debug)]
pub struct Shared {
    parts: ApiParts,
    pub(crate) tickets: Tickets,
    pub(crate) seats: Seats,
}

impl ApiState {
    #[must_use]
    pub fn new(parts: ApiParts) -> Self {
        let LogSettings { viewers, viewers_per_tenant, .. } = parts.settings.logs;
        Self(Arc::new(Shared { parts, tickets: Tickets::default(), seats: Seats::new(viewers, viewers_per_tenant) }))
    }
}

impl Deref for ApiState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Deref for Shared {
    type Target = ApiParts;

    fn deref(&self) -> &ApiParts {
        &self.parts
    }
}
