//! Instances that the platform may give the image that their app offers by now.

use domain::app::AppName;
use domain::image::ImageReference;

use super::{Tenant, with_tenant_columns};
use crate::error::StorageError;
use crate::scope::Scope;
use crate::store::Store;

impl Store {
    /// Those of `app` that run as they should, with another image than `offered`, and leave it to the platform which
    /// (`TenantSpec::following`): the oldest first, and only so many that no more than `at_once` are on their way to it. One that
    /// was given it in vain stays on its way, so that an image that does not work is not given to everybody.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn tenants_behind(
        &self,
        app: &AppName,
        offered: &ImageReference,
        at_once: u16,
    ) -> Result<Vec<Tenant>, StorageError> {
        let query = with_tenant_columns!(
            tenant_rows,
            "SELECT",
            "FROM fresco.tenants t
             WHERE t.app = $1 AND t.spec ->> 'image_policy' = 'automatic' AND t.spec ->> 'image' <> $2
               AND NOT t.spec ? 'pin' AND t.desired_state = 'running' AND t.status = 'active'
               AND t.attempt = 0 AND t.generation = t.observed_generation
             ORDER BY t.id
             LIMIT greatest(0, $3 - (
                 SELECT count(*) FROM fresco.tenants u
                 WHERE u.app = $1 AND u.spec ->> 'image_policy' = 'automatic' AND u.spec ->> 'image' = $2
                   AND u.desired_state = 'running'
                   AND (u.attempt > 0 OR u.generation <> u.observed_generation
                        OR (u.rejected ->> 'generation')::bigint = u.generation)))",
            app.as_str(),
            offered.as_str(),
            i64::from(at_once),
        );
        let rows = query.fetch_all(&mut *self.begin_as(Scope::Operator).await?).await?;
        rows.into_iter().map(Tenant::try_from).collect()
    }
}
