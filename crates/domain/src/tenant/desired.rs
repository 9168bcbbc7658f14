//! What should be.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::crashes::CrashPolicy;
use super::operation::Revision;
use super::restore::RestoreWish;
use super::route::{Route, RouteProvider};
use super::spec::{SpecHash, TenantSpec, hash};
use super::status::Status;
use super::subdomain::Subdomain;
use crate::app::{AppManifest, Profile};
use crate::id::TenantId;
use crate::image::{ImagePin, ImageReference};
use crate::limits::Limits;
use crate::platform::Platform;

/// The goal people choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DesiredState {
    Running,
    Stopped,
    Destroyed,
}

impl DesiredState {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Destroyed => "destroyed",
        }
    }

    /// The word for one that is so.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::Running => Status::Active,
            Self::Stopped => Status::Stopped,
            Self::Destroyed => Status::Destroyed,
        }
    }
}

/// Everything the plan needs of a tenant's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    pub tenant: TenantId,
    pub state: DesiredState,
    /// What the spec asks for.
    pub image: ImageReference,
    /// `None` until the image is known: the profile, and with it everything below, depends on its version.
    pub resolved: Option<Resolved>,
    /// What served before, until what is wanted now has served. `None` if nothing has, or its image is not known.
    pub before: Option<Resolved>,
    pub route: RouteGoal,
    /// Older data that the spec wishes for, perhaps long since carried out.
    pub restore: Option<RestoreWish>,
    /// Until then a destroyed tenant can be brought back: nothing of it is removed. `None`: it may go at once.
    pub remove_after: Option<DateTime<Utc>>,
    pub crashes: CrashPolicy,
}

/// What follows once the image is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    pub pin: ImagePin,
    /// The release container's inputs; `None` for a profile without a release phase.
    pub release: Option<SpecHash>,
    /// Whether the database is dumped before a release that could change what people have entered.
    pub dump_before: bool,
    /// The serve container's inputs.
    pub serve: SpecHash,
    /// How long after its start the app may take to become ready.
    pub ready_within: TimeDelta,
}

/// How the instance is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteGoal {
    /// Inputs of the file that frescod writes for the tenant.
    pub hash: SpecHash,
    /// Whether that file holds the route itself, published once the app is ready. Otherwise labels on the container
    /// route, and the file holds the middleware chain alone.
    pub publishes: bool,
}

/// What a tenant's row says.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub tenant: TenantId,
    pub subdomain: &'a Subdomain,
    pub state: DesiredState,
    pub spec: &'a TenantSpec,
    /// What served before, until this has.
    pub before: Option<&'a Revision>,
    /// The newest pin, whatever it was settled for.
    pub pin: Option<&'a ImagePin>,
    /// Whether its first visitor has been seen to have set it up.
    pub is_set_up: bool,
    pub remove_after: Option<DateTime<Utc>>,
}

impl Desired {
    /// What a row means with its app's manifest on this platform. Without a manifest nothing follows but how the route
    /// is kept, which is all that destroying needs.
    #[must_use]
    pub fn of(subject: Subject<'_>, manifest: Option<&AppManifest>, platform: &Platform) -> Self {
        let pin = subject.spec.image_in_force(subject.pin);
        let route = manifest.map(|manifest| subject.route(manifest, platform));
        Self {
            tenant: subject.tenant,
            state: subject.state,
            image: subject.spec.image.clone(),
            resolved: pin.zip(manifest).map(|(pin, manifest)| Resolved::of(subject, pin, manifest, platform)),
            before: manifest.and_then(|manifest| subject.resolved_before(manifest, platform)),
            route: RouteGoal { hash: hash(&route), publishes: platform.routing.provider == RouteProvider::File },
            restore: subject.spec.restore,
            remove_after: subject.remove_after,
            crashes: platform.crashes,
        }
    }
}

impl Desired {
    /// What served before, if that is not what is wanted now.
    #[must_use]
    pub fn another_before(&self) -> Option<&Resolved> {
        let wanted = self.resolved.as_ref().map(|resolved| &resolved.serve);
        self.before.as_ref().filter(|before| Some(&before.serve) != wanted)
    }

    /// Whether a serving container of that hash was made for what is wanted, or for what served before.
    #[must_use]
    pub fn knows(&self, serve: &SpecHash) -> bool {
        self.resolved.iter().chain(&self.before).any(|resolved| resolved.serve == *serve)
    }
}

impl Resolved {
    /// What follows for an image, known or assumed.
    #[must_use]
    pub fn of(subject: Subject<'_>, pin: &ImagePin, manifest: &AppManifest, platform: &Platform) -> Self {
        let profile = manifest.profile(pin);
        let owner = (subject.tenant, &subject.spec.environment, platform.url(subject.subdomain));
        let database = (subject.spec.isolation, platform.database, platform.pooler, &platform.shared_database);
        let host = (&platform.network, platform.log_size, platform.log_files, &platform.cgroup_parent);
        let release =
            profile.release.as_ref().map(|release| hash(&(owner.clone(), database, host, &pin.id, &release.run)));
        let labels = subject.route(manifest, platform).labels_hash();
        let serve = hash(&(
            (owner, database, host, &pin.id, &profile.serve.run),
            (subject.serve_limits(profile), subject.spec.restarts, labels),
        ));
        Self {
            pin: pin.clone(),
            release,
            dump_before: profile.release.as_ref().is_some_and(|release| release.dump_before),
            serve,
            ready_within: profile.serve.ready.deadline.delta(),
        }
    }
}

impl<'a> Subject<'a> {
    #[must_use]
    pub fn route(&self, manifest: &AppManifest, platform: &Platform) -> Route {
        Route {
            tenant: self.tenant,
            subdomain: self.subdomain.clone(),
            domain: platform.domain.clone(),
            port: manifest.port,
            routing: platform.routing.clone(),
            gated: platform.gate && !self.is_set_up && self.awaits_first_visitor(manifest),
        }
    }

    fn resolved_before(&self, manifest: &AppManifest, platform: &Platform) -> Option<Resolved> {
        let (before, pin) = self.as_before()?;
        Some(Resolved::of(before, pin, manifest, platform))
    }

    /// The same tenant with the spec of what served before, and its image, if that is known.
    #[must_use]
    pub fn as_before(&self) -> Option<(Self, &'a ImagePin)> {
        let Revision { spec, image, .. } = self.before?;
        Some((Self { spec, ..*self }, image.as_ref()?))
    }

    /// Whether the app has a first-run set-up. While its version is not known, one that may have counts as one that has.
    fn awaits_first_visitor(&self, manifest: &AppManifest) -> bool {
        match self.pin {
            Some(pin) => manifest.profile(pin).setup.is_some(),
            None => manifest.profiles.iter().any(|profile| profile.setup.is_some()),
        }
    }

    /// The owner's limits where there are any, else the profile's.
    #[must_use]
    pub fn serve_limits(&self, profile: &Profile) -> Limits {
        self.spec.limits.unwrap_or_default().over(&profile.serve.run.limits)
    }
}
