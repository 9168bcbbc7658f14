//! Has a release build embed the web app anew when it was built anew. A debug build reads it from the disk as it runs.

use std::path::Path;

#[expect(clippy::disallowed_methods, reason = "Cargo tells a build script in the environment")]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        // Cargo takes a folder that is not there for one that changes all the time.
        std::fs::create_dir_all(Path::new("ui/dist")).expect("the folder of this crate can be written to");
        println!("cargo:rerun-if-changed=ui/dist");
    }
}
