//! Many settled tenants, like one that the loop has really made: their rows in bulk, and their parts in memory.

use anyhow::Context;
use domain::app::AppManifest;
use domain::tenant::{ContainerId, Desired, Status, Subdomain, Subject};
use domain::{Clock, SystemClock, SystemEntropy, TenantId};
use platform_tests::fakes::Bench;
use provisioner::container::{ContainerEngine, ContainerName, ContainerSpec, Ownership};
use provisioner::database::{RoleSpec, TenantDatabase};
use provisioner::routing::RouteStore;
use secrecy::ExposeSecret;
use storage::Tenant;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

/// Rows of one statement.
const BATCH: usize = 5_000;

/// Of each table what a settled tenant has there, after the model's; none
/// of them is due before [`Crowd::spread`].
const ROWS: [&str; 4] = [
    "INSERT INTO fresco.tenants (id, organisation_id, owner, subdomain, created_at, updated_at, desired_state,
         generation, spec, status, container_id, observed, observed_generation, observed_at, conditions, pinned_image,
         last_deployed_at)
     SELECT new.id, m.organisation_id, m.owner, new.name, now(), now(), m.desired_state, m.generation, m.spec, m.status,
         new.container, replace(m.observed::text, m.container_id, new.container)::jsonb, m.observed_generation, now(),
         m.conditions, m.pinned_image, now()
     FROM new, fresco.tenants m WHERE m.id = $4",
    "INSERT INTO fresco.tenant_claims (tenant_id, next_at, priority)
     SELECT new.id, now() + interval '1 day', 1 FROM new WHERE $4::uuid IS NOT NULL",
    "INSERT INTO fresco.deployments (id, tenant_id, generation, action, status, created_at, started_at, finished_at)
     SELECT gen_random_uuid(), new.id, m.generation, m.action, m.status, now(), now(), now()
     FROM new, fresco.deployments m WHERE m.tenant_id = $4",
    "INSERT INTO fresco.tenant_releases (tenant_id, number, image_id, database_oid, at)
     SELECT new.id, m.number, m.image_id, new.database, now()
     FROM new, fresco.tenant_releases m WHERE m.tenant_id = $4",
];
const NEW: &str = "WITH new AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $5::bigint[])
                   AS new (id, name, container, database)) ";

#[derive(Debug)]
pub(super) struct Crowd<'a> {
    bench: &'a Bench,
    /// The one that the loop made.
    model: Tenant,
    manifest: AppManifest,
    container: ContainerSpec,
    tenants: Vec<TenantId>,
    session: Client,
    _connection: JoinSet<Result<(), tokio_postgres::Error>>,
}

impl<'a> Crowd<'a> {
    /// Lets the loop make one.
    pub(super) async fn begin(bench: &'a Bench) -> anyhow::Result<Self> {
        let turning = bench.turn(bench.parts());
        let id = bench.deploy("model").await;
        let model = bench.settled(id, Status::Active).await;
        turning.stop().await;
        let container = bench.engine.spec(&ContainerName::serve(id)).context("the model has no container")?;
        let manifest = bench.settings.catalogue.get(&model.spec.app)?.clone();
        let url = bench.cluster.superuser_url();
        let (session, connection) = tokio_postgres::connect(url.expose_secret(), NoTls).await?;
        let mut connections = JoinSet::new();
        connections.spawn(connection);
        let container = ContainerSpec::clone(&container);
        Ok(Self { bench, model, manifest, container, tenants: vec![id], session, _connection: connections })
    }

    /// Some of them, from all over.
    pub(super) fn some(&self, count: usize) -> Vec<TenantId> {
        let step = (self.tenants.len() / count).max(1);
        self.tenants.iter().copied().step_by(step).take(count).collect()
    }

    /// Until there are so many.
    pub(super) async fn grow(&mut self, size: usize) -> anyhow::Result<()> {
        while self.tenants.len() < size {
            self.add((size - self.tenants.len()).min(BATCH)).await?;
        }
        // As autovacuum does a minute later.
        Ok(self.session.batch_execute("VACUUM ANALYZE").await?)
    }

    /// They are due over so many seconds, as settled ones are that were looked at over as long.
    pub(super) async fn spread(&self, seconds: f64) -> anyhow::Result<()> {
        let update = "UPDATE fresco.tenant_claims SET next_at = now() + random() * $1 * interval '1 s' \
                      WHERE lease_owner IS NULL AND next_at > now()";
        self.session.execute(update, &[&seconds]).await?;
        Ok(self.session.batch_execute("VACUUM ANALYZE fresco.tenant_claims").await?)
    }

    async fn add(&mut self, count: usize) -> anyhow::Result<()> {
        let (mut ids, mut names, mut containers, mut databases) = (vec![], vec![], vec![], vec![]);
        for _ in 0..count {
            let id = TenantId::generate(SystemClock.now(), &SystemEntropy);
            let name = format!("study-{}", self.tenants.len());
            let (container, database) = self.make(id, &Subdomain::parse(&name)?).await?;
            ids.push(id.uuid());
            names.push(name);
            containers.push(container.as_str().to_owned());
            databases.push(i64::from(database));
            self.tenants.push(id);
        }
        for rows in ROWS {
            let statement = format!("{NEW}{rows}");
            let model = self.model.id.uuid();
            self.session.execute(&statement, &[&ids, &names, &containers, &model, &databases]).await?;
        }
        Ok(())
    }

    /// Its parts in the world in memory; answers its container's id and its database's number.
    async fn make(&self, id: TenantId, subdomain: &Subdomain) -> anyhow::Result<(ContainerId, u32)> {
        let Self { bench, model, manifest, .. } = self;
        let subject = Subject { tenant: id, subdomain, ..model.subject() };
        let desired = Desired::of(subject, Some(manifest), &bench.settings.platform);
        let resolved = desired.resolved.context("the model's image is not known")?;
        let spec = ContainerSpec {
            name: ContainerName::serve(id),
            owner: Ownership { tenant: id, hash: resolved.serve, ..self.container.owner.clone() },
            ..self.container.clone()
        };
        let container = bench.engine.create_container(&spec).await?;
        bench.engine.start_container(&container).await?;
        bench.databases.ensure_role(id, &self.role()).await?;
        let database = bench.databases.ensure_database(id, model.spec.isolation).await?;
        bench.databases.set_released(id, true);
        bench.routes.write(&subject.route(manifest, &bench.settings.platform), None).await?;
        Ok((container, database.identity.0))
    }

    fn role(&self) -> RoleSpec {
        let limits = self.bench.settings.roles;
        RoleSpec {
            password: "in memory nobody asks for it".into(),
            password_version: 1,
            connection_limit: limits.connection_limit,
            statement_timeout: limits.statement_timeout,
            idle_in_transaction_timeout: limits.idle_in_transaction_timeout,
        }
    }
}
