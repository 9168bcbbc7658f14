//! People who use their instances all the while, and notice if one doesn't answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::support::Dev;
use crate::tenant::{Tenant, visit};

/// Some who ask all tenants in turn, through Traefik, for what lies in their databases.
pub(crate) struct Visitors {
    enough: Arc<AtomicBool>,
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
        let enough = Arc::new(AtomicBool::new(false));
        let authority = dev.ready("ca_file");
        let visitor = || {
            let (enough, authority, tenants) = (Arc::clone(&enough), authority.clone(), tenants.to_vec());
            thread::spawn(move || go_round(&enough, &authority, &tenants))
        };
        let threads = (0..count).map(|_| visitor()).collect();
        Self { enough, threads }
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

fn go_round(enough: &AtomicBool, authority: &str, tenants: &[Tenant]) -> Seen {
    let mut seen = Seen::default();
    for tenant in tenants.iter().cycle() {
        if enough.load(Ordering::Relaxed) {
            break;
        }
        match visit(authority, &format!("{}/entries", tenant.url), &[]) {
            Some((200, _)) => seen.answers += 1,
            answer => seen.failures.push(format!("{}: {answer:?}", tenant.subdomain)),
        }
    }
    seen
}
