//! People's accounts, as the operator settles them: who waits, who is let in, who is shut out.

use std::process::Output;

use domain::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::support::{Dev, frescod, text};

const PASSWORD: &str = "purple monkey dishwasher";

/// `frescod user …`, with the platform's own configuration.
fn user(dev: &Dev, arguments: &[&str]) -> Output {
    frescod().arg("user").args(arguments).arg("--config").arg(dev.ready("config")).output().unwrap()
}

/// What it says; it must succeed.
pub(crate) fn said(dev: &Dev, arguments: &[&str]) -> String {
    let output = user(dev, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn listed(dev: &Dev, arguments: &[&str]) -> Value {
    serde_json::from_str(&said(dev, &[arguments, &["--json"]].concat())).unwrap()
}

/// A request of somebody's own; status and body.
fn ask(dev: &Dev, (method, path): (&str, &str), bearer: Option<&str>, body: &Value) -> (u16, Value) {
    dev.ask_as(bearer, (method, &format!("/api/v1{path}")), body).unwrap()
}

pub(crate) fn register(dev: &Dev, email: &str) {
    let body = json!({ "email": email, "password": PASSWORD, "name": "Ada Lovelace" });
    assert_eq!(ask(dev, ("POST", "/auth/register"), None, &body).0, 202);
}

pub(crate) fn log_in(dev: &Dev, email: &str) -> (u16, String) {
    let body = json!({ "email": email, "password": PASSWORD });
    let (status, answer) = ask(dev, ("POST", "/auth/login"), None, &body);
    (status, answer["access_token"].as_str().unwrap_or_default().to_owned())
}

/// A deploy that ends at its first check or at the next: the code of the refusal.
fn deploy(dev: &Dev, bearer: &str) -> Value {
    ask(dev, ("POST", "/tenants"), Some(bearer), &json!({ "subdomain": "x", "app": "sample" })).1["code"].clone()
}

#[test]
fn who_waits_is_listed_let_in_shut_out_and_ended() {
    let dev = Dev::start_with(vec![("FRESCOD_SIGNUP__MODE", "approval".into())]);
    let (ada, eve) = ("ada@example.org", "eve@example.org");
    register(&dev, ada);
    register(&dev, eve);
    let waiting = listed(&dev, &["list", "--waiting"]);
    let addresses: Vec<_> = waiting.as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap()).collect();
    assert_eq!(addresses, [eve, ada]);
    assert_eq!(listed(&dev, &["show", ada])["state"], "unverified");

    let (_, access) = log_in(&dev, ada);
    assert_eq!(deploy(&dev, &access), "email_not_verified");
    assert!(said(&dev, &["verify", ada]).contains("counts as verified"));
    assert_eq!(deploy(&dev, &access), "awaiting_approval");
    assert!(said(&dev, &["approve", ada]).contains("is let in"));
    assert!(said(&dev, &["approve", ada]).contains("already"));
    assert_eq!(deploy(&dev, &access), "invalid_request", "the name is too short, and nothing else is wrong");

    // What they have made ends with their being let in, and goes on with it; sessions don't.
    let organisation = listed(&dev, &["show", ada])["organisations"][0]["id"].as_str().unwrap().to_owned();
    let keys = format!("/organisations/{organisation}/api-keys");
    let wish = json!({ "name": "mine", "scopes": ["tenant.view"] });
    let key = ask(&dev, ("POST", &keys), Some(&access), &wish).1["token"].as_str().unwrap().to_owned();
    let sees = |bearer: &str| ask(&dev, ("GET", "/tenants"), Some(bearer), &json!({})).0;
    assert_eq!((sees(&access), sees(&key)), (200, 200));
    said(&dev, &["disable", ada]);
    assert_eq!((sees(&access), sees(&key), log_in(&dev, ada).0), (401, 401, 401));
    said(&dev, &["enable", ada]);
    assert_eq!((sees(&access), sees(&key)), (401, 200));
    let (_, access) = log_in(&dev, ada);
    assert_eq!(listed(&dev, &["sessions", ada]).as_array().unwrap().len(), 1);
    said(&dev, &["revoke-sessions", ada]);
    assert_eq!(sees(&access), 401);
    said(&dev, &["reset-password", ada]);

    assert_eq!(user(&dev, &["reject", ada, "--yes"]).status.code(), Some(1), "they wait no more");
    assert_eq!(user(&dev, &["reject", eve]).status.code(), Some(1), "there is nobody to ask");
    said(&dev, &["reject", eve, "--yes"]);
    said(&dev, &["delete", ada, "--yes"]);
    assert_eq!(listed(&dev, &["list"]), json!([]));
    assert_eq!(log_in(&dev, ada).0, 401);
    letters_and_book(&dev);
}

/// Who was written to, and what of it all stands in the audit log.
fn letters_and_book(dev: &Dev) {
    let mails = frescod().args(["mail", "list", "--json", "--config"]).arg(dev.ready("config")).output().unwrap();
    let mails: Value = serde_json::from_slice(&mails.stdout).unwrap();
    let of = |email: &str| {
        let of = mails.as_array().unwrap().iter().filter(|mail| mail["recipient"] == email);
        of.map(|mail| mail["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("ada@example.org"), ["account_deleted", "reset_password", "account_approved", "verify_email"]);
    assert_eq!(of("eve@example.org"), ["verify_email"], "perhaps she has never signed up");

    let (_, book) = dev.ask("GET", "/api/v1/audit?action=user", &json!({})).unwrap();
    let lines = book["items"].as_array().unwrap().iter().filter(|line| line["actor"]["kind"] == "system");
    let actions: Vec<_> = lines.map(|line| line["action"].as_str().unwrap()).collect();
    let expected = ["delete", "reject", "send_reset", "enable", "disable", "approve", "vouch"];
    assert_eq!(actions, expected.map(|verb| format!("user.{verb}")));
}

#[test]
fn an_invitation_of_the_operators_is_good_for_its_address() {
    let dev = Dev::start_with(vec![("FRESCOD_SIGNUP__MODE", "invitation".into())]);
    said(&dev, &["invite", "ada@example.org", "--days", "30"]);
    register(&dev, "ada@example.org");
    register(&dev, "eve@example.org");
    assert_eq!(listed(&dev, &["list"]).as_array().unwrap().len(), 1);
    let again = user(&dev, &["invite", "ADA@example.org"]);
    assert!(text(&again.stderr).contains("has an account"), "{}", text(&again.stderr));
    let unknown = user(&dev, &["show", "nobody@example.org"]);
    assert_eq!(unknown.status.code(), Some(1));
}

#[test]
fn who_has_lost_their_second_factor_gets_in_again_by_the_operator() {
    let dev = Dev::start_with(vec![]);
    let ada = "ada@example.org";
    register(&dev, ada);
    assert!(said(&dev, &["reset-second-factor", ada]).contains("has no second factor"));
    let (_, access) = log_in(&dev, ada);
    let own = |path: &str, body: Value| ask(&dev, ("POST", path), Some(&access), &body);
    let secret = own("/me/totp", json!({ "password": PASSWORD })).1["secret"].as_str().unwrap().to_owned();
    let secret = totp_rs::Secret::try_from_base32(&secret).unwrap();
    let app = totp_rs::Builder::new().with_secret(secret).with_account_name("ada").build().unwrap();
    let now = SystemClock.now().timestamp().unsigned_abs();
    assert_eq!(own("/me/totp/confirm", json!({ "code": app.generate(now).to_string() })).0, 200);
    assert_eq!(log_in(&dev, ada).0, 401, "the password alone does not do");

    assert!(said(&dev, &["reset-second-factor", ada]).contains("signs in with the password alone"));
    assert_eq!(ask(&dev, ("GET", "/me"), Some(&access), &json!({})).0, 401, "whoever was in is out");
    assert_eq!(log_in(&dev, ada).0, 200);
    let mails = frescod().args(["mail", "list", "--json", "--config"]).arg(dev.ready("config")).output().unwrap();
    let mails: Value = serde_json::from_slice(&mails.stdout).unwrap();
    assert!(mails.as_array().unwrap().iter().any(|mail| mail["kind"] == "two_factor_reset"), "{mails}");
    let (_, book) = dev.ask("GET", "/api/v1/audit?action=user.reset_second_factor", &json!({})).unwrap();
    assert_eq!((&book["items"][0]["actor"]["kind"], &book["items"][0]["data"]["ended"]), (&json!("system"), &json!(1)));
}
