//! How long a first deploy of an app takes here, learned from earlier ones.

use std::time::Duration;

use domain::app::AppName;

use crate::error::StorageError;
use crate::scope::Scope;
use crate::store::Store;

/// How many first deploys are learned from, the newest ones. With twenty, a few that fetched the image first or waited for a busy
/// machine don't move the middle one, and after a new version of the app it has changed once eleven were made of it.
pub const LEARNED_FROM: i32 = 20;

/// How long a first deploy usually takes: of each length the middle one.
#[derive(Clone, Debug, PartialEq)]
pub struct UsualDeploy {
    /// How many that was learned from.
    pub runs: u32,
    /// From the wish until it answered.
    pub took: Duration,
    /// In the order in which they are begun.
    pub steps: Vec<UsualStep>,
}

/// One step of it.
#[derive(Clone, Debug, PartialEq)]
pub struct UsualStep {
    /// As events call it.
    pub name: String,
    /// As events tell it: one name may stand for two steps.
    pub words: String,
    /// Until the next was begun.
    pub took: Duration,
    /// From its beginning until the app answered.
    pub remained: Duration,
}

impl Store {
    /// How long a first deploy of an app usually takes here, whosever the earlier ones were: figures, and nothing else of them.
    /// `None` if none has succeeded yet.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn usual_deploy(&self, scope: Scope, app: &AppName) -> Result<Option<UsualDeploy>, StorageError> {
        let query = sqlx::query!(
            r#"SELECT step, words, runs AS "runs!", took AS "took!", remained
               FROM fresco.usual_deploy($1, $2) ORDER BY remained DESC NULLS FIRST, step, words"#,
            app.as_str(),
            LEARNED_FROM,
        );
        let rows = query.fetch_all(&mut *self.begin_as(scope).await?).await?;
        let mut usual = None;
        let mut steps = Vec::new();
        for row in rows {
            let took = seconds(row.took);
            match (row.step, row.words, row.remained) {
                (Some(name), Some(words), Some(remained)) => {
                    steps.push(UsualStep { name, words, took, remained: seconds(remained) });
                }
                _ => usual = Some((u32::try_from(row.runs).unwrap_or(u32::MAX), took)),
            }
        }
        Ok(usual.map(|(runs, took)| UsualDeploy { runs, took, steps }))
    }
}

/// Of two clocks one may be behind.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
