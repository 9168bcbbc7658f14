//! Those whose apps are to be asked whether they still answer.

use std::error::Error as StdError;
use std::net::SocketAddr;

use domain::TenantId;
use domain::app::AppName;
use domain::image::ImagePin;
use domain::tenant::Subdomain;
use serde_json::Value;
use uuid::Uuid;

use super::readable;
use crate::error::StorageError;
use crate::store::Store;

/// One that was ready when it was last looked at, with all it takes to ask it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serving {
    pub id: TenantId,
    pub subdomain: Subdomain,
    pub app: AppName,
    pub image: ImagePin,
    pub address: SocketAddr,
}

struct Row {
    id: Uuid,
    subdomain: String,
    app: String,
    image: Value,
    address: String,
}

impl Row {
    fn read(self, id: TenantId) -> Result<Serving, Box<dyn StdError + Send + Sync>> {
        let (subdomain, app) = (Subdomain::parse(&self.subdomain)?, AppName::parse(&self.app)?);
        Ok(Serving { id, subdomain, app, image: serde_json::from_value(self.image)?, address: self.address.parse()? })
    }
}

impl Store {
    /// So many of those that are active, by their ids, behind `after` if given. One whose row is corrupt is named in the log
    /// and left out.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn serving(
        &self,
        after: Option<TenantId>,
        limit: u16,
    ) -> Result<(Vec<Serving>, Option<TenantId>), StorageError> {
        let query = sqlx::query_as!(
            Row,
            r#"SELECT t.id, t.subdomain, t.app, t.pinned_image AS "image!",
                      t.observed #>> '{serve,present,state,running,address}' AS "address!"
               FROM fresco.tenants t
               WHERE t.id > $1 AND t.status = 'active' AND t.pinned_image IS NOT NULL
                 AND t.observed #>> '{serve,present,state,running,address}' IS NOT NULL
               ORDER BY t.id LIMIT $2"#,
            after.map(TenantId::uuid).unwrap_or_default(),
            i64::from(limit),
        );
        let rows = query.fetch_all(self.pool()).await?;
        let last = rows.last().filter(|_| rows.len() >= usize::from(limit)).map(|row| TenantId::from_uuid(row.id));
        let read = |row: Row| {
            let id = TenantId::from_uuid(row.id);
            row.read(id).map_err(|source| StorageError::corrupt("tenants", id, source))
        };
        Ok((rows.into_iter().map(read).filter_map(readable).collect(), last))
    }
}
