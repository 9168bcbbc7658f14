//! Finds the programs: an explicit path, then the cache that `scripts/setup` fills, then the machine.
//!
//! A candidate counts only if it runs: a server built for another release of the system's libraries stands there, is
//! executable, and fails at its first line. What was refused, and why, is part of the error.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest PostgreSQL the platform supports.
pub const OLDEST_MAJOR: u32 = 15;
/// The one `scripts/setup` installs, taken before any other when the caller has no wish.
pub const PREFERRED_MAJOR: u32 = 17;

/// Where to look. The caller knows the environment; this crate doesn't.
#[derive(Debug, Clone)]
pub struct Places {
    /// The folder `scripts/setup` installs into: `postgresql-<major>/bin/postgres`, `traefik/traefik`.
    pub cache: PathBuf,
    /// The folders of `PATH`, in order.
    pub path: Vec<PathBuf>,
}

/// The programs of one PostgreSQL installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresBinaries {
    folder: PathBuf,
    major: u32,
}

impl PostgresBinaries {
    /// The folder that holds `postgres`, `initdb` and their siblings.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The major version, as in the `PG_VERSION` of the clusters it can serve.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// A program that isn't there, with everything that was tried.
#[derive(Debug, thiserror::Error)]
#[error("no usable {wanted}; looked at:{tried}\n`scripts/setup` installs it")]
pub struct NotFound {
    wanted: String,
    tried: Tried,
}

#[derive(Debug, Default)]
struct Tried(Vec<(PathBuf, String)>);

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(path, why)| write!(f, "\n  {}: {why}", path.display()))
    }
}

impl Places {
    /// The usual places, by the variables `FRESCO_CACHE`, `XDG_CACHE_HOME`, `HOME` and `PATH` as `variable` tells them.
    /// The same rule stands in `scripts/lib/common.sh`. Root's cache is the system's: its home is closed to the account
    /// that PostgreSQL runs under.
    #[must_use]
    pub fn usual(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        let of_the_user = || {
            let caches = variable("XDG_CACHE_HOME").map(PathBuf::from);
            let caches = caches.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")));
            caches.filter(|_| !rustix::process::geteuid().is_root()).unwrap_or_else(|| "/var/cache".into())
        };
        let cache = variable("FRESCO_CACHE").map_or_else(|| of_the_user().join("fresco-platform"), PathBuf::from);
        let path = variable("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
        Self { cache, path }
    }

    /// The server programs: in `explicit` (a `bin` folder) and nowhere else if given, of `major` and no other if given.
    ///
    /// # Errors
    /// [`NotFound`] names every folder that was looked at and what was wrong with it.
    pub fn postgres(&self, explicit: Option<&Path>, major: Option<u32>) -> Result<PostgresBinaries, NotFound> {
        let candidates = explicit.map_or_else(|| self.postgres_folders(), |folder| vec![folder.to_owned()]);
        let mut tried = Tried::default();
        for folder in candidates {
            match inspect_postgres(&folder, major) {
                Ok(found) => return Ok(found),
                Err(why) => tried.0.push((folder, why)),
            }
        }
        let wanted = match major {
            Some(major) => format!("PostgreSQL server of major version {major}"),
            None => format!("PostgreSQL server (version {OLDEST_MAJOR} or newer)"),
        };
        Err(NotFound { wanted, tried })
    }

    /// The Traefik program: `explicit` and no other if given.
    ///
    /// # Errors
    /// [`NotFound`] names every file that was looked at and what was wrong with it.
    pub fn traefik(&self, explicit: Option<&Path>) -> Result<PathBuf, NotFound> {
        let candidates = match explicit {
            Some(program) => vec![program.to_owned()],
            None => {
                let cached = self.cache.join("traefik/traefik");
                std::iter::once(cached).chain(self.path.iter().map(|folder| folder.join("traefik"))).collect()
            }
        };
        let mut tried = Tried::default();
        for program in candidates {
            match answer_of(&program, "version") {
                Ok(_) => return Ok(program),
                Err(why) => tried.0.push((program, why)),
            }
        }
        Err(NotFound { wanted: "Traefik program".to_owned(), tried })
    }

    /// Cache, `PATH`, then Debian's place for servers, which is not on `PATH`; newest first, the preferred one before.
    fn postgres_folders(&self) -> Vec<PathBuf> {
        let mut cached = versions_in(&self.cache, "postgresql-");
        cached.sort_by_key(|(major, _)| (*major != PREFERRED_MAJOR, std::cmp::Reverse(*major)));
        let mut packaged = versions_in(Path::new("/usr/lib/postgresql"), "");
        packaged.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
        let from_path = self.path.iter().filter(|folder| folder.join("postgres").exists()).cloned();
        let bin = |(_, folder): (u32, PathBuf)| folder.join("bin");
        cached.into_iter().map(bin).chain(from_path).chain(packaged.into_iter().map(bin)).collect()
    }
}

/// The sub-folders named `{prefix}{major}`. A parent that can't be read holds none.
fn versions_in(parent: &Path, prefix: &str) -> Vec<(u32, PathBuf)> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let version = |name: &str| name.strip_prefix(prefix).and_then(|rest| rest.parse().ok());
    entries.filter_map(|entry| Some((version(entry.file_name().to_str()?)?, entry.path()))).collect()
}

fn inspect_postgres(folder: &Path, wanted: Option<u32>) -> Result<PostgresBinaries, String> {
    let answer = answer_of(&folder.join("postgres"), "--version")?;
    answer_of(&folder.join("initdb"), "--version")?;
    let major = major_in(&answer).ok_or_else(|| format!("`postgres --version` answers {answer:?}"))?;
    if wanted.is_some_and(|wanted| wanted != major) {
        return Err(format!("is version {major}"));
    }
    if major < OLDEST_MAJOR {
        return Err(format!("is version {major}, older than {OLDEST_MAJOR}"));
    }
    // A link on PATH leads to the installation; the server finds its other files beside where it really stands.
    let program = folder.join("postgres").canonicalize().map_err(|error| error.to_string())?;
    let folder = program.parent().unwrap_or(folder).to_owned();
    Ok(PostgresBinaries { folder, major })
}

/// The first number in `postgres (PostgreSQL) 17.11 (Debian 17.11-1)`.
fn major_in(answer: &str) -> Option<u32> {
    let version = answer.split_whitespace().nth(2)?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// What the program says to a harmless question, which shows that it can run here.
fn answer_of(program: &Path, question: &str) -> Result<String, String> {
    match Command::new(program).arg(question).output() {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        Ok(output) => Err(format!("can't run: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err("not there".to_owned()),
        Err(error) => Err(format!("can't run: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version_of_every_spelling() {
        assert_eq!(major_in("postgres (PostgreSQL) 17.11"), Some(17));
        assert_eq!(major_in("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major_in("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(major_in("something else"), None);
    }

    #[test]
    fn an_explicit_path_is_the_only_one_tried_and_the_error_says_what_was_wrong() {
        let places = Places { cache: "/nowhere/cache".into(), path: vec!["/usr/bin".into()] };
        let error = places.postgres(Some(Path::new("/nowhere/bin")), Some(17)).unwrap_err().to_string();
        assert!(error.contains("PostgreSQL server of major version 17"), "{error}");
        assert!(error.contains("/nowhere/bin: not there"), "{error}");
        assert!(!error.contains("/nowhere/cache"), "{error}");
        assert!(error.contains("scripts/setup"), "{error}");
    }

    #[test]
    fn a_program_that_cannot_run_is_refused_with_its_own_words() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("traefik/traefik");
        std::fs::create_dir_all(program.parent().unwrap()).unwrap();
        std::fs::write(&program, "#!/bin/sh\necho libmissing.so not found >&2\nexit 127\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let places = Places { cache: folder.path().to_owned(), path: vec![] };
        let error = places.traefik(None).unwrap_err().to_string();
        assert!(error.contains("libmissing.so not found"), "{error}");
    }
}
