//! Why the host's packet filter could not be read or changed.

use std::time::Duration;

/// What stood in the way.
#[derive(Debug, thiserror::Error)]
pub enum FirewallError {
    #[error(
        "{program} can't be run: install iptables (Debian: `apt install iptables`), or choose another `firewall.backend`"
    )]
    NoProgram {
        program: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{program} may not touch the packet filter: run this as root")]
    NotRoot { program: String },
    #[error("{program} failed: {said}")]
    Failed { program: String, said: String },
    #[error("{program} did not end within {} s", deadline.as_secs())]
    TooSlow { program: String, deadline: Duration },
}
