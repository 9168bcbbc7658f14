//! Whose rows a transaction may see and change.
//!
//! Two locks. The first is the statement's: it asks for rows of [`Scope::organisation`]. The second is the database's: a
//! transaction begun with [`Store::begin_as`] says who it is for, and row-level security
//! (`migrations/0015_row_level_security.sql`) shows the API's role nothing else, whatever a statement forgets to ask.

use domain::access::{Caller, Role};
use domain::{OrganisationId, TenantId, UserId};
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, SqlStr, Transaction};
use uuid::Uuid;

use crate::error::StorageError;
use crate::store::Store;

/// Whose rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The operator, and the platform where it works for all: everybody's.
    Operator,
    /// An organisation's, as far as the role goes.
    Member {
        organisation: OrganisationId,
        /// Who it is; `None` for a key of the organisation.
        user: Option<UserId>,
        role: Role,
    },
    /// What is a person's own, in whichever organisation: their account, their memberships.
    User(UserId),
    /// One tenant, for whoever stands at its gate.
    Visitor(TenantId),
}

impl Scope {
    /// Where somebody is, who has been let in. One without an organisation has only what is their own, and a key whose
    /// organisation is not theirs to speak for is none.
    #[must_use]
    pub fn of(caller: &Caller) -> Option<Self> {
        if caller.is_operator() {
            return Some(Self::Operator);
        }
        let user = caller.user();
        match caller.organisation.zip(caller.role) {
            Some((organisation, role)) => Some(Self::Member { organisation, user, role }),
            None => user.map(Self::User),
        }
    }

    /// For `$1::uuid IS NULL OR organisation_id = $1`.
    pub(crate) fn organisation(self) -> Option<Uuid> {
        match self {
            Self::Operator | Self::Visitor(_) => None,
            Self::Member { organisation, .. } => Some(organisation.uuid()),
            // No organisation has it.
            Self::User(_) => Some(Uuid::nil()),
        }
    }

    /// Who it is, where that is a person.
    pub(crate) fn user(self) -> Option<Uuid> {
        match self {
            Self::Member { user, .. } => user.map(UserId::uuid),
            Self::User(user) => Some(user.uuid()),
            Self::Operator | Self::Visitor(_) => None,
        }
    }

    /// The one organisation they are in, for lists of organisations: none is everybody's of their own.
    pub(crate) fn here(self) -> Option<Uuid> {
        match self {
            Self::Member { organisation, .. } => Some(organisation.uuid()),
            Self::Visitor(_) => Some(Uuid::nil()),
            Self::Operator | Self::User(_) => None,
        }
    }

    /// Begins a transaction for this scope, in one message. Nothing in it needs quotes: ids, and words of ours.
    fn begin(self) -> String {
        let settings = match self {
            Self::Operator => "SET LOCAL fresco.operator = 'on'".to_owned(),
            Self::Member { organisation, user, role } => {
                let user = user.map(|user| user.uuid().to_string()).unwrap_or_default();
                let organisation = organisation.uuid();
                format!(
                    "SET LOCAL fresco.organisation = '{organisation}'; SET LOCAL fresco.\"user\" = '{user}'; \
                     SET LOCAL fresco.role = '{role}'"
                )
            }
            Self::User(user) => format!("SET LOCAL fresco.\"user\" = '{}'", user.uuid()),
            Self::Visitor(tenant) => format!("SET LOCAL fresco.visit = '{}'", tenant.uuid()),
        };
        format!("BEGIN; {settings}")
    }
}

const ONE_PLAN: &str = "SET LOCAL plan_cache_mode = force_generic_plan";

fn statement(text: String) -> SqlStr {
    AssertSqlSafe(text).into_sql_str()
}

impl Store {
    /// Begins a transaction for these rows only. One that only reads need not be committed: dropping it ends it, and nobody
    /// waits for that.
    pub(crate) async fn begin_as(&self, scope: Scope) -> Result<Transaction<'static, Postgres>, StorageError> {
        self.begin_with(Some(statement(scope.begin()))).await
    }

    /// The same for statements that find their rows by keys, whoever asks: each connection plans them once. Planning is most of
    /// what they cost, since row-level security is planned with them. One with a filter that may be left out is not for here: it
    /// would be planned as if it were.
    pub(crate) async fn begin_by_key(&self, scope: Scope) -> Result<Transaction<'static, Postgres>, StorageError> {
        self.begin_with(Some(statement(format!("{}; {ONE_PLAN}", scope.begin())))).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_says_who_it_is_for_and_nothing_of_others() {
        let id = Uuid::from_u128(7);
        let (organisation, user) = (OrganisationId::from_uuid(id), UserId::from_uuid(id));
        assert_eq!(Scope::begin(Scope::Operator), "BEGIN; SET LOCAL fresco.operator = 'on'");
        assert_eq!(
            Scope::begin(Scope::Member { organisation, user: None, role: Role::Viewer }),
            format!(
                "BEGIN; SET LOCAL fresco.organisation = '{id}'; SET LOCAL fresco.\"user\" = ''; SET LOCAL fresco.role = 'viewer'"
            )
        );
        assert_eq!(Scope::begin(Scope::User(user)), format!("BEGIN; SET LOCAL fresco.\"user\" = '{id}'"));
        assert_eq!(
            Scope::begin(Scope::Visitor(TenantId::from_uuid(id))),
            format!("BEGIN; SET LOCAL fresco.visit = '{id}'")
        );
    }
}
