//! The API as it is documented: `schemathesis` asks the real daemon for everything that its document describes, in ways that
//! the document allows and in ways it does not, and compares each answer with it. No answer may be a failure of ours, of a
//! status that the operation doesn't name, of another shape than it says; nobody may be let in without a credential.
//!
//! It asks as the operator, as a person who has logged in, and as somebody with a draft. `scripts/setup` installs it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]

mod daemon;
mod logs;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use daemon::Daemon;

/// Seconds of one caller's run.
fn seconds() -> String {
    std::env::var("FRESCO_CONTRACT_SECONDS").unwrap_or_else(|_| "60".to_owned())
}

#[tokio::test]
async fn the_api_answers_an_operator_as_it_is_documented() {
    let daemon = Daemon::start().await;
    let key = daemon.operator_key();
    ask(&daemon, ("operator", &key), &Which::default());
}

#[tokio::test]
async fn the_api_answers_a_person_as_it_is_documented() {
    let daemon = Daemon::start().await;
    let token = daemon.person().await;
    // What would end the session, and with it what there is to see.
    ask(&daemon, ("person", &token), &Which { but: &["revoke_session"], ..Which::default() });
}

/// A draft's token lets nobody in anywhere else, and no other token lets anybody to a draft.
#[tokio::test]
async fn the_api_answers_who_signs_up_as_it_is_documented() {
    let daemon = Daemon::start().await;
    let (id, token) = daemon.draft().await;
    let which = Which { only: &["show_wizard", "answer_wizard"], id: Some(&id), ..Which::default() };
    ask(&daemon, ("a draft's writer", &token), &which);
    assert!(daemon.is_begun((&id, &token)).await, "nothing that was asked has reached the draft");
}

/// Which operations are asked for; all, if nothing is said.
#[derive(Default)]
struct Which<'a> {
    only: &'a [&'a str],
    but: &'a [&'a str],
    /// In their paths, rather than one that is made up.
    id: Option<&'a str>,
}

fn ask(daemon: &Daemon, (who, credential): (&str, &str), which: &Which<'_>) {
    let modules = daemon::cache().join("schemathesis");
    let program = modules.join("bin/schemathesis");
    assert!(program.exists(), "{} is missing: scripts/setup installs it", program.display());
    let settings = settings(daemon.folder(), which.id);
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", &modules).env("PYTHONDONTWRITEBYTECODE", "1").current_dir(daemon.folder()).arg(&program);
    command.arg("--config-file").arg(settings).arg("run").arg(format!("{}/api/openapi.json", daemon.url()));
    command.arg("--header").arg(format!("Authorization: Bearer {credential}"));
    command.args(["--max-time", &seconds()]);
    command.args(which.only.iter().flat_map(|operation| ["--include-operation-id", *operation]));
    command.args(which.but.iter().flat_map(|operation| ["--exclude-operation-id", *operation]));
    if let Ok(seed) = std::env::var("FRESCO_TEST_SEED") {
        command.args(["--seed", &seed]);
    }
    let status = command.stdin(Stdio::null()).status().unwrap();
    let failures = daemon.failures();
    assert!(status.success(), "asked as {who}, the API does not answer as documented: see above\n{failures}");
}

/// What schemathesis is told.
fn settings(folder: &Path, id: Option<&str>) -> PathBuf {
    let file = folder.join("schemathesis.toml");
    let id = id.map(|id| format!("\n[parameters]\n\"path.id\" = \"{id}\"\n")).unwrap_or_default();
    std::fs::write(&file, format!("{}{id}", include_str!("schemathesis.toml"))).unwrap();
    file
}
