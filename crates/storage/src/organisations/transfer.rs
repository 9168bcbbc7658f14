//! Handing an organisation over.

use domain::access::Role;
use domain::{OrganisationId, UserId};
use serde_json::json;

use super::MembershipError;
use super::members::{locked_role, may_give, set_role};
use crate::audit::NewEntry;
use crate::scope::Scope;
use crate::store::Store;

impl Store {
    /// Makes another member an owner, and `from` an admin: both or neither. `from` is `None` where the operator does it; the
    /// owners stay then.
    ///
    /// # Errors
    /// [`MembershipError`]; nothing has changed then.
    pub async fn transfer_ownership(
        &self,
        scope: Scope,
        organisation: OrganisationId,
        from: Option<UserId>,
        to: UserId,
    ) -> Result<(), MembershipError> {
        let mut tx = self.begin_as(scope).await?;
        locked_role(&mut tx, scope, organisation, to).await?;
        may_give(&mut tx, scope, organisation, Role::Owner).await?;
        set_role(&mut tx, organisation, (to, Role::Owner)).await?;
        if let Some(from) = from.filter(|from| *from != to) {
            set_role(&mut tx, organisation, (from, Role::Admin)).await?;
        }
        let entry = NewEntry::done(organisation, "organisation.transfer", ("user", to.uuid()));
        self.record(&mut tx, scope, entry.with(json!({ "from": from }))).await?;
        tx.commit().await?;
        Ok(())
    }
}
