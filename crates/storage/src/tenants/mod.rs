//! A tenant's row: what should be, and what was last seen.

mod behind;
mod change;
mod create;
mod read;
mod ready;
mod revision;
mod row;
mod row_state;

use chrono::{DateTime, Utc};
use domain::image::ImagePin;
use domain::tenant::operation::{Health, Removal, Revision, Standing};
use domain::tenant::{
    Condition, ContainerId, DesiredState, FirstRun, Freshness, Rejection, Restoration, Status, Step, Subdomain,
    Subject, TenantSpec, World,
};
use domain::{OrganisationId, TenantId, UserId};
use serde::{Deserialize, Serialize};

pub use change::{Change, ChangeError, Changed};
pub use create::{CreateTenantError, NewTenant};
pub use read::{Shown, TenantFilter};
pub use ready::NewlyReady;
pub(crate) use row::{TenantRow, tenant_of, tenant_records, tenant_rows, with_tenant_columns};
pub use row_state::RowState;

/// Free for whoever uses the API; the platform reads nothing in it.
pub type Metadata = serde_json::Map<String, serde_json::Value>;

/// The row.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenant {
    pub id: TenantId,
    pub organisation: OrganisationId,
    pub owner: UserId,
    pub subdomain: Subdomain,
    pub metadata: Metadata,
    pub created_at: DateTime<Utc>,
    /// When people last changed what should be.
    pub updated_at: DateTime<Utc>,

    pub desired_state: DesiredState,
    /// Counts the changes of what should be; 1 at first.
    pub generation: i64,
    pub spec: TenantSpec,

    /// What served before, until this has: the newest revision that did.
    pub before: Option<Revision>,

    /// As the worker left it; what may be shown of it now is [`Status::at`].
    pub status: Status,
    pub container: Option<ContainerId>,
    /// All unknown while nobody has looked.
    pub observed: World,
    /// The generation that [`Tenant::observed`] was compared with; 0 at first.
    pub observed_generation: i64,
    pub observed_at: Option<DateTime<Utc>>,
    pub conditions: Vec<Condition>,
    pub pinned_image: Option<ImagePin>,
    pub current_step: Option<CurrentStep>,
    pub last_error: Option<Failure>,
    /// Attempts since the last success.
    pub attempt: i32,
    /// When the next one is due; `None` if nothing failed.
    pub next_attempt_at: Option<DateTime<Utc>>,
    pub last_deployed_at: Option<DateTime<Utc>>,
    /// Set on a tombstone.
    pub destroyed_at: Option<DateTime<Utc>>,

    /// When the objects of one that is being destroyed may be removed; `None` unless it is.
    pub destroy_after: Option<DateTime<Utc>>,
    /// When the removal began: from then on nobody can undo it.
    pub removal_started_at: Option<DateTime<Utc>>,
    /// The last change that was given up, and why.
    pub rejected: Option<Rejection>,
    /// The newest wish for older data that was begun, and how far it has come.
    pub restoration: Option<Restoration>,
    /// What there was before the removal, and on a tombstone what was found removed.
    pub receipt: Option<serde_json::Value>,
    /// Until when nobody gets a tombstone's name.
    pub quarantine_until: Option<DateTime<Utc>>,
    /// How far its first visitor has come.
    pub first_run: FirstRun,
}

impl Tenant {
    /// What its row says, for whoever wants to know what should be.
    #[must_use]
    pub const fn subject(&self) -> Subject<'_> {
        Subject {
            tenant: self.id,
            subdomain: &self.subdomain,
            state: self.desired_state,
            spec: &self.spec,
            before: self.before.as_ref(),
            pin: self.pinned_image.as_ref(),
            remove_after: self.destroy_after,
            is_set_up: self.first_run.is_set_up(),
        }
    }

    /// Whether the last pass ended well and nothing was asked for since.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.attempt == 0 && self.generation == self.observed_generation
    }

    /// Why what is wanted now was given up, if it was.
    #[must_use]
    pub fn rejection(&self) -> Option<&Rejection> {
        self.rejected.as_ref().filter(|rejection| rejection.generation == self.generation)
    }

    /// How it stands for one who asks for something.
    pub(crate) fn standing<'a>(&'a self, in_progress: bool, back: Option<&'a Revision>) -> Standing<'a> {
        let health = match (self.is_settled(), self.last_error.is_some()) {
            (_, true) => Health::Failing,
            (true, false) if self.status == self.desired_state.status() => Health::Well,
            (true | false, false) => Health::Open,
        };
        let removal = match (self.removal_started_at, self.destroyed_at) {
            (_, Some(_)) => Removal::Done,
            (Some(_), None) => Removal::Begun,
            (None, None) => Removal::NotBegun,
        };
        Standing {
            desired_state: self.desired_state,
            generation: self.generation,
            spec: &self.spec,
            health,
            in_progress,
            destroy_after: self.destroy_after,
            removal,
            back,
        }
    }

    /// How fresh what is known of it is at `now`: its own look, or one at all containers that found nothing amiss, whichever
    /// is nearer. A look of later than now was made before a clock was set back.
    #[must_use]
    pub fn seen_at(&self, last_look: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let last_look = last_look.filter(|_| self.is_settled());
        nearest([self.observed_at, last_look], now)
    }

    /// What its status rests on at `now`. Whoever looks at all containers works on those that are not settled, too; a wish
    /// and a step are as good as a look for as long as a look is.
    #[must_use]
    pub fn freshness(&self, last_look: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Freshness {
        let step = self.current_step.as_ref().map(|current| current.since);
        let attended_at = nearest([self.observed_at, last_look, step, Some(self.updated_at)], now);
        Freshness { seen_at: self.seen_at(last_look, now), attended_at }
    }
}

fn nearest(moments: impl IntoIterator<Item = Option<DateTime<Utc>>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    moments.into_iter().flatten().min_by_key(|at| (now - at).abs())
}

/// What the worker is at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CurrentStep {
    pub step: Step,
    pub since: DateTime<Utc>,
}

/// Why a pass failed, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The name of the step.
    pub step: Option<String>,
    /// What happened, in words.
    pub cause: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// Whether trying again can't help.
    pub permanent: bool,
    /// The end of the container's log.
    #[serde(default)]
    pub last_lines: Vec<String>,
    pub at: DateTime<Utc>,
}
