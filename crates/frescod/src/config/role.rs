//! Which part of the daemon a process is, and which secrets each part reads.
//!
//! A bug in the web side must not be root on the host: with `--role api` a process never opens the engine's socket, the
//! admin role's URL or the worker's, whatever the file they share says.

use super::secret::SecretFile;
use super::section::KeyDoc;
use super::source::Reader;
use super::{Config, docs};

/// Which part of the daemon a process is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Role {
    /// Both, in one process
    #[default]
    All,
    /// The HTTP API; needs neither the engine nor the tenants' admin role
    Api,
    /// The loop that makes tenants so; listens on nothing but for its metrics
    Worker,
}

impl Role {
    pub(crate) const fn has_api(self) -> bool {
        matches!(self, Self::All | Self::Api)
    }

    pub(crate) const fn has_worker(self) -> bool {
        matches!(self, Self::All | Self::Worker)
    }

    /// Where it is said what is missing; of one who is everything nothing need be said.
    const fn needs(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Api => " (`--role api` needs it)",
            Self::Worker => " (`--role worker` needs it)",
        }
    }
}

/// A secret, and who reads it.
struct Need {
    /// `section.key`
    key: &'static str,
    file: fn(&Config) -> Option<&SecretFile>,
    reads: fn(Role) -> bool,
    required: bool,
}

const NEEDS: [Need; 9] = [
    Need { key: "database.url_file", file: |all| all.database.url_file.as_ref(), reads: Role::has_api, required: true },
    Need {
        key: "database.worker_url_file",
        file: |all| all.database.worker_url_file.as_ref(),
        reads: Role::has_worker,
        required: true,
    },
    Need {
        key: "tenants.admin_url_file",
        file: |all| all.tenants.admin_url_file.as_ref(),
        reads: Role::has_worker,
        required: true,
    },
    Need {
        key: "secrets.key_file",
        file: |all| all.secrets.key_file.as_ref(),
        reads: Role::has_worker,
        required: true,
    },
    Need {
        key: "secrets.public_key_file",
        file: |all| all.secrets.public_key_file.as_ref(),
        reads: |role| role == Role::Api,
        required: true,
    },
    Need { key: "auth.key_file", file: |all| all.auth.key_file.as_ref(), reads: Role::has_api, required: true },
    // For `frescod migrate`, run by somebody who sees everything.
    Need {
        key: "database.owner_url_file",
        file: |all| all.database.owner_url_file.as_ref(),
        reads: |role| role == Role::All,
        required: false,
    },
    Need { key: "mail.login_file", file: |all| all.mail.login_file.as_ref(), reads: Role::has_api, required: false },
    Need {
        key: "engine.registry_credentials_file",
        file: |all| all.engine.registry_credentials_file.as_ref(),
        reads: Role::has_worker,
        required: false,
    },
];

impl Config {
    /// The secrets' files that a process of this role reads, each with its key.
    pub(crate) fn secret_files(&self, role: Role) -> Vec<(&'static str, &SecretFile)> {
        let read = NEEDS.iter().filter(|need| (need.reads)(role));
        read.filter_map(|need| Some((need.key, (need.file)(self)?))).collect()
    }
}

/// Notes every secret that the role can't do without and that nobody has named.
pub(super) fn check(role: Role, reader: &mut Reader<'_>) {
    let sections = docs();
    let keys = sections.iter().flat_map(|section| section.keys.iter().map(|key| (section.name, key)));
    let needed = |(section, key): &(&str, &KeyDoc)| {
        let key = format!("{section}.{}", key.name);
        NEEDS.iter().any(|need| need.required && (need.reads)(role) && need.key == key)
    };
    for (section, key) in keys.filter(needed) {
        if !reader.is_given(section, key.name) {
            reader.note_missing::<()>(section, key, role.needs());
        }
    }
}
