//! What owners do, and what they may expect.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Value;

use crate::dice::Dice;
use crate::support::{Dev, output_of};
use crate::tenant::{PLATFORM, SHARED, Tenant, sql, wait_gone};

/// No more at once than two cores bear.
const MOST: usize = 10;

#[derive(Default)]
pub(super) struct Owners {
    all: Vec<Owner>,
    /// Names and apps of deploys that nobody answered, or not well: they may have been taken down all the same.
    unanswered: Vec<(String, &'static str)>,
    asked: BTreeMap<&'static str, usize>,
}

/// One owner's wish, and what was entered and acknowledged.
struct Owner {
    tenant: Tenant,
    gone: bool,
    stopped: bool,
    entries: Vec<String>,
}

impl Owners {
    pub(super) fn tenants(&self) -> Vec<Tenant> {
        self.standing().map(|owner| owner.tenant.clone()).collect()
    }

    fn standing(&self) -> impl Iterator<Item = &Owner> {
        self.all.iter().filter(|owner| !owner.gone)
    }

    /// Some are there, and have entered something, before anything goes wrong.
    pub(super) fn settle_in(&mut self, dev: &Dev) {
        for app in ["sample", "sample-schema", "sample", "sample-schema"] {
            let name = format!("chaos-{}", self.all.len());
            let tenant = Tenant::ask_for(dev, &name, app, &[]);
            self.all.push(Owner { tenant, gone: false, stopped: false, entries: vec![] });
        }
        for owner in &mut self.all {
            owner.tenant.wait_active(dev);
            let first = format!("{}-entry-first-", owner.tenant.subdomain);
            owner.tenant.enter(dev, &first);
            owner.entries.push(first);
        }
    }

    /// Somebody asks for something, or enters something. While the platform is away they are told so, and want nothing.
    pub(super) fn act(&mut self, dev: &Dev, dice: &mut Dice) {
        let standing = self.standing().count();
        match dice.below(14) {
            0..=2 if standing < MOST => self.deploy(dev, dice),
            3 if standing > 2 => self.destroy(dev, dice),
            4 => self.ask(dev, dice, ("stop", Some(true))),
            5 | 6 => self.ask(dev, dice, ("start", Some(false))),
            7 | 8 => self.ask(dev, dice, ("restart", None)),
            _ => self.enter(dev, dice),
        }
    }

    fn deploy(&mut self, dev: &Dev, dice: &mut Dice) {
        let name = format!("chaos-{}", self.all.len() + self.unanswered.len());
        let app = if dice.below(2) == 0 { "sample" } else { "sample-schema" };
        let output = dev.tenant(&["deploy", &name, "--app", app, "--no-wait", "--json"]);
        let answer = serde_json::from_slice::<Value>(&output.stdout).ok().filter(|answer| answer["id"].is_string());
        let Some(answer) = answer else {
            self.unanswered.push((name, app));
            return self.count("unanswered");
        };
        let tenant = Tenant::of(&name, app, &answer);
        self.all.push(Owner { tenant, gone: false, stopped: false, entries: vec![] });
        self.count("deploy");
    }

    fn destroy(&mut self, dev: &Dev, dice: &mut Dice) {
        let standing: Vec<usize> = (0..self.all.len()).filter(|index| !self.all[*index].gone).collect();
        let Some(index) = dice.pick(&standing) else { return };
        let owner = &mut self.all[*index];
        let path = format!("/api/v1/tenants/tnt_{}/destroy", owner.tenant.id);
        owner.gone = dev.post(&path, &serde_json::json!({ "confirmation": owner.tenant.subdomain })) == Some(202);
        let what = if owner.gone { "destroy" } else { "unanswered" };
        self.count(what);
    }

    /// Asks for another state of one that stands. A refusal changes nothing; what nobody answered is learnt at the end.
    fn ask(&mut self, dev: &Dev, dice: &mut Dice, (what, stopped): (&'static str, Option<bool>)) {
        let standing: Vec<usize> = (0..self.all.len()).filter(|index| !self.all[*index].gone).collect();
        let Some(index) = dice.pick(&standing) else { return self.count("nobody there") };
        let owner = &mut self.all[*index];
        let answer = dev.post(&format!("/api/v1/tenants/tnt_{}/{what}", owner.tenant.id), &serde_json::json!({}));
        if answer == Some(202) {
            owner.stopped = stopped.unwrap_or(owner.stopped);
        }
        self.count(match answer {
            Some(202) => what,
            Some(409) => "refused",
            Some(_) | None => "unanswered",
        });
    }

    /// All that stand want to run again.
    pub(super) fn resume(&mut self, dev: &Dev) {
        for owner in self.all.iter_mut().filter(|owner| !owner.gone && owner.stopped) {
            let path = format!("/api/v1/tenants/tnt_{}/start", owner.tenant.id);
            assert_eq!(dev.post(&path, &serde_json::json!({})), Some(202), "{}", owner.tenant.subdomain);
            owner.stopped = false;
        }
    }

    /// Takes in what was taken down though nobody was told.
    pub(super) fn learn(&mut self, dev: &Dev) {
        for shown in dev.list() {
            let asked = self.unanswered.iter().find(|(name, _)| shown["subdomain"] == **name);
            if let Some((name, app)) = asked {
                let tenant = Tenant::of(name, app, &shown);
                self.all.push(Owner { tenant, gone: false, stopped: false, entries: vec![] });
            }
        }
        for owner in &mut self.all {
            let wanted = owner.tenant.shown(dev)["desired_state"].clone();
            (owner.gone, owner.stopped) = (wanted == "destroyed", wanted == "stopped");
        }
    }

    /// What is acknowledged counts.
    fn enter(&mut self, dev: &Dev, dice: &mut Dice) {
        let standing: Vec<usize> = (0..self.all.len()).filter(|index| !self.all[*index].gone).collect();
        let Some(index) = dice.pick(&standing) else { return self.count("nobody there") };
        let owner = &mut self.all[*index];
        let entry = format!("{}-entry-{}-", owner.tenant.subdomain, owner.entries.len());
        let acknowledged = owner.tenant.try_enter(dev, &entry);
        if acknowledged {
            owner.entries.push(entry);
        }
        self.count(if acknowledged { "entry" } else { "not entered" });
    }

    fn count(&mut self, what: &'static str) {
        *self.asked.entry(what).or_default() += 1;
    }

    pub(super) fn summary(&self) -> String {
        format!("{:?}", self.asked)
    }

    /// Who doesn't have what they asked for by then.
    pub(super) fn off_desired(&self, dev: &Dev, until: Instant) -> Vec<String> {
        loop {
            let off: Vec<String> = self.all.iter().filter_map(|owner| owner.off(dev)).collect();
            if off.is_empty() || Instant::now() > until {
                return off;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
    }

    /// Entries that were acknowledged and are not there.
    pub(super) fn lost(&self, dev: &Dev) -> Vec<String> {
        let lost = self.standing().flat_map(|owner| {
            let there = owner.tenant.visit(dev, "/entries", &[]).map(|(_, body)| body).unwrap_or_default();
            owner.entries.iter().filter(move |entry| !there.contains(entry.as_str())).cloned()
        });
        lost.collect()
    }

    /// What is there of nobody's, or twice.
    pub(super) fn left_over(&self, dev: &Dev) -> Vec<String> {
        let mut left = Vec::new();
        for owner in &self.all {
            let (is, should) = (owner.tenant.parts(dev), owner.should_be());
            if is != should {
                left.push(format!("{}: {is:?}, and should be {should:?}", owner.tenant.subdomain));
            }
        }
        let known = |name: &str| self.all.iter().any(|owner| name.contains(&owner.tenant.id));
        left.extend(everything(dev).into_iter().filter(|name| !known(name)));
        left
    }

    /// All want to be gone, and are.
    pub(super) fn leave(self, dev: &Dev) {
        let rest: Vec<Tenant> = self.tenants();
        let ends = rest.iter().map(|tenant| tenant.destroy(dev)).collect();
        wait_gone(dev, &rest, ends);
    }
}

impl Owner {
    fn off(&self, dev: &Dev) -> Option<String> {
        let shown = self.tenant.shown_if_any(dev);
        let wanted = match (self.gone, self.stopped) {
            (true, _) => "destroyed",
            (false, true) => "stopped",
            (false, false) => "active",
        };
        let settled = shown["status"] == wanted && shown["generation"] == shown["observed_generation"];
        let reached = self.gone || self.stopped || (settled && self.tenant.is_up(dev));
        let off = !(settled && reached);
        off.then(|| {
            format!("{} should be {wanted}, and is {}: {}", self.tenant.subdomain, shown["status"], shown["last_error"])
        })
    }

    fn should_be(&self) -> crate::tenant::Parts {
        if self.gone { crate::tenant::Parts::default() } else { self.tenant.whole() }
    }
}

/// Names of all that a tenant may have, on this platform's parts.
fn everything(dev: &Dev) -> Vec<String> {
    let mut all = Vec::new();
    let network = format!("network={}", dev.network());
    let containers = output_of("docker", &["ps", "--all", "--filter", &network, "--format", "{{.Names}}"]);
    all.extend(containers.lines().map(|name| format!("container {name}")));
    all.extend(dev.files("routes").into_iter().filter(|name| name.starts_with("fresco-") && name.len() > 32));
    for (database, query) in [
        (PLATFORM, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'tenant\\_user\\_%'"),
        (PLATFORM, "SELECT datname FROM pg_database WHERE datname LIKE 'tenant\\_%'"),
        (SHARED, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tenant\\_%'"),
    ] {
        all.extend(sql(dev, database, query));
    }
    all
}
