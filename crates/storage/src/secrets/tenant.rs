//! The tenants' secrets: database password, session keys, variables an owner has sealed.

use std::collections::BTreeMap;

use domain::entropy::token;
use domain::{Entropy, TenantId};
use secrecy::SecretString;

use super::keyring::{Keyring, KeyringError, Place, Sealed};
use super::public::Sealer;
use crate::claims::{ClaimError, Lease};
use crate::store::Store;

/// An opened secret.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Grows with each change.
    pub version: u32,
    pub value: SecretString,
}

/// A sealed secret to be put in with a new tenant.
#[derive(Clone, Debug)]
pub struct NewSecret {
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) sealed: Sealed,
}

/// Why the secrets are not there.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error(transparent)]
    Claim(#[from] ClaimError),
    #[error("the secret `{name}` of {tenant} can't be opened")]
    Sealed {
        tenant: TenantId,
        name: String,
        #[source]
        source: KeyringError,
    },
    #[error("the secret `{name}` of {tenant} has no version {version}")]
    Missing { tenant: TenantId, name: String, version: u32 },
}

impl From<sqlx::Error> for SecretsError {
    fn from(error: sqlx::Error) -> Self {
        Self::Claim(ClaimError::Storage(error.into()))
    }
}

impl NewSecret {
    /// Seals a value for the one place it may lie, by whoever can't open it again.
    #[must_use]
    pub fn seal(sealer: &Sealer, tenant: TenantId, named: (&str, u32), value: &str, entropy: &dyn Entropy) -> Self {
        let (name, version) = named;
        let row = row(tenant, name, version);
        Self { name: name.to_owned(), version, sealed: sealer.seal(&place(&row), value, entropy) }
    }

    /// One of our own making.
    fn random(keyring: &Keyring, tenant: TenantId, name: &str, entropy: &dyn Entropy) -> Self {
        let row = row(tenant, name, 1);
        Self { name: name.to_owned(), version: 1, sealed: keyring.seal(&place(&row), &token(entropy), entropy) }
    }
}

fn row(tenant: TenantId, name: &str, version: u32) -> String {
    format!("{}/{name}/{version}", tenant.simple())
}

fn place(row: &str) -> Place<'_> {
    Place { table: "tenant_secrets", row, column: "sealed" }
}

impl Store {
    /// The newest version of each of these secrets; those that are missing are made at random. One round trip if all are
    /// there, two if not.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub async fn ensure_secrets(
        &self,
        lease: &Lease,
        names: &[&str],
        keyring: &Keyring,
        entropy: &dyn Entropy,
    ) -> Result<BTreeMap<String, Secret>, SecretsError> {
        let mut found = self.newest_secrets(lease, names, keyring).await?;
        let missing: Vec<NewSecret> = names
            .iter()
            .filter(|name| !found.contains_key(**name))
            .map(|name| NewSecret::random(keyring, lease.tenant, name, entropy))
            .collect();
        if missing.is_empty() {
            return Ok(found);
        }
        let made = self.insert_secrets(lease, &missing, keyring).await?;
        if made.len() < missing.len() {
            // Somebody was quicker, or has the claim: what lies there is what counts.
            return self.newest_secrets(lease, names, keyring).await;
        }
        found.extend(made);
        Ok(found)
    }

    /// One version of a secret, as a spec names it.
    ///
    /// # Errors
    /// [`SecretsError::Missing`] if there is none.
    pub async fn open_secret(
        &self,
        lease: &Lease,
        named: (&str, u32),
        keyring: &Keyring,
    ) -> Result<SecretString, SecretsError> {
        let (name, version) = named;
        let query = sqlx::query_scalar!(
            r#"SELECT s.sealed AS "sealed?" FROM fresco.tenant_claims c
               LEFT JOIN fresco.tenant_secrets s ON s.tenant_id = c.tenant_id AND s.name = $4 AND s.version = $5
               WHERE c.tenant_id = $1 AND c.lease_owner = $2 AND c.epoch = $3"#,
            lease.tenant.uuid(),
            lease.owner.0,
            lease.epoch,
            name,
            version.cast_signed(),
        );
        let sealed = query.fetch_optional(self.pool()).await?.ok_or(ClaimError::Lost)?;
        let missing = || SecretsError::Missing { tenant: lease.tenant, name: name.to_owned(), version };
        open(keyring, lease.tenant, named, sealed.ok_or_else(missing)?)
    }

    /// The newest version of a secret, for one who changes nothing of the tenant and so holds no claim.
    ///
    /// # Errors
    /// [`SecretsError::Missing`] if there is none.
    pub async fn read_secret(
        &self,
        tenant: TenantId,
        name: &str,
        keyring: &Keyring,
    ) -> Result<SecretString, SecretsError> {
        let query = sqlx::query!(
            "SELECT version, sealed FROM fresco.tenant_secrets WHERE tenant_id = $1 AND name = $2
             ORDER BY version DESC LIMIT 1",
            tenant.uuid(),
            name,
        );
        let missing = || SecretsError::Missing { tenant, name: name.to_owned(), version: 0 };
        let row = query.fetch_optional(self.pool()).await?.ok_or_else(missing)?;
        open(keyring, tenant, (name, row.version.cast_unsigned()), row.sealed)
    }

    async fn newest_secrets(
        &self,
        lease: &Lease,
        names: &[&str],
        keyring: &Keyring,
    ) -> Result<BTreeMap<String, Secret>, SecretsError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        // One row at least while the lease holds.
        let query = sqlx::query!(
            r#"SELECT DISTINCT ON (s.name) s.name AS "name?", s.version AS "version?", s.sealed AS "sealed?"
               FROM fresco.tenant_claims c
               LEFT JOIN fresco.tenant_secrets s ON s.tenant_id = c.tenant_id AND s.name = ANY ($4)
               WHERE c.tenant_id = $1 AND c.lease_owner = $2 AND c.epoch = $3
               ORDER BY s.name, s.version DESC"#,
            lease.tenant.uuid(),
            lease.owner.0,
            lease.epoch,
            &names,
        );
        let rows = query.fetch_all(self.pool()).await?;
        if rows.is_empty() {
            return Err(ClaimError::Lost.into());
        }
        let there = rows.into_iter().filter_map(|row| Some((row.name?, row.version?, row.sealed?)));
        open_all(keyring, lease.tenant, there)
    }

    /// Answers with those that were put in, as they lie there.
    async fn insert_secrets(
        &self,
        lease: &Lease,
        secrets: &[NewSecret],
        keyring: &Keyring,
    ) -> Result<BTreeMap<String, Secret>, SecretsError> {
        let columns = SecretColumns::of(secrets);
        let query = sqlx::query!(
            "WITH mine AS (
                 SELECT tenant_id FROM fresco.tenant_claims
                 WHERE tenant_id = $1 AND lease_owner = $2 AND epoch = $3 FOR UPDATE)
             INSERT INTO fresco.tenant_secrets (tenant_id, name, version, sealed)
             SELECT mine.tenant_id, made.* FROM mine, unnest($4::text[], $5::int[], $6::bytea[]) made
             ON CONFLICT DO NOTHING RETURNING name, version, sealed",
            lease.tenant.uuid(),
            lease.owner.0,
            lease.epoch,
            &columns.names,
            &columns.versions,
            &columns.sealed,
        );
        let rows = query.fetch_all(self.pool()).await?.into_iter();
        open_all(keyring, lease.tenant, rows.map(|row| (row.name, row.version, row.sealed)))
    }
}

fn open_all(
    keyring: &Keyring,
    tenant: TenantId,
    rows: impl Iterator<Item = (String, i32, Vec<u8>)>,
) -> Result<BTreeMap<String, Secret>, SecretsError> {
    let opened = rows.map(|(name, version, sealed)| {
        let version = version.cast_unsigned();
        let value = open(keyring, tenant, (&name, version), sealed)?;
        Ok((name, Secret { version, value }))
    });
    opened.collect()
}

/// Secrets as the arrays that one INSERT takes.
pub(crate) struct SecretColumns {
    pub(crate) names: Vec<String>,
    pub(crate) versions: Vec<i32>,
    pub(crate) sealed: Vec<Vec<u8>>,
}

impl SecretColumns {
    pub(crate) fn of(secrets: &[NewSecret]) -> Self {
        let mut columns = Self { names: vec![], versions: vec![], sealed: vec![] };
        for secret in secrets {
            columns.names.push(secret.name.clone());
            columns.versions.push(secret.version.cast_signed());
            columns.sealed.push(secret.sealed.clone().into_bytes());
        }
        columns
    }
}

fn open(
    keyring: &Keyring,
    tenant: TenantId,
    named: (&str, u32),
    sealed: Vec<u8>,
) -> Result<SecretString, SecretsError> {
    let (name, version) = named;
    let opened = keyring.open(&place(&row(tenant, name, version)), &Sealed::from_bytes(sealed));
    opened.map_err(|source| SecretsError::Sealed { tenant, name: name.to_owned(), source })
}
