//! The engine is slow, answers errors, or nothing at all: nothing green is older than it may be, no tenant loses its
//! container, and what was asked for meanwhile is done afterwards.

use std::time::Duration;

use crate::daemon::answers;
use crate::engine_proxy::{EngineProxy, Mood};
use crate::support::{Dev, engine, image};
use crate::tenant::{PLATFORM, Tenant, sql, wait_gone};

/// A platform that looks often, gives calls up early, and calls a status old soon.
fn platform(proxy: &EngineProxy) -> Dev {
    Dev::start_with(vec![
        ("FRESCOD_ENGINE__SOCKET", proxy.socket().into()),
        ("FRESCOD_ENGINE__CALL_TIMEOUT", "2s".into()),
        ("FRESCOD_RECONCILER__RESYNC", "1s".into()),
        ("FRESCOD_RECONCILER__UNKNOWN_MOST", "1s".into()),
        ("FRESCOD_SERVER__STATUS_MAX_AGE", "5s".into()),
    ])
}

fn statuses(dev: &Dev) -> Vec<String> {
    dev.list().iter().map(|shown| shown["status"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn an_engine_that_fails_makes_unknown_and_never_a_green_lie_and_all_goes_on_afterwards() {
    image();
    let proxy = EngineProxy::before(&engine());
    let dev = platform(&proxy);
    let owls = Tenant::deploy(&dev, "owls", "sample", &[]);
    let container = owls.shown(&dev)["container_id"].clone();
    for (number, mood) in [Mood::Angry, Mood::Deaf, Mood::Mute].into_iter().enumerate() {
        proxy.be(mood);
        dev.wait_until(&format!("{mood:?}: what is old is no longer green"), || {
            !statuses(&dev).contains(&"active".to_owned())
        });
        assert!(owls.is_up(&dev), "whatever is known of it, it runs");
        let larks = Tenant::ask_for(&dev, &format!("larks-{number}"), "sample", &[]);
        assert!(!statuses(&dev).contains(&"active".to_owned()), "{:?}", statuses(&dev));
        proxy.be(Mood::Well);
        larks.wait_active(&dev);
        owls.recovers(&dev);
        assert_eq!(larks.parts(&dev), larks.whole());
        assert_eq!(owls.shown(&dev)["container_id"], container, "it kept its container");
    }
    proxy.be(Mood::Slow(Duration::from_millis(300)));
    let terns = Tenant::ask_for(&dev, "terns", "sample-schema", &[]);
    terns.wait_active(&dev);
    let ends = vec![terns.destroy(&dev)];
    wait_gone(&dev, &[terns], ends);
    assert_eq!(owls.shown(&dev)["container_id"], container);
}

/// All statements of the platform's wait a while, as on a disk that is too busy.
const SLOW: &str = "
    CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE UPDATE ON fresco.tenant_claims FOR EACH ROW EXECUTE FUNCTION public.slow()";

#[test]
fn a_slow_database_makes_a_deploy_slow_and_nothing_else() {
    image();
    let dev = Dev::start_with(vec![("FRESCOD_RECONCILER__LEASE", "3s".into())]);
    sql(&dev, PLATFORM, SLOW);
    let tenants: Vec<_> =
        ["owls", "terns", "larks"].iter().map(|name| Tenant::ask_for(&dev, name, "sample", &[])).collect();
    for tenant in &tenants {
        tenant.wait_active(&dev);
        assert_eq!(tenant.parts(&dev), tenant.whole());
        assert_eq!(tenant.releases(&dev), 1);
    }
    let ends = tenants.iter().map(|tenant| tenant.destroy(&dev)).collect();
    wait_gone(&dev, &tenants, ends);
}

#[test]
fn a_database_that_refuses_everybody_for_a_while_is_waited_for() {
    image();
    let dev = Dev::start();
    let owls = Tenant::deploy(&dev, "owls", "sample", &[]);
    let larks = Tenant::ask_for(&dev, "larks", "sample", &["--env", "SAMPLE_RELEASE_SECONDS=2"]);
    dev.wait_until("its database is being prepared", || larks.shown(&dev)["step"]["name"] == "await_release");
    let shut = "UPDATE pg_database SET datallowconn = false WHERE datname = 'fresco_platform';
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'fresco_platform'";
    sql(&dev, "postgres", shut);
    dev.wait_until("it says that it can't work", || answers(&dev) == 503);
    assert!(owls.is_up(&dev));
    sql(&dev, "postgres", "UPDATE pg_database SET datallowconn = true WHERE datname = 'fresco_platform'");
    dev.wait_until("it can work again", || answers(&dev) == 200);
    larks.wait_active(&dev);
    owls.recovers(&dev);
    assert_eq!((larks.parts(&dev), larks.releases(&dev)), (larks.whole(), 1));
}
