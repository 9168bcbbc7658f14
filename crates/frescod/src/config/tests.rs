use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const LEAST: &str = r#"
[database]
url_file = "/s/api"
worker_url_file = "/s/worker"
[tenants]
domain = "example.org"
admin_url_file = "/s/admin"
[secrets]
key_file = "/s/key"
[auth]
key_file = "/s/auth-key"
"#;

fn load(text: &str, environment: &Environment) -> Result<Config, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("frescod.toml");
    std::fs::write(&file, text).unwrap();
    let shorten = |text: String| text.replace(&format!("{}/", folder.path().display()), "");
    Config::load(Some(&file), environment, Some(Role::All))
        .map_err(|problems| problems.0.into_iter().map(|problem| shorten(problem.to_string())).collect())
}

fn problems(text: &str) -> Vec<String> {
    load(text, &Environment::default()).unwrap_err()
}

/// The least file with `lines` put into its section.
fn with(section: &str, lines: &str) -> String {
    let head = format!("[{section}]\n");
    if LEAST.contains(&head) {
        LEAST.replace(&head, &format!("{head}{lines}\n"))
    } else {
        format!("{LEAST}{head}{lines}\n")
    }
}

#[test]
fn the_least_file_takes_the_defaults() {
    let config = load(LEAST, &Environment::default()).unwrap();
    assert_eq!(config.server.listen, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.tenants.public_port, None);
    assert_eq!(config.reconciler.slots, 16);
}

#[test]
fn a_variable_that_is_no_text_is_refused() {
    let value: std::ffi::OsString = std::os::unix::ffi::OsStringExt::from_vec(b"info\xff".to_vec());
    let told = load(LEAST, &[("FRESCOD_LOG__FILTER", value)].into()).unwrap_err();
    let expected = "environment variable FRESCOD_LOG__FILTER: its value is no text in UTF-8; give it one, or unset it";
    assert_eq!(told, [expected]);
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = with("server", "listen = \"127.0.0.1:1\"");
    let config = load(&file, &[("FRESCOD_SERVER__LISTEN", "127.0.0.1:2"), ("FRESCOD_ROUTING__TLS", "false")].into());
    let config = config.unwrap();
    assert_eq!((config.server.listen.port(), config.routing.tls), (2, false));
}

#[test]
fn lists_are_read_from_the_file_and_from_the_environment() {
    let file = with("firewall", "egress = [\"203.0.113.0/24\"]\nclosed_ports = []\nallow = [\"10.0.0.9:9000\"]");
    let firewall = load(&file, &[("FRESCOD_FIREWALL__RESOLVERS", "9.9.9.9, 1.1.1.1")].into()).unwrap().firewall;
    assert_eq!(firewall.egress, provisioner::firewall::Egress::Only(vec!["203.0.113.0/24".parse().unwrap()]));
    assert_eq!((firewall.closed_ports.0.len(), firewall.allow.0[0].port(), firewall.resolvers.0.len()), (0, 9000, 2));
}

#[test]
fn systemd_credentials_are_found_by_their_names() {
    let file = LEAST.replace("/s/key", "key");
    let found = load(&file, &[("CREDENTIALS_DIRECTORY", "/run/credentials/frescod")].into()).unwrap();
    assert_eq!(found.secrets.key_file.unwrap().path(), Path::new("/run/credentials/frescod/key"));
    let [problem] = &problems(&file)[..] else { panic!("one problem expected") };
    assert!(problem.contains("frescod.toml:9: `secrets.key_file` is the relative path \"key\""), "{problem}");
    assert!(problem.contains("LoadCredential="), "{problem}");
}

#[test]
fn each_wrong_value_names_its_line_its_key_what_is_wrong_and_what_would_be_right() {
    for (section, line, words) in [
        ("server", "listen = \"localhost\"", ["`server.listen` is \"localhost\"", "such as \"127.0.0.1:8080\""]),
        ("server", "listen = 8080", ["is 8080", "an IP address and a port"]),
        ("server", "max_connections = 0", ["is 0", "expected 1 to 65536"]),
        ("server", "max_connections = -1", ["is -1", "a whole number"]),
        ("server", "max_connections = \"many\"", ["is \"many\"", "a whole number"]),
        ("server", "header_timeout = 10", ["is 10", "a length of time such as \"10s\""]),
        ("server", "header_timeout = \"10 parsecs\"", ["\"10 parsecs\"", "a length of time"]),
        ("server", "header_timeout = \"1h\"", ["is 1h", "expected 1s to 2m"]),
        ("server", "max_body = \"1MB\"", ["is \"1MB\"", "a size in KiB, MiB or GiB"]),
        ("server", "max_body = \"1GiB\"", ["is 1GiB", "expected 1KiB to 16MiB"]),
        ("firewall", "egress = \"closed\"", ["is \"closed\"", "\"none\" or a list of IPv4 networks such as \"open\""]),
        ("firewall", "egress = [\"10.0.0.1/8\"]", ["is an array", "a list of IPv4 networks"]),
        ("firewall", "closed_ports = [25, \"mail\"]", ["is an array", "expected a list such as [25, 465, 587]"]),
        ("firewall", "backend = \"nftables\"", ["is \"nftables\"", "\"iptables-legacy\""]),
        ("server", "lisen = \"127.0.0.1:1\"", ["there is no key in [server] `lisen`", "did you mean `listen`?"]),
        ("server", "colour = 1", ["there is no key in [server] `colour`", "there are listen, public_url"]),
        ("sever", "listen = 1", ["there is no section `sever`", "did you mean `server`?"]),
        ("tenants", "public_port = 70000", ["is 70000", "(u16)"]),
        ("tenants", "platform_id = \"Main\"", ["is \"Main\"", "lower-case letters"]),
        ("tenants", "default_app = \"Fresco!\"", ["is \"Fresco!\"", "an app's name such as \"fresco\""]),
        ("tenants", "apps_directory = \"apps\"", ["is \"apps\"", "an absolute path"]),
        ("tenants", "pooler_address = \"10.0.0.1\"", ["is \"10.0.0.1\"", "such as \"10.77.0.1:6432\""]),
        ("tenants", "statement_timeout = \"30s\"", ["is 30s", "less than `call_timeout` (30s)"]),
        ("engine", "network = \"-x\"", ["is \"-x\"", "lower-case letters"]),
        ("engine", "network_subnet = \"10.77.0.1/22\"", ["is \"10.77.0.1/22\"", "such as \"10.77.0.0/22\""]),
        ("engine", "network_subnet = \"10.77.0.0/30\"", ["is 10.77.0.0/30", "/29"]),
        ("engine", "network_interface = \"a-very-long-name0\"", ["is \"a-very-long-name0\"", "1 to 15"]),
        ("engine", "cgroup_parent = \"a/b\"", ["is \"a/b\"", "a slice's name, or an absolute path"]),
        ("engine", "cgroup_parent = \"/a/../b\"", ["is \"/a/../b\"", "such as \"fresco-tenants.slice\""]),
        ("server", "trusted_proxies = [\"10.0.0.1/8\"]", ["is an array", "a list such as"]),
        ("auth", "password_memory = \"1MiB\"", ["is 1MiB", "expected 7MiB to 1GiB"]),
        ("limits", "login = 10", ["is 10", "how often in how long a time such as \"10/15m\""]),
        ("limits", "login = \"10/0s\"", ["is \"10/0s\"", "how often in how long a time"]),
        ("routing", "provider = \"swarm\"", ["is \"swarm\"", "\"labels\" or \"file\""]),
        ("routing", "tls = \"yes\"", ["is \"yes\"", "true or false"]),
        ("routing", "staging = \"/var/lib/frescod/routes/new\"", ["`routing.staging` is inside", "beside"]),
        ("routing", "ping_url = \"ftp://x\"", ["is \"ftp://x\"", "an http or https URL"]),
        ("database", "waiting_connections = 10", ["is 10", "less than `connections` (10)"]),
        ("reconciler", "background_slots = 16", ["is 16", "less than `slots` (16)"]),
        ("reconciler", "backoff_first = \"1m\"\nbackoff_most = \"30s\"", ["is 1m", "`backoff_most` (30s)"]),
        ("log", "format = \"xml\"", ["is \"xml\"", "\"text\" or \"json\""]),
        ("log", "filter = \"a=b=c\"", ["is \"a=b=c\"", "such as \"info\""]),
    ] {
        let found = problems(&with(section, line));
        assert_eq!(found.len(), 1, "{line}: {found:?}");
        assert!(found[0].starts_with("frescod.toml:"), "{found:?}");
        for word in words {
            assert!(found[0].contains(word), "{word:?} is not in {found:?}");
        }
    }
}

#[test]
fn lines_are_counted_from_one() {
    let found = problems("[server]\nlisten = 1\n");
    assert!(found.iter().any(|problem| problem.starts_with("frescod.toml:2: `server.listen`")), "{found:?}");
}

#[test]
fn everything_wrong_is_told_at_once() {
    let found = problems("loose = 1\nlisten = 2\n[server]\nlisten = 1\nslots = 2\n[log]\nformat = \"xml\"\n");
    let expected = [
        "`loose` stands in no section",
        "it belongs below [server]",
        "`server.listen` is 1",
        "no key in [server] `slots`",
        "`log.format`",
        "`database.url_file` is missing",
        "`secrets.key_file` is missing: set key_file = \"/etc/frescod/secrets/key\" below [secrets], or FRESCOD_SECRETS__KEY_FILE",
    ];
    for words in expected {
        assert!(found.iter().any(|problem| problem.contains(words)), "{words:?} is not in {found:#?}");
    }
}

#[test]
fn what_is_no_toml_names_its_line() {
    let found = problems(&LEAST.replace("domain = \"example.org\"", "domain = example.org"));
    assert!(found.iter().any(|problem| problem.starts_with("frescod.toml:6: this is no TOML")), "{found:?}");
}

#[test]
fn wrong_variables_are_named_with_the_nearest_right_one() {
    for (name, value, words) in [
        ("FRESCOD_SERVER__LISTEN", "x", "environment variable FRESCOD_SERVER__LISTEN: `server.listen` is \"x\""),
        ("FRESCOD_SERVER_LISTEN", "127.0.0.1:1", "did you mean FRESCOD_SERVER__LISTEN?"),
        ("FRESCOD_server__listen", "127.0.0.1:1", "FRESCOD_server__listen: this names no key"),
        ("FRESCOD_SERVER__LISEN", "x", "did you mean FRESCOD_SERVER__LISTEN?"),
        ("FRESCOD_RECONCILER__SLOTS", "0", "`reconciler.slots` is 0, expected 1 to 256"),
    ] {
        let found = load(LEAST, &[(name, value)].into()).unwrap_err();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(words), "{found:?}");
    }
}

#[test]
fn the_command_lines_own_variables_are_left_alone() {
    let environment = [("FRESCOD_SERVER", "http://x"), ("FRESCOD_KEY_FILE", "k"), ("FRESCOD_CONFIG", "c")].into();
    assert!(load(LEAST, &environment).is_ok());
}

#[test]
fn a_file_that_is_not_there_is_a_problem_only_if_it_was_asked_for() {
    let asked = Config::load(Some(Path::new("/nowhere/frescod.toml")), &Environment::default(), None).unwrap_err();
    assert!(asked.to_string().contains("/nowhere/frescod.toml: the configuration can't be read"), "{asked}");
    assert_eq!(asked.0.len(), 1, "nobody knows what is missing in it: {asked}");
    let folder = tempfile::tempdir().unwrap();
    let unreadable = Config::load(Some(folder.path()), &Environment::default(), Some(Role::All)).unwrap_err();
    assert_eq!(unreadable.0.len(), 1, "{unreadable}");
}

#[test]
fn a_password_in_the_wrong_place_is_not_repeated() {
    let found = problems(&LEAST.replace("/s/api", "postgres://api:geheim@localhost/fresco"));
    assert!(found[0].contains("a URL with credentials (not shown)"), "{found:?}");
    assert!(!found[0].contains("geheim"), "{found:?}");
}

#[test]
fn a_secrets_file_must_be_closed_to_others_and_hold_something() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let read = || {
        let file = LEAST.replace("/s/key", path.to_str().unwrap());
        load(&file, &Environment::default())
            .unwrap()
            .secrets
            .key_file
            .unwrap()
            .read()
            .map_err(|error| error.to_string())
    };
    assert!(read().unwrap_err().contains("can't be read"));
    std::fs::write(&path, "the secret\n").unwrap();
    for (mode, works) in [(0o600, true), (0o400, true), (0o640, true), (0o644, false), (0o660, false)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(read().is_ok(), works, "{mode:o}");
    }
    assert!(read().unwrap_err().contains("chmod 600"));
    let systems = SecretFile::at("/etc/passwd".into()).read().unwrap_err().to_string();
    assert!(systems.contains("name a file that is yours") && !systems.contains("chmod"), "{systems}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&read().unwrap()), "the secret");
    std::fs::write(&path, "\n").unwrap();
    assert!(read().unwrap_err().contains("is empty"));
}

#[test]
fn the_reference_is_a_configuration() {
    let reference = reference::toml(&docs());
    // Whoever uncomments the examples has a whole configuration.
    let all: String =
        reference.lines().map(|line| if is_example(line) { &line[2..] } else { line }).fold(String::new(), join);
    let found = load(&all, &Environment::default());
    assert!(found.is_ok(), "{found:?}\n{all}");
    for doc in docs() {
        assert!(doc.keys.iter().all(|key| !key.doc.is_empty()), "a key of [{}] is not explained", doc.name);
    }
}

fn is_example(line: &str) -> bool {
    let key = line.strip_prefix("# ").and_then(|rest| rest.split_once(" = "));
    key.is_some_and(|(key, _)| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
}

fn join(text: String, line: &str) -> String {
    text + line + "\n"
}

#[test]
fn the_page_of_the_reference_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations/configuration.md");
    let page = reference::page(&docs());
    if Environment::of_the_process().get("UPDATE_REFERENCE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == page,
        "{} is not up to date: run `UPDATE_REFERENCE=1 cargo test -p frescod config::`",
        path.display()
    );
}

/// Near to what some key takes, or anything.
fn value() -> impl Strategy<Value = String> {
    let near =
        r#"(open|none|true|labels|iptables)|[+\-]?[0-9]{0,20}(ms|s|m|h|d|KiB|GiB|days)?|[0-9.:/\[\]a-f", ]{0,40}"#;
    let address = r"(smtps?(\+plain)?|https?|postgres)://[a-z@:.\[\]%0-9]{0,24}|[A-Z a-z]{0,8}<[a-z@.]{0,16}>";
    prop_oneof![near, address, any::<String>()]
}

/// Every key there is, as `SECTION.KEY`.
fn keys() -> Vec<(&'static str, &'static str)> {
    docs().iter().flat_map(|section| section.keys.iter().map(|key| (section.name, key.name))).collect()
}

proptest! {
    #[test]
    fn whatever_a_variable_holds_is_taken_or_told(key in select(keys()), value in value()) {
        let (section, key) = key;
        let variable = format!("FRESCOD_{}__{}", section.to_uppercase(), key.to_uppercase());
        if let Err(problems) = load(LEAST, &[(variable.as_str(), value.as_str())].into()) {
            prop_assert!(problems.iter().all(|problem| !problem.is_empty()) && !problems.is_empty());
        }
    }

    #[test]
    fn whatever_a_file_holds_is_taken_or_told(key in select(keys()), value in value(), quote in select(vec!["", "\"", "'"])) {
        let (section, key) = key;
        let file = with(section, &format!("{key} = {quote}{value}{quote}"));
        if let Err(problems) = load(&file, &Environment::default()) {
            prop_assert!(problems.iter().all(|problem| !problem.is_empty()) && !problems.is_empty());
        }
    }
}
