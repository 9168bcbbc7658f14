//! Looks at all parts of a tenant at once.
//!
//! Only parts that the goal depends on are asked for: a stopped tenant is not `unknown` because PostgreSQL is down. A
//! look that fails makes its part unknown and says why.

use domain::TenantId;
use domain::tenant::{DesiredState, Observed, ReleaseContainer, ServeContainer, SpecHash, World};
use provisioner::container::{Container, ContainerName, EngineError, ImageName, Phase};

use super::pass::Pass;
use super::ready;

/// The world of one tenant, and why parts of it are unknown.
pub(crate) async fn observe(pass: &Pass) -> (World, Vec<String>) {
    let mut troubles = Vec::new();
    let running = pass.desired.state == DesiredState::Running;
    let (platform_parts, data, containers, route) = tokio::join!(
        platform_parts(pass, running),
        data(pass),
        containers(pass),
        pass.shared.parts.routes.find(pass.subject().tenant)
    );
    let (image, network) = platform_parts;
    let (serve, release) = containers;
    let mut note = |trouble: String| troubles.push(trouble);
    let (role, database) = match data {
        Ok(observation) => (observation.role.into(), observation.database.into()),
        Err(error) => {
            note(error.to_string());
            (Observed::Unknown, Observed::Unknown)
        }
    };
    let world = World {
        image: image.unwrap_or_else(|error| unknown(&error, &mut note)),
        network: network.unwrap_or_else(|error| unknown(&error, &mut note)),
        role,
        database,
        released: pass.claimed.released.clone().into(),
        release: release.unwrap_or_else(|error| unknown(&error, &mut note)),
        serve: serve.unwrap_or_else(|error| unknown(&error, &mut note)),
        route: route.map_or_else(|error| unknown(&error, &mut note), Observed::from),
    };
    troubles.dedup();
    (world, troubles)
}

fn unknown<T>(error: &impl std::fmt::Display, note: &mut impl FnMut(String)) -> Observed<T> {
    note(error.to_string());
    Observed::Unknown
}

type Look<T> = Result<Observed<T>, EngineError>;

/// Image and network: shared by all tenants, and needed only to run.
async fn platform_parts(pass: &Pass, running: bool) -> (Look<domain::image::ImagePin>, Look<()>) {
    if !running {
        return (Ok(Observed::Unknown), Ok(Observed::Unknown));
    }
    let engine = &pass.shared.parts.engine;
    let image = async {
        let Some(resolved) = &pass.desired.resolved else { return Ok(Observed::Absent) };
        let found = engine.find_image(ImageName::Id(&resolved.pin.id)).await?;
        Ok(found.map(|_| resolved.pin.clone()).into())
    };
    let network = async {
        let found = engine.find_network(&pass.shared.settings.network.name).await?;
        // One that breaks the contract counts as absent: making it anew then says what is in the way.
        Ok(found.filter(|network| network.conforms).map(|_| ()).into())
    };
    tokio::join!(image, network)
}

async fn data(pass: &Pass) -> Result<provisioner::database::DatabaseObservation, provisioner::database::DatabaseError> {
    pass.shared.parts.databases.observe(pass.subject().tenant, pass.isolation(), &pass.role()).await
}

async fn containers(pass: &Pass) -> (Look<ServeContainer>, Look<ReleaseContainer>) {
    tokio::join!(serve(pass), release(pass))
}

async fn serve(pass: &Pass) -> Look<ServeContainer> {
    let tenant = pass.subject().tenant;
    let found = pass.shared.parts.engine.find_container(&ContainerName::serve(tenant)).await?;
    let Some(container) = found else { return Ok(Observed::Absent) };
    let owned = owns(pass, tenant, &container, Phase::Serve);
    let mut serve = ServeContainer {
        id: container.id,
        owned,
        hash: container.owner.map_or_else(|| SpecHash::from_label(""), |owner| owner.hash),
        state: container.state,
        ready: false,
    };
    serve.ready = ready::ask(pass, &serve).await.is_ok();
    Ok(Observed::Present(serve))
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
