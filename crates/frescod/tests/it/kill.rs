//! `kill -9` of the daemon in the middle of its work, with everything real.
//!
//! A trigger in the platform's database holds a chosen tenant at a chosen step: the line of progress that a worker writes
//! while it does the step waits there. So a kill hits every step for sure, and not only those that take long.

use crate::dice::Dice;
use crate::support::{Dev, image};
use crate::tenant::{PLATFORM, Tenant, sql, wait_gone};

/// Both phases take a while, so that what is waited for is really under way.
const SLOW: [&str; 4] = ["--env", "SAMPLE_RELEASE_SECONDS=1", "--env", "SAMPLE_START_DELAY_SECONDS=1"];

const HOLD: &str = "
    CREATE TABLE public.held (subdomain text, step text);
    CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
        IF EXISTS (SELECT FROM public.held h WHERE (h.subdomain, h.step) = (NEW.subdomain, NEW.current_step ->> 'step')) THEN
            PERFORM set_config('application_name', h.step, true) FROM public.held h WHERE h.subdomain = NEW.subdomain;
            PERFORM pg_sleep(60);
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER hold BEFORE UPDATE ON fresco.tenants FOR EACH ROW EXECUTE FUNCTION public.hold()";

/// So many are held at once: a statement of the platform's may take 15 s, and all must have come to their steps by then.
const AT_ONCE: usize = 7;

/// A claim lapses soon, and every tenant that is held finds a connection to wait on.
fn platform() -> Dev {
    let lease = ("FRESCOD_RECONCILER__LEASE", "3s".into());
    Dev::start_with(vec![lease, ("FRESCOD_DATABASE__WORKER_CONNECTIONS", "32".into())])
}

#[test]
fn killed_at_any_step_of_a_deploy_a_tenant_becomes_active_all_the_same() {
    image();
    let mut dev = platform();
    let undisturbed = Tenant::deploy(&dev, "undisturbed", "sample", &SLOW);
    let steps = steps_of(&dev, &undisturbed);
    for step in ["ensure_image", "ensure_role", "ensure_database", "await_release", "create_serve", "await_ready"] {
        assert!(steps.iter().any(|there| there == step), "{step} is not among {steps:?}");
    }
    sql(&dev, PLATFORM, HOLD);
    let mut tenants = vec![undisturbed];
    for chosen in steps.chunks(AT_ONCE) {
        tenants.extend(killed_at(&mut dev, chosen));
        println!("killed at {}", chosen.join(", "));
    }
    for tenant in &tenants {
        tenant.wait_active(&dev);
        assert_eq!(tenant.parts(&dev), tenant.whole());
        assert_eq!(tenant.releases(&dev), 1);
        tenant.enter(&dev, "an owl");
        tenant.answers_with(&dev, "an owl");
    }
    let ends = tenants.iter().map(|tenant| tenant.destroy(&dev)).collect();
    wait_gone(&dev, &tenants, ends);
    survived(steps.len());
}

/// For `scripts/test faults`, which adds up: at so many moments something was under way and the daemon died.
#[expect(clippy::print_stdout, reason = "`scripts/test faults` reads it")]
pub(crate) fn survived(moments: usize) {
    println!(r#"{{"crash_points":{moments}}}"#);
}

/// The steps of a deploy nobody disturbs.
fn steps_of(dev: &Dev, tenant: &Tenant) -> Vec<String> {
    let events = "SELECT kind FROM fresco.tenant_events WHERE data ->> 'step' = kind AND tenant_id";
    sql(dev, PLATFORM, &format!("{events} = '{}' GROUP BY kind ORDER BY min(id)", tenant.id))
}

/// Asks for a tenant for each step, kills the daemon when each is held at its own, and starts it again.
fn killed_at(dev: &mut Dev, steps: &[String]) -> Vec<Tenant> {
    let names: Vec<_> = steps.iter().map(|step| format!("at-{}", step.replace('_', "-"))).collect();
    let values: Vec<_> = names.iter().zip(steps).map(|(name, step)| format!("('{name}', '{step}')")).collect();
    sql(dev, PLATFORM, &format!("INSERT INTO public.held VALUES {}", values.join(", ")));
    let tenants = names.iter().map(|name| Tenant::ask_for(dev, name, "sample", &SLOW)).collect();
    let held = "SELECT application_name FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    let mut wanted = steps.to_vec();
    wanted.sort();
    dev.wait_until("each tenant is held at its step", || {
        let mut found = sql(dev, PLATFORM, held);
        found.sort();
        found == wanted
    });
    dev.kill();
    sql(dev, PLATFORM, "DELETE FROM public.held");
    dev.start_again();
    tenants
}

#[test]
fn killed_at_any_moment_of_a_destroy_nothing_is_left() {
    image();
    let mut dev = platform();
    let names = ["one", "two", "three", "four", "five", "six"];
    let apps = ["sample", "sample-schema"].into_iter().cycle();
    let tenants: Vec<_> = names.iter().zip(apps).map(|(name, app)| Tenant::ask_for(&dev, name, app, &[])).collect();
    tenants.iter().for_each(|tenant| tenant.wait_active(&dev));
    let mut dice = Dice::cast();
    for pair in tenants.chunks(2) {
        let ends = pair.iter().map(|tenant| tenant.destroy(&dev)).collect();
        let asked = "SELECT id FROM fresco.tenants WHERE desired_state = 'destroyed' AND id IN";
        let asked = format!("{asked} ('{}', '{}')", pair[0].id, pair[1].id);
        dev.wait_until("the end is asked for", || sql(&dev, PLATFORM, &asked).len() == pair.len());
        let moment = dice.millis(1200);
        // The moment of the kill, and not a wait for something.
        std::thread::sleep(moment);
        let is_under_way = pair.iter().any(|tenant| tenant.shown_if_any(&dev)["status"] != "destroyed");
        dev.kill();
        println!("killed {} ms after the end was asked for", moment.as_millis());
        dev.start_again();
        wait_gone(&dev, pair, ends);
        survived(usize::from(is_under_way));
    }
}
