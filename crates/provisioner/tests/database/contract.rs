//! What every `TenantDatabase` promises, held against the fake and PostgreSQL 15 to 18.

use std::future::Future;
use std::pin::Pin;

use domain::TenantId;
use domain::app::Isolation;
use domain::tenant::RoleState;
use futures_util::future::join_all;
use provisioner::database::{DatabaseObservation, FakeTenants, RoleSpec, TenantDatabase};

use crate::support::{BOTH, Server, new_tenant, on_every_version, spec};

const EFFECT: &str = "SELECT count(*) FROM released;";

type Done<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// What a tenant puts in that fills it.
const FILLING: u64 = 2_000_000;

/// One implementation, how a release leaves its effect in it, and how a tenant fills what is its own.
struct World<'a> {
    database: &'a dyn TenantDatabase,
    release: &'a dyn Fn(TenantId, Isolation) -> Done<'a>,
    fill: &'a dyn Fn(TenantId, Isolation) -> Done<'a>,
}

#[tokio::test]
async fn fake() {
    let fake = FakeTenants::default();
    let release = |tenant, _| -> Done<'_> {
        fake.set_released(tenant, true);
        Box::pin(async {})
    };
    let fill = |tenant, _| -> Done<'_> {
        fake.set_size(tenant, FILLING);
        Box::pin(async {})
    };
    holds(&World { database: &fake, release: &release, fill: &fill }).await;
    assert!(fake.inventory().is_empty());
}

async fn real(server: &Server) {
    let release = |tenant, isolation| -> Done<'_> {
        Box::pin(async move {
            let session = server.tenant(tenant, isolation).await;
            session.run("CREATE TABLE released (at int); INSERT INTO released VALUES (1)").await;
        })
    };
    // Values so long stand in a table of their own beside the table, and an index beside both.
    let fill = |tenant, isolation| -> Done<'_> {
        Box::pin(async move {
            let session = server.tenant(tenant, isolation).await;
            let fill = format!(
                "CREATE TABLE filled (number int PRIMARY KEY, text text);
                 ALTER TABLE filled ALTER text SET STORAGE EXTERNAL;
                 INSERT INTO filled SELECT number, repeat('x', {FILLING} / 20) FROM generate_series(1, 20) number"
            );
            session.run(&fill).await;
        })
    };
    holds(&World { database: &server.tenants, release: &release, fill: &fill }).await;
}
on_every_version!(real);

async fn holds(world: &World<'_>) {
    let database = world.database;
    a_role_is_made_once_and_drift_of_each_part_shows(database).await;
    for isolation in BOTH {
        what_is_not_there_is_absent_and_drops_without_error(database, isolation).await;
        a_database_needs_its_role(database, isolation).await;
        a_database_keeps_its_identity_until_it_is_dropped(database, isolation).await;
        a_release_shows_and_goes_with_the_database(world, isolation).await;
        its_size_is_of_what_is_its_own(world, isolation).await;
        tenants_are_made_at_once_and_dropped_one_by_one(database, isolation).await;
    }
    assert_eq!(found(database).await, [], "nothing is left");
}

async fn what_is_not_there_is_absent_and_drops_without_error(database: &dyn TenantDatabase, isolation: Isolation) {
    let tenant = new_tenant();
    for _ in 0..2 {
        assert_eq!(database.observe(tenant, isolation, &spec()).await.unwrap(), DatabaseObservation::default());
        database.drop_database(tenant, isolation).await.unwrap();
        database.drop_role(tenant).await.unwrap();
    }
}

async fn a_role_is_made_once_and_drift_of_each_part_shows(database: &dyn TenantDatabase) {
    let tenant = new_tenant();
    let later = |change: fn(&mut RoleSpec)| {
        let mut spec = spec();
        change(&mut spec);
        spec
    };
    let wishes = [
        spec(),
        later(|spec| spec.password_version = 2),
        later(|spec| spec.connection_limit = 7),
        later(|spec| spec.statement_timeout *= 2),
        later(|spec| spec.idle_in_transaction_timeout *= 2),
    ];
    for wish in &wishes {
        for _ in 0..2 {
            assert_eq!(database.ensure_role(tenant, wish).await.unwrap(), RoleState { conforms: true });
        }
        for other in &wishes {
            let seen = database.observe(tenant, Isolation::Database, other).await.unwrap();
            assert_eq!(seen.role, Some(RoleState { conforms: std::ptr::eq(wish, other) }), "{wish:?} {other:?}");
            assert_eq!(seen.database, None);
        }
    }
    database.drop_role(tenant).await.unwrap();
}

async fn a_database_needs_its_role(database: &dyn TenantDatabase, isolation: Isolation) {
    let tenant = new_tenant();
    let error = database.ensure_database(tenant, isolation).await.unwrap_err();
    assert!(error.is_permanent(), "{error}");
    let error = database.effect(tenant, isolation, &spec(), EFFECT).await.unwrap_err();
    assert!(error.is_permanent(), "{error}");
    assert_eq!(database.observe(tenant, isolation, &spec()).await.unwrap(), DatabaseObservation::default());
}

async fn a_database_keeps_its_identity_until_it_is_dropped(database: &dyn TenantDatabase, isolation: Isolation) {
    let tenant = new_tenant();
    database.ensure_role(tenant, &spec()).await.unwrap();
    let first = database.ensure_database(tenant, isolation).await.unwrap();
    assert!(first.conforms);
    assert_eq!(database.ensure_database(tenant, isolation).await.unwrap(), first);
    assert_eq!(database.observe(tenant, isolation, &spec()).await.unwrap().database, Some(first.clone()));
    let error = database.drop_role(tenant).await.unwrap_err();
    assert!(error.is_permanent(), "data never goes with a role: {error}");
    assert_eq!(database.observe(tenant, isolation, &spec()).await.unwrap().database, Some(first.clone()));
    database.drop_database(tenant, isolation).await.unwrap();
    assert_eq!(database.observe(tenant, isolation, &spec()).await.unwrap().database, None);
    let second = database.ensure_database(tenant, isolation).await.unwrap();
    assert_ne!(second.identity, first.identity);
    remove(database, tenant, isolation).await;
}

async fn a_release_shows_and_goes_with_the_database(world: &World<'_>, isolation: Isolation) {
    let (database, tenant, spec) = (world.database, new_tenant(), spec());
    database.ensure_role(tenant, &spec).await.unwrap();
    database.ensure_database(tenant, isolation).await.unwrap();
    let effect = || database.effect(tenant, isolation, &spec, EFFECT);
    assert!(!effect().await.unwrap(), "a missing table is no error");
    (world.release)(tenant, isolation).await;
    assert!(effect().await.unwrap());
    database.drop_database(tenant, isolation).await.unwrap();
    assert!(effect().await.unwrap_err().is_permanent());
    database.ensure_database(tenant, isolation).await.unwrap();
    assert!(!effect().await.unwrap());
    remove(database, tenant, isolation).await;
}

async fn its_size_is_of_what_is_its_own(world: &World<'_>, isolation: Isolation) {
    let (database, tenants) = (world.database, [new_tenant(), new_tenant()]);
    let sizes = async || {
        let [one, other] = tenants;
        [database.size(one, isolation).await.unwrap(), database.size(other, isolation).await.unwrap()]
    };
    assert_eq!(sizes().await, [None, None], "what is not there has no size");
    for tenant in tenants {
        database.ensure_role(tenant, &spec()).await.unwrap();
        database.ensure_database(tenant, isolation).await.unwrap();
    }
    let [Some(empty), Some(others)] = sizes().await else { panic!("both are there") };
    (world.fill)(tenants[0], isolation).await;
    let [Some(filled), Some(others_after)] = sizes().await else { panic!("both are there") };
    // A page is filled in part, and beside the tables are their indexes.
    assert!((FILLING..2 * FILLING).contains(&(filled - empty)), "{isolation:?}: {empty} B, then {filled} B");
    assert!(others_after < others + FILLING / 4, "{isolation:?}: {others} B, then {others_after} B");
    for tenant in tenants {
        remove(database, tenant, isolation).await;
    }
    assert_eq!(sizes().await, [None, None]);
}

async fn tenants_are_made_at_once_and_dropped_one_by_one(database: &dyn TenantDatabase, isolation: Isolation) {
    let tenants: Vec<TenantId> = (0..6).map(|_| new_tenant()).collect();
    let deploy = async |tenant: TenantId| {
        database.ensure_role(tenant, &spec()).await.unwrap();
        database.ensure_database(tenant, isolation).await.unwrap().identity
    };
    let identities = join_all(tenants.iter().map(|tenant| deploy(*tenant))).await;
    for (position, tenant) in tenants.iter().enumerate() {
        let mut left = tenants[position..].to_vec();
        left.sort_unstable();
        assert_eq!(found(database).await, left);
        let seen = database.observe(*tenant, isolation, &spec()).await.unwrap();
        assert_eq!(seen.database.map(|state| (state.identity, state.conforms)), Some((identities[position], true)));
        remove(database, *tenant, isolation).await;
    }
}

async fn remove(database: &dyn TenantDatabase, tenant: TenantId, isolation: Isolation) {
    database.drop_database(tenant, isolation).await.unwrap();
    database.drop_role(tenant).await.unwrap();
    assert_eq!(database.observe(tenant, isolation, &spec()).await.unwrap(), DatabaseObservation::default());
}

/// Those that have anything here.
async fn found(database: &dyn TenantDatabase) -> Vec<TenantId> {
    database.fingerprints().await.unwrap().into_keys().collect()
}
