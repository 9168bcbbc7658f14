//! What a role owns, dropped so that no number of objects fills the server's lock table.
//!
//! `DROP OWNED` and `DROP SCHEMA … CASCADE` lock every object until the end of their one transaction, and fail on some
//! thousands of tables with "out of shared memory". So a batch is a transaction, and a drop that was cut short goes on
//! where it stood.

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::call::Failure;

/// Objects in a transaction; each locks its indexes, its TOAST table and what depends on it as well. PostgreSQL has room
/// for 64 locks times `max_connections` by default.
const BATCH: u32 = 100;

/// Drops relations, types, large objects and functions the role owns in the session's database.
pub(super) async fn drop_in_batches(session: &Client, role: &str) -> Result<(), Failure> {
    let mut before = count(session, role).await?;
    while before > 0 {
        session.batch_execute(&batch_sql(role)).await?;
        let left = count(session, role).await?;
        if left >= before {
            return Err(Failure::Refused(format!(
                "{left} objects of {role} can't be dropped; look at them in pg_shdepend"
            )));
        }
        before = left;
    }
    Ok(())
}

/// The role's objects in this database that may come in thousands. Everything else is few, and left to `DROP OWNED`.
const OWNED: &str = "
FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid JOIN pg_database d ON d.oid = s.dbid
WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o' AND d.datname = current_database()
  AND s.classid IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_largeobject'::regclass, 'pg_proc'::regclass)";

async fn count(session: &Client, role: &str) -> Result<i64, Failure> {
    let count = format!("SELECT count(*) {OWNED} AND r.rolname = $1");
    let rows = session.query_typed(&count, &[(&role, Type::TEXT)]).await?;
    Ok(rows.first().map_or(0, |row| row.get(0)))
}

/// Drops what is left in a schema, whatever its kind: operators, collations, text search objects.
pub(super) async fn drop_rest_of_schema(session: &Client, schema: &str) -> Result<(), Failure> {
    let sql = format!(
        "DO $$ DECLARE it record; BEGIN
           FOR it IN SELECT o.type, o.identity
             FROM pg_depend d, pg_identify_object(d.classid, d.objid, d.objsubid) o
             WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = '{schema}'::regnamespace AND d.deptype = 'n'
           LOOP
             IF it.identity IS NOT NULL THEN EXECUTE format('DROP %s IF EXISTS %s CASCADE', it.type, it.identity); END IF;
           END LOOP;
         END $$"
    );
    Ok(session.batch_execute(&sql).await?)
}

/// Youngest first, so that partitions go before their parent and views before their tables, and CASCADE finds little. Tables
/// before sequences and types before functions: an identity's sequence and a range's functions go with what they serve.
fn batch_sql(role: &str) -> String {
    format!(
        "DO $$ DECLARE it record; BEGIN
           FOR it IN
             SELECT s.objid, o.type, o.identity
             FROM (SELECT s.classid, s.objid {OWNED} AND r.rolname = '{role}'
                   ORDER BY CASE WHEN s.classid = 'pg_class'::regclass
                                   THEN (SELECT (c.relkind = 'S')::int FROM pg_class c WHERE c.oid = s.objid)
                                 WHEN s.classid = 'pg_proc'::regclass THEN 3 ELSE 2 END, s.objid DESC
                   LIMIT {BATCH}) s, pg_identify_object(s.classid, s.objid, 0) o
           LOOP
             IF it.type = 'large object' THEN PERFORM lo_unlink(it.objid);
             ELSIF it.identity IS NOT NULL THEN EXECUTE format('DROP %s IF EXISTS %s CASCADE', it.type, it.identity);
             END IF;
           END LOOP;
         END $$"
    )
}
