//! How one range of an app's versions is released, served and probed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{EnvName, Setup, Template};
use crate::limits::Limits;
use crate::quantity::{Bytes, Span};

/// Facts about a range of versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The versions it holds for; `None` for the fallback, which serves versions no other profile knows.
    pub versions: Option<semver::VersionReq>,
    /// Prepares the database for an image; `None` if the image's own command does it at every start.
    pub release: Option<Release>,
    pub serve: Serve,
    /// How to tell that the owner has claimed the instance; `None` for an app without a first-run set-up.
    pub setup: Option<Setup>,
    #[serde(default)]
    pub logs: LogRules,
}

impl Profile {
    /// Its phases.
    pub(super) fn runs(&self) -> impl Iterator<Item = &RunAs> {
        self.release.iter().map(|release| &release.run).chain([&self.serve.run])
    }
}

/// The one-shot phase that prepares the database, once per image and database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RawRelease")]
pub struct Release {
    #[serde(flatten)]
    pub run: RunAs,
    /// How long it may take before it is stopped and counted as failed.
    pub deadline: Span,
    /// A query run as the tenant whose first column of its first row must be a number above zero afterwards:
    /// the exit code alone is not believed.
    pub effect: String,
    /// Dump the database first.
    pub dump_before: bool,
}

/// The phase that answers people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RawServe")]
pub struct Serve {
    #[serde(flatten)]
    pub run: RunAs,
    /// The most an owner may ask for; the profile's own limits where it is absent.
    pub most: Option<Limits>,
    /// From SIGTERM to SIGKILL.
    pub grace: Span,
    pub ready: ReadyProbe,
}

/// How a container of the app runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunAs {
    /// `None`: the image's own command.
    pub command: Option<Vec<String>>,
    /// `uid:gid`; `None`: the image's own user.
    pub user: Option<String>,
    pub limits: Limits,
    /// Where it may write; everything else is read-only.
    pub writable: Vec<Writable>,
    pub environment: BTreeMap<EnvName, Template>,
    /// A reason to leave the root file system writable; `None` keeps it read-only.
    pub writable_root: Option<String>,
}

/// A phase's table as it is written, with the keys of [`RunAs`] among its own. Not flattened by serde, which would know
/// neither the line of a wrong key nor the right ones.
macro_rules! raw_phase {
    ($raw:ident is $phase:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* }) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $raw {
            command: Option<Vec<String>>,
            user: Option<String>,
            limits: Limits,
            #[serde(default)]
            writable: Vec<Writable>,
            #[serde(default)]
            environment: BTreeMap<EnvName, Template>,
            writable_root: Option<String>,
            $($(#[$attribute])* $field: $type,)*
        }

        impl From<$raw> for $phase {
            fn from(raw: $raw) -> Self {
                let $raw { command, user, limits, writable, environment, writable_root, $($field,)* } = raw;
                let run = RunAs { command, user, limits, writable, environment, writable_root };
                Self { run, $($field,)* }
            }
        }
    };
}
raw_phase!(RawRelease is Release {
    deadline: Span,
    effect: String,
    #[serde(default)]
    dump_before: bool,
});
raw_phase!(RawServe is Serve {
    most: Option<Limits>,
    grace: Span,
    ready: ReadyProbe,
});

/// A directory in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Writable {
    pub path: String,
    pub size: Bytes,
    /// Owner, needed where the image has the directory under another: a tmpfs keeps the mode of what it covers.
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    /// Octal, such as `"0755"`.
    pub mode: Option<String>,
}

/// A request that tells whether the app answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadyProbe {
    pub path: String,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The statuses that mean ready.
    pub accept: Vec<u16>,
    /// How long from its start the app may take to become ready.
    pub deadline: Span,
    /// How long one request may take.
    #[serde(default = "ReadyProbe::default_timeout")]
    pub timeout: Span,
}

impl ReadyProbe {
    const fn default_timeout() -> Span {
        Span::seconds(5)
    }
}

/// How to read the app's log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogRules {
    /// Regular expressions; a line that matches one starts an entry of level error.
    #[serde(default)]
    pub error: Vec<String>,
    /// Regular expressions; a line that matches one continues the entry before.
    #[serde(default)]
    pub continuation: Vec<String>,
}
