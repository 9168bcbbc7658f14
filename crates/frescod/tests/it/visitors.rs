//! People who use their instances all the while, and notice if one doesn't answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use crate::support::Dev;
use crate::tenant::{Tenant, visit};

/// Some who ask all tenants in turn, through Traefik, for what lies in their databases.
pub(crate) struct Visitors {
    enough: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<Seen>>,
}

/// What they have seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) answers: usize,
    pub(crate) failures: Vec<String>,
}

impl Visitors {
    pub(crate) fn come(dev: &Dev, tenants: &[Tenant], count: usize) -> Self {
        let (enough, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let authority = dev.ready("ca_file");
        let visitor = || {
            let (enough, asked) = (Arc::clone(&enough), Arc::clone(&asked));
            let (authority, tenants) = (authority.clone(), tenants.to_vec());
            thread::spawn(move || go_round(&enough, &asked, &authority, &tenants))
        };
        let threads = (0..count).map(|_| visitor()).collect();
        Self { enough, asked, threads }
    }

    /// How many requests of theirs have ended so far, one way or another.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn go(self) -> Seen {
        self.enough.store(true, Ordering::Relaxed);
        let mut all = Seen::default();
        for thread in self.threads {
            let seen = thread.join().unwrap();
            all.answers += seen.answers;
            all.failures.extend(seen.failures);
        }
        all
    }
}

fn go_round(enough: &AtomicBool, asked: &AtomicUsize, authority: &str, tenants: &[Tenant]) -> Seen {
    let mut seen = Seen::default();
    for tenant in tenants.iter().cycle() {
        if enough.load(Ordering::Relaxed) {
            break;
        }
        match visit(authority, &format!("{}/entries", tenant.url), &[]) {
            Some((200, _)) => seen.answers += 1,
            answer => seen.failures.push(format!("{}: {answer:?}", tenant.subdomain)),
        }
        asked.fetch_add(1, Ordering::Relaxed);
    }
    seen
}
