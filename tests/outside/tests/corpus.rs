//! What is worth trying again, and that every kind of input can be fuzzed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use outside_input::TARGETS;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn whatever_was_found_once_holds() {
    for (name, target) in TARGETS {
        let mut tried = 0;
        for entry in fs::read_dir(fuzz().join("corpus").join(name)).unwrap() {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            // As the fuzzer: what is no text reaches no target.
            if let Ok(text) = std::str::from_utf8(&bytes) {
                target(text);
                tried += 1;
            }
        }
        assert!(tried > 0, "{name} has nothing to begin with");
    }
}

#[test]
fn every_kind_of_input_has_its_target_and_its_corpus() {
    let names = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(names_in(&fuzz().join("fuzz_targets")), names);
    assert_eq!(names_in(&fuzz().join("corpus")), names);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in names {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is no binary");
        let target = fs::read_to_string(fuzz().join("fuzz_targets").join(format!("{name}.rs"))).unwrap();
        assert!(target.contains(&format!("outside_input::{name}(")), "{target}");
    }
}
