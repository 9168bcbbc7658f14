//! Whether the sealing keys are the right ones: a key file may be valid and another one, and then no tenant's secret opens,
//! or what the API seals opens nowhere.

use std::collections::BTreeMap;

use storage::{KeyPrint, Keyring, KnownKey, Sealer, StorageError, Store};

use super::Finding;

const NAME: &str = "sealing keys in use";
const BACK: &str = "put the right key file back from its copy; without one see \"The sealing key is lost\" in \
                    docs/operations/runbook.md";

/// For a worker, who opens.
pub(super) async fn opens(store: &Store, keyring: &Keyring) -> Finding {
    let look = async { Ok::<_, StorageError>((store.known_keys().await?, store.sealed_with().await?)) };
    match look.await {
        Ok((known, sealed)) => judge(&keyring.prints(), &known, &sealed),
        Err(error) => Finding::warn(NAME, error, "look again when the platform's database answers"),
    }
}

/// For the API by itself, which only seals.
pub(super) async fn seals(store: &Store, sealer: &Sealer) -> Finding {
    match store.known_keys().await {
        Ok(known) => judge_half(&sealer.print(), &known),
        Err(error) => Finding::warn(NAME, error, "look again when the platform's database answers"),
    }
}

fn judge(ours: &[KeyPrint], known: &[KnownKey], sealed: &BTreeMap<String, i64>) -> Finding {
    let namesake = known.iter().find(|known| ours.iter().any(|key| key.id == known.id && !known.is(key)));
    if let Some(KnownKey { id, .. }) = namesake {
        let detail = format!("the key file's `{id}` is another key than the one that had this name first");
        return Finding::fail(NAME, detail, BACK);
    }
    let is_missing = |(id, _): &(&String, &i64)| ours.iter().all(|key| key.id != **id);
    let missing: Vec<_> = sealed.iter().filter(is_missing).map(|(id, count)| format!("{count} with `{id}`")).collect();
    if missing.is_empty() {
        let ids: Vec<_> = ours.iter().map(|key| key.id.as_str()).collect();
        return Finding::ok(NAME, format!("all of the tenants' secrets are sealed with {}", ids.join(", ")));
    }
    let detail = format!("secrets are sealed that the key file has no key for: {}", missing.join(", "));
    Finding::fail(NAME, detail, BACK)
}

fn judge_half(ours: &KeyPrint, known: &[KnownKey]) -> Finding {
    let KeyPrint { id, .. } = ours;
    if known.is_empty() {
        return Finding::ok(NAME, "no worker has started yet that could tell its own");
    }
    if known.iter().any(|known| known.is(ours) && known.held) {
        return Finding::ok(NAME, format!("the worker opens what `{id}` seals"));
    }
    let detail = format!("the API seals with `{id}`, which the worker doesn't have: what it seals opens nowhere");
    let mend = "write the worker's own: `frescod sealing-key public KEY_FILE` into `secrets.public_key_file`, then restart \
                the API";
    Finding::fail(NAME, detail, mend)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn print(id: &str, print: &str) -> KeyPrint {
        KeyPrint { id: id.to_owned(), print: print.to_owned() }
    }

    fn known(id: &str, print: &str, held: bool) -> KnownKey {
        KnownKey { id: id.to_owned(), print: print.to_owned(), held }
    }

    #[test]
    fn a_valid_key_file_that_is_another_one_is_found() {
        let all = [known("k-1", "a", true), known("k-2", "b", true)];
        let sealed = |ids: &[&str]| ids.iter().map(|id| ((*id).to_owned(), 3)).collect();
        for (ours, sealed, verdict, word) in [
            (vec![print("k-2", "b"), print("k-1", "a")], sealed(&["k-1", "k-2"]), Verdict::Ok, "k-2, k-1"),
            (vec![print("k-2", "b")], sealed(&["k-2"]), Verdict::Ok, "k-2"),
            (vec![print("k-2", "b")], sealed(&["k-1", "k-2"]), Verdict::Fail, "3 with `k-1`"),
            (vec![print("k-9", "z")], sealed(&["k-1"]), Verdict::Fail, "3 with `k-1`"),
            (vec![print("k-9", "z")], sealed(&[]), Verdict::Ok, "k-9"),
            (vec![print("k-1", "z")], sealed(&[]), Verdict::Fail, "`k-1` is another key"),
        ] {
            let found = judge(&ours, &all, &sealed);
            assert!(found.verdict == verdict && found.detail.contains(word), "{ours:?}: {found:?}");
        }
    }

    #[test]
    fn a_half_of_a_key_that_no_worker_has_is_found() {
        let all = [known("k-1", "a", false), known("k-2", "b", true)];
        for (ours, known, verdict) in [
            (print("k-2", "b"), &all[..], Verdict::Ok),
            (print("k-2", "b"), &[], Verdict::Ok),
            (print("k-1", "a"), &all, Verdict::Fail),
            (print("k-2", "z"), &all, Verdict::Fail),
            (print("k-9", "z"), &all, Verdict::Fail),
        ] {
            assert_eq!(judge_half(&ours, known).verdict, verdict, "{ours:?}");
        }
    }
}
