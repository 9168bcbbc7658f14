//! Removes everything a dev platform made: tenants the usual way, then the network, then what it made in its folder.
//!
//! Invariant: a folder that no dev platform was made in is left alone, and so is every file that isn't one of ours.

use std::time::Duration;

use anyhow::{Context, bail};
use domain::tenant::Operation;
use domain::{Clock, DeploymentId, SystemClock, SystemEntropy};
use logs::Slot;
use provisioner::container::ContainerEngine;
use provisioner::container::docker::{DockerOptions, NetworkEnd};
use storage::{Bell, Change, ChangeError, Doorbell, Part, Scope, Store, Tenant, TenantFilter};
use tokio::time::timeout;

use super::state::State;
use super::{Choices, firewall, foundation, network, proxy};
use crate::config::{Config, Environment, Role};
use crate::terminal;
use crate::wiring::parts::{self, Side};
use crate::wiring::worker::Worker;

const DEADLINE: Duration = Duration::from_secs(300);
const PAGE: u16 = 200;

pub(crate) async fn clean(choices: &Choices, environment: &Environment) -> anyhow::Result<()> {
    if !choices.state.exists() {
        terminal::say(&format!("there is nothing at {}", choices.state.display()))?;
        return Ok(());
    }
    if !State::is_in(&choices.state) {
        bail!(
            "{} holds no dev platform (no identity.json), so nothing was touched; --state names the platform's folder",
            choices.state.display()
        );
    }
    let state = State::open(&choices.state)?;
    proxy::end_orphans(choices).await?;
    let identity = state.identity().clone();
    let (lifecycle, config, _) = foundation(choices, state, environment).await?;
    let (mut lifecycle, worker) = lifecycle.during(Worker::prepare(&config, Role::All, Slot::default())).await?;
    worker.start(&mut lifecycle);
    let (lifecycle, ()) = lifecycle.during(destroy_all(&config)).await?;
    lifecycle.end().await;
    // Nobody reads any more.
    let options = DockerOptions { reader_lifetime: Duration::ZERO, ..network::options(choices, &identity)? };
    let engine = network::engine(choices, options).await?;
    engine.remove_abandoned_readers().await.context("containers of nobody's stay")?;
    let network = identity.network()?;
    let end = engine.remove_network(&network).await.context("the tenants' network stays")?;
    engine.remove_own_images(None).await.context("the probe's image stays")?;
    // Of a run that was killed.
    firewall::lower(&config).await;
    // The lock went with the lifecycle: nobody may begin in a folder that is being removed.
    let others = State::open(&choices.state)?.remove()?;
    let folder = choices.state.display();
    terminal::say(&if others.is_empty() {
        format!("{folder} and everything it made are gone")
    } else {
        format!(
            "everything the platform made is gone; left in {folder}, because they aren't its: {}",
            others.join(", ")
        )
    })?;
    match end {
        NetworkEnd::Gone => Ok(()),
        NetworkEnd::Miscounted => bail!(
            "the network {name} stays: the engine says that it has active endpoints, though no container is in it. Docker \
             miscounts until it is restarted: restart it when that suits those whose containers it runs, then \
             `docker network rm {name}`",
            name = network.as_str()
        ),
    }
}

/// Asks for every tenant's end, and waits for it.
async fn destroy_all(config: &Config) -> anyhow::Result<()> {
    let store = parts::store(config, Side::Api).await?;
    for tenant in tenants(&store).await? {
        let now = SystemClock.now();
        let deployment = DeploymentId::generate(now, &SystemEntropy);
        let change = Change::plain(Operation::Destroy { after: now }, deployment, now);
        match store.change_tenant(Scope::Operator, tenant.id, change).await {
            Ok(_) => terminal::note(&format!("destroying {}", tenant.subdomain)),
            // Somebody has asked for it before, and sooner.
            Err(ChangeError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let gone = timeout(DEADLINE, none_left(&store)).await;
    let left = tenants(&store).await?;
    store.close().await;
    match gone {
        Ok(gone) => gone,
        Err(_) => bail!("{} tenants are still there after {DEADLINE:?}: {}", left.len(), reasons(&left)),
    }
}

async fn none_left(store: &Store) -> anyhow::Result<()> {
    let mut bell = Doorbell::listen(store, Bell::News);
    while !tenants(store).await?.is_empty() {
        // A bell may be missed.
        drop(timeout(Duration::from_secs(1), bell.rung()).await);
    }
    Ok(())
}

async fn tenants(store: &Store) -> anyhow::Result<Vec<Tenant>> {
    let filter = TenantFilter { search: None, status: None, include_destroyed: false };
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.list_tenants(Scope::Operator, &filter, Part { after, limit: PAGE }).await?;
        all.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

fn reasons(left: &[Tenant]) -> String {
    let reason = |tenant: &Tenant| {
        let cause = tenant.last_error.as_ref().map_or("still at work", |error| error.cause.as_str());
        format!("{} ({cause})", tenant.subdomain)
    };
    left.iter().map(reason).collect::<Vec<_>>().join(", ")
}
