//! The one place that reads the process's environment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// A copy of the environment, taken once at the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// The process's own.
    #[expect(clippy::disallowed_methods, reason = "this is frescod/config")]
    pub(crate) fn of_the_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<OsString> {
        self.0.get(&OsString::from(name)).filter(|value| !value.is_empty()).cloned()
    }

    /// A path in a variable.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    /// A folder of the user's by the XDG rules: `variable`, else `in_home` of the home folder.
    pub(crate) fn xdg(&self, variable: &str, in_home: &str) -> Option<PathBuf> {
        let named = self.path(variable).filter(|path| path.is_absolute());
        named.or_else(|| Some(self.path("HOME")?.join(in_home)))
    }

    /// What a process of ours with the same configuration needs, and nothing that our supervisor means for us alone.
    pub(crate) fn of_the_configuration(&self) -> impl Iterator<Item = (OsString, OsString)> {
        let all = self.0.iter().filter(|(name, _)| name.to_str().is_some_and(|name| name.starts_with("FRESCOD_")));
        all.map(|(name, value)| (name.clone(), value.clone()))
    }

    /// Everything whose name is text, since no other can name a key, with its value where that is text.
    pub(super) fn texts(&self) -> impl Iterator<Item = (String, Option<String>)> {
        let named = self.0.iter().filter_map(|(name, value)| Some((name.to_str()?, value.to_str())));
        named.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)))
    }
}

#[cfg(test)]
impl<V: Into<OsString>, const N: usize> From<[(&str, V); N]> for Environment {
    fn from(all: [(&str, V); N]) -> Self {
        Self(all.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
