//! What somebody changes on the engine behind the platform's back.

use std::time::{Duration, Instant};

use crate::support::{Dev, image, output_of};
use crate::tenant::Tenant;

/// How soon it must be found and mended.
const SOON: Duration = Duration::from_secs(15);
/// What `docker update` can change that the platform has settled, and since when it runs.
const HELD_TO: &str = "{{.Id}} {{.State.StartedAt}} {{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} \
                       {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}} {{.HostConfig.RestartPolicy.Name}}";
const CHANGES: [&[&str]; 4] =
    [&["--memory", "1g", "--memory-swap", "2g"], &["--cpus", "1.5"], &["--pids-limit", "-1"], &["--restart", "no"]];

#[test]
fn limits_that_somebody_changes_hold_again_soon_and_the_app_does_not_notice() {
    image();
    let dev = Dev::start();
    let tenant = Tenant::deploy(&dev, "wren", "sample", &[]);
    let held_to = || output_of("docker", &["inspect", "--format", HELD_TO, &tenant.container()]);
    let settled = held_to();
    let all = CHANGES.concat();
    let stopped = ["--restart", "always"];
    for (is_stopped, change) in
        CHANGES.map(|change| (false, change)).into_iter().chain([(false, &all[..]), (true, &stopped)])
    {
        if is_stopped {
            assert!(dev.tenant(&["stop", &tenant.subdomain]).status.success(), "{}", dev.log());
        }
        output_of("docker", &[&["update"], change, &[&tenant.container()]].concat());
        let since = Instant::now();
        dev.wait_until(&format!("{change:?} is undone"), || held_to() == settled);
        assert!(since.elapsed() < SOON, "{change:?} was undone after {:?}", since.elapsed());
    }
}
