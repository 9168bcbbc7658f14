//! The images in a real engine: what they hold, and what only a container shows.

use crate::support::{Container, FOUR, THREE, build_images, docker, image};

#[tokio::test]
async fn nothing_is_imported_twice() {
    build_images();
    let said = build_images();
    for version in [THREE, FOUR] {
        assert!(said.contains(&format!("{version} is up to date")), "{said}");
    }
}

#[tokio::test]
async fn the_image_holds_the_program_and_its_folders_only() {
    let image = image(THREE);
    let config = "{{.Config.Cmd}} {{.Config.WorkingDir}} {{.Config.ExposedPorts}} {{.Config.User}}";
    assert_eq!(docker(&["inspect", "--format", config, &image]), "[/app/sample start] /app map[3000/tcp:{}]");
    let created = docker(&["create", &image]);
    let listing = std::process::Command::new("sh")
        .args(["-c", "docker export \"$1\" | tar --list | grep --extended-regexp '^(app|tmp)/' | sort", "sh", &created])
        .output();
    docker(&["rm", &created]);
    let listing = String::from_utf8(listing.unwrap().stdout).unwrap();
    let files: Vec<&str> = listing.lines().filter(|path| !path.ends_with('/')).collect();
    assert_eq!(files, ["app/package.json", "app/sample"]);
    for folder in ["tmp/", "app/.next/cache/", "app/lib/db/generated/"] {
        assert!(listing.lines().any(|path| path == folder), "{folder} in {listing}");
    }
}

#[tokio::test]
async fn hardened_it_serves_and_stops() {
    for (version, code) in [(THREE, "0"), (FOUR, "143")] {
        let container = Container::hardened(&image(version), &["HOSTNAME=0.0.0.0"], "serve");
        container.logged("✓ Ready in ").await;
        let icon = reqwest::get(format!("http://{}:3000/favicon.ico", container.address())).await.unwrap();
        assert_eq!(icon.status(), 200);
        assert_eq!(container.stop(10), code);
    }
}

#[tokio::test]
async fn without_a_word_it_listens_on_its_own_address() {
    let container = Container::hardened(&image(FOUR), &[], "serve");
    container.logged("✓ Ready in ").await;
    let own = format!("http://{}:3000", container.address());
    assert!(container.log().contains(&own), "{} not in {}", own, container.log());
}

#[tokio::test]
async fn while_it_releases_it_is_deaf_unless_an_init_stands_before_it() {
    let image = image(THREE);
    for (init, code) in [("--init=false", "137"), ("--init=true", "143")] {
        let container = Container::run(&[init, "--env", "SAMPLE_RELEASE_FAULT=hang"], &image, "start");
        container.logged("Generated Prisma Client").await;
        assert_eq!(container.stop(1), code, "{init}");
    }
}

#[tokio::test]
async fn a_hog_is_killed_and_a_bomb_refused() {
    let image = image(FOUR);
    let hog = Container::hardened(&image, &["SAMPLE_HOG_MEMORY_MB=1000"], "serve");
    assert_eq!(hog.ended(), "137");
    assert_eq!(hog.inspect("{{.State.OOMKilled}}"), "true");

    let bomb = Container::hardened(&image, &["SAMPLE_FORK_BOMB=true", "HOSTNAME=0.0.0.0"], "serve");
    bomb.logged("fork bomb refused after ").await;
    let icon = reqwest::get(format!("http://{}:3000/favicon.ico", bomb.address())).await.unwrap();
    assert_eq!(icon.status(), 200, "it serves all the same");
}

#[tokio::test]
async fn an_ordinary_user_needs_its_folders_given() {
    let image = image(FOUR);
    for (command, missing) in [("serve", "/app/.next/cache"), ("release", "/app/lib/db/generated")] {
        let container = Container::run(&["--user", "1001:1001"], &image, command);
        assert_eq!(container.ended(), "1");
        assert!(container.log().contains(&format!("{missing} is not writable")), "{}", container.log());
    }
}
