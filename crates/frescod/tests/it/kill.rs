//! `kill -9` of the daemon in the middle of its work, with everything real.
//!
//! A trigger in the platform's database holds a chosen tenant at a chosen step: the line of progress that a worker writes
//! while it does the step waits there. So a kill hits every step for sure, and not only those that take long.

use crate::dice::Dice;
use crate::support::{Dev, image, text};
use crate::tenant::{PLATFORM, Tenant, apps_that_save, sql, wait_gone};

/// Both phases take a while, so that what is waited for is really under way.
const SLOW: [&str; 4] = ["--env", "SAMPLE_RELEASE_SECONDS=1", "--env", "SAMPLE_START_DELAY_SECONDS=1"];

const HOLD: &str = "
    CREATE TABLE public.held (subdomain text, step text);
    CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
        IF EXISTS (SELECT FROM public.held h JOIN fresco.tenants t USING (subdomain)
                   WHERE t.id = NEW.tenant_id AND h.step = NEW.kind) THEN
            PERFORM set_config('application_name', NEW.kind, true);
            PERFORM pg_sleep(60);
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER hold BEFORE INSERT ON fresco.tenant_events FOR EACH ROW EXECUTE FUNCTION public.hold()";

/// So many are held at once: a statement of the platform's may take 15 s, and all must have come to their steps by then.
const AT_ONCE: usize = 7;

/// A claim lapses soon, and every tenant that is held finds a connection to wait on.
fn platform(more: Vec<(&'static str, std::ffi::OsString)>) -> Dev {
    let lease = ("FRESCOD_RECONCILER__LEASE", "3s".into());
    Dev::start_with([vec![lease, ("FRESCOD_DATABASE__WORKER_CONNECTIONS", "32".into())], more].concat())
}

#[test]
fn killed_at_any_step_of_a_deploy_a_tenant_becomes_active_all_the_same() {
    image();
    let mut dev = platform(vec![]);
    let undisturbed = Tenant::deploy(&dev, "undisturbed", "sample", &SLOW);
    let steps = steps_of(&dev, &undisturbed, 1);
    for step in ["ensure_image", "ensure_role", "ensure_database", "await_release", "create_serve", "await_ready"] {
        assert!(steps.iter().any(|there| there == step), "{step} is not among {steps:?}");
    }
    sql(&dev, PLATFORM, HOLD);
    let mut tenants = vec![undisturbed];
    for chosen in steps.chunks(AT_ONCE) {
        let names: Vec<_> = chosen.iter().map(|step| format!("at-{}", step.replace('_', "-"))).collect();
        let ask = |dev: &Dev| names.iter().map(|name| Tenant::ask_for(dev, name, "sample", &SLOW)).collect::<Vec<_>>();
        tenants.extend(killed_at(&mut dev, (&names, chosen), ask));
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

/// The steps towards a generation, as they come when nobody disturbs them.
fn steps_of(dev: &Dev, tenant: &Tenant, generation: u32) -> Vec<String> {
    let events = "SELECT kind FROM fresco.tenant_events WHERE data ->> 'step' = kind AND tenant_id";
    let of = format!("'{}' AND generation = {generation}", tenant.id);
    sql(dev, PLATFORM, &format!("{events} = {of} GROUP BY kind ORDER BY min(id)"))
}

/// Asks for something of each of these tenants, kills the daemon when each is held at its step, and starts it again.
#[expect(clippy::print_stdout, reason = "a run that fails tells where it was killed")]
fn killed_at<T>(dev: &mut Dev, (names, steps): (&[String], &[String]), ask: impl FnOnce(&Dev) -> T) -> T {
    let values: Vec<_> = names.iter().zip(steps).map(|(name, step)| format!("('{name}', '{step}')")).collect();
    sql(dev, PLATFORM, &format!("INSERT INTO public.held VALUES {}", values.join(", ")));
    let asked = ask(dev);
    let held = "SELECT application_name FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    let mut wanted = steps.to_vec();
    wanted.sort();
    dev.wait_until(&format!("each tenant is held at its step of {steps:?}"), || {
        let mut found = sql(dev, PLATFORM, held);
        found.sort();
        found == wanted
    });
    dev.kill();
    println!("killed at {}", steps.join(", "));
    sql(dev, PLATFORM, "DELETE FROM public.held");
    dev.start_again();
    asked
}

const UPDATE: [&str; 3] = ["update", "--image", "fresco-sample:4.0.0"];
const ROLLBACK: [&str; 2] = ["rollback", "--restore"];

fn asked_of(dev: &Dev, name: &str, wish: &[&str], more: &[&str]) {
    let output = dev.tenant(&[&wish[..1], &[name], &wish[1..], more].concat());
    assert!(output.status.success(), "{wish:?} of {name}: {}\n{}", text(&output.stderr), dev.log());
}

/// With the data: one is saved, updated, released, brought back, and goes, and the daemon dies at each step of it once.
#[test]
fn killed_at_any_step_of_an_update_a_rollback_and_a_destroy_tenants_end_as_asked() {
    image();
    let apps = apps_that_save();
    let mut dev = platform(vec![("FRESCOD_TENANTS__APPS_DIRECTORY", apps.path().into())]);
    let old = [&["--image", "fresco-sample:3.1.2"], &SLOW[..]].concat();
    let undisturbed = Tenant::deploy(&dev, "undisturbed", "sample", &old);
    for wish in [&UPDATE[..], &ROLLBACK] {
        asked_of(&dev, "undisturbed", wish, &["--timeout", "90s"]);
    }
    wait_gone(&dev, std::slice::from_ref(&undisturbed), vec![undisturbed.destroy(&dev)]);
    let [update, rollback, destroy] = [2, 3, 4].map(|generation| steps_of(&dev, &undisturbed, generation));
    for (steps, one) in [(&update, "create_successor"), (&rollback, "restore_database"), (&destroy, "drop_role")] {
        assert!(steps.iter().any(|step| step == one), "{one} is not among {steps:?}");
    }
    sql(&dev, PLATFORM, HOLD);
    let most = update.len().max(rollback.len()).max(destroy.len());
    let names: Vec<_> = (0..most).map(|number| format!("owls-{number}")).collect();
    let tenants: Vec<_> = names.iter().map(|name| Tenant::ask_for(&dev, name, "sample", &old)).collect();
    for tenant in &tenants {
        tenant.wait_active(&dev);
        tenant.enter(&dev, "entered before");
    }
    each_killed(&mut dev, (&tenants, &update), &UPDATE);
    tenants.iter().for_each(|tenant| tenant.enter(&dev, "entered since"));
    each_killed(&mut dev, (&tenants, &rollback), &ROLLBACK);
    for tenant in &tenants {
        let (_, entries) = tenant.visit(&dev, "/entries", &[]).unwrap();
        assert!(!entries.contains("entered since"), "{}: {entries}", tenant.subdomain);
    }
    for (steps, tenants) in destroy.chunks(AT_ONCE).zip(tenants.chunks(AT_ONCE)) {
        let names: Vec<_> = tenants.iter().map(|tenant| tenant.subdomain.clone()).collect();
        let ends = killed_at(&mut dev, (&names, steps), |dev| {
            tenants.iter().zip(steps).map(|(tenant, _)| tenant.destroy(dev)).collect()
        });
        wait_gone(&dev, &tenants[..steps.len()], ends);
    }
    survived(update.len() + rollback.len() + destroy.len());
}

/// Of each tenant the same is asked, and the daemon dies while it is at another step each time; those beyond the last step are
/// changed in peace. All serve in the end, with what was entered before.
fn each_killed(dev: &mut Dev, (tenants, steps): (&[Tenant], &[String]), wish: &[&str]) {
    for (steps, tenants) in steps.chunks(AT_ONCE).zip(tenants.chunks(AT_ONCE)) {
        let names: Vec<_> = tenants.iter().take(steps.len()).map(|tenant| tenant.subdomain.clone()).collect();
        killed_at(dev, (&names, steps), |dev| names.iter().for_each(|name| asked_of(dev, name, wish, &["--no-wait"])));
    }
    for tenant in &tenants[steps.len()..] {
        asked_of(dev, &tenant.subdomain, wish, &["--timeout", "90s"]);
    }
    for tenant in tenants {
        tenant.wait_active(dev);
        let mut parts = tenant.parts(dev);
        assert_eq!(std::mem::take(&mut parts.dumps), 1, "the folder with what was saved");
        assert_eq!(parts, tenant.whole());
        tenant.answers_with(dev, "entered before");
    }
}

#[test]
fn killed_at_any_moment_of_a_destroy_nothing_is_left() {
    image();
    let mut dev = platform(vec![]);
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
