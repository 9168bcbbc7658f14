//! What the command line answers when something is wrong.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::support::{frescod, text};

#[test]
fn a_wrong_configuration_is_told_whole_and_ends_with_78() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("frescod.toml");
    std::fs::write(&file, "[server]\nlisen = 1\n[log]\nformat = \"xml\"\n").unwrap();
    for command in [["config", "check"].as_slice(), &["serve"], &["doctor"], &["migrate"], &["engine-view"]] {
        let output = frescod().args(command).arg("--config").arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(78), "{command:?}");
        let told = text(&output.stderr);
        for words in [
            "frescod.toml:2",
            "did you mean `listen`?",
            "frescod.toml:4",
            "`log.format`",
            "`tenants.domain` is missing",
        ] {
            assert!(told.contains(words), "{command:?}: {words:?} is not in {told}");
        }
    }
}

#[test]
fn a_check_tells_of_secrets_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("frescod.toml");
    let secrets = "[database]\nurl_file = \"/nowhere/a\"\nworker_url_file = \"/nowhere/b\"\n\
                   [tenants]\ndomain = \"example.org\"\nadmin_url_file = \"/nowhere/c\"\n[secrets]\nkey_file = \"/nowhere/d\"\n\
                   [auth]\nkey_file = \"/nowhere/e\"\n";
    std::fs::write(&file, secrets).unwrap();
    let output = frescod().args(["config", "check", "--json", "--config"]).arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["problems"].as_array().unwrap().len(), 5, "{answer}");
}

#[test]
fn secrets_that_are_not_what_they_should_be_end_with_78() {
    let folder = tempfile::tempdir().unwrap();
    let secret = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path.display().to_string()
    };
    let (api, worker) = (secret("api", "geheim"), secret("worker", "mysql://geheim@127.0.0.1/x"));
    let (admin, key) = (secret("admin", "postgresql://geheim@127.0.0.1:1"), secret("key", "k1:geheim"));
    let file = folder.path().join("frescod.toml");
    let content = format!(
        "[database]\nurl_file = \"{api}\"\nworker_url_file = \"{worker}\"\n\
         [tenants]\ndomain = \"example.org\"\nadmin_url_file = \"{admin}\"\n[secrets]\nkey_file = \"{key}\"\n\
         [auth]\nkey_file = \"{key}\"\n"
    );
    std::fs::write(&file, content).unwrap();
    for (command, words) in [
        (
            ["config", "check"].as_slice(),
            ["/api can't be used", "/worker can't", "names no database", "line 1 of the key"],
        ),
        (&["serve"], ["/key can't be used"; 4]),
    ] {
        let output = frescod()
            .env("FRESCOD_MONITORING__LISTEN", "off")
            .args(command)
            .arg("--config")
            .arg(&file)
            .output()
            .unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{command:?}: {told}");
        assert!(words.iter().all(|words| told.contains(words)), "{command:?}: {told}");
        assert!(!told.contains("geheim"), "{command:?}: {told}");
    }
}

#[test]
fn apps_that_cannot_be_offered_end_with_78() {
    let folder = tempfile::tempdir().unwrap();
    let (file, apps) = (folder.path().join("frescod.toml"), folder.path().join("apps"));
    std::fs::create_dir(&apps).unwrap();
    std::fs::write(apps.join("broken.toml"), "name = \"broken\"\nport = \n").unwrap();
    let broken = format!("apps_directory = \"{}\"", apps.display());
    let missing = format!("apps_directory = \"{}/nowhere\"", apps.display());
    let secrets = "[database]\nurl_file = \"/nowhere/a\"\nworker_url_file = \"/nowhere/b\"\n\
                   [secrets]\nkey_file = \"/nowhere/d\"\npublic_key_file = \"/nowhere/f\"\n\
                   [auth]\nkey_file = \"/nowhere/e\"\n[tenants]\ndomain = \"example.org\"\nadmin_url_file = \"/nowhere/c\"\n";
    for (line, words) in [
        (broken.as_str(), ["`tenants.apps_directory`", "apps/broken.toml", "line 2"]),
        (&missing, ["`tenants.apps_directory`", "apps/nowhere can't be read", "make it readable"]),
        ("default_app = \"wordpress\"", ["`tenants.default_app`", "no app `wordpress`", "there are: fresco"]),
    ] {
        std::fs::write(&file, format!("{secrets}{line}\n")).unwrap();
        for command in [
            ["config", "check"].as_slice(),
            &["doctor"],
            &["serve"],
            &["serve", "--role", "api"],
            &["doctor", "--role", "worker"],
        ] {
            let output = frescod().args(command).arg("--config").arg(&file).output().unwrap();
            let told = text(&output.stderr);
            assert_eq!(output.status.code(), Some(78), "{command:?}: {told}");
            assert!(words.iter().all(|words| told.contains(words)), "{command:?}: {told}");
        }
    }
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    for wrong in [
        ["frobnicate"].as_slice(),
        &["serve", "--role", "captain"],
        &["tenant", "deploy"],
        &["tenant", "deploy", "my-study", "--cpus", "nan"],
        &["dev", "--state", "/dev/null/nowhere", "--api", "0"],
        &["dev", "--state", "/dev/null/nowhere", "--api", "9000", "--http", "9000"],
        &["bootstrap-sql", "--admin", "a;b"],
    ] {
        assert_eq!(frescod().args(wrong).output().unwrap().status.code(), Some(2), "{wrong:?}");
    }
    let variables = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(variables.path(), "A=1\nhunter2\n").unwrap();
    let variables = variables.path().to_str().unwrap();
    for (wrong, words) in [
        (["tenant", "list", "--server", "ftp://platform.example.net"].as_slice(), "http:// or https://"),
        (&["login", "--url", "platform.example.net"], "http:// or https://"),
        (&["tenant", "deploy", "my-study", "--env-file", variables], "line 2: expected NAME=VALUE"),
        (&["tenant", "update", "my-study", "--env-file", "/nowhere/at-all"], "can't be read"),
    ] {
        let output = frescod().args(wrong).output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(told.contains(words) && !told.contains("hunter2"), "{wrong:?}: {told}");
    }
}

#[test]
fn an_api_that_does_not_answer_ends_with_69_and_a_missing_key_with_78() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let list = || {
        let mut command = frescod();
        command.args(["tenant", "list", "--server", "http://127.0.0.1:9", "--key-file"]).arg(&key);
        command.output().unwrap()
    };
    let output = list();
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("frescod operator-key create"), "{}", text(&output.stderr));

    std::fs::write(&key, "fr_x").unwrap();
    std::os::unix::fs::chown(&key, None, None).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let output = list();
    assert_eq!(output.status.code(), Some(69));
    assert!(text(&output.stderr).contains("doesn't answer; is frescod running?"), "{}", text(&output.stderr));
}

#[test]
fn a_program_reads_why_it_was_refused_as_one_json_object() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "fr_x").unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let deploy = |server: &str| {
        let mut command = frescod();
        command.args(["tenant", "deploy", "my-study", "--json", "--server", server, "--key-file"]).arg(&key);
        let output = command.output().unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), answer["error"].clone())
    };
    let problem = serde_json::json!({
        "type": "about:blank", "title": "The subdomain is taken", "status": 409, "code": "subdomain_taken",
        "detail": "the subdomain `my-study` is taken", "request_id": "1",
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let body = problem.to_string();
    let answering = std::thread::spawn(move || refuse_one(&listener, &body));
    assert_eq!(deploy(&server), (Some(1), problem));
    answering.join().unwrap();

    let (code, error) = deploy("http://127.0.0.1:9");
    assert_eq!(code, Some(69));
    assert!(error["detail"].as_str().unwrap().contains("is frescod running?"), "{error}");
}

#[test]
fn what_a_server_says_does_not_reach_the_terminal_raw() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "fr_x").unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let problem = serde_json::json!({
        "type": "about:blank", "title": "No", "status": 409, "code": "subdomain_taken",
        "detail": "version \u{1b}[2J\u{1b}]0;owned\u{7}", "request_id": "1",
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let answering = std::thread::spawn(move || refuse_one(&listener, &problem.to_string()));
    let mut command = frescod();
    command.args(["tenant", "deploy", "my-study", "--server", &server, "--key-file"]).arg(&key);
    let told = text(&command.output().unwrap().stderr);
    answering.join().unwrap();
    assert!(told.contains(r"version \u001b[2J"), "{told:?}");
    assert!(!told.contains(['\u{1b}', '\u{7}']), "{told:?}");
}

/// Reads one request, which ends with its body's brace, and answers it so.
fn refuse_one(listener: &TcpListener, problem: &str) {
    let (mut stream, _) = listener.accept().unwrap();
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    while request.last() != Some(&b'}') {
        let length = stream.read(&mut buffer).unwrap();
        assert_ne!(length, 0, "the request broke off");
        request.extend_from_slice(&buffer[..length]);
    }
    let head = "HTTP/1.1 409 Conflict\r\ncontent-type: application/problem+json\r\nconnection: close";
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{problem}", problem.len()).unwrap();
}

#[test]
fn the_printed_bootstrap_names_every_role_and_leaves_passwords_to_psql() {
    let script = text(&frescod().args(["bootstrap-sql", "--api", "web"]).output().unwrap().stdout);
    for words in
        ["\"web\"", ":'api_password'", ":'worker_password'", ":'owner_password'", ":'admin_password'", "template1"]
    {
        assert!(script.contains(words), "{words} is not in {script}");
    }
}

#[test]
fn a_reader_that_has_read_enough_is_no_failure() {
    let script = format!("{} config reference | head -n 1", env!("CARGO_BIN_EXE_frescod"));
    let output = std::process::Command::new("bash").args(["-o", "pipefail", "-c", &script]).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout).lines().count(), 1);
}
