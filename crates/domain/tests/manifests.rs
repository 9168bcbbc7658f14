//! The manifests inside the binary hold, and a wrong one is told what is wrong and where.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::app::{AppManifest, AppName, Catalogue, CatalogueError, EnvName, InvalidCatalogue, Isolation};
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

/// A release of Fresco may rewrite what people have entered.
#[test]
fn fresco_saves_the_data_before_each_release() {
    let catalogue = Catalogue::shipped();
    let fresco = catalogue.get(&AppName::parse("fresco").unwrap()).unwrap();
    let releases: Vec<bool> = fresco
        .profiles
        .iter()
        .filter_map(|profile| profile.release.as_ref())
        .map(|release| release.dump_before)
        .collect();
    assert_eq!(releases, [true, true]);
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
        ("path = \"/tmp\"", "path = \"/tmp/../etc\"", "profile[0].release.writable[0].path"),
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

#[test]
fn a_field_that_would_fail_at_the_first_start_is_refused_with_what_would_be_right() {
    let (ready, tmp) = ("path = \"/api/assets/healthcheck\"", "{ path = \"/tmp\", size = \"16MiB\" }");
    let effect = "effect = 'select count(*) from public.\"_prisma_migrations\" where finished_at is not null'";
    for (from, to, says) in [
        (
            ready,
            "path = \"/a b\"",
            "`profile[0].serve.ready.path` is \"/a b\"; it must start with `/` and hold no space",
        ),
        (ready, "path = \"/a\\nb\"", "`profile[0].serve.ready.path` is \"/a\\nb\""),
        (
            "accept = [404]",
            "accept = [404]\nheaders = { \"Bad Header\" = \"x\" }",
            "ready.headers.Bad Header` has no header's name",
        ),
        ("accept = [404]", "accept = [404]\nheaders = { Cookie = \"a\\nb\" }", "ready.headers.Cookie` must be ASCII"),
        (
            "error = [\"^",
            "error = [\"[\", \"^",
            "`profile[0].logs.error[0]` is `[`, which is no regular expression (unclosed",
        ),
        // What counts is all of a kind together, as they are used.
        (
            "error = [\"^",
            "error = [\"a{30000}\", \"b{30000}\", \"^",
            "`profile[0].logs.error` takes more than 1048576 bytes once compiled",
        ),
        ("deadline = \"30s\"", "deadline = \"0s\"", "`profile[0].serve.ready.deadline` is no time at all; give one"),
        ("deadline = \"30s\"", "deadline = \"30s\"\ntimeout = \"0s\"", "`profile[0].serve.ready.timeout` is no time"),
        ("deadline = \"2m\"", "deadline = \"0s\"", "`profile[0].release.deadline` is no time"),
        ("grace = \"5s\"", "grace = \"0s\"", "`profile[0].serve.grace` is no time"),
        ("grace = \"5s\"", "grace = \"1000000s\"", "`profile[0].serve.grace` is 11days 13h 46m 40s; the most is 10m"),
        ("window = \"2h\"", "window = \"0s\"", "`profile[0].setup.window` is no time"),
        ("path = \"/dashboard\"", "path = \"/a b\"", "`profile[0].setup.path`"),
        (
            tmp,
            "{ path = \"/app\", size = \"16MiB\" }",
            "`profile[0].release.writable[0].path` is `/app`, which covers `/app/package.json`",
        ),
        (tmp, "{ path = \"/usr\", size = \"16MiB\" }", "`profile[0].release.writable[0].path` is `/usr`"),
        (
            tmp,
            "{ path = \"/tmp\", size = \"0MiB\" }",
            "`profile[0].release.writable[0].size` is 0, which would be no limit",
        ),
        (tmp, &format!("{tmp}, {tmp}"), "`profile[0].release.writable[1].path` is `/tmp` a second time"),
        (
            "name = \"SANDBOX_MODE\"",
            "name = \"DISABLE_ANALYTICS\"",
            "`setting[1].name` is `DISABLE_ANALYTICS` a second time",
        ),
        (
            "name = \"SANDBOX_MODE\"",
            "name = \"DATABASE_URL\"",
            "`setting[1].name` is `DATABASE_URL`, which the platform fills in",
        ),
        (effect, "effect = 'drop table x'", "`profile[0].release.effect` must be a query that starts with `select`"),
    ] {
        let wrong = SAMPLE.replacen(from, to, 1);
        assert_ne!(wrong, SAMPLE, "the case changes nothing: {from}");
        let error = AppManifest::parse(&wrong).expect_err(to).to_string();
        assert!(error.contains(says), "{to}: {error}");
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let wrong = SAMPLE.replace("grace = \"5s\"", "grace = \"0s\"").replace("port = 3000", "port = 0");
    let error = AppManifest::parse(&wrong).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 4, "{error}");
}

#[test]
fn every_wrong_file_is_told_with_its_name() {
    let wrong = |file: &str| (file.to_owned(), SAMPLE.replace("port = 3000", "port = 0"));
    let InvalidCatalogue(wrong) = Catalogue::offered(true, [wrong("a.toml"), wrong("b.toml")]).unwrap_err();
    assert_eq!(wrong.iter().map(CatalogueError::file).collect::<Vec<_>>(), [Some("a.toml"), Some("b.toml")]);
}

#[test]
fn two_profiles_for_the_same_versions_are_refused() {
    let shipped = include_str!("../manifests/fresco.toml");
    let start = shipped.find("[[profile]]").unwrap();
    let end = shipped[start + 1..].find("[[profile]]").unwrap() + start + 1;
    let twice = format!("{}\n{}", shipped, &shipped[start..end]);
    let error = AppManifest::parse(&twice).unwrap_err().to_string();
    assert!(error.contains(".versions` are those of profile[0]"), "{error}");
}

/// What people copy from the page works.
#[test]
fn the_example_in_the_documentation_is_a_manifest() {
    let page = include_str!("../../../docs/operations/apps.md");
    let example = page.split("```toml\n").nth(2).unwrap().split("```").next().unwrap();
    AppManifest::parse(example).unwrap();
}

#[test]
fn a_slip_inside_a_phase_is_told_with_its_own_line_and_the_right_names() {
    for (from, to, says) in [
        ("command = [\"/app/sample\", \"serve\"]", "commnad = [\"/app/sample\", \"serve\"]", "`command`"),
        ("TOTP_ENCRYPTION_KEY = \"{secret:totp}\"", "TOTP_ENCRYPTION_KEY = \"{secrt:totp}\"", "TOTP_ENCRYPTION_KEY"),
    ] {
        let line = SAMPLE.lines().position(|line| line == from).unwrap() + 1;
        let error = AppManifest::parse(&SAMPLE.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(&format!("line {line},")) && error.contains(says), "{line}: {error}");
    }
}

#[test]
fn two_files_of_one_app_are_refused_and_one_replaces_a_shipped_one() {
    let other = |file: &str| (file.to_owned(), SAMPLE.replacen("\"Sample\"", "\"Mine\"", 1));
    let error = Catalogue::offered(true, [other("a.toml"), other("b.toml")]).unwrap_err().to_string();
    assert!(error.contains("a.toml and b.toml are both of the app `sample`"), "{error}");
    let catalogue = Catalogue::offered(true, [other("a.toml")]).unwrap();
    assert_eq!(catalogue.get(&AppName::parse("sample").unwrap()).unwrap().title, "Mine");
}
