//! What the role at the other end of a connection may do: whether a URL is the side's whose it is said to be.

use crate::error::StorageError;
use crate::store::Store;

/// What tells the two sides apart; whoever may do both is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// As a worker must, and the web side must not.
    pub reads_secrets: bool,
    /// As the web side must, and a worker must not.
    pub sets_goals: bool,
    /// Why row-level security does not hold it back; `None`: it does, as it must the web side.
    pub unbound: Option<Unbound>,
}

/// Why row-level security does not hold somebody back. Of several, the first of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unbound {
    Superuser,
    /// The attribute BYPASSRLS, its own or that of a role that it may become.
    Bypasses,
    /// It owns the tables, or may become their owner, who can take the policies away.
    Owner,
    /// It is, or may become, the worker, who works for all.
    Worker,
}

impl Store {
    /// # Errors
    /// [`StorageError`].
    pub async fn rights(&self) -> Result<Rights, StorageError> {
        let query = sqlx::query!(
            r#"SELECT has_table_privilege('fresco.tenant_secrets', 'SELECT') AS "reads_secrets!",
                      has_column_privilege('fresco.tenants', 'spec', 'UPDATE') AS "sets_goals!",
                      (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = session_user) AS "superuser!",
                      EXISTS (SELECT FROM pg_roles r
                               WHERE r.rolbypassrls AND pg_has_role(session_user, r.oid, 'MEMBER')) AS "bypasses!",
                      EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'fresco'::regnamespace
                                 AND pg_has_role(session_user, c.relowner, 'MEMBER')) AS "owner!",
                      pg_has_role(session_user, 'fresco_worker', 'MEMBER') AS "worker!""#
        );
        let row = query.fetch_one(self.pool()).await?;
        let reasons = [
            (row.superuser, Unbound::Superuser),
            (row.bypasses, Unbound::Bypasses),
            (row.owner, Unbound::Owner),
            (row.worker, Unbound::Worker),
        ];
        let unbound = reasons.into_iter().find(|(is_so, _)| *is_so).map(|(_, unbound)| unbound);
        Ok(Rights { reads_secrets: row.reads_secrets, sets_goals: row.sets_goals, unbound })
    }
}
