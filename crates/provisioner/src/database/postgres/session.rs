//! Sessions for one errand: as a tenant itself, or in another database. They end with it.

use std::future::Future;

use domain::TenantId;
use domain::app::Isolation;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use super::call::Failure;
use super::owned;
use crate::database::ident::{role_name, schema_name};

/// Runs `errand` on a session of its own. No task is spawned: the connection is driven beside the errand.
pub(super) async fn on_session<T, F>(config: &Config, errand: impl FnOnce(Client) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let (client, mut connection) = config.connect(NoTls).await?;
    let errand = errand(client);
    tokio::pin!(errand);
    let early = tokio::select! {
        biased;
        result = &mut errand => return result,
        end = &mut connection => end,
    };
    early?;
    // The connection ended in good order, so the errand has its answer or its error.
    errand.await
}

/// Runs one statement.
pub(super) async fn run(config: &Config, sql: &str) -> Result<(), Failure> {
    on_session(config, |client| async move { Ok(client.batch_execute(sql).await?) }).await
}

/// Changes a tenant's data as the tenant itself, whose sessions of ours can't write unless told to.
pub(super) async fn change(config: &Config, statement: &str) -> Result<(), Failure> {
    let errand = async |client: Client| {
        client.batch_execute("SET default_transaction_read_only = off").await?;
        Ok(client.batch_execute(statement).await?)
    };
    on_session(config, errand).await.map_err(explained)
}

/// Whether the first column of the query's first row is a number above zero. A missing table or column is `false`: the
/// release that makes it has not been there. No more than a number's length of the tenant's data is taken in.
pub(super) async fn effect(config: &Config, query: &str) -> Result<bool, Failure> {
    let query = query.trim().trim_end_matches(';');
    let bounded = format!("SELECT left(effect.value::text, 64) FROM (\n{query}\n) AS effect (value) LIMIT 1");
    let asked = on_session(config, |client| async move { Ok(client.query_typed(&bounded, &[]).await?) }).await;
    match asked {
        Ok(rows) => {
            Ok(rows.first().and_then(|row| row.get::<_, Option<String>>(0)).is_some_and(|text| is_positive(&text)))
        }
        Err(failure) if failure.code().is_some_and(is_missing) => Ok(false),
        Err(failure) => Err(explained(failure)),
    }
}

/// Drops all that the one who logs in has, but for its database or schema. `public` is there again afterwards, which an
/// app may have made its own.
pub(super) async fn empty(config: &Config, tenant: TenantId, isolation: Isolation) -> Result<(), Failure> {
    let (role, schema) = (role_name(tenant), schema_name(tenant));
    let errand = async |client: Client| {
        // By name, not by the app's search_path: what stands there could take the place of PostgreSQL's own.
        client.batch_execute("SET default_transaction_read_only = off; SET search_path = pg_catalog").await?;
        owned::drop_in_batches(&client, &role).await?;
        match isolation {
            Isolation::Schema => owned::drop_rest_of_schema(&client, &schema).await,
            Isolation::Database => {
                let rest = format!("DROP OWNED BY {role}; CREATE SCHEMA IF NOT EXISTS public");
                Ok(client.batch_execute(&rest).await?)
            }
        }
    };
    on_session(config, errand).await
}

fn is_positive(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|number| number > 0.0)
}

fn is_missing(code: &SqlState) -> bool {
    [SqlState::UNDEFINED_TABLE, SqlState::UNDEFINED_COLUMN, SqlState::INVALID_SCHEMA_NAME].contains(code)
}

/// Whether the password is the role's.
pub(super) async fn admits(config: &Config) -> Result<bool, Failure> {
    match on_session(config, |_client| async { Ok(()) }).await {
        Ok(()) => Ok(true),
        Err(failure) if is_wrong_password(&failure) => Ok(false),
        Err(failure) => Err(failure),
    }
}

fn is_wrong_password(failure: &Failure) -> bool {
    failure.code() == Some(&SqlState::INVALID_PASSWORD)
}

/// A role may change its own password, and then we can't log in as it, until an attempt that follows a failure sets it again.
fn explained(failure: Failure) -> Failure {
    if is_wrong_password(&failure) {
        let why = "its role has another password than ours: it was changed from inside; restart the instance, which sets it again";
        return Failure::Refused(why.to_owned());
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_above_zero_is_an_effect() {
        for (text, effect) in [("1", true), ("0.5", true), ("0", false), ("-3", false), ("true", false), ("", false)] {
            assert_eq!(is_positive(text), effect, "{text}");
        }
    }
}
