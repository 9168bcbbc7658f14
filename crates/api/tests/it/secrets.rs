//! What is secret is told once, to whom it is for, and stands nowhere else: no log line, no other answer, no row, no file, no
//! command line.
//!
//! One run of everything that takes or gives a secret, then a look at all that it has left. Whatever new operation does so
//! belongs into it. Codes of six digits are left out: too many other numbers look like them.

use axum::body::Body;
use axum::http::Method;
use domain::{Clock, SystemClock};
use serde_json::{Value, json};
use test_mail_server::{MailServer, Options};
use tokio::task::JoinSet;
use tracing_subscriber::filter::LevelFilter;

use crate::auth::code;
use crate::gate::{deployed, exchange, token};
use crate::mails::{PACE, at_work, postman};
use crate::support::{Answer, Api, Browser, Heard, Log, Superuser, path};

const FIRST: &str = "planted walrus telescope orange";
const SECOND: &str = "planted second lantern harbour";
const THIRD: &str = "planted third meadow violin";
const INVITED: &str = "planted invited saffron kettle";
const DRAFTERS: &str = "planted visitor cobalt thimble";
const WRONG: &str = "planted wrong gravel umbrella";
const WEAK: &str = "planted-1";
const ENVIRONMENT: [&str; 2] = ["planted-storage-key-7c1f", "planted-other-storage-key-93"];
/// So short a part of a token tells nothing else.
const SHORTEST: usize = 8;

/// Something that nobody else is to know.
struct Secret {
    name: String,
    value: String,
    /// The numbers of the answers that show it to whom it is for.
    shown: Vec<usize>,
}

struct Run {
    api: Api,
    heard: Heard,
    secrets: Vec<Secret>,
}

impl Run {
    /// Something that nobody is ever shown.
    fn plant(&mut self, name: &str, value: &str) {
        assert!(value.len() >= SHORTEST, "{name}: {value}");
        self.secrets.push(Secret { name: name.to_owned(), value: value.to_owned(), shown: vec![] });
    }

    /// Something that the last answer has shown, and no other does.
    fn shown(&mut self, name: &str, value: &Value) -> String {
        let (value, last) = (value.as_str().unwrap().to_owned(), self.heard.all().len() - 1);
        // What is not secret of it, such as a key's id and a token's claims, stands before.
        let after = if value.contains('.') { '.' } else { '_' };
        let secret = value.rsplit(after).next().unwrap();
        assert!(self.heard.all()[last].text.contains(secret), "{name} is not in the last answer");
        // Two access tokens of one session that were made within a second are the same.
        let known = self.secrets.iter().position(|known| known.value == secret);
        let known = known.unwrap_or_else(|| {
            self.plant(name, secret);
            self.secrets.len() - 1
        });
        self.secrets[known].shown.push(last);
        value
    }

    /// What somebody has who has just come in, or stays.
    fn in_hand(&mut self, browser: &Browser) {
        self.shown("access token", &json!(browser.access));
        self.shown("refresh token", &json!(browser.cookie));
    }

    async fn mailed(&mut self, email: &str, kind: &str) -> String {
        let token = self.api.mailed_token(email, kind).await;
        self.plant(kind, &token);
        token
    }

    async fn log_in(&mut self, browser: &mut Browser, more: Value) {
        let entered = browser.log_in_with(&self.api, more).await;
        assert_eq!(entered.status, 200, "{}", entered.text);
        self.in_hand(browser);
    }

    async fn post(&self, who: &Browser, path: &str, body: &Value, status: u16) -> Answer {
        let answer = who.post(&self.api, &format!("/api/v1{path}"), body).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        answer
    }
}

#[tokio::test]
async fn what_is_planted_is_found_nowhere() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().json().with_max_level(LevelFilter::TRACE);
    // For every thread: passwords are hashed on some of their own.
    tracing::subscriber::set_global_default(subscriber.with_writer(move || writer.clone()).finish()).unwrap();
    let mut api = Api::start().await;
    let heard = api.overhear();
    let mut run = Run { api, heard, secrets: vec![] };
    for (number, value) in [FIRST, SECOND, THIRD, INVITED, DRAFTERS, WRONG, WEAK].iter().chain(&ENVIRONMENT).enumerate()
    {
        run.plant(&format!("planted value {number}"), value);
    }
    let operator = run.api.authorization();
    run.plant("operator key", operator.rsplit('_').next().unwrap());

    let mut ada = sign_up(&mut run).await;
    second_factor(&mut run, &mut ada).await;
    passwords(&mut run, &mut ada).await;
    let organisation = ada.get(&run.api, "/api/v1/me").await.body["organisation"].as_str().unwrap().to_owned();
    invitation(&mut run, &ada, &organisation).await;
    keys(&mut run, &ada, &organisation).await;
    device(&mut run, &ada).await;
    draft(&mut run).await;
    let tenant = instance(&mut run, &ada).await;
    in_wrong_places(&run, &ada).await;
    look_at_everything(&run, &ada, &organisation, &tenant).await;
    letters_leave(&run).await;
    assert!(log.text().contains("answered") && log.text().contains("/api/v1/auth/login"), "the log is not in full");
    nowhere(&run, &log.text()).await;
}

/// Somebody registers, verifies their address, is refused and let in, and stays.
async fn sign_up(run: &mut Run) -> Browser {
    let mut ada = Browser { password: FIRST.to_owned(), ..Browser::new("ada") };
    let weak = Browser { password: WEAK.to_owned(), ..ada.clone() };
    weak.register(&run.api).await.is_problem(422, "invalid_request");
    assert_eq!(ada.register(&run.api).await.status, 202);
    let token = run.mailed("ada@example.org", "verify_email").await;
    let verify = |password: &str| json!({ "token": token, "password": password });
    run.post(&ada, "/auth/verify-email", &json!({ "token": token }), 403).await;
    run.post(&ada, "/auth/verify-email", &verify(WRONG), 403).await;
    run.post(&ada, "/auth/verify-email", &verify(FIRST), 204).await;
    run.post(&ada, "/auth/verify-email", &verify(FIRST), 403).await;
    let mut wrong = Browser { password: WRONG.to_owned(), ..ada.clone() };
    assert_eq!(wrong.log_in(&run.api).await.status, 401);
    run.log_in(&mut ada, json!({ "remember": true })).await;
    let mut thief = ada.clone();
    assert_eq!(ada.refresh(&run.api).await.status, 200);
    run.in_hand(&ada);
    assert_eq!(thief.refresh(&run.api).await.status, 401, "a token of before ends the session");
    run.log_in(&mut ada, json!({})).await;
    ada
}

async fn second_factor(run: &mut Run, ada: &mut Browser) {
    let begun = run.post(ada, "/me/totp", &json!({ "password": FIRST }), 200).await;
    let secret = run.shown("TOTP secret", &begun.body["secret"]);
    let now = SystemClock.now().timestamp();
    run.post(ada, "/me/totp/confirm", &json!({ "code": "000000" }), 403).await;
    let confirmed = run.post(ada, "/me/totp/confirm", &json!({ "code": code(&secret, now) }), 200).await;
    let codes = confirmed.body["codes"].as_array().unwrap();
    for code in codes {
        run.shown("recovery code", code);
    }
    assert_eq!(ada.log_in(&run.api).await.status, 401);
    run.log_in(ada, json!({ "code": code(&secret, now + 30) })).await;
    run.log_in(ada, json!({ "code": codes[0] })).await;
    assert_eq!(ada.clone().log_in_with(&run.api, json!({ "code": codes[0] })).await.status, 401);
    let both = |code: &Value| json!({ "password": FIRST, "code": code });
    run.post(ada, "/me/recovery-codes", &both(&codes[0]), 403).await;
    let again = run.post(ada, "/me/recovery-codes", &both(&codes[1]), 200).await;
    let codes = again.body["codes"].as_array().unwrap();
    for code in codes {
        run.shown("recovery code", code);
    }
    run.post(ada, "/me/totp/disable", &both(&codes[0]), 204).await;
}

async fn passwords(run: &mut Run, ada: &mut Browser) {
    let change = |current: &str| json!({ "current": current, "password": SECOND });
    run.post(ada, "/auth/password/change", &change(WRONG), 403).await;
    run.post(ada, "/auth/password/change", &change(FIRST), 204).await;
    run.post(ada, "/auth/password/forgot", &json!({ "email": ada.email }), 202).await;
    let token = run.mailed("ada@example.org", "reset_password").await;
    let reset = |password: &str| json!({ "token": token, "password": password });
    run.post(ada, "/auth/password/reset", &reset(WEAK), 422).await;
    run.post(ada, "/auth/password/reset", &reset(THIRD), 204).await;
    ada.password = THIRD.to_owned();
    run.log_in(ada, json!({})).await;
    let begun = run.post(ada, "/me/totp", &json!({ "password": THIRD }), 200).await;
    run.shown("TOTP secret", &begun.body["secret"]);
}

async fn invitation(run: &mut Run, ada: &Browser, organisation: &str) {
    let wish = json!({ "email": "bea@example.org", "role": "admin" });
    run.post(ada, &format!("/organisations/{organisation}/invitations"), &wish, 201).await;
    let invited = run.mailed("bea@example.org", "invitation").await;
    let mut bea = Browser { password: INVITED.to_owned(), ..Browser::new("bea") };
    assert_eq!(bea.register(&run.api).await.status, 202);
    let token = run.mailed("bea@example.org", "verify_email").await;
    run.log_in(&mut bea, json!({})).await;
    run.post(&bea, "/invitations/accept", &json!({ "token": invited }), 403).await;
    run.post(&bea, "/auth/verify-email", &json!({ "token": token, "password": INVITED }), 204).await;
    run.post(&bea, "/invitations/accept", &json!({ "token": invited }), 200).await;
    assert_eq!(bea.ask(&run.api, Method::POST, "/api/v1/auth/logout", None).await.status, 204);
}

/// One is asked for twice: the same request with the same key is given the same answer.
async fn keys(run: &mut Run, ada: &Browser, organisation: &str) {
    let keys = format!("/api/v1/organisations/{organisation}/api-keys");
    let wish = json!({ "name": "ci", "scopes": ["tenant.view", "audit.view"], "organisation": true }).to_string();
    let ask = || ada.request(Method::POST, &keys).header("idempotency-key", "one").body(Body::from(wish.clone()));
    let made = run.api.ask(ask().unwrap()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let token = run.shown("API key", &made.body["token"]);
    let again = run.api.ask(ask().unwrap()).await;
    assert_eq!((again.header("idempotency-replayed"), &again.text), ("true", &made.text));
    let last = run.heard.all().len() - 1;
    run.secrets.last_mut().unwrap().shown.push(last);
    let key = Browser { access: Some(token), cookie: None, ..ada.clone() };
    assert_eq!(key.get(&run.api, "/api/v1/auth/caller").await.status, 200);
    let own = format!("{keys}/{}", made.body["key"]["id"].as_str().unwrap());
    assert_eq!(ada.ask(&run.api, Method::DELETE, &own, None).await.status, 204);
    key.get(&run.api, "/api/v1/auth/caller").await.is_problem(401, "unauthenticated");
}

async fn device(run: &mut Run, ada: &Browser) {
    let program = Browser { user_agent: "frescod/1", ..Browser::new("program") };
    let begun = run.post(&program, "/auth/device", &json!({ "name": "a laptop" }), 200).await;
    let device = run.shown("device code", &begun.body["device_code"]);
    let user = run.shown("user code", &begun.body["user_code"]);
    run.post(&program, "/auth/device/token", &json!({ "device_code": device }), 400).await;
    run.post(ada, "/auth/device/look", &json!({ "user_code": user }), 200).await;
    run.post(ada, "/auth/device/answer", &json!({ "user_code": user, "allow": true }), 204).await;
    let fetched = run.post(&program, "/auth/device/token", &json!({ "device_code": device }), 200).await;
    run.shown("device's key", &fetched.body["token"]);
    run.post(&program, "/auth/device/token", &json!({ "device_code": device }), 403).await;
}

async fn draft(run: &mut Run) {
    let mut cal = Browser { password: DRAFTERS.to_owned(), ..Browser::new("cal") };
    let begun = run.post(&cal, "/wizard/sessions", &json!({ "email": cal.email }), 201).await;
    cal.access = Some(run.shown("draft's token", &begun.body["token"]));
    let path = format!("/api/v1/wizard/sessions/{}", begun.body["session"]["id"].as_str().unwrap());
    let answer = json!({ "step": "account", "data": { "name": "Cal", "password": DRAFTERS } });
    let answered = cal.ask(&run.api, Method::PATCH, &path, Some(&answer)).await;
    assert_eq!(answered.status, 200, "{}", answered.text);
    let wrong = json!({ "step": "account", "data": { "name": DRAFTERS.len(), "password": DRAFTERS } });
    cal.ask(&run.api, Method::PATCH, &path, Some(&wrong)).await.is_problem(422, "invalid_request");
    cal.get(&run.api, &path).await;
    // The letter that leads back to it has the same.
    assert_eq!(run.api.mailed_token("cal@example.org", "continue_sign_up").await, begun.body["token"]);
    run.mailed("cal@example.org", "verify_email").await;
}

/// An instance with values for itself alone, and its owner's way in.
async fn instance(run: &mut Run, ada: &Browser) -> Value {
    let environment = |value: &str| json!({ "S3_SECRET_ACCESS_KEY": value });
    let wish = json!({ "subdomain": "owls", "app": "sample", "environment": environment(ENVIRONMENT[0]) }).to_string();
    let ask = || ada.request(Method::POST, "/api/v1/tenants").header("idempotency-key", "two");
    for _ in 0..2 {
        let made = run.api.ask(ask().body(Body::from(wish.clone())).unwrap()).await;
        assert_eq!(made.status, 202, "{}", made.text);
    }
    let larks = deployed(&run.api, "larks").await;
    let change = json!({ "environment": environment(ENVIRONMENT[1]) });
    let changed = run.api.patch(&path(&larks), &change).await;
    assert_eq!(changed.status, 202, "{}", changed.text);
    let link = token(&run.api, &larks).await;
    run.shown("claim link", &json!(link));
    let entered = exchange(&run.api, &larks, &link).await;
    assert_eq!(entered.status, 200, "{}", entered.text);
    let cookie = entered.header("set-cookie").split(['=', ';']).nth(1).unwrap();
    run.shown("session at the gate", &json!(cookie));
    exchange(&run.api, &larks, &link).await.is_problem(403, "claim_refused");
    ada.get(&run.api, "/api/v1/tenants").await.body["items"][0].clone()
}

/// Where programs and people put a secret by mistake.
async fn in_wrong_places(run: &Run, ada: &Browser) {
    for secret in &run.secrets {
        let value = secret.value.replace(' ', "%20");
        for path in ["/auth/verify-email?token=", "/tenants?cursor=", "/tenants/", "/nowhere/"] {
            ada.get(&run.api, &format!("/api/v1{path}{value}")).await;
        }
        for wrong in [
            json!({ "email": "ada@example.org", "password": secret.value, "remember": secret.value }),
            json!({ "email": secret.value, "password": secret.value }),
            json!({ "email": [secret.value], "password": { "is": secret.value } }),
        ] {
            for path in ["/auth/login", "/auth/register", "/tenants", "/auth/password/reset"] {
                ada.post(&run.api, &format!("/api/v1{path}"), &wrong).await;
            }
        }
        let broken = format!(r#"{{ "email": "ada@example.org", "password": "{}" "#, secret.value);
        let login = ada.request(Method::POST, "/api/v1/auth/login").body(Body::from(broken)).unwrap();
        run.api.ask(login).await.is_problem(400, "malformed_request");
        let stranger =
            Browser { access: Some(secret.value.clone()), cookie: Some(secret.value.clone()), ..ada.clone() };
        stranger.get(&run.api, "/api/v1/me").await.is_problem(401, "unauthenticated");
    }
}

async fn look_at_everything(run: &Run, ada: &Browser, organisation: &str, tenant: &Value) {
    let tenant = path(tenant);
    let of = format!("/api/v1/organisations/{organisation}");
    for path in [
        "/api/v1/me".to_owned(),
        "/api/v1/me/export".to_owned(),
        "/api/v1/me/sessions".to_owned(),
        "/api/v1/tenants".to_owned(),
        tenant.clone(),
        format!("{tenant}/events"),
        format!("{tenant}/deployments"),
        format!("{tenant}/plan"),
        format!("{tenant}/logs"),
        format!("{tenant}/logs/export"),
        format!("{tenant}/metrics"),
        format!("{tenant}/probe"),
        format!("{of}/api-keys"),
        format!("{of}/invitations"),
        format!("{of}/members"),
        "/api/v1/audit".to_owned(),
        "/api/v1/audit/export".to_owned(),
    ] {
        for answer in [ada.get(&run.api, &path).await, run.api.get(&path).await] {
            assert!([200, 403].contains(&answer.status.as_u16()), "{path}: {}", answer.text);
        }
    }
}

/// The letters leave, and nothing of what they said is kept.
async fn letters_leave(run: &Run) {
    let server = MailServer::start(&Options::default());
    let mut tasks = JoinSet::new();
    let stop = at_work(&mut tasks, postman(&run.api, server.port(), PACE));
    run.api
        .database
        .superuser()
        .until("SELECT count(*) > 0 AND bool_and(sent_at IS NOT NULL) FROM fresco.mail_outbox")
        .await;
    stop.cancel();
    tasks.join_all().await;
}

async fn nowhere(run: &Run, log: &str) {
    let mut root = run.api.database.superuser();
    let mut told = vec![("the log".to_owned(), log.to_owned()), ("a command line".to_owned(), command_lines())];
    let queries = root.ask("SELECT query FROM pg_stat_activity").await.join("\n");
    told.push(("what the database was asked".to_owned(), queries));
    told.extend(rows(&mut root).await);
    let folder = root.ask("SHOW data_directory").await.remove(0);
    let known = |(_, text): &(String, String)| text.contains("ada@example.org");
    assert!(told.iter().any(known) && !files_with(&folder, "ada@example.org").is_empty(), "what is kept is found");
    let heard = run.heard.all();
    for Secret { name, value, shown } in &run.secrets {
        for (place, text) in &told {
            // As it stands in a URL, too.
            for value in [value, &value.replace(' ', "%20"), &value.replace(' ', "+")] {
                assert!(!text.contains(value), "{name} ({value}) is in {place}: {}", around(text, value));
            }
        }
        for (number, answer) in heard.iter().enumerate() {
            // Who has put it into a URL is told where they were.
            let is_for_them = shown.contains(&number) || answer.at.contains(&value.replace(' ', "%20"));
            assert!(is_for_them || !answer.text.contains(value), "{name} ({value}) is in: {}", answer.text);
        }
        assert_eq!(files_with(&folder, value), Vec::<String>::new(), "{name} ({value})");
    }
}

/// Enough of it to see which line it is.
fn around<'a>(text: &'a str, value: &str) -> &'a str {
    text.lines().find(|line| line.contains(value)).unwrap_or_default()
}

/// Every row of every table of the platform, by table. Bytes are hex digits there, as tokens are.
async fn rows(root: &mut Superuser) -> Vec<(String, String)> {
    let tables = root.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'fresco'").await;
    let mut all = Vec::new();
    for table in tables {
        let rows = root.ask(&format!("SELECT t::text FROM fresco.{table} t")).await;
        all.push((format!("fresco.{table}"), rows.join("\n")));
    }
    let filled: Vec<&str> = all.iter().filter(|(_, rows)| !rows.is_empty()).map(|(table, _)| &**table).collect();
    for table in ["audit_log", "mail_outbox", "idempotency_keys", "tenant_secrets", "totp", "signup_sessions"] {
        assert!(filled.iter().any(|filled| filled.contains(table)), "{table} is not among {filled:?}");
    }
    all
}

/// What every process here was started with.
fn command_lines() -> String {
    let processes = std::fs::read_dir("/proc").unwrap();
    let lines = processes.filter_map(|process| std::fs::read(process.ok()?.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect::<Vec<_>>().join("\n")
}

/// The database's files that hold it, its write-ahead log among them.
fn files_with(folder: &str, value: &str) -> Vec<String> {
    let mut grep = std::process::Command::new("grep");
    grep.args(["--recursive", "--files-with-matches", "--text", "--fixed-strings", "--no-messages", "--regexp", value]);
    let output = grep.arg(folder).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}
