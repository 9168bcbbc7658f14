//! The system account a server runs under when we are root: PostgreSQL refuses root.

use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Accounts to fall back on, in this order; every system has the second.
const USUAL: [&str; 2] = ["postgres", "nobody"];

/// Why no account can be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The account isn't in /etc/passwd.
    #[error("this machine has no account {name:?}: create it, or name another")]
    Unknown {
        /// The wished name.
        name: String,
    },
    /// The account is root's.
    #[error("PostgreSQL refuses to run as root, and account {name:?} is root's: name another")]
    Root {
        /// The wished name.
        name: String,
    },
    /// Another account was asked for, and only root may change accounts.
    #[error("only root can run PostgreSQL as {name:?}: leave the account out to run it as yourself")]
    NotRoot {
        /// The wished name.
        name: String,
    },
    /// The list of accounts can't be read.
    #[error("can't read the accounts in /etc/passwd")]
    Unreadable(#[source] io::Error),
    /// A folder on the way is closed to the account.
    #[error("account {account:?} may not pass through {}: choose a path outside it, or open it (chmod o+x)", folder.display())]
    Unreachable {
        /// The account.
        account: String,
        /// The folder that is closed to it.
        folder: PathBuf,
    },
}

/// Who the server runs as: ourselves, or another account when we are root.
#[derive(Debug, Clone)]
pub(crate) enum Account {
    Ourselves,
    Other { name: String, uid: u32, gid: u32 },
}

impl Account {
    /// The account of this name; without a name ourselves, or the first usual one when we are root.
    pub(crate) fn choose(wish: Option<&str>) -> Result<Self, AccountError> {
        if !rustix::process::geteuid().is_root() {
            return match wish {
                Some(name) => Err(AccountError::NotRoot { name: name.to_owned() }),
                None => Ok(Self::Ourselves),
            };
        }
        let passwd = std::fs::read_to_string("/etc/passwd").map_err(AccountError::Unreadable)?;
        let names = wish.map_or(USUAL.to_vec(), |name| vec![name]);
        let found = names.iter().find_map(|name| find(&passwd, name));
        match found {
            Some(Self::Other { name, uid: 0, .. }) => Err(AccountError::Root { name }),
            Some(account) => Ok(account),
            None => Err(AccountError::Unknown { name: names.join(" or ") }),
        }
    }

    /// Makes `command` run as this account, without our environment.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
    }

    /// Gives `path` to this account.
    pub(crate) fn own(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Ourselves => Ok(()),
            Self::Other { uid, gid, .. } => chown(path, Some(*uid), Some(*gid)),
        }
    }

    /// Fails if a folder above `path` is closed to this account; root's own home usually is.
    pub(crate) fn must_reach(&self, path: &Path) -> Result<(), AccountError> {
        let Self::Other { name, uid, gid } = self else { return Ok(()) };
        let closed = path.ancestors().skip(1).find(|folder| {
            folder.metadata().is_ok_and(|meta| {
                let shift = if meta.uid() == *uid {
                    6
                } else if meta.gid() == *gid {
                    3
                } else {
                    0
                };
                (meta.mode() >> shift) & 0o1 == 0
            })
        });
        match closed {
            Some(folder) => Err(AccountError::Unreachable { account: name.clone(), folder: folder.to_owned() }),
            None => Ok(()),
        }
    }
}

/// The entry `name:x:uid:gid:…` of a passwd file.
fn find(passwd: &str, wanted: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| *name == wanted)?;
        let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(Account::Other { name: name.to_owned(), uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_account_by_its_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nnobody2:x:7:8::/:/bin/sh\nnobody:x:65534:65533:n:/:/bin/sh\n";
        assert!(matches!(find(passwd, "nobody"), Some(Account::Other { uid: 65534, gid: 65533, .. })));
        assert!(find(passwd, "nobo").is_none());
    }
}
