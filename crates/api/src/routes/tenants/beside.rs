//! What is known of tenants beside their rows.

use std::collections::HashMap;

use domain::TenantId;
use storage::{Scope, Sizes, StorageError, Usage};

use super::usual::UsualDeploys;
use crate::state::ApiState;

/// Of some tenants; of one that is not among them, nothing.
#[derive(Default)]
pub(crate) struct Beside {
    pub(super) usage: HashMap<TenantId, Usage>,
    pub(super) sizes: HashMap<TenantId, Sizes>,
    pub(super) usual: UsualDeploys,
}

impl Beside {
    pub(crate) async fn of(state: &ApiState, scope: Scope, rows: &[storage::Tenant]) -> Result<Self, StorageError> {
        let ids: Vec<TenantId> = rows.iter().map(|row| row.id).collect();
        let (usage, sizes, usual) = tokio::try_join!(
            state.store.usage_of(scope, &ids),
            state.store.sizes_of(scope, &ids),
            UsualDeploys::of(state, scope, rows),
        )?;
        Ok(Self { usage: usage.into_iter().collect(), sizes: sizes.into_iter().collect(), usual })
    }
}
