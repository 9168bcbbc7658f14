//! The web side: the HTTP API, and the gate in front of instances.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::logs::{LogSource, Slot};
use anyhow::Context;
use api::{
    Announce, ApiParts, ApiSettings, ApiState, Auth, AuthSettings, Bounds, GateSettings, ImagePace, LimitSettings,
    LogSettings, MetricsSettings, News, PasswordSettings, Postman, RateLimits, Retention, SessionSettings,
    SigningParts, SignupSettings,
};
use domain::app::Catalogue;
use domain::signup::SignupPolicy;
use domain::{Clock, Platform, SystemClock, SystemEntropy};
use storage::{Keyring, Sealer, Store};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::parts::{self, Side};
use super::{apps, letters, logs};
use crate::config::{Config, Role};
use crate::lifecycle::{Lifecycle, Pulse};

/// How often it is looked whether somebody's instance runs for the first time.
const READY: Duration = Duration::from_secs(5);
/// How often the API is asked whether it answers.
const BEAT: Duration = Duration::from_secs(1);

/// What the API works with, its listeners open already: clients that come early wait rather than being refused.
#[derive(Debug)]
pub(crate) struct Web {
    listener: TcpListener,
    gate: TcpListener,
    store: Store,
    news: News,
    logs: Arc<dyn LogSource>,
    sealer: Sealer,
    keyring: Keyring,
    auth: Auth,
    limits: LimitSettings,
    catalogue: Catalogue,
    platform: Platform,
    settings: ApiSettings,
    bounds: Bounds,
    postman: Postman,
    retention: Retention,
    images: ImagePace,
}

impl Web {
    /// Opens the listener and connects to the platform's database, whose schema must be this program's.
    pub(crate) async fn prepare(
        config: &Config,
        role: Role,
        slot: &Slot,
        announce: Option<Announce>,
    ) -> anyhow::Result<Self> {
        let catalogue = apps::catalogue(config)?;
        let (keyring, store) = (parts::auth_keyring(config)?, parts::store(config, Side::Api).await?);
        let web = Self {
            listener: listen(config.server.listen, "server.listen").await?,
            gate: listen(config.gate.listen, "gate.listen").await?,
            sealer: parts::sealer(config, role)?,
            catalogue,
            platform: parts::platform(config),
            postman: letters::postman(config, store.clone(), keyring.clone(), announce)?,
            retention: Retention { answers: config.server.idempotency_keep.0, ended: config.auth.keep_ended.0 },
            images: ImagePace { period: config.tenants.image_period.0, at_once: config.tenants.images_at_once },
            auth: auth(config, &store, &keyring)?,
            keyring,
            limits: limits(config),
            store,
            news: News::new(config.database.waiting_connections),
            logs: logs::source(config, role, slot),
            settings: settings(config),
            bounds: bounds(config),
        };
        web.store.check().await?;
        Ok(web)
    }

    pub(crate) fn store(&self) -> Store {
        self.store.clone()
    }

    /// Starts its tasks.
    pub(crate) fn start(self, lifecycle: &mut Lifecycle) {
        let (news, store) = (self.news.clone(), self.store.clone());
        lifecycle.start("news", |stop| async move {
            news.follow(&store, stop).await;
            store.close().await;
            Ok(())
        });
        let pulse = lifecycle.pulse("api");
        lifecycle.start("api", |stop| self.run(pulse, stop));
    }

    async fn run(self, pulse: Pulse, stop: CancellationToken) -> anyhow::Result<()> {
        let address = self.listener.local_addr()?;
        tracing::info!(%address, "the API listens");
        pulse.say(format!("answers on {address}"));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let forget = api::forget(self.store.clone(), self.retention, Arc::clone(&clock), stop.clone());
        let parts = ApiParts {
            store: self.store,
            news: self.news,
            logs: self.logs,
            catalogue: self.catalogue,
            platform: self.platform,
            sealer: self.sealer,
            keyring: self.keyring,
            auth: self.auth,
            limits: RateLimits::new(self.limits),
            clock,
            entropy: Arc::new(SystemEntropy),
            settings: self.settings,
            stop: stop.clone(),
        };
        let state = ApiState::new(parts);
        let router = api::router(state.clone());
        let serve = async {
            tokio::join!(
                api::serve(self.listener, router.clone(), self.bounds, stop.clone()),
                api::serve(self.gate, api::gate_router(state.clone()), self.bounds, stop.clone()),
                self.postman.run(stop.clone()),
                api::tell_ready(state.clone(), READY, stop.clone()),
                api::follow_images(state, self.images, stop),
                forget,
            )
        };
        tokio::select! {
            ((), (), (), (), (), ()) = serve => Ok(()),
            () = beat(&pulse, &router) => Ok(()),
        }
    }
}

/// As long as the API answers; never ends.
async fn beat(pulse: &Pulse, router: &api::Router) {
    let mut ticks = tokio::time::interval(BEAT);
    loop {
        ticks.tick().await;
        if api::answers(router).await {
            pulse.beat();
        }
    }
}

async fn listen(address: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("can't listen on {address}; is another frescod running? `{key}` may name another port")
    })
}

fn settings(config: &Config) -> ApiSettings {
    let server = &config.server;
    ApiSettings {
        status_max_age: server.status_max_age.0,
        destroy_grace: config.tenants.destroy_grace.0,
        request_timeout: server.request_timeout.0,
        longest_wait: server.wait_timeout.0,
        trusted_proxies: server.trusted_proxies.0.clone(),
        body_limit: usize::try_from(server.max_body.0).unwrap_or(usize::MAX),
        gate: GateSettings {
            link_lifetime: config.gate.link_lifetime.0,
            session_lifetime: config.gate.session_lifetime.0,
        },
        signup: SignupSettings {
            draft_lifetime: config.signup.draft_lifetime.0,
            terms_version: config.signup.terms_version.0.clone(),
            sandbox_url: config.signup.sandbox_url.as_ref().map(|url| url.0.to_string()),
            most_tenants: config.signup.instances_per_person,
            most_organisations: config.signup.organisations_per_person,
            policy: SignupPolicy { mode: config.signup.mode, allowed_domains: config.signup.allowed_domains.0.clone() },
        },
        help_address: config.mail.help_address.clone(),
        logs: LogSettings {
            export: config.logs.export,
            viewers: config.logs.viewers,
            viewers_per_tenant: config.logs.viewers_per_tenant,
        },
        metrics: MetricsSettings {
            points: config.metrics.points,
            period: config.metrics.watched.0,
            kept: parts::usage_kept(config),
        },
        ..ApiSettings::new(config.tenants.default_app.clone())
    }
}

fn auth(config: &Config, store: &Store, keyring: &Keyring) -> anyhow::Result<Auth> {
    let parts = SigningParts {
        store: store.clone(),
        keyring: keyring.clone(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    };
    Ok(Auth::new(parts, auth_settings(config))?)
}

fn auth_settings(config: &Config) -> AuthSettings {
    let auth = &config.auth;
    let public_url = public_url(config);
    AuthSettings {
        passwords: PasswordSettings {
            memory: u32::try_from(auth.password_memory.0 >> 10).unwrap_or(u32::MAX),
            passes: auth.password_passes,
            lanes: 1,
            at_once: auth.password_threads,
            waiting: auth.password_queue,
        },
        sessions: SessionSettings {
            access_lifetime: auth.access_lifetime.0,
            lifetime: auth.session_lifetime.0,
            remembered_lifetime: auth.remembered_lifetime.0,
            key_period: auth.signing_key_period.0,
            ..SessionSettings::new(public_url.clone())
        },
        verification_lifetime: auth.verification_lifetime.0,
        reset_lifetime: auth.reset_lifetime.0,
        device_code_lifetime: auth.device_code_lifetime.0,
        device_key_lifetime: auth.device_key_lifetime.0,
        ..AuthSettings::new(public_url)
    }
}

/// As browsers write it in `Origin`.
fn public_url(config: &Config) -> String {
    let named = config.server.public_url.as_ref().map(|url| url.0.origin().ascii_serialization());
    named.unwrap_or_else(|| format!("http://{}", config.server.listen))
}

const fn limits(config: &Config) -> LimitSettings {
    let limits = &config.limits;
    LimitSettings {
        user: limits.user,
        organisation: limits.organisation,
        address: limits.address,
        login: limits.login,
        login_address: limits.login_address,
        mail: limits.mail,
        mail_address: limits.mail_address,
        deploy: limits.deploy,
        draft: limits.draft,
    }
}

fn bounds(config: &Config) -> Bounds {
    let server = &config.server;
    // Shorter than the lifecycle's patience with the whole task.
    let drain = server.stop_timeout.0.mul_f64(0.8);
    Bounds { connections: server.max_connections, headers: server.header_timeout.0, drain, ..Bounds::default() }
}
