//! The files on the disk: whole or not at all, readable by Traefik's account, and nobody else's touched.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use provisioner::routing::{RouteError, RouteFiles, RouteProvider, RouteStore, Survey};

use crate::support::{Folders, address, front, route};

#[tokio::test]
async fn a_start_clears_what_an_interrupted_write_left_and_nothing_else() {
    let folders = Folders::new();
    drop(folders.open().await);
    let left_over = folders.staging().join("fresco-0190a1b2c3d4e5f60718293a4b5c6d7e.yml.77.0");
    let (foreign, theirs) = (folders.staging().join("notes"), folders.watched().join("operator.yml"));
    for path in [&left_over, &foreign, &theirs] {
        fs::write(path, "x").unwrap();
    }
    let routes = folders.open().await;
    assert!(!left_over.exists());
    assert!(foreign.exists() && theirs.exists());
    assert_eq!(routes.tenants().await.unwrap(), []);
}

#[tokio::test]
async fn traefiks_account_can_read_whatever_our_umask_and_no_draft_is_left() {
    let folders = Folders::new();
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let (routes, route) = (folders.open().await, route("night-owls", RouteProvider::File));
    routes.write(&route, Some(address(1))).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folders.watched()), 0o755);
    let files: Vec<_> = fs::read_dir(folders.watched()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2, "the route and the base");
    assert!(files.iter().all(|file| mode(file) == 0o644));
    assert_eq!(fs::read_dir(folders.staging()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_never_seen_half_written() {
    let folders = Folders::new();
    let (routes, route) = (folders.open().await, route("night-owls", RouteProvider::File));
    routes.write(&route, None).await.unwrap();
    let (path, done) = (folders.file(&route), Arc::new(AtomicBool::new(false)));
    let stop = Arc::clone(&done);
    let reader = std::thread::spawn(move || {
        let reads = std::iter::repeat_with(|| fs::read_to_string(&path).unwrap());
        reads.take_while(|_| !stop.load(Ordering::Relaxed)).filter(|content| !content.ends_with("}\n")).count()
    });
    let writes = (0..200).map(|write| routes.write(&route, (write % 2 == 0).then(|| address(1))));
    for written in futures_util::future::join_all(writes).await {
        written.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    assert_eq!(reader.join().unwrap(), 0);
}

#[tokio::test]
async fn an_oversized_or_empty_file_is_altered_and_not_absent() {
    let folders = Folders::new();
    let (routes, route) = (folders.open().await, route("night-owls", RouteProvider::File));
    for content in [String::new(), "x".repeat(10 << 20), "\u{0}".to_owned()] {
        fs::write(folders.file(&route), content).unwrap();
        let state = routes.find(route.tenant).await.unwrap().unwrap();
        assert_ne!(state.hash, route.hash());
        assert_eq!(state.target, None);
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_and_not_an_absence() {
    let folders = Folders::new();
    let (routes, route) = (folders.open().await, route("night-owls", RouteProvider::File));
    fs::create_dir(folders.file(&route)).unwrap();
    let named = |error: RouteError| {
        let text = error.to_string();
        assert!(text.contains(folders.file(&route).to_str().unwrap()), "{text}");
    };
    named(routes.find(route.tenant).await.unwrap_err());
    named(routes.write(&route, None).await.unwrap_err());
    named(routes.remove(route.tenant).await.unwrap_err());
    assert_eq!(fs::read_dir(folders.staging()).unwrap().count(), 0, "a failed write leaves no draft");
}

#[tokio::test]
async fn folders_that_cannot_work_are_refused_with_what_to_do() {
    let folders = Folders::new();
    fs::create_dir_all(folders.watched()).unwrap();
    let link = folders.root().join("link");
    symlink(folders.watched(), &link).unwrap();
    for staging in [folders.watched().join("staging"), folders.watched(), link.join("staging")] {
        let error = RouteFiles::open(folders.watched(), staging, front(address(1))).await.unwrap_err();
        assert!(matches!(error, RouteError::StagingIsWatched { .. }), "{error}");
    }
    let elsewhere = tempfile::tempdir_in("/dev/shm").unwrap();
    assert_ne!(device(elsewhere.path()), device(folders.root()), "this test needs two file systems");
    let error = RouteFiles::open(folders.watched(), elsewhere.path().to_owned(), front(address(1))).await.unwrap_err();
    assert!(matches!(error, RouteError::OtherFileSystem { .. }), "{error}");
}

fn device(path: &Path) -> u64 {
    fs::metadata(path).unwrap().dev()
}

#[tokio::test]
async fn what_all_routes_share_is_put_right_by_a_look() {
    let folders = Folders::new();
    let routes = folders.open().await;
    let base = folders.watched().join("fresco.yml");
    let written = fs::read(&base).unwrap();
    for spoil in [|base: &Path| fs::remove_file(base), |base: &Path| fs::write(base, "http: {}")] {
        spoil(&base).unwrap();
        assert_eq!(routes.survey().await.unwrap(), Survey::default());
        assert_eq!(fs::read(&base).unwrap(), written);
    }
}
