//! Looks at all parts of a tenant at once.
//!
//! Only parts that the goal depends on are asked for: a stopped tenant is not `unknown` because PostgreSQL is down. A
//! look that fails makes its part unknown and says why.

use domain::TenantId;
use domain::image::ImagePin;
use domain::tenant::{
    ContainerId, ContainerState, Crashes, DesiredState, Observed, ReleaseContainer, RoleState, ServeContainer,
    SpecHash, World,
};
use provisioner::container::{Container, ContainerName, EngineError, ImageName, ListedContainer, Phase, Restart};
use provisioner::database::DatabaseObservation;

use super::pass::Pass;
use super::{ready, render};
use crate::Parts;

/// The world of one tenant, and why parts of it are unknown.
pub(crate) async fn observe(pass: &Pass) -> (World, Troubles) {
    let tenant = pass.subject().tenant;
    let Parts { databases, dumps, routes, .. } = &pass.shared.parts;
    let role = pass.role();
    let (shared, data, dumps, containers, route) = tokio::join!(
        shared_parts(pass),
        databases.observe(tenant, pass.isolation(), &role),
        dumps.find(tenant, pass.next_release()),
        containers(pass),
        routes.find(tenant),
    );
    let mut troubles = Troubles::default();
    let data = troubles.known(data.map(Some));
    let mut world = World {
        image: troubles.known(shared.image),
        before: troubles.known(shared.before),
        network: troubles.known(shared.network),
        role: part(&data, |data| data.role.clone()),
        database: part(&data, |data| data.database.clone()),
        released: pass.claimed.released.clone().into(),
        dumps: troubles.known(dumps),
        restoration: pass.claimed.tenant.restoration.into(),
        serve: troubles.known(containers.serve),
        successor: troubles.known(containers.successor),
        strays: troubles.known(containers.strays),
        release: troubles.known(containers.release),
        route: troubles.known(route),
        rejected: pass.claimed.tenant.rejection().cloned().into(),
        removal: pass.claimed.tenant.removal_started_at.map(|_| ()).into(),
    };
    if is_failing(pass, &world) && is_locked_out(pass).await {
        tracing::warn!(tenant.id = %tenant, "its role has another password than ours; it is set again");
        world.role = Observed::Present(RoleState { conforms: false });
    }
    (world, troubles)
}

/// Whether what should run does not, for a reason that may be its role's password.
fn is_failing(pass: &Pass, world: &World) -> bool {
    let is_unready = world.serve.present().is_some_and(|serve| {
        let runs = matches!(serve.state, ContainerState::Running { .. } | ContainerState::Restarting { .. });
        runs && !serve.ready
    });
    let stands = world.role.present().is_some_and(|role| role.conforms) && world.database.present().is_some();
    let has_failed = pass.claimed.tenant.last_error.is_some();
    stands && pass.desired.state == DesiredState::Running && (is_unready || has_failed)
}

/// A tenant may change its role's password, which nothing but a login shows. What can't be told is nothing to mend.
async fn is_locked_out(pass: &Pass) -> bool {
    let databases = &pass.shared.parts.databases;
    matches!(databases.admits(pass.subject().tenant, pass.isolation(), &pass.role()).await, Ok(false))
}

/// One look at PostgreSQL tells of two parts.
fn part<T>(data: &Observed<DatabaseObservation>, part: impl Fn(&DatabaseObservation) -> Option<T>) -> Observed<T> {
    match data {
        Observed::Unknown => Observed::Unknown,
        Observed::Absent => Observed::Absent,
        Observed::Present(data) => part(data).into(),
    }
}

/// Why looks failed, each cause once.
#[derive(Debug, Default)]
pub(crate) struct Troubles(pub(crate) Vec<String>);

impl Troubles {
    /// What a look tells; a failed one tells nothing, and why.
    fn known<T, E: std::fmt::Display>(&mut self, look: Result<impl Into<Observed<T>>, E>) -> Observed<T> {
        look.map_or_else(
            |error| {
                let cause = error.to_string();
                if !self.0.contains(&cause) {
                    self.0.push(cause);
                }
                Observed::Unknown
            },
            Into::into,
        )
    }
}

type Look<T> = Result<Observed<T>, EngineError>;

/// Images and network: shared by all tenants, and needed only to run.
struct SharedParts {
    image: Look<ImagePin>,
    before: Look<()>,
    network: Look<()>,
}

async fn shared_parts(pass: &Pass) -> SharedParts {
    if pass.desired.state != DesiredState::Running {
        return SharedParts {
            image: Ok(Observed::Unknown),
            before: Ok(Observed::Unknown),
            network: Ok(Observed::Unknown),
        };
    }
    let engine = &pass.shared.parts.engine;
    let image = async {
        let Some(resolved) = &pass.desired.resolved else { return Ok(Observed::Absent) };
        let found = engine.find_image(ImageName::Id(&resolved.pin.id)).await?;
        Ok(found.map(|_| resolved.pin.clone()).into())
    };
    let before = async {
        let Some(before) = pass.desired.another_before() else { return Ok(Observed::Absent) };
        Ok(engine.find_image(ImageName::Id(&before.pin.id)).await?.map(|_| ()).into())
    };
    let network = async {
        let found = engine.find_network(&pass.shared.settings.network.name).await?;
        // One that breaks the contract counts as absent: making it anew then says what is in the way.
        Ok(found.filter(|network| network.conforms).map(|_| ()).into())
    };
    let (image, before, network) = tokio::join!(image, before, network);
    SharedParts { image, before, network }
}

/// The containers of one tenant.
struct Containers {
    serve: Look<ServeContainer>,
    successor: Look<ServeContainer>,
    release: Look<ReleaseContainer>,
    strays: Look<Vec<ContainerId>>,
}

async fn containers(pass: &Pass) -> Containers {
    let tenant = pass.subject().tenant;
    let (serve, successor, release, strays) = tokio::join!(
        serve(pass, ContainerName::serve(tenant)),
        serve(pass, ContainerName::successor(tenant)),
        release(pass),
        strays(pass)
    );
    Containers { serve, successor, release, strays }
}

/// What carries the tenant's labels and none of its names, and, of one that is destroyed, a probe whose worker died. To look
/// costs a list of all containers: before a tenant is destroyed, and where the look at all has seen something strange.
async fn strays(pass: &Pass) -> Look<Vec<ContainerId>> {
    let (shared, tenant) = (&pass.shared, pass.subject().tenant);
    let goes = pass.desired.state == DesiredState::Destroyed;
    if !goes && !shared.looks_strange(tenant) {
        return Ok(Observed::Absent);
    }
    let all = shared.parts.engine.list_containers(&shared.settings.platform_id).await?;
    let is_stray = |listed: &ListedContainer| listed.is_stray_of(tenant) || (goes && listed.is_probe_of(tenant));
    let strays: Vec<ContainerId> = all.into_iter().filter(is_stray).map(|listed| listed.id).collect();
    Ok(Some(strays).filter(|strays| !strays.is_empty()).into())
}

async fn serve(pass: &Pass, name: ContainerName) -> Look<ServeContainer> {
    let found = pass.shared.parts.engine.find_container(&name).await?;
    let Some(container) = found else { return Ok(Observed::Absent) };
    let owned = owns(pass, pass.subject().tenant, &container, Phase::Serve);
    let crashes = crashes(pass, &container);
    let conforms = conforms(pass, &container, &crashes);
    let (hash, version) = match container.owner {
        Some(owner) => (owner.hash, owner.version),
        None => (SpecHash::from_label(""), None),
    };
    let Container { id, state, elsewhere, .. } = container;
    let (ready, unfit, led_to) = (false, None, false);
    let mut serve =
        ServeContainer { id, owned, hash, version, state, elsewhere, conforms, ready, unfit, led_to, crashes };
    serve.ready = ready::is_ready(pass, &serve).await;
    forgive(pass, &mut serve);
    Ok(Observed::Present(serve))
}

/// Whether it is held to the limits of the spec that it was made for, and started again by whom it should be. What can't be
/// told from the spec is no drift.
fn conforms(pass: &Pass, container: &Container, crashes: &Crashes) -> bool {
    let restart = if crashes.held { Restart::Never } else { Restart::UnlessStopped };
    let limits = container.owner.as_ref().and_then(|owner| render::limits_of(pass, &owner.hash).ok());
    let limited = limits.is_none_or(|limits| container.limits.is(&limits));
    limited && container.restart == Some(restart)
}

/// What the engine counts, and what was known of the same container at the last look. A change of mind forgets how often
/// the platform has tried.
fn crashes(pass: &Pass, container: &Container) -> Crashes {
    let tenant = &pass.claimed.tenant;
    let before = tenant.observed.container(&container.id).map(|last| last.crashes).unwrap_or_default();
    let held = is_held(container, &before);
    let asked_anew = tenant.generation != tenant.observed_generation;
    Crashes {
        restarts: container.restarts,
        forgiven: before.forgiven.min(container.restarts),
        held,
        tries: if held && !asked_anew { before.tries } else { 0 },
    }
}

/// Whether the platform has taken its restarts into its own hand. One that runs though nobody knows of that was only
/// denied the engine's.
fn is_held(container: &Container, before: &Crashes) -> bool {
    let runs = matches!(container.state, ContainerState::Running { .. } | ContainerState::Paused);
    container.restart == Some(Restart::Never) && (before.held || !runs)
}

/// What runs in calm has no past.
fn forgive(pass: &Pass, serve: &mut ServeContainer) {
    let (policy, now) = (&pass.desired.crashes, pass.shared.clock.now());
    if let ContainerState::Running { started_at, .. } = serve.state
        && serve.ready
        && policy.is_calm(started_at, now)
    {
        serve.crashes.forgiven = serve.crashes.restarts;
    }
}

/// The release wanted next, or what is left of the one recorded last: a crash may have come between its record and its
/// removal.
async fn release(pass: &Pass) -> Look<ReleaseContainer> {
    let tenant = pass.subject().tenant;
    let next = pass.release_number();
    let (next, last) = (ContainerName::release(tenant, next), ContainerName::release(tenant, next - 1));
    let engine = &pass.shared.parts.engine;
    let (next, last) = tokio::try_join!(engine.find_container(&next), async {
        if pass.claimed.releases == 0 { Ok(None) } else { engine.find_container(&last).await }
    })?;
    Ok(next
        .or(last)
        .map(|container| ReleaseContainer {
            owned: owns(pass, tenant, &container, Phase::Release),
            id: container.id,
            hash: container.owner.map_or_else(|| SpecHash::from_label(""), |owner| owner.hash),
            state: container.state,
            ineffective: false,
        })
        .into())
}

fn owns(pass: &Pass, tenant: TenantId, container: &Container, phase: Phase) -> bool {
    container.owner.as_ref().is_some_and(|owner| {
        owner.platform == pass.shared.settings.platform_id && owner.tenant == tenant && owner.phase == phase
    })
}
