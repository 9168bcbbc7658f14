//! Tenants' PostgreSQL in memory, with faults to switch on: held to the same contract test as the real one.
//!
//! A tenant costs a hundred bytes or so, so that a test may have 100,000. A fault answers `Unavailable`, as a lost
//! connection would.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::TenantId;
use domain::app::Isolation;
use domain::tenant::{DatabaseIdentity, DatabaseState, RoleState};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use super::{DatabaseError, DatabaseObservation, RoleSpec, TenantDatabase};
use crate::fault::{Faults, Moment};

/// A call a fault can strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Call {
    Observe,
    EnsureRole,
    EnsureDatabase,
    Admits,
    Effect,
    Run,
    DropDatabase,
    DropRole,
    Size,
    Fingerprints,
}

/// What is there of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The version of the role's password.
    pub role: Option<u32>,
    pub database: Option<(Isolation, DatabaseIdentity)>,
    /// Whether a release's effect shows.
    pub released: bool,
}

#[derive(Debug, Default)]
struct Tenant {
    /// A digest of what the role was made with, and the version of its password.
    role: Option<([u8; 32], u32)>,
    database: Option<(Isolation, DatabaseIdentity)>,
    drifted: bool,
    /// Whether its role has another password than the one it was made with.
    locked: bool,
    released: bool,
    /// What was run in it.
    statements: Vec<String>,
    /// In bytes.
    size: u64,
}

#[derive(Debug, Default)]
struct State {
    tenants: BTreeMap<TenantId, Tenant>,
    last_identity: u32,
}

/// See the module.
#[derive(Debug, Default)]
pub struct FakeTenants {
    state: Mutex<State>,
    faults: Faults<Call>,
}

/// The switches, and what a test may look at.
impl FakeTenants {
    /// The next `times` such calls fail at that moment.
    pub fn fail(&self, call: Call, moment: Moment, times: u32) {
        self.faults.plan(call, moment, times);
    }

    /// Whether every call fails before its effect.
    pub fn set_down(&self, down: bool) {
        self.faults.set_down(down);
    }

    /// How long every call takes.
    pub fn set_latency(&self, latency: Duration) {
        self.faults.set_latency(latency);
    }

    /// The statements that were run in the tenant's database.
    #[must_use]
    pub fn statements(&self, tenant: TenantId) -> Vec<String> {
        self.state().tenants.get(&tenant).map(|found| found.statements.clone()).unwrap_or_default()
    }

    /// Whether a release's effect shows in the tenant's database; forgotten with it.
    pub fn set_released(&self, tenant: TenantId, released: bool) {
        self.state().tenants.entry(tenant).or_default().released = released;
    }

    /// How many bytes the tenant's database takes; forgotten with it.
    pub fn set_size(&self, tenant: TenantId, bytes: u64) {
        self.state().tenants.entry(tenant).or_default().size = bytes;
    }

    /// Somebody changes owner or grants behind our back.
    pub fn drift_database(&self, tenant: TenantId) {
        self.state().tenants.entry(tenant).or_default().drifted = true;
    }

    /// The tenant gives its role another password.
    pub fn change_password(&self, tenant: TenantId) {
        self.state().tenants.entry(tenant).or_default().locked = true;
    }

    /// Whether the tenant's role has another password than it was made with.
    #[must_use]
    pub fn is_locked(&self, tenant: TenantId) -> bool {
        self.state().tenants.get(&tenant).is_some_and(|found| found.locked)
    }

    /// All tenants of which something is there.
    #[must_use]
    pub fn inventory(&self) -> BTreeMap<TenantId, Parts> {
        let parts = |tenant: &Tenant| Parts {
            role: tenant.role.map(|(_, version)| version),
            database: tenant.database,
            released: tenant.released,
        };
        self.state().tenants.iter().filter(|(_, tenant)| tenant.is_there()).map(|(id, of)| (*id, parts(of))).collect()
    }

    /// How often such a call was made, failed ones included.
    #[must_use]
    pub fn calls(&self, call: Call) -> u64 {
        self.faults.calls(call)
    }

    /// A test that panicked in another thread changes nothing here half-way.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call<T>(
        &self,
        call: Call,
        effect: impl FnOnce(&mut State) -> Result<T, DatabaseError> + Send,
    ) -> Result<T, DatabaseError> {
        self.faults.around(call, || call.unavailable(), || effect(&mut self.state())).await
    }
}

impl State {
    fn tenant(&self, tenant: TenantId) -> Option<&Tenant> {
        self.tenants.get(&tenant)
    }
}

impl Tenant {
    fn is_there(&self) -> bool {
        self.role.is_some() || self.database.is_some()
    }

    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.role, self.database, self.drifted).hash(&mut hasher);
        hasher.finish()
    }

    fn database(&self, isolation: Isolation) -> Option<DatabaseState> {
        let (_, identity) = self.database.filter(|(kind, _)| *kind == isolation)?;
        Some(DatabaseState { identity, conforms: !self.drifted && self.role.is_some(), ruined: false })
    }
}

impl Call {
    const fn action(self) -> &'static str {
        match self {
            Self::Observe => "tell how a tenant's role and database are",
            Self::EnsureRole => "make a tenant's role",
            Self::EnsureDatabase => "make a tenant's database",
            Self::Admits => "log in as a tenant",
            Self::Effect => "ask a tenant's database for a release's effect",
            Self::Run => "change a tenant's data",
            Self::DropDatabase => "drop a tenant's database",
            Self::DropRole => "drop a tenant's role",
            Self::Size => "measure a tenant's database",
            Self::Fingerprints => "look at all tenants' databases",
        }
    }

    fn unavailable(self) -> DatabaseError {
        DatabaseError::Unavailable { action: self.action(), detail: "the fake was told to fail".to_owned() }
    }

    fn refused(self, detail: &str) -> DatabaseError {
        DatabaseError::Refused { action: self.action(), detail: detail.to_owned() }
    }
}

/// What a role is made with, in 32 bytes.
fn digest(spec: &RoleSpec) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(spec.password_version.to_be_bytes());
    digest.update(spec.connection_limit.to_be_bytes());
    digest.update(spec.statement_timeout.as_millis().to_be_bytes());
    digest.update(spec.idle_in_transaction_timeout.as_millis().to_be_bytes());
    digest.finalize().into()
}

#[async_trait]
impl TenantDatabase for FakeTenants {
    async fn observe(
        &self,
        tenant: TenantId,
        isolation: Isolation,
        role: &RoleSpec,
    ) -> Result<DatabaseObservation, DatabaseError> {
        let wanted = digest(role);
        let look = |state: &mut State| {
            let Some(found) = state.tenant(tenant) else { return Ok(DatabaseObservation::default()) };
            let role = found.role.map(|(made_with, _)| RoleState { conforms: made_with == wanted });
            Ok(DatabaseObservation { role, database: found.database(isolation) })
        };
        self.call(Call::Observe, look).await
    }

    async fn ensure_role(&self, tenant: TenantId, role: &RoleSpec) -> Result<RoleState, DatabaseError> {
        debug_assert!(!role.password.expose_secret().is_empty(), "a role always has a password");
        let made_with = (digest(role), role.password_version);
        let make = |state: &mut State| {
            let made = state.tenants.entry(tenant).or_default();
            (made.role, made.locked) = (Some(made_with), false);
            Ok(RoleState { conforms: true })
        };
        self.call(Call::EnsureRole, make).await
    }

    async fn ensure_database(&self, tenant: TenantId, isolation: Isolation) -> Result<DatabaseState, DatabaseError> {
        let make = |state: &mut State| {
            let next = state.last_identity + 1;
            let found = state.tenants.get_mut(&tenant).filter(|found| found.role.is_some());
            let Some(found) = found else { return Err(Call::EnsureDatabase.refused("the role is not there")) };
            let (_, identity) = *found.database.get_or_insert((isolation, DatabaseIdentity(next)));
            found.drifted = false;
            state.last_identity = next;
            Ok(DatabaseState { identity, conforms: true, ruined: false })
        };
        self.call(Call::EnsureDatabase, make).await
    }

    async fn admits(&self, tenant: TenantId, _isolation: Isolation, _role: &RoleSpec) -> Result<bool, DatabaseError> {
        self.call(Call::Admits, |state| Ok(state.tenant(tenant).is_some_and(|found| !found.locked))).await
    }

    async fn effect(
        &self,
        tenant: TenantId,
        isolation: Isolation,
        _role: &RoleSpec,
        _query: &str,
    ) -> Result<bool, DatabaseError> {
        let ask = |state: &mut State| {
            let found =
                state.tenant(tenant).filter(|found| found.role.is_some() && found.database(isolation).is_some());
            found.map(|found| found.released).ok_or_else(|| Call::Effect.refused("it can't log in"))
        };
        self.call(Call::Effect, ask).await
    }

    async fn run(
        &self,
        tenant: TenantId,
        isolation: Isolation,
        _role: &RoleSpec,
        statement: &str,
    ) -> Result<(), DatabaseError> {
        let run = |state: &mut State| {
            let found = state.tenants.get_mut(&tenant);
            let found = found.filter(|found| found.role.is_some() && found.database(isolation).is_some());
            let found = found.ok_or_else(|| Call::Run.refused("it can't log in"))?;
            found.statements.push(statement.to_owned());
            Ok(())
        };
        self.call(Call::Run, run).await
    }

    async fn drop_database(&self, tenant: TenantId, isolation: Isolation) -> Result<(), DatabaseError> {
        let remove = |state: &mut State| {
            if let Some(found) = state.tenants.get_mut(&tenant).filter(|found| found.database(isolation).is_some()) {
                (found.database, found.released, found.drifted, found.size) = (None, false, false, 0);
            }
            state.tenants.retain(|id, found| *id != tenant || found.is_there());
            Ok(())
        };
        self.call(Call::DropDatabase, remove).await
    }

    async fn drop_role(&self, tenant: TenantId) -> Result<(), DatabaseError> {
        let remove = |state: &mut State| match state.tenant(tenant) {
            Some(found) if found.database.is_some() => {
                Err(Call::DropRole.refused("its database or schema is still there: drop that first"))
            }
            Some(_) | None => {
                state.tenants.remove(&tenant);
                Ok(())
            }
        };
        self.call(Call::DropRole, remove).await
    }

    async fn size(&self, tenant: TenantId, isolation: Isolation) -> Result<Option<u64>, DatabaseError> {
        let look = |state: &mut State| {
            let found = state.tenant(tenant).filter(|found| found.database(isolation).is_some());
            Ok(found.map(|found| found.size))
        };
        self.call(Call::Size, look).await
    }

    async fn fingerprints(&self) -> Result<BTreeMap<TenantId, u64>, DatabaseError> {
        let look = |state: &mut State| {
            let there = state.tenants.iter().filter(|(_, found)| found.is_there());
            Ok(there.map(|(id, found)| (*id, found.fingerprint())).collect())
        };
        self.call(Call::Fingerprints, look).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(number: u128) -> TenantId {
        TenantId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn spec() -> RoleSpec {
        RoleSpec {
            password: "secret".into(),
            password_version: 1,
            connection_limit: 10,
            statement_timeout: Duration::from_secs(30),
            idle_in_transaction_timeout: Duration::from_secs(60),
        }
    }

    #[tokio::test]
    async fn a_fault_strikes_before_or_after_the_effect_as_often_as_told() {
        let fake = FakeTenants::default();
        fake.fail(Call::EnsureRole, Moment::BeforeEffect, 1);
        fake.fail(Call::EnsureRole, Moment::AfterEffect, 1);
        for there in [false, true] {
            let error = fake.ensure_role(tenant(1), &spec()).await.unwrap_err();
            assert!(!error.is_permanent());
            assert_eq!(fake.inventory().contains_key(&tenant(1)), there);
        }
        fake.ensure_role(tenant(1), &spec()).await.unwrap();
        assert_eq!(fake.calls(Call::EnsureRole), 3);
        fake.set_down(true);
        fake.observe(tenant(1), Isolation::Database, &spec()).await.unwrap_err();
    }

    #[tokio::test]
    async fn drift_shows_and_is_mended() {
        let fake = FakeTenants::default();
        fake.ensure_role(tenant(1), &spec()).await.unwrap();
        let made = fake.ensure_database(tenant(1), Isolation::Schema).await.unwrap();
        fake.drift_database(tenant(1));
        let seen = fake.observe(tenant(1), Isolation::Schema, &spec()).await.unwrap().database.unwrap();
        assert_eq!(seen, DatabaseState { conforms: false, ..made.clone() });
        assert_eq!(fake.ensure_database(tenant(1), Isolation::Schema).await.unwrap(), made);
    }
}
