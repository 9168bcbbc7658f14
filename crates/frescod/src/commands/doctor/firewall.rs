//! The tenants' firewall.

use provisioner::firewall::FirewallError;

use super::Finding;
use crate::config::Config;
use crate::wiring::parts;

const NAME: &str = "tenants' firewall";

/// One finding for each thing that isn't as it should be.
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    match parts::firewall(config).check().await {
        Ok(differences) if differences.is_empty() => {
            vec![Finding::ok(NAME, format!("in force for {}", config.engine.network_interface.0))]
        }
        Ok(differences) => differences.into_iter().map(|found| Finding::fail(NAME, found.what, &found.mend)).collect(),
        Err(error @ FirewallError::NotRoot { .. }) => {
            vec![Finding::warn(NAME, error, "look as root: `frescod firewall check`")]
        }
        Err(error) => vec![Finding::fail(NAME, error, "look by hand: `frescod firewall check`")],
    }
}
