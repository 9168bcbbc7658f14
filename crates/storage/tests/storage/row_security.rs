//! The second lock: what the API's own login finds of others when the first one is forged away.

use std::fmt::Write;

use domain::access::{Permission, Role};
use domain::tenant::Operation;
use domain::usage::Trouble;
use domain::{ApiKeyId, Email, InvitationId, OrganisationId, SystemEntropy, TenantId, UserId};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};
use storage::{ChangeError, GateKeyKind, NewApiKey, NewGateKey, NewInvitation, NewTenant, Scope, SeenSizes};

use crate::support::{Platform, change, connect, new_tenant, now};
use crate::usage::sample;

/// A table of rows that belong to organisations, and how a forger would go about it as the API's role.
struct Table {
    name: &'static str,
    /// Whose a row `r` is.
    whose: &'static str,
    reads: bool,
    /// `SET`s something that the role may set.
    update: Option<&'static str>,
    deletes: bool,
    /// Puts in a row of another's; `{org}`, `{tenant}` and `{user}` are theirs.
    insert: Option<&'static str>,
}

const OF_TENANT: &str = "(SELECT t.organisation_id FROM fresco.tenants t WHERE t.id = r.tenant_id)";

const TABLES: [Table; 19] = [
    Table { name: "organisations", whose: "r.id", reads: true, update: Some("name = 'mine'"), deletes: false, insert: None },
    Table {
        name: "users",
        whose: "(SELECT m.organisation_id FROM fresco.memberships m JOIN fresco.organisations o ON o.id = m.organisation_id
                 WHERE m.user_id = r.id AND NOT o.personal)",
        reads: true,
        update: Some("password_hash = 'mine'"),
        deletes: false,
        insert: Some("(id, name, email, created_at) VALUES (gen_random_uuid(), 'x', 'x@example.org', now())"),
    },
    Table {
        name: "memberships",
        whose: "r.organisation_id",
        reads: true,
        update: Some("role = 'owner'"),
        deletes: true,
        insert: Some("(organisation_id, user_id, role, created_at)
                      VALUES ('{org}', '00000000-0000-0000-0000-000000000001', 'owner', now())"),
    },
    Table {
        name: "invitations",
        whose: "r.organisation_id",
        reads: true,
        update: Some("revoked_at = NULL"),
        deletes: false,
        insert: Some("(id, organisation_id, email, role, hash, invited_by, created_at, expires_at)
                      VALUES (gen_random_uuid(), '{org}', 'x@example.org', 'viewer', sha256('x'), '{user}', now(), now())"),
    },
    Table {
        name: "api_keys",
        whose: "r.organisation_id",
        reads: true,
        update: Some("revoked_at = NULL"),
        deletes: false,
        insert: Some("(id, organisation_id, created_by, name, hash, scopes, created_at)
                      VALUES (gen_random_uuid(), '{org}', '{user}', 'x', sha256('x'), '{{tenant.view}}', now())"),
    },
    Table {
        name: "tenants",
        whose: "r.organisation_id",
        reads: true,
        update: Some("desired_state = 'stopped', destroy_after = NULL"),
        deletes: false,
        insert: Some("(id, organisation_id, owner, subdomain, created_at, updated_at, desired_state, spec)
                      VALUES (gen_random_uuid(), '{org}', '{user}', 'forged', now(), now(), 'running', '{{}}')"),
    },
    Table {
        name: "tenant_claims",
        whose: OF_TENANT,
        reads: false,
        update: None,
        deletes: false,
        insert: Some("(tenant_id) VALUES ('{tenant}')"),
    },
    Table {
        name: "tenant_secrets",
        whose: OF_TENANT,
        reads: false,
        update: None,
        deletes: false,
        insert: Some("(tenant_id, name, version, sealed) VALUES ('{tenant}', 'x', 1, '')"),
    },
    Table {
        name: "tenant_events",
        whose: OF_TENANT,
        reads: true,
        update: None,
        deletes: false,
        insert: Some("(tenant_id, generation, kind, message, at) VALUES ('{tenant}', 1, 'x', 'x', now())"),
    },
    Table { name: "tenant_releases", whose: OF_TENANT, reads: true, update: None, deletes: false, insert: None },
    Table {
        name: "tenant_revisions",
        whose: OF_TENANT,
        reads: true,
        update: None,
        deletes: false,
        insert: Some("(tenant_id, generation, desired_state, spec, at) VALUES ('{tenant}', 99, 'running', '{{}}', now())"),
    },
    Table {
        name: "tenant_first_runs",
        whose: OF_TENANT,
        reads: true,
        update: Some("set_up_at = now()"),
        deletes: false,
        insert: Some("(tenant_id, set_up_at) VALUES ('{tenant}', now())"),
    },
    Table {
        name: "tenant_gate_keys",
        whose: OF_TENANT,
        reads: true,
        update: None,
        deletes: true,
        insert: Some("(tenant_id, hash, kind, created_at, expires_at) VALUES ('{tenant}', sha256('x'), 'session', now(), now())"),
    },
    Table {
        name: "tenant_probes",
        whose: OF_TENANT,
        reads: true,
        update: Some("asked = asked + 1"),
        deletes: false,
        insert: Some("(tenant_id, asked_at) VALUES ('{tenant}', now())"),
    },
    Table {
        name: "usage_latest",
        whose: "r.organisation_id",
        reads: true,
        update: None,
        deletes: false,
        insert: None,
    },
    Table {
        name: "tenant_troubles",
        whose: "r.organisation_id",
        reads: true,
        update: None,
        deletes: false,
        insert: None,
    },
    Table { name: "tenant_sizes", whose: OF_TENANT, reads: true, update: None, deletes: false, insert: None },
    Table {
        name: "audit_log",
        whose: "r.organisation_id",
        reads: true,
        update: None,
        deletes: false,
        insert: Some("(organisation_id, actor_kind, action, target_kind, result)
                      VALUES ('{org}', 'user', 'tenant.stop', 'tenant', 'done')"),
    },
    Table {
        name: "deployments",
        whose: OF_TENANT,
        reads: true,
        update: None,
        deletes: false,
        insert: Some("(id, tenant_id, generation, action, created_at) VALUES (gen_random_uuid(), '{tenant}', 99, 'stop', now())"),
    },
];

/// Tables that are nobody's in particular.
const EXCEPTIONS: [(&str, &str); 22] = [
    ("device_codes", "nobody's until somebody answers; found by the hash of a code, for minutes"),
    ("signup_invitations", "the operator's, under a policy of its own; no organisation's"),
    ("signup_sessions", "nobody's yet: whoever shows the token of one is let to it"),
    ("name_holds", "which names are held is everybody's to know; a hold says no more than that"),
    ("sealing_keys", "which keys seal, as prints: the installation's"),
    ("_sqlx_migrations", "which migrations have run"),
    ("operator_keys", "the operator's own; the API's role finds them before anybody is known, and can't make any"),
    ("sessions", "people's own, and found by a token before anybody is known; each statement names its owner"),
    ("refresh_tokens", "of sessions, by their hash"),
    ("user_tokens", "of mailed links, by their hash"),
    ("totp", "people's own, sealed; asked for before somebody is let in"),
    ("recovery_codes", "the same, as hashes"),
    ("signing_keys", "the API's own, sealed"),
    ("rate_limits", "whom a row is about can't be told from it"),
    ("idempotency_keys", "answers, each under who asked; the API's role looks for them before anybody is let in"),
    ("mail_outbox", "letters, which belong to no organisation; the API's role sends all of them"),
    ("audit_unsealed", "the worker's: the API's role has no right on it"),
    ("audit_seals", "the same"),
    ("usage", "the API's role has no right on it: it asks a function, which looks whose it is"),
    ("usage_rollups", "how far a history has been condensed"),
    ("usage_watches", "the API's role has no right on it"),
    ("looks", "when all containers were last looked at"),
];

/// An organisation with one of everything.
#[derive(Clone, Copy)]
struct Home {
    organisation: OrganisationId,
    owner: UserId,
    tenant: TenantId,
}

impl Home {
    async fn make(platform: &Platform, name: &str) -> Self {
        let (organisation, owner) = platform.organisation(name).await;
        let home = Self { organisation, owner, tenant: new_tenant(name).id };
        let new = NewTenant { id: home.tenant, organisation, owner, ..new_tenant(name) };
        let (api, scope) = (&platform.api, home.scope(Role::Owner));
        api.create_tenant(scope, new).await.unwrap();
        let mut hash = [0; 32];
        hash[..name.len()].copy_from_slice(name.as_bytes());
        let expires_at = now() + chrono::TimeDelta::hours(1);
        let invitation = NewInvitation {
            id: InvitationId::generate(now(), &SystemEntropy),
            organisation,
            email: Email::parse("guest@example.org").unwrap(),
            role: Role::Viewer,
            hash,
            invited_by: owner,
            now: now(),
            expires_at,
        };
        api.create_invitation(scope, &invitation, &[]).await.unwrap();
        let key = NewApiKey {
            id: ApiKeyId::generate(now(), &SystemEntropy),
            organisation,
            user: None,
            maker: owner,
            name: name.to_owned(),
            hash,
            scopes: [Permission::TenantView].into_iter().collect(),
            now: now(),
            expires_at: None,
        };
        api.create_api_key(scope, &key).await.unwrap();
        api.add_claim_link(scope, home.tenant, NewGateKey { hash, now: now(), expires_at }).await.unwrap();
        api.ask_probe(scope, home.tenant, now()).await.unwrap();
        let rest = format!(
            "INSERT INTO fresco.tenant_first_runs (tenant_id, reopen_asked_at) VALUES ('{0}', now());
             INSERT INTO fresco.tenant_releases VALUES ('{0}', 1, 'sha256:{1}', 1, now());
             INSERT INTO fresco.tenant_secrets VALUES ('{0}', 'KEY', 1, '')",
            home.tenant.uuid(),
            "a".repeat(64),
        );
        platform.sql(&rest).await;
        platform.worker.note_usage(&[(home.tenant, sample(now()))]).await.unwrap();
        platform.worker.note_sizes(home.tenant, SeenSizes::default(), now()).await.unwrap();
        platform.worker.note_trouble(home.tenant, Trouble::CpuHigh, Some(now()), now()).await.unwrap();
        home
    }

    fn scope(&self, role: Role) -> Scope {
        Scope::Member { organisation: self.organisation, user: Some(self.owner), role }
    }

    /// What the program says when it begins for this scope, written by hand.
    fn settings(&self, role: Role) -> String {
        format!(
            "SET LOCAL fresco.organisation = '{}'; SET LOCAL fresco.\"user\" = '{}'; SET LOCAL fresco.role = '{role}'",
            self.organisation.uuid(),
            self.owner.uuid()
        )
    }

    fn filled(&self, sql: &str) -> String {
        let sql = sql.replace("{org}", &self.organisation.uuid().to_string());
        let sql = sql.replace("{tenant}", &self.tenant.uuid().to_string());
        sql.replace("{user}", &self.owner.uuid().to_string()).replace("{{", "{").replace("}}", "}")
    }
}

/// As the API's login, in a transaction with these settings, which is rolled back or committed.
struct Forger(PgConnection);

impl Forger {
    async fn begin(platform: &Platform, settings: &str) -> Self {
        let mut connection = connect(&platform.server.platform_url("platform_api")).await;
        let begin = format!("BEGIN; {settings}");
        sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut connection).await.unwrap();
        Self(connection)
    }

    async fn count(&mut self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM fresco.{table}");
        sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut self.0).await.unwrap().get(0)
    }

    async fn execute(&mut self, sql: &str) -> u64 {
        let answer = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.0).await;
        answer.unwrap_or_else(|error| panic!("{sql}: {error}")).rows_affected()
    }

    /// A statement that the database refuses for want of a right, without ending the transaction.
    async fn refused(&mut self, sql: &str) {
        self.execute("SAVEPOINT before").await;
        let answer = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.0).await;
        let error = answer.expect_err(sql);
        let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
        assert_eq!(code.as_deref(), Some("42501"), "{sql}: {error}");
        self.execute("ROLLBACK TO before").await;
    }
}

/// Everything of an organisation in a table, written down.
async fn everything(platform: &Platform, table: &Table, home: &Home) -> (i64, String) {
    let mut connection = connect(&platform.superuser_url()).await;
    let sql = format!(
        "SELECT count(*), coalesce(string_agg(r.xmin::text || r::text, ' ' ORDER BY r::text), '') FROM fresco.{} r
         WHERE {} = '{}'",
        table.name,
        table.whose,
        home.organisation.uuid()
    );
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn every_table_is_locked_or_named_with_a_reason() {
    let platform = Platform::start().await;
    let known = TABLES.iter().map(|table| table.name).chain(EXCEPTIONS.map(|(name, _)| name));
    let known: Vec<String> = known.map(|name| format!("'{name}'")).collect();
    let unknown = format!(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'fresco'::regnamespace AND relkind IN ('r', 'p', 'm')
           AND NOT relispartition AND relname NOT IN ({})",
        known.join(", ")
    );
    assert_eq!(platform.number(&unknown).await, 0, "a table that this test doesn't know: lock it, or say why not");
    for table in TABLES {
        let locked = format!(
            "SELECT count(*) FROM pg_class WHERE oid = 'fresco.{}'::regclass AND relrowsecurity AND relforcerowsecurity",
            table.name
        );
        assert_eq!(platform.number(&locked).await, 1, "{} is not under FORCE ROW LEVEL SECURITY", table.name);
    }
}

#[tokio::test]
async fn no_role_of_the_web_side_passes_by() {
    let platform = Platform::start().await;
    let passes = "SELECT count(*) FROM pg_roles r WHERE pg_has_role('platform_api', r.oid, 'MEMBER')
                    AND (r.rolsuper OR r.rolbypassrls OR r.rolname IN ('platform_owner', 'fresco_worker'))";
    assert_eq!(platform.number(passes).await, 0);
}

#[tokio::test]
async fn without_the_first_lock_nothing_of_others_is_seen_changed_deleted_or_added() {
    let platform = Platform::start().await;
    let (mine, others) = (Home::make(&platform, "mine").await, Home::make(&platform, "others").await);
    for table in &TABLES {
        let (before, name) = (everything(&platform, table, &others).await, table.name);
        let (own, _) = everything(&platform, table, &mine).await;
        assert!(before.0 > 0 && own > 0, "{name}: nothing there to be found");
        let mut forger = Forger::begin(&platform, &mine.settings(Role::Owner)).await;
        if table.reads {
            assert_eq!(forger.count(name).await, own, "{name}");
        } else {
            forger.refused(&format!("SELECT FROM fresco.{name}")).await;
        }
        if let Some(insert) = table.insert {
            forger.refused(&format!("INSERT INTO fresco.{name} {}", others.filled(insert))).await;
        }
        if let Some(set) = table.update.filter(|_| name != "users") {
            assert!(forger.execute(&format!("UPDATE fresco.{name} SET {set}")).await <= own.unsigned_abs(), "{name}");
        }
        if table.deletes {
            assert!(forger.execute(&format!("DELETE FROM fresco.{name}")).await <= own.unsigned_abs(), "{name}");
        }
        forger.execute("COMMIT").await;
        assert_eq!(everything(&platform, table, &others).await, before, "{name}");
    }
}

#[tokio::test]
async fn who_says_nothing_sees_nothing() {
    let platform = Platform::start().await;
    let home = Home::make(&platform, "study").await;
    let before: Vec<_> = everything_of(&platform, &home).await;
    for settings in ["", "SET LOCAL fresco.role = 'owner'", "SET LOCAL fresco.operator = 'off'"] {
        let mut forger = Forger::begin(&platform, settings).await;
        for table in &TABLES {
            let name = table.name;
            if table.reads {
                assert_eq!(forger.count(name).await, 0, "{name}");
            }
            if let Some(insert) = table.insert {
                forger.refused(&format!("INSERT INTO fresco.{name} {}", home.filled(insert))).await;
            }
            if let Some(set) = table.update {
                assert_eq!(forger.execute(&format!("UPDATE fresco.{name} SET {set}")).await, 0, "{name}");
            }
            if table.deletes {
                assert_eq!(forger.execute(&format!("DELETE FROM fresco.{name}")).await, 0, "{name}");
            }
        }
        forger.execute("COMMIT").await;
    }
    assert_eq!(everything_of(&platform, &home).await, before);
}

async fn everything_of(platform: &Platform, home: &Home) -> Vec<(i64, String)> {
    let mut all = Vec::new();
    for table in &TABLES {
        all.push(everything(platform, table, home).await);
    }
    all
}

#[tokio::test]
async fn who_only_looks_writes_nothing_of_their_own_organisation_either() {
    let platform = Platform::start().await;
    let home = Home::make(&platform, "study").await;
    let before = everything_of(&platform, &home).await;
    let mut viewer = Forger::begin(&platform, &home.settings(Role::Viewer)).await;
    for table in &TABLES {
        let name = table.name;
        if table.reads && name.starts_with("tenant") {
            assert_eq!(viewer.count(name).await, everything(&platform, table, &home).await.0, "{name}");
        }
        // But a line that says what they tried.
        if let Some(insert) = table.insert.filter(|_| name != "audit_log") {
            viewer.refused(&format!("INSERT INTO fresco.{name} {}", home.filled(insert))).await;
        }
        if let Some(set) = table.update {
            assert_eq!(viewer.execute(&format!("UPDATE fresco.{name} SET {set}")).await, 0, "{name}");
        }
        // But their own membership they may end.
        if table.deletes && name != "memberships" {
            assert_eq!(viewer.execute(&format!("DELETE FROM fresco.{name}")).await, 0, "{name}");
        }
    }
    viewer.execute("COMMIT").await;
    assert_eq!(everything_of(&platform, &home).await, before);
    let scope = home.scope(Role::Viewer);
    let refused = platform.api.change_tenant(scope, home.tenant, change(Operation::Stop)).await;
    assert!(matches!(refused, Err(ChangeError::Storage(_))), "{refused:?}");
}

#[tokio::test]
async fn nobody_rings_for_others_and_a_visitor_passes_one_gate() {
    let platform = Platform::start().await;
    let (mine, others) = (Home::make(&platform, "mine").await, Home::make(&platform, "others").await);
    let due = format!("UPDATE fresco.tenant_claims SET next_at = NULL WHERE tenant_id = '{}'", others.tenant.uuid());
    platform.sql(&due).await;
    let rings = format!("SELECT fresco.ring(ARRAY['{}'::uuid], 0::smallint)", others.tenant.uuid());
    let visit = format!("SET LOCAL fresco.visit = '{}'", mine.tenant.uuid());
    for settings in ["", &mine.settings(Role::Owner), &others.settings(Role::Viewer), &visit] {
        let mut forger = Forger::begin(&platform, settings).await;
        forger.execute(&rings).await;
        forger.execute("COMMIT").await;
    }
    let asked = "SELECT count(*) FROM fresco.tenant_claims WHERE next_at IS NULL";
    assert_eq!(platform.number(asked).await, 1, "somebody rang for what is not theirs");

    let mut visitor = Forger::begin(&platform, &visit).await;
    for (table, seen) in [("tenants", 1), ("tenant_gate_keys", 1), ("organisations", 0), ("users", 0), ("api_keys", 0)]
    {
        assert_eq!(visitor.count(table).await, seen, "{table}");
    }
    assert_eq!(visitor.execute("UPDATE fresco.tenants SET updated_at = now()").await, 0);
    let mut text = String::new();
    write!(text, "{:?}", platform.api.gate_keys(mine.tenant, GateKeyKind::Link, now()).await.unwrap()).unwrap();
    assert!(text.contains("109, 105, 110, 101"), "a visitor's own gate knows its links: {text}");
}
