//! The audit log: written with what it tells of, sealed, verified.

use std::net::IpAddr;

use domain::access::Role;
use domain::tenant::Operation;
use domain::{OrganisationId, UserId};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;
use sqlx::AssertSqlSafe;
use storage::audit::{acting, identify};
use storage::{
    Actor, ActorKind, AuditFilter, AuditLine, AuditResult, Fault, NewEntry, NewOperatorKey, NewTenant, Scope, Verified,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{Platform, change, connect, new_tenant, now};

fn owner(organisation: OrganisationId, user: UserId) -> Scope {
    Scope::Member { organisation, user: Some(user), role: Role::Owner }
}

/// Who asks before it is known who that is.
fn nobody_yet() -> Actor {
    let address: IpAddr = "192.0.2.7".parse().unwrap();
    Actor { address: Some(address), request_id: Some("request-1".into()), ..Actor::new(ActorKind::Anonymous, None) }
}

async fn lines(platform: &Platform, scope: Scope, filter: AuditFilter) -> Vec<AuditLine> {
    platform.api.list_audit(scope, &filter, None, 200).await.unwrap()
}

async fn seal(platform: &Platform) {
    while platform.worker.seal_audit().await.unwrap() > 0 {}
}

async fn verified(platform: &Platform, organisation: OrganisationId) -> Verified {
    platform.worker.verify_audit(Some(organisation)).await.unwrap().remove(0)
}

/// Past the trigger, as only a superuser can.
async fn forge(platform: &Platform, sql: &str) {
    platform.sql(&format!("SET session_replication_role = replica; {sql}")).await;
}

/// `count` lines in one organisation's book, a seal for every other.
async fn book(platform: &Platform, count: usize) -> (OrganisationId, Vec<i64>) {
    let (organisation, user) = platform.organisation("lab").await;
    seal(platform).await;
    for number in 0..count {
        let entry = NewEntry::done(organisation, "tenant.stop", ("tenant", Uuid::from_u128(number as u128)));
        platform.api.record_alone(owner(organisation, user), entry).await.unwrap();
        if number % 2 == 1 {
            seal(platform).await;
        }
    }
    seal(platform).await;
    let filter = AuditFilter { organisation: Some(organisation), ..AuditFilter::default() };
    let mut ids: Vec<i64> = lines(platform, Scope::Operator, filter).await.iter().map(|line| line.id).collect();
    ids.sort_unstable();
    (organisation, ids)
}

#[tokio::test]
async fn what_is_done_is_written_with_who_did_it_and_what_is_refused_is_not() {
    let platform = Platform::start().await;
    let (organisation, user) = platform.organisation("lab").await;
    let scope = owner(organisation, user);
    let new = NewTenant { organisation, owner: user, ..new_tenant("study") };
    let request = async {
        let tenant = platform.api.create_tenant(scope, new).await.unwrap();
        identify(ActorKind::User, Some(user.uuid()));
        platform.api.change_tenant(scope, tenant.id, change(Operation::Stop)).await.unwrap();
        platform.api.change_tenant(scope, tenant.id, change(Operation::Stop)).await.unwrap_err();
        tenant
    };
    let tenant = acting(nobody_yet(), request).await;
    let written =
        lines(&platform, scope, AuditFilter { target: Some(tenant.id.uuid()), ..AuditFilter::default() }).await;
    let actions: Vec<&str> = written.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(actions, ["tenant.stop", "tenant.deploy"]);
    assert_eq!(written[1].actor_kind, ActorKind::User, "whom it is done for");
    let stop = &written[0];
    assert_eq!(
        (stop.actor_kind, stop.actor, stop.actor_label.as_str()),
        (ActorKind::User, Some(user.uuid()), "lab@example.org")
    );
    assert_eq!((stop.address.as_deref(), stop.request_id.as_deref()), (Some("192.0.2.7"), Some("request-1")));
    assert_eq!(
        (stop.target_kind.as_str(), stop.target_label.as_str(), stop.result),
        ("tenant", "study", AuditResult::Done)
    );
    assert_eq!((stop.organisation, &stop.data), (Some(organisation), &json!({ "generation": 2 })));
}

#[tokio::test]
async fn every_change_of_an_organisation_is_written() {
    let platform = Platform::start().await;
    let (organisation, user) = platform.organisation("lab").await;
    let scope = owner(organisation, user);
    platform.api.rename_organisation(scope, organisation, "Network Lab").await.unwrap();
    let other = platform.user("eve").await;
    platform.api.add_member(scope, organisation, (other, Role::Member), now()).await.unwrap();
    platform.api.add_member(scope, organisation, (other, Role::Member), now()).await.unwrap();
    platform.api.change_role(scope, organisation, (other, Role::Admin)).await.unwrap();
    platform.api.transfer_ownership(scope, organisation, Some(user), other).await.unwrap();
    let theirs = owner(organisation, other);
    platform.api.remove_member(theirs, organisation, user, now()).await.unwrap();
    platform.api.delete_organisation(theirs, organisation, now()).await.unwrap();
    let filter = AuditFilter { organisation: Some(organisation), ..AuditFilter::default() };
    let written = lines(&platform, Scope::Operator, filter).await;
    let actions: Vec<&str> = written.iter().rev().map(|line| line.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "organisation.create",
            "organisation.rename",
            "member.add",
            "member.change_role",
            "organisation.transfer",
            "member.remove",
            "organisation.delete",
        ]
    );
    assert_eq!(written[3].data, json!({ "from": "member", "to": "admin" }));
}

#[tokio::test]
async fn the_machine_itself_writes_too() {
    let platform = Platform::start().await;
    let id = Uuid::from_u128(7);
    let new = NewOperatorKey { id, name: "laptop".into(), hash: [0; 32], now: now() };
    platform.worker.create_operator_key(&new).await.unwrap();
    assert!(platform.worker.revoke_operator_key(id, now()).await.unwrap());
    assert!(!platform.worker.revoke_operator_key(id, now()).await.unwrap());
    let filter = AuditFilter { action: Some("operator_key".into()), ..AuditFilter::default() };
    let written = lines(&platform, Scope::Operator, filter).await;
    let told: Vec<_> = written.iter().map(|line| (line.action.as_str(), line.actor_kind)).collect();
    assert_eq!(told, [("operator_key.revoke", ActorKind::System), ("operator_key.create", ActorKind::System)]);
}

#[tokio::test]
async fn admins_read_their_own_book_and_nobody_reads_others() {
    let platform = Platform::start().await;
    let (mine, me) = platform.organisation("mine").await;
    let (theirs, them) = platform.organisation("theirs").await;
    let scope = |role| Scope::Member { organisation: mine, user: Some(me), role };
    for role in [Role::Admin, Role::Owner] {
        let seen = lines(&platform, scope(role), AuditFilter::default()).await;
        assert!(!seen.is_empty() && seen.iter().all(|line| line.organisation == Some(mine)), "{role}");
    }
    for role in [Role::Viewer, Role::Member, Role::Manager] {
        assert!(lines(&platform, scope(role), AuditFilter::default()).await.is_empty(), "{role}");
    }
    let asked = AuditFilter { organisation: Some(theirs), ..AuditFilter::default() };
    assert!(lines(&platform, scope(Role::Owner), asked).await.is_empty());
    // What one did oneself is one's own, wherever it stands.
    let own = lines(&platform, Scope::User(them), AuditFilter::default()).await;
    assert_eq!(own.iter().map(|line| line.action.as_str()).collect::<Vec<_>>(), ["organisation.create", "user.create"]);
    assert!(own.iter().all(|line| line.actor == Some(them.uuid())), "{own:?}");
    let forged = NewEntry::done(theirs, "tenant.stop", ("tenant", Uuid::nil()));
    platform.api.record_alone(scope(Role::Owner), forged).await.unwrap_err();
}

#[tokio::test]
async fn filters_and_pages_and_streams_say_the_same() {
    let platform = Platform::start().await;
    let (organisation, ids) = book(&platform, 25).await;
    let filter =
        AuditFilter { organisation: Some(organisation), action: Some("tenant".into()), ..AuditFilter::default() };
    let (mut paged, mut before) = (Vec::new(), None);
    loop {
        let page = platform.api.list_audit(Scope::Operator, &filter, before, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        paged.extend(page.iter().map(|line| line.id));
    }
    assert_eq!(paged.len(), 25);
    assert!(paged.windows(2).all(|pair| pair[0] > pair[1]));
    let streamed: Vec<AuditLine> =
        platform.api.stream_audit(Scope::Operator, filter.clone()).try_collect().await.unwrap();
    assert_eq!(streamed.iter().map(|line| line.id).collect::<Vec<_>>(), paged);
    let one = AuditFilter { target: Some(Uuid::from_u128(3)), ..filter.clone() };
    assert_eq!(lines(&platform, Scope::Operator, one).await.len(), 1);
    let none = AuditFilter { until: Some(now() - chrono::TimeDelta::hours(1)), ..filter.clone() };
    assert!(lines(&platform, Scope::Operator, none).await.is_empty());
    let none = AuditFilter { action: Some("tenant.start".into()), ..filter };
    assert!(lines(&platform, Scope::Operator, none).await.is_empty());
    assert_eq!(ids.len(), 26, "and the organisation's beginning");
}

#[tokio::test]
async fn an_untouched_book_verifies_and_says_what_is_not_sealed_yet() {
    let platform = Platform::start().await;
    let (organisation, ids) = book(&platform, 5).await;
    let entry = NewEntry::done(organisation, "tenant.stop", ("tenant", Uuid::nil()));
    platform.api.record_alone(Scope::Operator, entry).await.unwrap();
    let all = platform.worker.verify_audit(None).await.unwrap();
    assert!(all.iter().all(|book| book.fault.is_none()), "{all:?}");
    assert!(all.iter().any(|book| book.organisation.is_none()), "an account's making belongs to no organisation");
    let ours = verified(&platform, organisation).await;
    assert_eq!((ours.lines, ours.seals, ours.unsealed), (ids.len() as u64, 4, 1));
    seal(&platform).await;
    let later = verified(&platform, organisation).await;
    assert_eq!((later.unsealed, later.seals), (0, 5));
    assert_ne!(later.seal, ours.seal);
}

#[tokio::test]
async fn every_column_of_every_line_that_is_altered_is_named() {
    let platform = Platform::start().await;
    let (organisation, ids) = book(&platform, 4).await;
    let line = ids[2];
    for set in [
        "organisation_id = '00000000-0000-0000-0000-000000000001'",
        "at = at + interval '1 microsecond'",
        "actor_kind = 'system'",
        "actor_id = NULL",
        "actor_label = 'eve'",
        "action = 'tenant.start'",
        "target_kind = 'user'",
        "target_id = NULL",
        "target_label = 'other'",
        "result = 'failed'",
        "address = '192.0.2.8'",
        "request_id = 'x'",
        "attempt = '00000000-0000-0000-0000-000000000001'",
        "data = '{\"a\": 1}'",
    ] {
        let keep = "CREATE TEMP TABLE kept AS SELECT * FROM fresco.audit_log WHERE id =";
        let mut connection = connect(&platform.superuser_url()).await;
        let sql = format!(
            "SET session_replication_role = replica; {keep} {line}; UPDATE fresco.audit_log SET {set} WHERE id = {line}"
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        let found = verified(&platform, organisation).await;
        assert!(matches!(found.fault, Some(Fault::Altered { line: named, .. }) if named == line), "{set}: {found:?}");
        let back = format!(
            "DELETE FROM fresco.audit_log WHERE id = {line};
             INSERT INTO fresco.audit_log OVERRIDING SYSTEM VALUE SELECT * FROM kept"
        );
        sqlx::raw_sql(AssertSqlSafe(back)).execute(&mut connection).await.unwrap();
    }
    assert_eq!(verified(&platform, organisation).await.fault, None);
}

#[tokio::test]
async fn the_first_line_that_is_removed_is_named() {
    let platform = Platform::start().await;
    let (organisation, ids) = book(&platform, 6).await;
    forge(&platform, &format!("DELETE FROM fresco.audit_log WHERE id IN ({}, {})", ids[2], ids[4])).await;
    let fault = verified(&platform, organisation).await.fault.unwrap();
    assert!(matches!(fault, Fault::Removed { line, .. } if line == ids[2]), "{fault:?}");
    assert!(fault.to_string().contains(&format!("line {} was removed", ids[2])));
}

#[tokio::test]
async fn the_first_line_that_is_inserted_is_named() {
    let platform = Platform::start().await;
    let (organisation, ids) = book(&platform, 4).await;
    forge(&platform, &format!("DELETE FROM fresco.audit_log WHERE id = {}", ids[4])).await;
    let like = |id: i64| {
        format!(
            "INSERT INTO fresco.audit_log (id, organisation_id, actor_kind, action, target_kind, result)
             OVERRIDING SYSTEM VALUE VALUES ({id}, '{}', 'user', 'tenant.stop', 'tenant', 'done')",
            organisation.uuid()
        )
    };
    // In the place of one that was sealed it is another line.
    forge(&platform, &like(ids[4])).await;
    let fault = verified(&platform, organisation).await.fault.unwrap();
    assert!(matches!(fault, Fault::Altered { line, .. } if line == ids[4]), "{fault:?}");

    let platform = Platform::start().await;
    let (organisation, _) = book(&platform, 4).await;
    for id in [1_000_007, 1_000_003] {
        let insert = format!(
            "INSERT INTO fresco.audit_log (id, organisation_id, actor_kind, action, target_kind, result)
             OVERRIDING SYSTEM VALUE VALUES ({id}, '{}', 'user', 'tenant.stop', 'tenant', 'done')",
            organisation.uuid()
        );
        forge(&platform, &insert).await;
    }
    seal(&platform).await;
    assert_eq!(verified(&platform, organisation).await.fault, Some(Fault::Inserted { line: 1_000_003 }));
}

#[tokio::test]
async fn a_seal_that_is_made_to_fit_or_taken_away_is_named() {
    let platform = Platform::start().await;
    let (organisation, ids) = book(&platform, 6).await;
    let uuid = organisation.uuid();
    // A line, its hash and its seal computed anew: the next seal follows from another one.
    forge(
        &platform,
        &format!("UPDATE fresco.audit_seals SET seal = sha256(seal) WHERE organisation_id = '{uuid}' AND number = 2"),
    )
    .await;
    assert_eq!(verified(&platform, organisation).await.fault, Some(Fault::SealAltered { seal: 2 }));

    let platform = Platform::start().await;
    let (organisation, again) = book(&platform, 6).await;
    assert_eq!(again.len(), ids.len());
    let uuid = organisation.uuid();
    forge(&platform, &format!("DELETE FROM fresco.audit_seals WHERE organisation_id = '{uuid}' AND number = 2")).await;
    assert_eq!(verified(&platform, organisation).await.fault, Some(Fault::SealRemoved { seal: 2 }));
}

#[tokio::test]
async fn what_stands_there_stays_even_for_its_owner() {
    let platform = Platform::start().await;
    book(&platform, 2).await;
    let mut connection = connect(&platform.server.platform_url("platform_owner")).await;
    for table in ["audit_log", "audit_seals"] {
        for sql in ["UPDATE fresco.{} SET at = now()", "DELETE FROM fresco.{}", "TRUNCATE fresco.{}"] {
            let sql = sql.replace("{}", table);
            let error = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut connection).await.unwrap_err();
            assert!(error.to_string().contains("stays"), "{sql}: {error}");
        }
    }
}

/// Writers wait neither for one another nor for the seal: one that holds its transaction open stops nobody, and is sealed when
/// it is done.
#[tokio::test]
async fn who_writes_waits_for_nobody() {
    let platform = Platform::start().await;
    let (organisation, _) = platform.organisation("lab").await;
    seal(&platform).await;
    let mut slow = connect(&platform.superuser_url()).await;
    let insert = format!(
        "BEGIN; INSERT INTO fresco.audit_log (organisation_id, actor_kind, action, target_kind, result)
                VALUES ('{}', 'user', 'tenant.slow', 'tenant', 'done')",
        organisation.uuid()
    );
    sqlx::raw_sql(AssertSqlSafe(insert)).execute(&mut slow).await.unwrap();
    let mut tasks = JoinSet::new();
    for writer in 0..4 {
        let (store, sealer) = (platform.api.clone(), platform.worker.clone());
        tasks.spawn(async move {
            for number in 0..10 {
                let entry =
                    NewEntry::done(organisation, "tenant.stop", ("tenant", Uuid::from_u128(writer * 100 + number)));
                store.record_alone(Scope::Operator, entry).await.unwrap();
                // Several who seal at once come one after the other.
                drop(sealer.seal_audit().await);
            }
        });
    }
    tasks.join_all().await;
    seal(&platform).await;
    let before = verified(&platform, organisation).await;
    assert_eq!((before.fault, before.lines, before.unsealed), (None, 41, 0));
    sqlx::raw_sql("COMMIT").execute(&mut slow).await.unwrap();
    seal(&platform).await;
    let after = verified(&platform, organisation).await;
    assert_eq!((after.fault, after.lines), (None, 42));
}

#[tokio::test]
async fn a_stream_that_breaks_says_so() {
    let platform = Platform::start().await;
    let api = platform.api.clone();
    api.close().await;
    let mut stream = std::pin::pin!(api.stream_audit(Scope::Operator, AuditFilter::default()));
    assert!(stream.next().await.unwrap().is_err());
    assert!(stream.next().await.is_none());
}
