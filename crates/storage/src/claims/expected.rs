//! All tenants at a glance, to be compared with an inventory of the world.
//!
//! Their rows are wide, and of many few change from one look to the next. So what was read is kept, and later only what was
//! written since is read again. It is told by the claims, which are small: whoever changes what is expected of a tenant
//! writes its claim in the same transaction (`fresco.ring`, [`Store::claim_due`], [`Store::finish`]), and PostgreSQL notes
//! at each row which transaction has written it.
//!
//! A transaction whose result a look did not see was under way then, or had not begun: its number is no less than the
//! oldest that was under way. Numbers are given twice if a crash of the database loses the newest transactions, so what was
//! read before one counts for nothing; and now and then all is read again, whatever was noted.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::net::{IpAddr, SocketAddr};

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::tenant::{ContainerId, DesiredState};
use uuid::Uuid;

use super::readable;
use crate::error::StorageError;
use crate::json::word;
use crate::store::Store;

/// All rows are read again after so many times that only some were.
const READ_IN_PART: u32 = 100;

/// What an inventory should find of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    pub desired_state: DesiredState,
    pub container: Option<ContainerId>,
    /// Where it answered at its last look, if it ran: whoever starts it anew may give its address to another's.
    pub address: Option<IpAddr>,
    /// Its last pass ended well, and nothing was asked for since: it does not come back by itself.
    pub is_settled: bool,
}

/// What is expected of all tenants that are not tombstones, as of the last [`Store::read_expected`].
#[derive(Debug, Default)]
pub struct Expected {
    tenants: HashMap<TenantId, Expectation>,
    /// Up to where they were read; `None`: not at all.
    mark: Option<Mark>,
    /// How often they were read in part since they were read whole.
    parts: u32,
}

/// Where a look at the rows stands.
#[derive(Clone, Debug)]
struct Mark {
    server: Server,
    /// The oldest transaction that was under way.
    oldest: String,
}

/// A server from its start, or its recovery from a crash, to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Server {
    started: DateTime<Utc>,
    /// A recovery forgets the statistics.
    statistics_since: Option<DateTime<Utc>>,
}

impl Expected {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tenants.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tenants.is_empty()
    }

    #[must_use]
    pub fn contains(&self, tenant: TenantId) -> bool {
        self.tenants.contains_key(&tenant)
    }

    /// In no order.
    pub fn iter(&self) -> impl Iterator<Item = (TenantId, &Expectation)> {
        self.tenants.iter().map(|(tenant, expectation)| (*tenant, expectation))
    }

    /// From where on rows are to be read on this server; `None`: all.
    fn read_up_to(&self, server: &Server) -> Option<&str> {
        let mark = self.mark.as_ref().filter(|mark| mark.server == *server && self.parts < READ_IN_PART)?;
        Some(&mark.oldest)
    }

    /// Takes in rows that were read; one that is gone or corrupt is left out.
    fn learn(&mut self, rows: Vec<Row>) {
        for row in rows {
            let tenant = TenantId::from_uuid(row.id);
            match (!row.is_gone).then(|| readable(row.read(tenant))).flatten() {
                Some(expectation) => self.tenants.insert(tenant, expectation),
                None => self.tenants.remove(&tenant),
            };
        }
    }
}

/// A checked query for the rows of those of whom that is true. sqlx wants its text as literals.
macro_rules! expectations {
    ($condition:literal, $($parameter:expr)? $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT t.id, t.desired_state, t.container_id,
                      t.observed #>> '{serve,present,state,running,address}' AS address, t.destroyed_at IS NOT NULL AS "is_gone!",
                      c.lease_owner IS NULL AND c.attempts = 0 AND t.generation = t.observed_generation AS "is_settled!"
               FROM fresco.tenants t JOIN fresco.tenant_claims c ON c.tenant_id = t.id
               WHERE "# + $condition,
            $($parameter)?
        )
    };
}

impl Store {
    /// Brings what is expected up to date. One whose row is corrupt is named in the log and left out.
    ///
    /// # Errors
    /// [`StorageError`]; nothing has changed then.
    pub async fn read_expected(&self, expected: &mut Expected) -> Result<(), StorageError> {
        // Before the rows: what ends in between is read, and read again the next time.
        let mark = self.mark().await?;
        if let Some(oldest) = expected.read_up_to(&mark.server) {
            let changed = self.changed_since(oldest).await?;
            expected.parts += 1;
            expected.learn(changed);
        } else {
            let all = expectations!("t.destroyed_at IS NULL",).fetch_all(self.pool()).await?;
            *expected = Expected::default();
            expected.learn(all);
        }
        expected.mark = Some(mark);
        Ok(())
    }

    async fn mark(&self) -> Result<Mark, StorageError> {
        let query = sqlx::query!(
            r#"SELECT pg_postmaster_start_time() AS "started!",
                      (SELECT stats_reset FROM pg_stat_bgwriter) AS statistics_since,
                      pg_snapshot_xmin(pg_current_snapshot())::xid::text AS "oldest!""#
        );
        let row = query.fetch_one(self.pool()).await?;
        let server = Server { started: row.started, statistics_since: row.statistics_since };
        Ok(Mark { server, oldest: row.oldest })
    }

    /// Those whose claim that transaction has written, or a later one.
    async fn changed_since(&self, oldest: &str) -> Result<Vec<Row>, StorageError> {
        // An array is looked up row by row, where a join, thought to find many, would read all tenants.
        let query = expectations!(
            "t.id = ANY (ARRAY(SELECT w.tenant_id FROM fresco.tenant_claims w WHERE age(w.xmin) <= age($1::text::xid)))",
            oldest,
        );
        Ok(query.fetch_all(self.pool()).await?)
    }
}

struct Row {
    id: Uuid,
    desired_state: String,
    container_id: Option<String>,
    address: Option<String>,
    is_gone: bool,
    is_settled: bool,
}

impl Row {
    fn read(self, tenant: TenantId) -> Result<Expectation, StorageError> {
        let read = || -> Result<Expectation, Box<dyn StdError + Send + Sync>> {
            let address = self.address.as_deref().map(str::parse::<SocketAddr>).transpose()?;
            Ok(Expectation {
                desired_state: word(&self.desired_state)?,
                container: self.container_id.as_deref().map(ContainerId::parse).transpose()?,
                address: address.map(|address| address.ip()),
                is_settled: self.is_settled,
            })
        };
        read().map_err(|source| StorageError::corrupt("tenants", tenant, source))
    }
}
