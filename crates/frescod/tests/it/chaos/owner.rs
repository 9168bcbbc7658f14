//! One owner: what they were told will be, and what they may expect of it.

use serde_json::{Value, json};

use super::inventory::altered;
use super::make::{Make, loosened, mark};
use crate::support::Dev;
use crate::tenant::{Parts, Tenant};

/// What in an instance's environment keeps it from ever becoming ready.
const UNREADY: [(&str, &str); 2] = [("SAMPLE_NEVER_READY", "true"), ("SAMPLE_CRASH_AFTER_SECONDS", "1")];
/// Of a registry that nobody keeps.
const UNKNOWN_IMAGE: &str = "127.0.0.1:9/fresco-sample:9.9.9";
const IMAGES: [&str; 2] = ["fresco-sample:3.1.2", "fresco-sample:4.0.0"];

pub(super) struct Owner {
    pub(super) tenant: Tenant,
    /// The tenant in the answer to what they asked for last.
    told: Value,
    /// Whether something that they asked for was not answered: it may have been taken down all the same.
    in_doubt: bool,
    /// Whether they were told that they can't have it back.
    over: bool,
    /// All that they were told will be and that can work, the newest last.
    sound: Vec<Make>,
    /// The newest of these that was seen to serve: nothing older may come back.
    seen: usize,
    entries: Vec<String>,
}

/// What must come of what somebody wants to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prospect {
    Works,
    /// It never becomes ready: it is given up, and what served before serves.
    GivenUp,
    /// It can't even be made: the same, and it is tried again and again.
    NeverMade,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Accepted,
    /// It makes no sense as things stand: nothing is changed.
    Refused,
    /// Or with an error: it may be done or not.
    Unanswered,
}

impl Owner {
    pub(super) fn new(tenant: Tenant, told: Value) -> Self {
        let mut owner =
            Self { tenant, told: Value::Null, in_doubt: false, over: false, sound: vec![], seen: 0, entries: vec![] };
        owner.be_told(told);
        owner
    }

    fn be_told(&mut self, told: Value) {
        self.told = told;
        if self.prospect() == Prospect::Works {
            self.sound.push(Make::told(&self.told));
        }
    }

    fn wants(&self, state: &str) -> bool {
        self.told["desired_state"] == state
    }

    pub(super) fn stands(&self) -> bool {
        !self.wants("destroyed")
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.wants("stopped")
    }

    /// Whether a destroy may still be undone.
    pub(super) fn may_return(&self) -> bool {
        !self.stands() && !self.over
    }

    fn prospect(&self) -> Prospect {
        if self.told["image"] == UNKNOWN_IMAGE {
            Prospect::NeverMade
        } else if self.told["environment"].get(UNREADY[0].0).is_some() {
            Prospect::GivenUp
        } else {
            Prospect::Works
        }
    }

    pub(super) fn ask(&mut self, dev: &Dev, (method, what): (&str, &str), body: &Value) -> Answer {
        let path = format!("/api/v1/tenants/tnt_{}{what}", self.tenant.id);
        match dev.ask(method, &path, body) {
            Some((202, mut answer)) => {
                self.be_told(answer["tenant"].take());
                Answer::Accepted
            }
            Some((409, _)) => {
                self.over |= !self.stands();
                Answer::Refused
            }
            Some((status @ 400..500, answer)) => panic!("{method} {path} {body}: {status} {answer}"),
            Some(_) | None => {
                self.in_doubt = true;
                Answer::Unanswered
            }
        }
    }

    pub(super) fn post(&mut self, dev: &Dev, what: &str) -> Answer {
        self.ask(dev, ("POST", &format!("/{what}")), &json!({}))
    }

    pub(super) fn destroy(&mut self, dev: &Dev, immediately: bool) -> Answer {
        let body = json!({ "confirmation": self.tenant.subdomain, "immediately": immediately });
        let answer = self.ask(dev, ("POST", "/destroy"), &body);
        self.over |= immediately && answer == Answer::Accepted;
        answer
    }

    /// Something else that can work; where what there is can't, that is mended too.
    pub(super) fn configure(&mut self, dev: &Dev, number: usize) -> Answer {
        let body = match number % 3 {
            0 => json!({ "limits": { "memory": format!("{}MiB", 256 + number % 8 * 32) } }),
            1 => json!({ "environment": mark(number) }),
            _ => {
                let mut environment = mark(number);
                environment.extend(UNREADY.map(|(name, _)| (name.to_owned(), Value::Null)));
                json!({ "environment": environment, "image": IMAGES[number % IMAGES.len()] })
            }
        };
        self.ask(dev, ("PATCH", ""), &body)
    }

    /// The other line's image.
    pub(super) fn change_image(&mut self, dev: &Dev) -> Answer {
        let image = IMAGES[usize::from(self.told["image"] == IMAGES[0])];
        self.ask(dev, ("PATCH", ""), &json!({ "image": image }))
    }

    /// Something that can't work. Only of what works: without it nothing could serve in its place.
    pub(super) fn break_it(&mut self, dev: &Dev, number: usize) -> Option<Answer> {
        let shown = self.tenant.shown_if_any(dev);
        let is_well = shown["status"] == "active" && shown["last_error"].is_null();
        let is_settled = shown["generation"] == shown["observed_generation"];
        let is_told = shown["generation"] == self.told["generation"] && self.prospect() == Prospect::Works;
        let serves = Make::serving(&self.tenant).filter(|_| is_well && is_settled && is_told)?;
        self.seen = self.sound.iter().rposition(|make| make.is(&serves))?;
        let mut environment = mark(number);
        environment.extend(UNREADY.map(|(name, value)| (name.to_owned(), value.into())));
        let body = if number.is_multiple_of(3) {
            json!({ "image": UNKNOWN_IMAGE })
        } else {
            json!({ "environment": environment })
        };
        Some(self.ask(dev, ("PATCH", ""), &body))
    }

    /// What is acknowledged counts.
    pub(super) fn enter(&mut self, dev: &Dev) -> bool {
        let entry = format!("{}-entry-{}-", self.tenant.subdomain, self.entries.len());
        let acknowledged = self.tenant.try_enter(dev, &entry);
        if acknowledged {
            self.entries.push(entry);
        }
        acknowledged
    }

    /// Takes in what was taken down though they were not told.
    pub(super) fn learn(&mut self, dev: &Dev) {
        let shown = self.tenant.shown(dev);
        if self.in_doubt && shown["generation"].as_i64() > self.told["generation"].as_i64() {
            self.be_told(shown);
        }
    }

    /// Whether they are told that something was given up that can work.
    pub(super) fn is_let_down(&self, dev: &Dev) -> bool {
        self.wants("running") && self.prospect() == Prospect::Works && is_given_up(&self.tenant.shown_if_any(dev))
    }

    /// How it is not as they were told it will be.
    pub(super) fn off(&self, dev: &Dev) -> Option<String> {
        let shown = self.tenant.shown_if_any(dev);
        let why = self.off_row(&shown).or_else(|| self.wants("running").then(|| self.off_service(dev, &shown))?)?;
        let told = ["desired_state", "status", "generation", "observed_generation", "last_error"];
        let told = told.map(|key| format!("{key} {}", shown[key])).join(", ");
        Some(format!("{}: {why} ({told})", self.tenant.subdomain))
    }

    /// What is taken down is what was asked for, and what was asked for is done.
    fn off_row(&self, shown: &Value) -> Option<String> {
        let forgotten = ["generation", "desired_state", "image", "environment"].into_iter();
        let mut forgotten = forgotten.filter(|key| shown[key] != self.told[key]);
        if let Some(key) = forgotten.next() {
            return Some(format!("its {key} is {} and should be {}", shown[key], self.told[key]));
        }
        let status = match (self.wants("running"), self.prospect()) {
            (true, Prospect::Works | Prospect::GivenUp) => "active",
            (true, Prospect::NeverMade) => "error",
            (false, _) => self.told["desired_state"].as_str().unwrap(),
        };
        let settled = shown["status"] == status && shown["generation"] == shown["observed_generation"];
        (!settled).then(|| format!("it should be {status}"))
    }

    /// What serves is what was asked for; where that can't work, what served before, and they are told so.
    fn off_service(&self, dev: &Dev, shown: &Value) -> Option<String> {
        if !self.tenant.is_up(dev) {
            return Some("nobody reaches it".to_owned());
        }
        let is_told = match self.prospect() {
            Prospect::Works => shown["last_error"].is_null(),
            Prospect::GivenUp => is_given_up(shown),
            Prospect::NeverMade => shown["last_error"]["step"] == "ensure_image",
        };
        if !is_told {
            return Some("its owner is not told how it stands".to_owned());
        }
        let serves = Make::serving(&self.tenant)?;
        let wanted = [Make::told(shown)];
        let works = self.prospect() == Prospect::Works;
        let may = if works { &wanted[..] } else { &self.sound[self.seen..] };
        if !may.iter().any(|make| make.is(&serves)) {
            return Some(format!("{serves:?} serves, and should be one of {may:?}"));
        }
        if let Some(loosened) = loosened(&self.tenant) {
            return Some(format!("its container is held to {loosened}"));
        }
        let altered = altered(dev, &self.tenant);
        (!altered.is_empty()).then(|| format!("its role or database is {altered:?}"))
    }

    /// Entries that were acknowledged and are not there.
    pub(super) fn lost(&self, dev: &Dev) -> Vec<String> {
        let there = self.tenant.visit(dev, "/entries", &[]).map(|(_, body)| body).unwrap_or_default();
        self.entries.iter().filter(|entry| !there.contains(entry.as_str())).cloned().collect()
    }

    /// What is there of it, and should not be, or the other way round.
    pub(super) fn left_over(&self, dev: &Dev) -> Option<String> {
        let is = self.tenant.parts(dev);
        let mut should = if self.stands() { self.tenant.whole() } else { Parts::default() };
        if self.stands() {
            // Each release but the first has its dump, and so may have one that was given up on the way.
            should.dumps = is.dumps.max(usize::from(self.tenant.releases(dev) > 1));
        }
        (is != should).then(|| format!("{}: {is:?}, and should be {should:?}", self.tenant.subdomain))
    }
}

fn is_given_up(shown: &Value) -> bool {
    shown["last_error"]["cause"].as_str().is_some_and(|cause| cause.contains("given up"))
}
