//! A line, in the transaction that does what it tells of.

use domain::{OrganisationId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::actor::{self, Actor, ActorKind};
use crate::error::StorageError;
use crate::json::{storable, without_nul};
use crate::scope::Scope;
use crate::store::Store;

const LONGEST_LABEL: usize = 300;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditResult {
    Done,
    /// They may not.
    Refused,
    Failed,
}

impl AuditResult {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// What is to be remembered.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// Whose book it stands in; `None`: what belongs to no organisation.
    pub organisation: Option<OrganisationId>,
    /// A noun and a verb, as in `tenant.stop`.
    pub action: &'static str,
    /// What it was done to.
    pub target_kind: &'static str,
    pub target: Option<Uuid>,
    /// What that was called then.
    pub target_label: String,
    pub result: AuditResult,
    /// An object; no secret.
    pub data: Value,
}

impl NewEntry {
    /// Something that was done to something of an organisation's; to nothing that has an id, where none is given.
    #[must_use]
    pub fn done(
        organisation: impl Into<Option<OrganisationId>>,
        action: &'static str,
        (target_kind, target): (&'static str, impl Into<Option<Uuid>>),
    ) -> Self {
        Self {
            organisation: organisation.into(),
            action,
            target_kind,
            target: target.into(),
            target_label: String::new(),
            result: AuditResult::Done,
            data: json!({}),
        }
    }

    /// With what it is called.
    #[must_use]
    pub fn called(self, label: impl Into<String>) -> Self {
        Self { target_label: label.into(), ..self }
    }

    /// With what is to be known beside it.
    #[must_use]
    pub fn with(self, data: Value) -> Self {
        Self { data, ..self }
    }
}

impl Store {
    /// Writes a line in the caller's transaction, for who acts; for who the scope says, if nobody does.
    pub(crate) async fn record(
        &self,
        tx: &mut PgConnection,
        scope: Scope,
        entry: NewEntry,
    ) -> Result<(), StorageError> {
        let mut actor = actor::current().unwrap_or_else(|| Actor::behind(scope));
        if actor.kind == ActorKind::Anonymous {
            // Nobody was let in, and yet it is done for somebody: a new account, a visitor.
            let Actor { kind, id, .. } = Actor::behind(scope);
            (actor.kind, actor.id) = (kind, id);
        }
        write(tx, &actor, entry).await
    }

    /// The same of a tenant that the scope shows.
    pub(crate) async fn record_of_tenant(
        &self,
        tx: &mut PgConnection,
        scope: Scope,
        tenant: TenantId,
        (action, data): (&'static str, Value),
    ) -> Result<(), StorageError> {
        let query = sqlx::query!("SELECT organisation_id, subdomain FROM fresco.tenants WHERE id = $1", tenant.uuid());
        // One that the scope doesn't show was not changed either.
        let Some(row) = query.fetch_optional(&mut *tx).await? else { return Ok(()) };
        let organisation = OrganisationId::from_uuid(row.organisation_id);
        let entry = NewEntry::done(organisation, action, ("tenant", tenant.uuid())).called(row.subdomain).with(data);
        self.record(tx, scope, entry).await
    }

    /// A line about somebody whom nobody has let in, and who stays unknown, whatever they have tried.
    pub(crate) async fn record_of_a_stranger(
        &self,
        tx: &mut PgConnection,
        entry: NewEntry,
    ) -> Result<(), StorageError> {
        let actor = actor::current().unwrap_or(Actor::new(ActorKind::Anonymous, None));
        write(tx, &actor, entry).await
    }

    /// A line about something that changed nothing: a refusal, a failed sign-in.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn record_alone(&self, scope: Scope, entry: NewEntry) -> Result<(), StorageError> {
        let mut tx = self.begin_as(scope).await?;
        self.record(&mut tx, scope, entry).await?;
        Ok(tx.commit().await?)
    }
}

/// The same of what is done on the machine itself, by whoever may use the privileged role.
pub(crate) async fn record_here(tx: &mut PgConnection, entry: NewEntry) -> Result<(), StorageError> {
    write(tx, &actor::current().unwrap_or(Actor::new(ActorKind::System, None)), entry).await
}

async fn write(tx: &mut PgConnection, actor: &Actor, entry: NewEntry) -> Result<(), StorageError> {
    let insert = sqlx::query!(
        "INSERT INTO fresco.audit_log (organisation_id, actor_kind, actor_id, actor_label, action, target_kind, target_id,
                                       target_label, result, address, request_id, attempt, data)
         VALUES ($1, $2, $3, fresco.actor_label($2, $3), $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        entry.organisation.map(OrganisationId::uuid),
        actor.kind.as_str(),
        actor.id,
        entry.action,
        entry.target_kind,
        entry.target,
        label(&entry.target_label),
        entry.result.as_str(),
        actor.address.map(|address| address.to_string()),
        actor.request_id,
        actor.attempt,
        storable(entry.data),
    );
    insert.execute(tx).await?;
    Ok(())
}

fn label(text: &str) -> String {
    without_nul(text).chars().take(LONGEST_LABEL).collect()
}
