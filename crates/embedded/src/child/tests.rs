use std::path::PathBuf;

use super::*;

const STUBBORN: StopSteps = &[(Signal::TERM, Duration::from_millis(50))];

fn shell(script: &str, folder: &Path) -> Child {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]).current_dir(folder);
    Child::spawn("sh", command, &folder.join("log"), STUBBORN).unwrap()
}

fn sleeper(folder: &Path) -> Child {
    let mut command = Command::new("/bin/sleep");
    command.arg("600").current_dir(folder);
    Child::spawn("sleep", command, &folder.join("sleeper.log"), STUBBORN).unwrap()
}

fn is_alive(pid: u32) -> bool {
    PathBuf::from(format!("/proc/{pid}/cwd")).read_link().is_ok()
}

/// A shell that says when its trap stands, so that the signal can't come before.
async fn deaf_shell(folder: &Path) -> Child {
    let mut child = shell("trap '' TERM; echo deaf; while :; do sleep 0.01; done", folder);
    let log = folder.join("log");
    let deaf = async || std::fs::read_to_string(&log).is_ok_and(|text| text.contains("deaf"));
    child.ready(Duration::from_secs(10), deaf).await.unwrap();
    child
}

#[tokio::test]
async fn a_child_that_dies_early_is_reported_with_its_last_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = shell("echo no such luck >&2; exit 3", folder.path());
    let error = child.ready(Duration::from_secs(10), async || false).await.unwrap_err();
    assert!(matches!(error, ChildError::Ended { .. }));
    assert!(error.to_string().contains("no such luck"), "{error}");
}

#[tokio::test]
async fn another_servers_answer_is_not_taken_for_a_dead_childs() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = shell("exit 1", folder.path());
    child.wait().await.unwrap();
    assert!(child.ready(Duration::from_secs(10), async || true).await.is_err());
}

#[tokio::test]
async fn a_child_that_misses_the_deadline_is_reported_and_ended() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = shell("echo thinking; exec sleep 600", folder.path());
    let pid = child.pid().unwrap();
    let error = child.ready(Duration::from_millis(200), async || false).await.unwrap_err();
    assert!(matches!(error, ChildError::NotReady { .. }), "{error}");
    drop(child);
    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_child_that_ignores_its_signals_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let child = deaf_shell(folder.path()).await;
    let pid = child.pid().unwrap();
    child.stop().await.unwrap();
    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_dropped_child_is_gone_even_if_it_ignores_its_signals() {
    let folder = tempfile::tempdir().unwrap();
    let child = deaf_shell(folder.path()).await;
    let pid = child.pid().unwrap();
    drop(child);
    assert!(!is_alive(pid));
}

#[tokio::test]
async fn only_the_program_that_works_in_our_folder_is_ended_as_an_orphan() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut orphan, neighbour) = (sleeper(ours.path()), sleeper(theirs.path()));
    let visitor = deaf_shell(ours.path()).await;
    let folder = Folder::take(ours.path()).unwrap();
    end_orphans(&folder, "sleep", ours.path(), STUBBORN).await.unwrap();
    assert!(orphan.wait().await.unwrap().code().is_none(), "ended by a signal");
    assert!(is_alive(neighbour.pid().unwrap()), "another folder's process lives");
    assert!(is_alive(visitor.pid().unwrap()), "another program in our folder lives");
}

#[test]
fn a_folder_is_taken_once() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("state");
    let held = Folder::take(&path).unwrap();
    assert!(matches!(Folder::take(&path), Err(ChildError::InUse { .. })));
    drop(held);
    assert!(Folder::take(&path).is_ok());
}
