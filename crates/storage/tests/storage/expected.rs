//! What is expected of all, read in part from look to look: it must be what reading all of it tells.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use domain::TenantId;
use domain::tenant::{ContainerId, DesiredState, Operation, Status, World};
use sqlx::{AssertSqlSafe, Connection};
use storage::{ClaimRequest, Expectation, Expected, Finished, LeaseOwner, Scope};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::support::{Platform, all_well, change, connect, now, worker};

const MINUTE: Duration = Duration::from_secs(60);
/// How often a part is read before all is.
const PARTS: usize = 100;
/// Enough that reading all of them would be cheaper than looking up a tenth of those that are due.
const MANY: u32 = 20_000;

/// A look that keeps what it knows from the one before.
async fn look(platform: &Platform, kept: &mut Expected) -> BTreeMap<TenantId, Expectation> {
    platform.worker.read_expected(kept).await.unwrap();
    kept.iter().map(|(tenant, expectation)| (tenant, expectation.clone())).collect()
}

/// The same, which must not differ from the first look of another.
async fn same_look(platform: &Platform, kept: &mut Expected) -> BTreeMap<TenantId, Expectation> {
    let (known, all) = (look(platform, kept).await, look(platform, &mut Expected::default()).await);
    assert_eq!(known, all);
    known
}

async fn eventually(mut is_so: impl AsyncFnMut() -> bool) {
    let waited = async {
        while !is_so().await {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(MINUTE, waited).await.unwrap();
}

fn container(digits: &str) -> ContainerId {
    ContainerId::parse(&digits.repeat(32)).unwrap()
}

/// Behind the claims' back, as only somebody with a session of their own can.
async fn exchange_containers(platform: &Platform) {
    platform.sql(&format!("UPDATE fresco.tenants SET container_id = '{}'", container("cd"))).await;
}

#[tokio::test]
async fn each_change_is_known_at_the_next_look() {
    let platform = Platform::start().await;
    let mut kept = Expected::default();
    assert!(same_look(&platform, &mut kept).await.is_empty());
    let id = platform.tenant("study").await.id;
    platform.tenant("other").await;
    assert!(same_look(&platform, &mut kept).await.values().all(|expected| !expected.is_settled));

    let (world, container) = (World::empty(), container("ab"));
    for claim in platform.claim(worker(1), MINUTE).await {
        assert!(!same_look(&platform, &mut kept).await[&claim.tenant.id].is_settled, "somebody is at it");
        let finished = Finished { container: Some(&container), ..all_well(&claim, &world) };
        platform.worker.finish(&claim.lease, &finished).await.unwrap();
    }
    let settled = Expectation {
        desired_state: DesiredState::Running,
        container: Some(container),
        address: None,
        is_settled: true,
    };
    assert_eq!(same_look(&platform, &mut kept).await[&id], settled);

    platform.api.change_tenant(Scope::Operator, id, change(Operation::Stop)).await.unwrap();
    let asked = Expectation { desired_state: DesiredState::Stopped, is_settled: false, ..settled };
    assert_eq!(same_look(&platform, &mut kept).await[&id], asked);

    platform.api.change_tenant(Scope::Operator, id, change(Operation::Destroy { after: now() })).await.unwrap();
    let claim = platform.claim_one(worker(1)).await;
    let finished = Finished { status: Status::Destroyed, ..all_well(&claim, &world) };
    platform.worker.finish(&claim.lease, &finished).await.unwrap();
    let left = same_look(&platform, &mut kept).await;
    assert!(left.len() == 1 && !left.contains_key(&id), "a tombstone is expected nowhere");
}

#[tokio::test]
async fn what_was_under_way_during_a_look_is_known_once_it_has_ended() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let mut session = connect(&platform.superuser_url()).await;
    let mut slow = session.begin().await.unwrap();
    let ring = format!("SELECT fresco.ring(ARRAY['{}'::uuid], 0::smallint)", id.uuid());
    sqlx::raw_sql(AssertSqlSafe(ring)).execute(&mut *slow).await.unwrap();
    sqlx::raw_sql("UPDATE fresco.tenants SET desired_state = 'stopped'").execute(&mut *slow).await.unwrap();
    let mut kept = Expected::default();
    for name in ["one", "two", "three"] {
        assert_eq!(same_look(&platform, &mut kept).await[&id].desired_state, DesiredState::Running);
        platform.tenant(name).await;
    }
    slow.commit().await.unwrap();
    assert_eq!(same_look(&platform, &mut kept).await[&id].desired_state, DesiredState::Stopped);
}

#[tokio::test]
async fn what_a_crash_may_have_taken_back_is_read_again() {
    let platform = Platform::start().await;
    platform.tenant("study").await;
    let mut kept = Expected::default();
    let before = look(&platform, &mut kept).await;
    exchange_containers(&platform).await;
    assert_eq!(look(&platform, &mut kept).await, before, "only what was written with a claim is read");

    let pid = platform.number("SELECT pid::bigint FROM pg_stat_activity WHERE usename = 'platform_api' LIMIT 1").await;
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    // It ends, and answers again once it has recovered.
    eventually(async || {
        let answers = platform.worker.read_expected(&mut kept).await.is_ok();
        answers && kept.iter().all(|(_, expected)| expected.container == Some(container("cd")))
    })
    .await;
}

#[tokio::test]
async fn all_is_read_again_now_and_then() {
    let platform = Platform::start().await;
    platform.tenant("study").await;
    let mut kept = Expected::default();
    look(&platform, &mut kept).await;
    exchange_containers(&platform).await;
    for _ in 0..PARTS {
        assert!(look(&platform, &mut kept).await.values().all(|expected| expected.container.is_none()));
    }
    assert!(look(&platform, &mut kept).await.values().all(|expected| expected.container.is_some()));
}

/// How often all tenants were read through, as told by all sessions: each tells it when it ends.
async fn times_read_through(platform: &Platform) -> i64 {
    let others = "SELECT count(*) FROM pg_stat_activity
                  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    eventually(async || platform.number(others).await == 0).await;
    platform.number("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'tenants'").await
}

/// What is asked every few seconds, when all are due at once: the worst time to read through all rows.
#[tokio::test]
async fn among_many_the_tenants_are_read_by_their_keys() {
    let platform = Platform::start().await;
    platform.tenant("study").await;
    platform
        .sql(&format!(
            "INSERT INTO fresco.tenants (id, organisation_id, owner, subdomain, created_at, updated_at, desired_state, spec)
             SELECT gen_random_uuid(), organisation_id, owner, 'study-' || n, now(), now(), desired_state, spec
             FROM fresco.tenants, generate_series(1, {MANY}) n;
             INSERT INTO fresco.tenant_claims (tenant_id) SELECT id FROM fresco.tenants ON CONFLICT DO NOTHING;
             UPDATE fresco.tenant_claims SET priority = 1;
             ANALYZE"
        ))
        .await;
    for store in [&platform.owner, &platform.api, &platform.worker] {
        store.close().await;
    }
    let before = times_read_through(&platform).await;
    let worker = platform.server.store("platform_worker", 1).await;
    let mut kept = Expected::default();
    let request = ClaimRequest { limit: 16, background_limit: 8, lease: MINUTE };
    for _ in 0..2 {
        worker.read_expected(&mut kept).await.unwrap();
        assert_eq!(worker.claim_due(LeaseOwner(Uuid::nil()), request).await.unwrap().len(), 8);
        worker.next_due().await.unwrap();
        worker.being_set_up(now()).await.unwrap();
        worker.not_set_up(None, 200).await.unwrap();
    }
    worker.close().await;
    assert_eq!(times_read_through(&platform).await - before, 1, "once, when nothing was known of them");
}
