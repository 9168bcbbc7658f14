//! The gate's listener: whose a request is, what a link is exchanged for, and what is said in an instance's place.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use chrono::TimeDelta;
use domain::image::{ImageId, ImagePin};
use domain::tenant::{Status, World};
use domain::{Clock, SystemClock, TenantId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use storage::{NewGateKey, Scope};

use crate::support::{Answer, Api, path};

/// A tenant whose image is known, so that it is known to await its first visitor.
pub(crate) async fn deployed(api: &Api, subdomain: &str) -> Value {
    let tenant = api.create(subdomain).await;
    let worker = api.worker();
    let claimed = worker.claim(&tenant).await;
    let pin = ImagePin {
        reference: claimed.tenant.spec.image.clone(),
        id: ImageId::parse(&format!("sha256:{}", "a".repeat(64))).unwrap(),
        digest: None,
        version: Some("4.0.0".parse().unwrap()),
        refreshes: 0,
    };
    api.database.worker.pin_image(&claimed.lease, &pin).await.unwrap();
    worker.finish(&claimed, Status::Active, &World::empty(), None).await;
    tenant
}

fn id(tenant: &Value) -> TenantId {
    TenantId::parse(tenant["id"].as_str().unwrap()).unwrap()
}

pub(crate) async fn token(api: &Api, tenant: &Value) -> String {
    let link = api.post(&format!("{}/claim-link", path(tenant)), &json!({})).await;
    assert_eq!(link.status, 201, "{}", link.text);
    let url = link.body["url"].as_str().unwrap();
    let (page, token) = url.split_once('#').unwrap();
    assert_eq!(page, format!("{}/.fresco/claim", tenant["url"].as_str().unwrap()));
    token.to_owned()
}

pub(crate) async fn exchange(api: &Api, tenant: &Value, token: &str) -> Answer {
    let url = tenant["url"].as_str().unwrap();
    let request = Request::post("/.fresco/claim").header("content-type", "application/json").header("origin", url);
    let request = request.header("host", url.trim_start_matches("https://"));
    api.ask_gate(request.body(Body::from(json!({ "token": token }).to_string())).unwrap()).await
}

/// The value of the cookie that a link was exchanged for.
async fn session(api: &Api, tenant: &Value) -> String {
    let answer = exchange(api, tenant, &token(api, tenant).await).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let cookie = answer.header("set-cookie");
    let value = cookie.strip_prefix("__Host-fresco-owner=").unwrap();
    value.split_once(';').unwrap().0.to_owned()
}

async fn check(api: &Api, host: &str, cookies: &str) -> Answer {
    let request = Request::get("/check").header("host", "127.0.0.1:8081").header("x-forwarded-host", host);
    api.ask_gate(request.header("cookie", cookies).body(Body::empty()).unwrap()).await
}

async fn instead(api: &Api, host: &str, accept: &str) -> Answer {
    let request = Request::get("/instead").header("host", host).header("accept", accept);
    api.ask_gate(request.body(Body::empty()).unwrap()).await
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[tokio::test]
async fn a_session_passes_on_its_own_host_however_that_is_written_and_its_cookie_stays_here() {
    let api = Api::start().await;
    let (owls, larks) = (deployed(&api, "owls").await, deployed(&api, "larks").await);
    let cookie = format!("a=1; __Host-fresco-owner={}; b=2", session(&api, &owls).await);
    for host in ["owls.example.org", "owls.example.org:8443", "OWLS.Example.ORG", "owls.example.org.:8443"] {
        let answer = check(&api, host, &cookie).await;
        assert_eq!((answer.status.as_u16(), answer.header("cookie")), (200, "a=1; b=2"), "{host}");
    }
    for host in [
        "larks.example.org",
        "example.org",
        "owls.example.org.evil.org",
        "owlsXexample.org",
        "x.owls.example.org",
        "owls.example.org, larks.example.org",
        "",
    ] {
        let answer = check(&api, host, &cookie).await;
        assert!([403, 404].contains(&answer.status.as_u16()) && !answer.headers.contains_key("cookie"), "{host}");
    }
    let strangers = Request::get("/check").header("host", "owls.example.org").header("cookie", &cookie);
    assert_eq!(api.ask_gate(strangers.body(Body::empty()).unwrap()).await.status, 404, "only Traefik names the host");
    assert_eq!(
        check(&api, "larks.example.org", &format!("__Host-fresco-owner={}", session(&api, &larks).await)).await.status,
        200
    );
}

#[tokio::test]
async fn links_and_sessions_run_out() {
    let api = Api::start().await;
    let owls = deployed(&api, "owls").await;
    let (now, late) = (SystemClock.now(), |seconds| SystemClock.now() + TimeDelta::seconds(seconds));
    let expired = "1".repeat(64);
    let link = |token: &str, expires_at| NewGateKey { hash: hash(token), now, expires_at };
    api.database.api.add_claim_link(Scope::Operator, id(&owls), link(&expired, late(-1))).await.unwrap();
    exchange(&api, &owls, &expired).await.is_problem(403, "claim_refused");

    let (good, short) = ("2".repeat(64), "3".repeat(64));
    api.database.api.add_claim_link(Scope::Operator, id(&owls), link(&good, late(60))).await.unwrap();
    let session = NewGateKey { hash: hash(&short), now, expires_at: late(1) };
    assert!(api.database.api.exchange_claim_link(id(&owls), hash(&good), session).await.unwrap());
    assert!(!api.database.api.exchange_claim_link(id(&owls), hash(&good), session).await.unwrap(), "good once");
    let cookie = format!("__Host-fresco-owner={short}");
    assert_eq!(check(&api, "owls.example.org", &cookie).await.status, 200);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while check(&api, "owls.example.org", &cookie).await.status != 403 {
        assert!(tokio::time::Instant::now() < deadline, "a session of a second never ends");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn many_links_are_good_but_not_any_number() {
    let api = Api::start().await;
    let owls = deployed(&api, "owls").await;
    let mut tokens = Vec::new();
    for _ in 0..9 {
        tokens.push(token(&api, &owls).await);
    }
    exchange(&api, &owls, &tokens[0]).await.is_problem(403, "claim_refused");
    for token in &tokens[1..] {
        assert_eq!(exchange(&api, &owls, token).await.status, 200);
    }
}

#[tokio::test]
async fn once_set_up_it_is_open_and_there_is_nothing_to_claim() {
    let api = Api::start().await;
    let owls = deployed(&api, "owls").await;
    let link = token(&api, &owls).await;
    let shown = async || api.get(&path(&owls)).await.body["first_run"].clone();
    assert_eq!(shown().await, json!({ "state": "unclaimed", "until": null, "set_up_at": null, "gated": true }));
    session(&api, &owls).await;
    assert_eq!(shown().await["state"], "claiming");

    assert!(
        api.database.worker.mark_set_up(Scope::Operator, id(&owls), "It is set up", SystemClock.now()).await.unwrap()
    );
    assert!(!api.database.worker.mark_set_up(Scope::Operator, id(&owls), "Again", SystemClock.now()).await.unwrap());
    let after = shown().await;
    assert!(after["state"] == "set_up" && after["gated"] == false && after["set_up_at"].is_string(), "{after}");
    assert_eq!(check(&api, "owls.example.org", "a=1").await.status, 200);
    exchange(&api, &owls, &link).await.is_problem(409, "already_set_up");
    api.post(&format!("{}/claim-link", path(&owls)), &json!({})).await.is_problem(409, "already_set_up");
    let events = api.get(&format!("{}/events", path(&owls))).await;
    let kinds: Vec<_> = events.body["items"].as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
    assert!(kinds.contains(&json!("claimed")) && kinds.contains(&json!("set_up")), "{kinds:?}");
}

#[tokio::test]
async fn an_operator_may_open_what_does_not_say_that_it_is_set_up() {
    let api = Api::start().await;
    let owls = deployed(&api, "owls").await;
    let open = format!("{}/open", path(&owls));
    api.post(&open, &json!({ "confirmation": "larks" })).await.is_problem(422, "confirmation_mismatch");
    assert_eq!(check(&api, "owls.example.org", "").await.status, 403);
    let opened = api.post(&open, &json!({ "confirmation": "owls" })).await;
    assert_eq!((opened.status.as_u16(), &opened.body["first_run"]["gated"]), (200, &json!(false)), "{}", opened.text);
    assert_eq!(check(&api, "owls.example.org", "").await.status, 200);
    api.post(&open, &json!({ "confirmation": "owls" })).await.is_problem(409, "already_set_up");
}

#[tokio::test]
async fn what_is_said_in_an_instances_place_depends_on_how_it_is() {
    let api = Api::start().await;
    deployed(&api, "owls").await;
    api.create("terns").await;
    let failing = api.create("larks").await;
    api.worker().settle(&failing, Status::Error).await;
    let gone = deployed(&api, "wrens").await;
    let confirmation = json!({ "confirmation": "wrens" });
    assert_eq!(api.post(&format!("{}/destroy", path(&gone)), &confirmation).await.status, 202);
    for (name, status, title, again) in [
        ("owls", 503, "This instance is starting", "3"),
        ("terns", 503, "This instance is starting", "3"),
        ("larks", 503, "This instance is not available right now", "30"),
        ("wrens", 410, "This instance is no longer here", ""),
        ("nobody", 404, "There is no instance here", ""),
        ("x", 404, "There is no instance here", ""),
    ] {
        let host = format!("{name}.example.org:8443");
        let page = instead(&api, &host, "text/html,*/*;q=0.8").await;
        assert_eq!((page.status.as_u16(), page.header("retry-after")), (status, again), "{name}");
        assert!(page.text.contains(title) && page.text.contains("<html lang=\"en\">"), "{name}: {}", page.text);
        assert_eq!(page.text.contains("http-equiv=\"refresh\""), !again.is_empty(), "{name}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
        assert_eq!(page.header("cache-control"), "no-store");
        let program = instead(&api, &host, "*/*").await;
        assert_eq!(program.header("content-type"), "application/problem+json");
        assert_eq!((&program.body["title"], &program.body["status"]), (&json!(title), &json!(status)));
    }
    let foreign = instead(&api, "owls.elsewhere.org", "text/html").await;
    assert_eq!(foreign.status, 404);
}

#[tokio::test]
async fn nobody_passes_while_the_database_is_away() {
    let mut api = Api::start().await;
    let owls = deployed(&api, "owls").await;
    let cookie = format!("__Host-fresco-owner={}", session(&api, &owls).await);
    api.database.stop().await;
    assert_eq!(check(&api, "owls.example.org", &cookie).await.status, 503);
    let page = instead(&api, "owls.example.org", "text/html").await;
    assert_eq!((page.status.as_u16(), page.header("retry-after")), (503, "10"));
}

#[tokio::test]
async fn who_asks_for_the_check_by_the_instances_own_host_is_told_whether_they_may_pass() {
    let api = Api::start().await;
    let owls = deployed(&api, "owls").await;
    let ask = async |host: &str, path: &str, cookies: &str| {
        let request = Request::get(path).header("host", host).header("cookie", cookies);
        api.ask_gate(request.body(Body::empty()).unwrap()).await
    };
    let host = owls["url"].as_str().unwrap().trim_start_matches("https://").to_owned();
    let closed = ask(&host, "/.fresco/check", "").await;
    assert_eq!((closed.status.as_u16(), &closed.body["title"]), (403, &json!("This instance is not open yet")));
    let cookie = format!("__Host-fresco-owner={}; theirs=1", session(&api, &owls).await);
    let owner = ask(&host, "/.fresco/check", &cookie).await;
    assert_eq!((owner.status.as_u16(), &owner.body["title"]), (200, &json!("You may open this instance")));
    assert!(!owner.headers.contains_key("cookie"));
    assert_eq!(ask(&format!("nobody.{}", host.split_once('.').unwrap().1), "/.fresco/check", "").await.status, 404);

    let message = "it is set up";
    api.database.api.mark_set_up(Scope::Operator, id(&owls), message, SystemClock.now()).await.unwrap();
    assert_eq!(ask(&host, "/.fresco/check", "").await.status, 200);
    assert_eq!(ask(&host, "/.fresco/anything", "").await.status, 404);
}

#[tokio::test]
async fn a_window_that_cannot_begin_anew_now_does_not_do_so_later() {
    let api = Api::start().await;
    let tenant = deployed(&api, "stopped").await;
    api.post(&format!("{}/stop", path(&tenant)), &json!({})).await;
    api.worker().settle(&tenant, Status::Stopped).await;
    let reopen = format!("{}/reopen-setup", path(&tenant));
    api.post(&reopen, &json!({})).await.is_problem(409, "not_running");
    let wishes = "SELECT count(*) FROM fresco.tenant_first_runs WHERE reopen_asked_at IS NOT NULL";
    let audited = "SELECT count(*) FROM fresco.audit_log WHERE action = 'tenant.reopen_setup'";
    let mut root = api.database.superuser();
    assert_eq!((root.ask(wishes).await, root.ask(audited).await), (vec!["0".to_owned()], vec!["0".to_owned()]));
    api.post(&format!("{}/start", path(&tenant)), &json!({})).await;
    api.worker().settle(&tenant, Status::Active).await;
    assert_eq!(api.post(&reopen, &json!({})).await.status, 202);
    assert_eq!((root.ask(wishes).await, root.ask(audited).await), (vec!["1".to_owned()], vec!["1".to_owned()]));
}
