//! Secrets, the programs for dumps, and disk space.

use std::path::Path;

use domain::quantity::Bytes;
use provisioner::database::Dumps;

use super::Finding;
use crate::config::{Config, Role};
use crate::wiring::parts::{self, USUAL_ENGINE_FOLDER};

/// An image and its layers need about a gigabyte.
const LITTLE: Bytes = Bytes::mib(5 * 1024);
const TOO_LITTLE: Bytes = Bytes::mib(1024);

/// Each secret's file, by its key.
pub(super) fn secrets(config: &Config, role: Role) -> Vec<Finding> {
    let secrets = config.secret_files(role).into_iter();
    let closed = secrets.map(|(key, file)| match file.read() {
        Ok(_) => Finding::ok(key, format!("{} is there and closed to others", file.path().display())),
        Err(error) => Finding::fail(key, error, "write the file, for frescod's account only (chmod 600)"),
    });
    let keys = [keys(config, role)].into_iter().chain(role.has_api().then(|| auth_keys(config)));
    closed.chain(keys).collect()
}

/// What tenants' secrets are sealed with.
fn keys(config: &Config, role: Role) -> Finding {
    let name = "sealing keys";
    let mend = "`frescod sealing-key create` makes a key, `frescod sealing-key public` its public half";
    match parts::sealer(config, role) {
        Ok(_) => Finding::ok(name, "the key file can be used"),
        Err(error) => Finding::fail(name, format!("{error:#}"), mend),
    }
}

/// What proves who somebody is, is sealed with these.
fn auth_keys(config: &Config) -> Finding {
    let name = "keys of accounts";
    match parts::auth_keyring(config) {
        Ok(_) => Finding::ok(name, "the key file can be used"),
        Err(error) => Finding::fail(name, format!("{error:#}"), "`frescod sealing-key create` makes a key"),
    }
}

/// The programs that dump and restore, and whether they do so with the tenants' PostgreSQL.
pub(super) async fn dumps(config: &Config) -> Finding {
    const NAME: &str = "dumps";
    let folder = &config.dumps.programs;
    let missing: Vec<_> =
        ["pg_dump", "pg_restore"].into_iter().filter(|program| !folder.join(program).is_file()).collect();
    let detail = if missing.is_empty() {
        // Why it can't be asked at all is told by its own findings.
        let Ok(databases) = parts::databases(config) else {
            return Finding::ok(NAME, format!("pg_dump and pg_restore are in {}", folder.display()));
        };
        match Dumps::new(&databases, &parts::dump_options(config)).check().await {
            Ok(()) => {
                let detail = format!("pg_dump and pg_restore in {} fit the tenants' PostgreSQL", folder.display());
                return Finding::ok(NAME, detail);
            }
            Err(error) => format!("updates of apps that want a dump before a release fail: {error}"),
        }
    } else {
        format!("{} holds no {}: apps that want a dump before a release fail", folder.display(), missing.join(", no "))
    };
    let mend = "install the client programs of the tenants' PostgreSQL's major version, or name their folder with `dumps.programs`";
    Finding::warn(NAME, detail, mend)
}

pub(super) fn disks(config: &Config) -> Vec<Finding> {
    let folders =
        [("disk of the engine", Path::new(USUAL_ENGINE_FOLDER)), ("disk of the routes", &config.routing.staging)];
    folders.into_iter().filter(|(_, folder)| folder.exists()).map(|(name, folder)| disk(name, folder)).collect()
}

fn disk(name: &str, folder: &Path) -> Finding {
    let stat = match rustix::fs::statvfs(folder) {
        Ok(stat) => stat,
        Err(error) => return Finding::fail(name, format!("{}: {error}", folder.display()), "check the file system"),
    };
    let mib = |blocks: u64| Bytes::mib(blocks.saturating_mul(stat.f_frsize) >> 20);
    let (free, all) = (mib(stat.f_bavail), mib(stat.f_blocks));
    let detail = format!("{free} of {all} free below {}", folder.display());
    let mend = "free some space: old images (`docker image ls`), logs, other data";
    match free {
        free if free < TOO_LITTLE => Finding::fail(name, detail, mend),
        free if free < LITTLE => Finding::warn(name, detail, mend),
        _ => Finding::ok(name, detail),
    }
}
