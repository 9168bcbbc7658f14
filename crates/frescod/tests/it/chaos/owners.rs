//! What owners ask for, all that an instance's life has.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use super::inventory::everything;
use super::owner::{Answer, Owner};
use crate::dice::Dice;
use crate::support::Dev;
use crate::tenant::{Tenant, wait_gone};

/// No more at once than two cores bear.
const MOST: usize = 10;
/// Fewer than these are not destroyed.
const LEAST: usize = 3;

/// As often as they stand here.
const ASKS: [Ask; 24] = [
    Ask::Deploy,
    Ask::Deploy,
    Ask::Enter,
    Ask::Enter,
    Ask::Enter,
    Ask::Enter,
    Ask::Enter,
    Ask::Start,
    Ask::Start,
    Ask::Stop,
    Ask::Restart,
    Ask::Configure,
    Ask::Configure,
    Ask::ChangeImage,
    Ask::Break,
    Ask::Break,
    Ask::Rollback,
    Ask::Rollback,
    Ask::Cancel,
    Ask::Cancel,
    Ask::Destroy,
    Ask::DestroyNow,
    Ask::Undo,
    Ask::Undo,
];

#[derive(Clone, Copy, Debug)]
enum Ask {
    Deploy,
    Enter,
    Start,
    Stop,
    Restart,
    /// Another environment or other limits.
    Configure,
    ChangeImage,
    /// A change that can't become ready, or can't be made.
    Break,
    Rollback,
    /// What was asked for last is not to be.
    Cancel,
    Destroy,
    DestroyNow,
    Undo,
}

#[derive(Default)]
pub(super) struct Owners {
    all: Vec<Owner>,
    /// Whoever asked last.
    last: usize,
    /// Names and apps of deploys that nobody answered, or not well: they may have been taken down all the same.
    unanswered: Vec<(String, &'static str)>,
    asked: BTreeMap<String, usize>,
}

impl Owners {
    /// Of which there is something.
    pub(super) fn tenants(&self) -> Vec<Tenant> {
        let there = self.all.iter().filter(|owner| owner.stands() || owner.may_return());
        there.map(|owner| owner.tenant.clone()).collect()
    }

    fn standing(&self) -> impl Iterator<Item = &Owner> {
        self.all.iter().filter(|owner| owner.stands())
    }

    /// Some are there, and have entered something, before anything goes wrong.
    pub(super) fn settle_in(&mut self, dev: &Dev) {
        for app in ["sample", "sample-schema", "sample", "sample-schema"] {
            assert_eq!(self.deploy(dev, app), Some(Answer::Accepted));
        }
        for owner in &mut self.all {
            owner.tenant.wait_active(dev);
            assert!(owner.enter(dev), "{}", owner.tenant.subdomain);
        }
    }

    /// Somebody asks for something, or enters something: whether that was accepted. While the platform is away they are
    /// told so, and want nothing.
    pub(super) fn act(&mut self, dev: &Dev, dice: &mut Dice) -> bool {
        let Some(ask) = dice.pick(&ASKS) else { return false };
        let answer = match ask {
            Ask::Deploy if self.standing().count() >= MOST => None,
            Ask::Deploy => self.deploy(dev, if dice.below(2) == 0 { "sample" } else { "sample-schema" }),
            Ask::Enter => return self.enter(dev, dice),
            Ask::Start => self.one(dice, Owner::stands, |owner| Some(owner.post(dev, "start"))),
            Ask::Stop => self.one(dice, Owner::stands, |owner| Some(owner.post(dev, "stop"))),
            Ask::Restart => self.one(dice, Owner::stands, |owner| Some(owner.post(dev, "restart"))),
            Ask::Configure => {
                let number = dice.below(7200);
                self.one(dice, Owner::stands, |owner| Some(owner.configure(dev, number)))
            }
            Ask::ChangeImage => self.one(dice, Owner::stands, |owner| Some(owner.change_image(dev))),
            Ask::Break => {
                let number = dice.below(7200);
                self.one(dice, Owner::stands, |owner| owner.break_it(dev, number))
            }
            Ask::Rollback => self.one(dice, Owner::stands, |owner| Some(owner.post(dev, "rollback"))),
            Ask::Cancel => Some(self.all[self.last].post(dev, "cancel")),
            Ask::Destroy | Ask::DestroyNow if self.standing().count() <= LEAST => None,
            Ask::Destroy => self.one(dice, Owner::stands, |owner| Some(owner.destroy(dev, false))),
            Ask::DestroyNow => {
                self.one(dice, |owner| owner.stands() || owner.may_return(), |owner| Some(owner.destroy(dev, true)))
            }
            Ask::Undo => self.one(dice, Owner::may_return, |owner| Some(owner.post(dev, "undo-destroy"))),
        };
        self.count(match answer {
            Some(Answer::Accepted) => format!("{ask:?}"),
            Some(Answer::Refused) => format!("{ask:?} refused"),
            Some(Answer::Unanswered) => format!("{ask:?} unanswered"),
            None => "nobody there".to_owned(),
        });
        answer == Some(Answer::Accepted)
    }

    /// One of those that are so.
    fn one(
        &mut self,
        dice: &mut Dice,
        is_so: impl Fn(&Owner) -> bool,
        ask: impl FnOnce(&mut Owner) -> Option<Answer>,
    ) -> Option<Answer> {
        let those: Vec<usize> = (0..self.all.len()).filter(|index| is_so(&self.all[*index])).collect();
        self.last = *dice.pick(&those)?;
        ask(&mut self.all[self.last])
    }

    fn deploy(&mut self, dev: &Dev, app: &'static str) -> Option<Answer> {
        let name = format!("chaos-{}", self.all.len() + self.unanswered.len());
        let Some((202, mut answer)) = dev.ask("POST", "/api/v1/tenants", &json!({ "subdomain": name, "app": app }))
        else {
            self.unanswered.push((name, app));
            return Some(Answer::Unanswered);
        };
        let told = answer["tenant"].take();
        self.last = self.all.len();
        self.all.push(Owner::new(Tenant::of(&name, app, &told), told));
        Some(Answer::Accepted)
    }

    fn enter(&mut self, dev: &Dev, dice: &mut Dice) -> bool {
        let mut entered = false;
        let last = self.last;
        self.one(dice, Owner::stands, |owner| {
            entered = owner.enter(dev);
            None
        });
        self.last = last;
        self.count(if entered { "Enter" } else { "Enter in vain" }.to_owned());
        entered
    }

    fn count(&mut self, what: String) {
        *self.asked.entry(what).or_default() += 1;
    }

    pub(super) fn summary(&self) -> String {
        format!("{:?}", self.asked)
    }

    /// Takes in what was taken down though nobody was told.
    pub(super) fn learn(&mut self, dev: &Dev) {
        for shown in dev.list() {
            let asked = self.unanswered.iter().find(|(name, _)| shown["subdomain"] == **name);
            if let Some((name, app)) = asked {
                self.all.push(Owner::new(Tenant::of(name, app, &shown), shown));
            }
        }
        self.all.iter_mut().for_each(|owner| owner.learn(dev));
    }

    /// All that stand want to run again.
    pub(super) fn resume(&mut self, dev: &Dev) {
        for owner in self.all.iter_mut().filter(|owner| owner.is_stopped()) {
            assert_eq!(owner.post(dev, "start"), Answer::Accepted, "{}", owner.tenant.subdomain);
        }
    }

    /// Who doesn't have what they asked for by then. Whoever is told that something was given up that can work, because
    /// of what went wrong around it, asks once more, as they are told to.
    pub(super) fn off_desired(&mut self, dev: &Dev, until: Instant) -> Vec<String> {
        loop {
            let off: Vec<String> = self.all.iter().filter_map(|owner| owner.off(dev)).collect();
            if off.is_empty() || Instant::now() > until {
                return off;
            }
            for index in 0..self.all.len() {
                if self.all[index].is_let_down(dev) && self.all[index].post(dev, "restart") == Answer::Accepted {
                    self.count("asked once more".to_owned());
                }
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    pub(super) fn lost(&self, dev: &Dev) -> Vec<String> {
        self.standing().flat_map(|owner| owner.lost(dev)).collect()
    }

    /// What is there of nobody's, or twice, and does not go by then.
    pub(super) fn left_over(&self, dev: &Dev, until: Instant) -> Vec<String> {
        loop {
            let left = self.left_over_now(dev);
            if left.is_empty() || Instant::now() > until {
                return left;
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    fn left_over_now(&self, dev: &Dev) -> Vec<String> {
        let mut left: Vec<String> = self.all.iter().filter_map(|owner| owner.left_over(dev)).collect();
        let known = |name: &str| self.all.iter().any(|owner| name.contains(&owner.tenant.id));
        left.extend(everything(dev).into_iter().filter(|name| !known(name)));
        left
    }

    /// All want to be gone, and are.
    pub(super) fn leave(self, dev: &Dev) {
        let rest: Vec<Tenant> = self.standing().map(|owner| owner.tenant.clone()).collect();
        let ends = rest.iter().map(|tenant| tenant.destroy(dev)).collect();
        wait_gone(dev, &rest, ends);
    }
}
