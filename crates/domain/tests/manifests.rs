//! The manifests inside the binary hold, and a wrong one is told what is wrong and where.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::app::{AppManifest, AppName, Catalogue, EnvName, Isolation};
use domain::image::{ImageId, ImagePin, ImageReference};

const SAMPLE: &str = include_str!("../manifests/sample.toml");

fn pin(version: Option<&str>) -> ImagePin {
    ImagePin {
        reference: ImageReference::parse("app:1").unwrap(),
        id: ImageId::parse(&format!("sha256:{}", "a".repeat(64))).unwrap(),
        digest: None,
        version: version.map(|version| version.parse().unwrap()),
        refreshes: 0,
    }
}

#[test]
fn the_shipped_manifests_are_valid_and_distinct() {
    let catalogue = Catalogue::shipped();
    let isolation = |name: &str| catalogue.get(&AppName::parse(name).unwrap()).unwrap().isolation;
    assert_eq!(isolation("fresco"), Isolation::Database);
    assert_eq!(isolation("sample"), Isolation::Database);
    assert_eq!(isolation("sample-schema"), Isolation::Schema);
    let error = catalogue.get(&AppName::parse("wordpress").unwrap()).unwrap_err();
    assert!(error.to_string().contains("fresco, sample, sample-schema"), "{error}");
}

#[test]
fn the_sample_apps_are_offered_to_those_who_ask_for_them() {
    let names = |samples| {
        let catalogue = Catalogue::offered(samples, []).unwrap();
        catalogue.iter().map(|manifest| manifest.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(false), ["fresco"]);
    assert_eq!(names(true), ["fresco", "sample", "sample-schema"]);
}

#[test]
fn a_version_finds_its_profile_and_an_unknown_one_the_fallback() {
    let catalogue = Catalogue::shipped();
    let fresco = catalogue.get(&AppName::parse("fresco").unwrap()).unwrap();
    let ready = |version| fresco.profile(&pin(version)).serve.ready.path.as_str();
    assert_eq!(ready(Some("3.1.2")), "/signin");
    assert_eq!(ready(Some("4.0.0")), "/api/assets/healthcheck");
    assert_eq!(ready(Some("9.0.0")), "/");
    assert_eq!(ready(None), "/");
    assert!(fresco.profile(&pin(None)).release.is_none());
}

#[test]
fn settings_are_checked_against_the_manifest() {
    let catalogue = Catalogue::shipped();
    let fresco = catalogue.get(&AppName::parse("fresco").unwrap()).unwrap();
    let set =
        |name: &str, value: &str| fresco.setting(&EnvName::parse(name).unwrap(), value).map(|setting| setting.secret);
    assert_eq!(set("DISABLE_ANALYTICS", "true"), Ok(false));
    assert_eq!(set("S3_SECRET_ACCESS_KEY", "x"), Ok(true));
    assert!(set("DISABLE_ANALYTICS", "yes").unwrap_err().to_string().contains("true, false"));
    assert!(set("DATABASE_URL", "postgres://elsewhere").unwrap_err().to_string().contains("cannot be set"));
    assert!(set("S3_BUCKET", "").is_err());
    assert!(set("S3_BUCKET", "a\nb").is_err());
}

#[test]
fn a_wrong_manifest_is_told_what_and_where() {
    for (from, to, says) in [
        ("port = 3000", "prot = 3000", "prot"),
        ("port = 3000", "port = 0", "port"),
        ("isolation = \"database\"", "isolation = \"none\"", "isolation"),
        ("name = \"sample\"", "name = \"Sample App\"", "lower-case"),
        ("{database_url_direct}", "{database_uri}", "database_uri"),
        ("deadline = \"2m\"", "deadline = \"soon\"", "soon"),
        ("memory = \"256MiB\"", "memory = \"64MiB\"", "256MiB"),
        ("accept = [404]", "accept = []", "profile[0].serve.ready.accept"),
        ("path = \"/tmp\"", "path = \"/tmp/../etc\"", "profile[0].release.writable"),
        ("user = \"1001:1001\"", "user = \"node\"", "profile[0].release.user"),
        ("versions = \">=4.0.0-0, <5.0.0-0\"", "", "fallback"),
        ("versions = \">=4.0.0-0, <5.0.0-0\"", "versions = \"four\"", "four"),
        ("done = { body = 'content=\"1;url=/signin\"' }", "done = {}", "profile[0].setup.done"),
        ("grace = \"5s\"", "grace = \"5s\"\ngrace_period = \"5s\"", "grace_period"),
    ] {
        let wrong = SAMPLE.replacen(from, to, 1);
        assert_ne!(wrong, SAMPLE, "the case changes nothing: {from}");
        let error = AppManifest::parse(&wrong).expect_err(to).to_string();
        assert!(error.contains(says), "{to}: {error}");
    }
}
