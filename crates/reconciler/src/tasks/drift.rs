//! Whether a settled tenant is as its row says, from what one look at everything tells.

use std::collections::{BTreeSet, HashMap};

use domain::TenantId;
use domain::tenant::DesiredState;
use provisioner::container::{ContainerName, Endpoint, ListedContainer, Phase};
use provisioner::routing::Survey;
use storage::Expectation;

/// The serving containers of all tenants; usually one each.
pub(super) struct Containers<'a>(HashMap<TenantId, Vec<&'a ListedContainer>>);

impl<'a> Containers<'a> {
    pub(super) fn of(listed: &'a [ListedContainer]) -> Self {
        let mut serving: HashMap<TenantId, Vec<&ListedContainer>> = HashMap::new();
        for container in listed {
            if let Some(owner) = container.owner.as_ref().filter(|owner| owner.phase == Phase::Serve) {
                serving.entry(owner.tenant).or_default().push(container);
            }
        }
        Self(serving)
    }

    /// The tenants with containers that have none of their names.
    pub(super) fn strange(&self) -> BTreeSet<TenantId> {
        let strange = self.0.iter().filter(|(tenant, all)| all.iter().any(|container| container.is_stray_of(**tenant)));
        strange.map(|(tenant, _)| *tenant).collect()
    }

    /// Whether they are what the tenant's row says.
    pub(super) fn are_as(&self, tenant: TenantId, expected: &Expectation) -> bool {
        let found = self.0.get(&tenant).map(Vec::as_slice).unwrap_or_default();
        match (expected.desired_state, found) {
            (DesiredState::Running, [container]) => {
                let named = container.name == ContainerName::serve(tenant).as_str();
                let same = expected.container.as_ref() == Some(&container.id);
                let is_where_it_was = |endpoint: Endpoint| expected.address.is_none_or(|was| was == endpoint.address);
                let placed = container.endpoint.is_some_and(is_where_it_was) && !container.elsewhere;
                container.may_run && placed && named && same
            }
            (DesiredState::Stopped | DesiredState::Destroyed, [container]) => {
                !container.may_run && !container.is_stray_of(tenant)
            }
            (DesiredState::Stopped | DesiredState::Destroyed, []) => true,
            (DesiredState::Running, []) | (_, [_, _, ..]) => false,
        }
    }
}

/// Whatever the provider, one that should run has a file, and it is as we left it.
pub(super) fn is_routed_as_left(tenant: TenantId, expected: &Expectation, routes: &Survey) -> bool {
    let is_there = expected.desired_state != DesiredState::Running || routes.present.contains(&tenant);
    is_there && !routes.altered.contains(&tenant)
}
