//! The tenants' firewall, where we may: a platform on a developer's machine runs without it, and says so.

use provisioner::firewall::{Difference, is_interface};

use crate::config::Config;
use crate::terminal;
use crate::wiring::parts;

/// Applies the rules, or says why tenants reach more than they should.
pub(super) async fn raise(config: &Config) {
    let bridge = &config.engine.network_interface.0;
    if !rustix::process::geteuid().is_root() {
        return warn("its rules need root");
    }
    if !is_interface(bridge) {
        return warn(&format!("the engine runs elsewhere: {bridge} is no interface of this machine"));
    }
    match parts::firewall(config).apply().await {
        Ok(applied) => {
            applied.left.iter().for_each(|Difference { what, mend }| warn(&format!("{what}; to mend it, {mend}")));
        }
        Err(error) => warn(&error.to_string()),
    }
}

/// Takes them away again.
pub(super) async fn lower(config: &Config) {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    if let Err(error) = parts::firewall(config).remove().await {
        let bridge = &config.engine.network_interface.0;
        terminal::note(&format!("the firewall's rules for {bridge} may have stayed: {error}"));
    }
}

fn warn(why: &str) {
    terminal::note(&format!("the tenants' firewall is not in force, so they reach this machine's ports: {why}"));
}
