//! What becomes of a finished draft.

use domain::wizard::Accepted;
use domain::{DeploymentId, SignupId, TenantId};

use crate::deployments::Action;
use crate::error::StorageError;
use crate::scope::Scope;
use crate::store::Store;
use crate::tenants::{CreateTenantError, NewTenant};

/// The instance of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deployed {
    pub tenant: TenantId,
    pub deployment: DeploymentId,
}

/// Why a draft was not deployed.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    #[error("there is no such draft any more")]
    NotFound,
    #[error(transparent)]
    Create(#[from] CreateTenantError),
}

impl From<sqlx::Error> for DeployError {
    fn from(error: sqlx::Error) -> Self {
        Self::Create(error.into())
    }
}

impl From<StorageError> for DeployError {
    fn from(error: StorageError) -> Self {
        Self::Create(error.into())
    }
}

impl Store {
    /// Makes the draft's instance, and notes that it has, and which terms its owner has accepted; one that was deployed before
    /// answers as it did then.
    ///
    /// # Errors
    /// [`DeployError`]; nothing has changed then.
    pub async fn deploy_signup(
        &self,
        scope: Scope,
        id: SignupId,
        (new, terms): (&NewTenant, &Accepted),
    ) -> Result<Deployed, DeployError> {
        let mut tx = self.begin_as(scope).await?;
        let found = sqlx::query!(
            "SELECT tenant_id, deployment_id FROM fresco.signup_sessions
             WHERE id = $1 AND (expires_at > $2 OR tenant_id IS NOT NULL) FOR UPDATE",
            id.uuid(),
            new.now,
        );
        let found = found.fetch_optional(&mut *tx).await?.ok_or(DeployError::NotFound)?;
        if let Some((tenant, deployment)) = found.tenant_id.zip(found.deployment_id) {
            let deployment = DeploymentId::from_uuid(deployment);
            return Ok(Deployed { tenant: TenantId::from_uuid(tenant), deployment });
        }
        let tenant = self.create_in(&mut tx, scope, new, Some(id)).await?;
        sqlx::query!(
            "UPDATE fresco.signup_sessions SET tenant_id = $2, deployment_id = $3, updated_at = $4 WHERE id = $1",
            id.uuid(),
            tenant.id.uuid(),
            new.deployment.uuid(),
            new.now,
        )
        .execute(&mut *tx)
        .await?;
        let accept = sqlx::query!("SELECT fresco.accept_terms($1, $2)", terms.version, terms.at);
        accept.execute(&mut *tx).await?;
        // The tenant has the name now.
        sqlx::query!("DELETE FROM fresco.name_holds WHERE signup_id = $1", id.uuid()).execute(&mut *tx).await?;
        tx.commit().await?;
        Action::Deploy.asked_for();
        Ok(Deployed { tenant: tenant.id, deployment: new.deployment })
    }
}
