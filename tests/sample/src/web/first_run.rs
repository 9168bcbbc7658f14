//! Whether the app still waits for its first visitor.

use tokio_postgres::types::Type;

use super::site::Site;
use crate::database::DatabaseError;

/// What the first run has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstRun {
    /// The next visitor to `/setup` becomes the administrator.
    Open,
    /// Nobody came within the window after `initializedAt`.
    Expired,
    Configured,
}

/// Asks the database; the window is told by its clock.
pub(super) async fn look(site: &Site) -> Result<FirstRun, DatabaseError> {
    const SQL: &str = r#"
        select i."at", exists (select from {s}"AppSettings" where "key" = 'configured' and "value" = 'true'),
               coalesce(now() > i."at"::timestamptz + make_interval(secs => $2), false)
          from (select coalesce($1, (select "value" from {s}"AppSettings" where "key" = 'initializedAt')) as "at") i"#;
    let window = site.setup_window.as_secs_f64();
    let rows = site.query(SQL, &[(&site.remembered(), Type::TEXT), (&window, Type::FLOAT8)]).await?;
    let Some(row) = rows.first() else { return Ok(FirstRun::Open) };
    if let Some(initialized_at) = row.get::<_, Option<&str>>(0) {
        site.remember(initialized_at);
    }
    Ok(match (row.get(1), row.get(2)) {
        (true, _) => FirstRun::Configured,
        (false, true) => FirstRun::Expired,
        (false, false) => FirstRun::Open,
    })
}
