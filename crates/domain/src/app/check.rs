//! What a manifest's fields must be beyond their types: told all at once, each with what would be right.
//!
//! What is wrong here would otherwise show only when an instance of the app is started, and then as its failure.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::{AppManifest, LogRules, Profile, ReadyProbe, Release, RunAs, Serve, Setup, Writable};
use crate::log::understanding::compiled;
use crate::quantity::Span;

/// A field that can't be as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct WrongField {
    /// Its keys, such as `profile[0].serve.ready.path`.
    pub field: String,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

/// Folders that every program needs as its image has them.
const OF_THE_SYSTEM: [&str; 9] = ["/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr"];

/// A migration of much data takes hours.
const LONGEST_RELEASE: Span = Span::seconds(86_400);
/// A stop, and so a destroy, may wait this long for an app that does not end.
const LONGEST_GRACE: Span = Span::seconds(600);
const LONGEST_START: Span = Span::seconds(3600);
/// One answer to the question whether it is ready.
const LONGEST_ANSWER: Span = Span::seconds(60);
const LONGEST_WINDOW: Span = Span::seconds(30 * 86_400);

/// Everything that is wrong with a manifest; nothing if it is fine.
pub(super) fn check(manifest: &AppManifest) -> Vec<WrongField> {
    let mut found = Found::default();
    let fallbacks = manifest.profiles.iter().filter(|profile| profile.versions.is_none()).count();
    let one = "of them have no `versions`; exactly one must be the fallback";
    found.expect(fallbacks == 1, "profile", format_args!("{fallbacks} {one}"));
    found.expect(manifest.port != 0, "port", "is 0; it must be between 1 and 65535");
    let file = manifest.version.as_ref().map(|version| version.file.as_str());
    if let Some(file) = file {
        found.clean_path("version.file", file);
    }
    settings(manifest, &mut found);
    for (index, profile) in manifest.profiles.iter().enumerate() {
        let same = |other: &Profile| profile.versions.is_some() && other.versions == profile.versions;
        if let Some(first) = manifest.profiles[..index].iter().position(same) {
            let field = format!("profile[{index}].versions");
            found.add(&field, format_args!("are those of profile[{first}], which is taken for them; give it others"));
        }
        let mut inside = Found::default();
        check_profile(profile, file, &mut inside);
        found.take(&format!("profile[{index}]"), inside);
    }
    found.0
}

/// A setting is set once, and never what the platform sets.
fn settings(manifest: &AppManifest, found: &mut Found) {
    let mut names = BTreeSet::new();
    for (index, setting) in manifest.settings.iter().enumerate() {
        let (field, name) = (format!("setting[{index}].name"), &setting.name);
        found.expect(names.insert(name), &field, format_args!("is `{name}` a second time; list each setting once"));
        let of_the_platform = manifest
            .profiles
            .iter()
            .flat_map(Profile::runs)
            .any(|run| run.environment.get(name).is_some_and(|value| value.variables().next().is_some()));
        let theirs = "which the platform fills in; take it out of the settings or out of every `environment`";
        found.expect(!of_the_platform, &field, format_args!("is `{name}`, {theirs}"));
    }
}

fn check_profile(profile: &Profile, version_file: Option<&str>, found: &mut Found) {
    let Profile { versions: _, release, serve, setup, logs } = profile;
    if let Some(release) = release {
        let mut inside = Found::default();
        check_release(release, version_file, &mut inside);
        found.take("release", inside);
    }
    let mut inside = Found::default();
    check_serve(serve, version_file, &mut inside);
    found.take("serve", inside);
    if let Some(setup) = setup {
        let mut inside = Found::default();
        check_setup(setup, &mut inside);
        found.take("setup", inside);
    }
    check_logs(logs, found);
}

fn check_release(release: &Release, version_file: Option<&str>, found: &mut Found) {
    check_run(&release.run, version_file, found);
    let needed = "is missing; a release needs one, and an app without a release no such table";
    found.expect(release.run.command.is_some(), "command", needed);
    found.lasts("deadline", release.deadline, LONGEST_RELEASE);
    let first = release.effect.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let query = "must be a query that starts with `select` or `with`: an exit code alone is not believed";
    found.expect(matches!(first.as_str(), "select" | "with"), "effect", query);
}

fn check_serve(serve: &Serve, version_file: Option<&str>, found: &mut Found) {
    check_run(&serve.run, version_file, found);
    if let Some(Err(error)) = serve.most.as_ref().map(|most| serve.run.limits.within(most)) {
        found.add("limits", format_args!("are past `most`: {error}"));
    }
    found.lasts("grace", serve.grace, LONGEST_GRACE);
    let mut inside = Found::default();
    check_ready(&serve.ready, &mut inside);
    found.take("ready", inside);
}

fn check_ready(ready: &ReadyProbe, found: &mut Found) {
    found.url_path("path", &ready.path);
    for (name, value) in &ready.headers {
        let field = format!("headers.{name}");
        let named = "has no header's name; expected letters, digits and `-`, such as `Cookie`";
        found.expect(is_header_name(name), &field, named);
        let readable = value.chars().all(|letter| !letter.is_control() && letter.is_ascii());
        found.expect(readable, &field, "must be ASCII text without line breaks");
    }
    let statuses = !ready.accept.is_empty() && ready.accept.iter().all(|status| (100..600).contains(status));
    found.expect(statuses, "accept", "must list at least one status between 100 and 599");
    found.lasts("deadline", ready.deadline, LONGEST_START);
    found.lasts("timeout", ready.timeout, LONGEST_ANSWER);
}

/// A token of RFC 9110, section 5.6.2.
fn is_header_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(fits)
}

fn check_setup(setup: &Setup, found: &mut Found) {
    found.url_path("path", &setup.path);
    found.url_path("start", &setup.start);
    let marks = [("expired", setup.expired.as_ref()), ("open", Some(&setup.open)), ("done", Some(&setup.done))];
    for (name, mark) in marks {
        let tells = mark.is_none_or(|mark| !mark.fits_all());
        found.expect(tells, name, "needs at least one of status, location and body");
    }
    found.lasts("window", setup.window, LONGEST_WINDOW);
    let reopens = setup.reopen.as_ref().is_none_or(|sql| !sql.trim().is_empty());
    found.expect(reopens, "reopen", "must not be empty; leave it out if the window can't begin anew");
}

fn check_logs(logs: &LogRules, found: &mut Found) {
    for (name, rules) in [("error", &logs.error), ("continuation", &logs.continuation)] {
        if let Err(regex::Error::CompiledTooBig(most)) = compiled(rules) {
            let right = "say it with smaller repetitions, or with fewer rules";
            found.add(&format!("logs.{name}"), format_args!("takes more than {most} bytes once compiled; {right}"));
        }
        for (index, rule) in rules.iter().enumerate() {
            if let Err(error) = regex_syntax::parse(rule) {
                let why = error.to_string();
                let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
                let right = "see docs.rs/regex for what is one";
                let field = format!("logs.{name}[{index}]");
                found.add(&field, format_args!("is `{rule}`, which is no regular expression ({why}); {right}"));
            }
        }
    }
}

fn check_run(run: &RunAs, version_file: Option<&str>, found: &mut Found) {
    let command = run.command.as_ref();
    let words = command.is_none_or(|words| !words.is_empty());
    found.expect(words, "command", "must not be empty; leave it out for the image's own");
    if let Some(user) = &run.user {
        let numeric = user.split(':').count() == 2 && user.split(':').all(|part| part.parse::<u32>().is_ok());
        found.expect(numeric, "user", format_args!("is `{user}`; it must be numeric, `uid:gid`"));
    }
    let program = command.and_then(|words| words.first()).map(String::as_str);
    let needed: Vec<&str> = [version_file, program].into_iter().flatten().collect();
    let mut paths = BTreeSet::new();
    for (index, writable) in run.writable.iter().enumerate() {
        let field = format!("writable[{index}]");
        let once = format_args!("is `{}` a second time; list each folder once", writable.path);
        found.expect(paths.insert(&writable.path), &format!("{field}.path"), once);
        let mut inside = Found::default();
        check_writable(writable, &needed, &mut inside);
        found.take(&field, inside);
    }
}

/// `needed` are files of the image that must stay in sight.
fn check_writable(writable: &Writable, needed: &[&str], found: &mut Found) {
    let Writable { path, size, mode, .. } = writable;
    found.clean_path("path", path);
    let inside = |file: &&str| file.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/'));
    if let Some(file) = needed.iter().copied().find(inside) {
        found.add("path", format_args!("is `{path}`, which covers `{file}`; name only the folder the app writes to"));
    }
    let system = OF_THE_SYSTEM.contains(&path.as_str());
    found.expect(!system, "path", format_args!("is `{path}`, which covers what the system in the image needs"));
    found.expect(size.0 > 0, "size", "is 0, which would be no limit at all; give one such as \"64MiB\"");
    if let Some(mode) = mode {
        let octal = mode.len() <= 4 && u32::from_str_radix(mode, 8).is_ok();
        found.expect(octal, "mode", format_args!("is `{mode}`; it must be octal, such as \"0755\""));
    }
}

/// What is wrong so far.
#[derive(Default)]
struct Found(Vec<WrongField>);

impl Found {
    fn add(&mut self, field: &str, problem: impl Display) {
        self.0.push(WrongField { field: field.to_owned(), problem: problem.to_string() });
    }

    fn expect(&mut self, holds: bool, field: &str, problem: impl Display) {
        if !holds {
            self.add(field, problem);
        }
    }

    /// What was found inside of a table.
    fn take(&mut self, table: &str, inside: Self) {
        let named = inside.0.into_iter().map(|wrong| WrongField { field: format!("{table}.{}", wrong.field), ..wrong });
        self.0.extend(named);
    }

    fn lasts(&mut self, field: &str, span: Span, most: Span) {
        self.expect(!span.0.is_zero(), field, "is no time at all; give one such as \"10s\"");
        self.expect(span <= most, field, format_args!("is {span}; the most is {most}"));
    }

    /// What stands in a request's first line.
    fn url_path(&mut self, field: &str, path: &str) {
        let fits = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()) && !path.contains('#');
        let right = "it must start with `/` and hold no space, control character or `#`; others than ASCII as %XX";
        self.expect(fits, field, format_args!("is {path:?}; {right}"));
    }

    /// A file or folder in an image.
    fn clean_path(&mut self, field: &str, path: &str) {
        let parts = path.split('/').skip(1).all(|part| !part.is_empty() && part != "." && part != "..");
        let fits = path.len() > 1 && path.starts_with('/') && parts;
        let plain = !path.contains([':', ',']) && !path.contains(char::is_control);
        let right = "it must be an absolute path without `..`, `//`, comma or colon";
        self.expect(fits && plain, field, format_args!("is {path:?}; {right}"));
    }
}
