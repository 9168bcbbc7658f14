//! The first visitor, from outside: through the real Traefik, as browsers ask.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::browser::Browser;
use crate::intruder::inspect;
use crate::support::{Dev, image, output_of, text};
use crate::tenant::{Tenant, sql};

const HTML: &str = "Accept: text/html,application/xhtml+xml";
const CLOSED: &str = "This instance is not open yet";

/// A gated instance that is ready, with its claim link.
struct Gated {
    tenant: Tenant,
    link: String,
}

impl Gated {
    /// As `frescod tenant deploy` hands it to its owner.
    fn deploy(dev: &Dev, subdomain: &str, image: &str) -> Self {
        let wish = ["deploy", subdomain, "--app", "sample", "--image", image, "--json"];
        let output = dev.tenant(&wish);
        assert!(output.status.success(), "{}\n{}", text(&output.stderr), dev.log());
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let told = |key: &str| answer[key].as_str().unwrap().to_owned();
        let id = told("id").trim_start_matches("tnt_").to_owned();
        let tenant = Tenant { subdomain: subdomain.to_owned(), id, url: told("url"), shares: false };
        dev.wait_until(&format!("{subdomain} is led to"), || get(dev, &tenant, "/setup", &[HTML]).0 == 403);
        Self { tenant, link: answer["claim_link"]["url"].as_str().unwrap().to_owned() }
    }

    fn token(&self) -> &str {
        self.link.split_once('#').unwrap().1
    }

    fn first_run(&self, dev: &Dev) -> Value {
        self.tenant.shown(dev)["first_run"].clone()
    }

    /// What the claim page's script does with a token.
    fn claim(&self, dev: &Dev, token: &str, more: &[&str]) -> (u16, Value, Option<String>) {
        let origin = format!("Origin: {}", self.tenant.url);
        let mut headers = if more.is_empty() { vec![&*origin] } else { more.to_vec() };
        headers.push("Content-Type: application/json");
        let body = serde_json::json!({ "token": token }).to_string();
        let post = ["--include", "--data", &body];
        let (status, answer) = ask(dev, &self.tenant, "/.fresco/claim", &headers, &post);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let cookie =
            head.lines().find_map(|line| line.strip_prefix("set-cookie: ").or(line.strip_prefix("Set-Cookie: ")));
        (status, serde_json::from_str(body).unwrap_or_default(), cookie.map(str::to_owned))
    }

    /// Opens the link as its owner; the cookie for later requests.
    fn owner(&self, dev: &Dev) -> String {
        let (status, answer, cookie) = self.claim(dev, self.token(), &[]);
        assert_eq!((status, answer["start"].as_str()), (200, Some("/setup")), "{answer}");
        let cookie = cookie.unwrap();
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        assert!(pair.starts_with("__Host-fresco-owner="), "{cookie}");
        assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax; Max-Age=86400; Secure");
        format!("Cookie: app=1; {pair}")
    }

    /// Fills in the app's own first page; its answer's status.
    fn set_up(&self, dev: &Dev, headers: &[&str]) -> u16 {
        let origin = format!("Origin: {}", self.tenant.url);
        let form = ["--data", "user=owner&password=secret"];
        ask(dev, &self.tenant, "/setup", &[headers, &[&origin]].concat(), &form).0
    }

    /// Whether Traefik is told to ask frescod about every request.
    fn is_asked_about(&self, dev: &Dev) -> bool {
        let file = dev.state().join(format!("routes/fresco-{}.yml", self.tenant.id));
        std::fs::read_to_string(file).unwrap().contains("fresco-gate")
    }

    fn container(&self) -> [Value; 2] {
        let container = inspect(&self.tenant);
        [container["Id"].clone(), container["State"]["StartedAt"].clone()]
    }
}

fn ask(dev: &Dev, tenant: &Tenant, path: &str, headers: &[&str], options: &[&str]) -> (u16, String) {
    let headers: Vec<&str> = headers.iter().flat_map(|header| ["--header", header]).collect();
    tenant.visit(dev, path, &[&headers, options].concat()).unwrap_or_default()
}

fn get(dev: &Dev, tenant: &Tenant, path: &str, headers: &[&str]) -> (u16, String) {
    ask(dev, tenant, path, headers, &[])
}

/// The status of a WebSocket's handshake.
fn handshake(dev: &Dev, tenant: &Tenant, headers: &[&str]) -> u16 {
    let socket = [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    let headers: Vec<&str> = headers.iter().copied().chain(socket).flat_map(|header| ["--header", header]).collect();
    let authority = dev.ready("ca_file");
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--http1.1", "--max-time", "1", "--cacert", &authority, "--write-out", "\n%{http_code}"]);
    // An open socket lasts until curl gives up, which is no failure here.
    let Output { stdout, .. } = curl.args(headers).arg(tenant.url.clone() + "/ws").output().unwrap();
    text(&stdout).rsplit_once('\n').unwrap().1.parse().unwrap()
}

fn strangers_are_refused(dev: &Dev, gated: &Gated) {
    let tenant = &gated.tenant;
    let (status, page) = get(dev, tenant, "/setup", &[HTML]);
    assert!(status == 403 && page.contains(CLOSED), "{status}: {page}");
    let (status, problem) = get(dev, tenant, "/api/health", &[]);
    let problem: Value = serde_json::from_str(&problem).unwrap();
    assert_eq!((status, problem["title"].as_str()), (403, Some(CLOSED)));
    assert_eq!(gated.set_up(dev, &[]), 403);
    assert_eq!(handshake(dev, tenant, &[]), 403);
    let invented = format!("Cookie: __Host-fresco-owner={}", "0".repeat(64));
    for headers in [&[&*invented][..], &["Cookie: __Host-fresco-owner="], &["X-Forwarded-Host: evil.test", &invented]] {
        assert_eq!(get(dev, tenant, "/setup", headers).0, 403, "{headers:?}");
    }
}

fn only_the_owners_own_link_is_taken(dev: &Dev, gated: &Gated, other: &Gated) {
    let refused = |token: &str, headers: &[&str]| {
        let (status, problem, cookie) = gated.claim(dev, token, headers);
        assert!(status == 403 && problem["code"] == "claim_refused" && cookie.is_none(), "{status}: {problem}");
    };
    refused(other.token(), &[]);
    refused(&"0".repeat(64), &[]);
    refused("nonsense", &[]);
    let (mine, theirs) = (&gated.tenant.url, &other.tenant.url);
    refused(gated.token(), &[&format!("Origin: {theirs}")]);
    refused(gated.token(), &["Origin: null"]);
    refused(gated.token(), &["X-Requested-With: no origin"]);
    // The host decides, whatever else is said of it.
    let host = theirs.trim_start_matches("https://");
    refused(gated.token(), &[&format!("Host: {host}"), &format!("Origin: {mine}")]);
    refused(
        gated.token(),
        &[&format!("Host: {host}"), &format!("Origin: {theirs}"), &format!("X-Forwarded-Host: {mine}")],
    );
}

/// Both lines' habits of telling that they are set up.
fn from_closed_to_open(image: &str) {
    let mut dev = Dev::start_gated(vec![]);
    let (gated, other) = (Gated::deploy(&dev, "owls", image), Gated::deploy(&dev, "larks", image));
    let tenant = &gated.tenant;
    strangers_are_refused(&dev, &gated);
    only_the_owners_own_link_is_taken(&dev, &gated, &other);
    let (status, page) = get(&dev, tenant, "/.fresco/claim", &[HTML]);
    assert!(status == 200 && page.contains("owls") && page.contains("/.fresco/claim.js"), "{status}: {page}");
    assert_eq!(get(&dev, tenant, "/.fresco/claim.js", &[]).0, 200);
    assert_eq!(gated.first_run(&dev)["state"], "unclaimed");

    let cookie = gated.owner(&dev);
    let (status, problem, _) = gated.claim(&dev, gated.token(), &[]);
    assert_eq!((status, &problem["code"]), (403, &"claim_refused".into()), "a link is good once");
    let first_run = gated.first_run(&dev);
    assert_eq!((&first_run["state"], &first_run["gated"]), (&"claiming".into(), &true.into()), "{first_run}");
    assert!(first_run["until"].is_string(), "{first_run}");
    let (status, page) = get(&dev, tenant, "/setup", &[HTML, &cookie]);
    assert!(status == 200 && page.contains("Set up"), "{status}: {page}");
    assert_eq!(handshake(&dev, tenant, &[&cookie]), 101);
    assert_eq!(get(&dev, &other.tenant, "/setup", &[&cookie]).0, 403, "it opens its own instance only");
    let host = format!("Host: {}", other.tenant.url.trim_start_matches("https://"));
    assert_eq!(get(&dev, tenant, "/setup", &[&cookie, &host]).0, 403, "the host decides");
    strangers_are_refused(&dev, &gated);

    let before = gated.container();
    assert_eq!(gated.set_up(&dev, &[&cookie]), 303, "its first account was made");
    let began = Instant::now();
    dev.wait_until("open to everybody", || get(&dev, tenant, "/signin", &[]).0 == 200);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(gated.container(), before, "its container was not touched");
    let first_run = gated.first_run(&dev);
    assert_eq!((&first_run["state"], &first_run["gated"]), (&"set_up".into(), &false.into()), "{first_run}");
    let again = dev.tenant(&["claim-link", "owls"]);
    assert!(!again.status.success() && text(&again.stderr).contains("set up already"), "{}", text(&again.stderr));

    without_frescod(&mut dev, &gated, &other);
}

/// It is killed: Traefik lives on, and leads those who come to what is open, and nobody to what is not.
fn without_frescod(dev: &mut Dev, open: &Gated, closed: &Gated) {
    // What is set up is open at once, because the gate says so, and a moment later without it.
    dev.wait_until("nobody is asked any more", || !open.is_asked_about(dev));
    dev.kill_for_a_while(|dev| {
        dev.wait_until("Traefik has read of it", || get(dev, &open.tenant, "/signin", &[]).0 == 200);
        assert!(get(dev, &open.tenant, "/signin", &[]).1.contains("Sign in"));
        let (status, page) = get(dev, &closed.tenant, "/setup", &[HTML]);
        assert!(status >= 500 && !page.contains("Set up"), "{status}: {page}");
    });
    dev.wait_until("closed as before", || get(dev, &closed.tenant, "/setup", &[HTML]).1.contains(CLOSED));
    for _ in 0..20 {
        assert_eq!(get(dev, &open.tenant, "/signin", &[]).0, 200, "what was opened stays so");
    }
}

#[test]
fn an_instance_of_line_4_is_its_owners_until_they_have_set_it_up() {
    from_closed_to_open(&image());
}

#[test]
fn an_instance_of_line_3_is_its_owners_until_they_have_set_it_up() {
    from_closed_to_open(&image().replace("4.0.0", "3.1.2"));
}

#[test]
fn whoever_finds_no_instance_is_told_why() {
    let image = image();
    let dev = Dev::start();
    let gone = Tenant::deploy(&dev, "owls", "sample", &["--image", &image]);
    let nobody = Tenant { subdomain: "nobody".to_owned(), url: gone.url.replace("owls", "nobody"), ..gone.clone() };
    let page = |tenant: &Tenant, headers: &[&str]| {
        // A name without an instance has no certificate of its own in `dev`.
        ask(&dev, tenant, "/any/page?x", headers, &["--insecure"])
    };
    let (status, unknown) = page(&nobody, &[HTML]);
    assert!(status == 404 && unknown.contains("There is no instance here"), "{status}: {unknown}");
    let (status, problem) = page(&nobody, &[]);
    let problem: Value = serde_json::from_str(&problem).unwrap();
    assert_eq!((status, &problem["status"]), (404, &404.into()), "{problem}");

    let mut ends = gone.destroy(&dev);
    dev.wait_until("its page says that it is gone", || page(&gone, &[HTML]).1.contains("no longer here"));
    assert_eq!(page(&gone, &[]).0, 410);
    assert!(ends.wait().unwrap().success());
}

/// Where pictures of the pages are kept, for people to look at.
#[expect(clippy::disallowed_methods, reason = "only a test reads it, to leave pictures behind")]
fn keep_pictures(browser: &mut Browser, name: &str) {
    let Some(folder) = std::env::var_os("FRESCO_TEST_PICTURES") else { return };
    for (width, scheme) in [(320, "light"), (320, "dark"), (1024, "light"), (1024, "dark")] {
        let file = std::path::Path::new(&folder).join(format!("{name}-{width}-{scheme}.png"));
        std::fs::write(file, browser.picture(width, scheme)).unwrap();
    }
}

/// The page needs no more width than a small phone's.
fn fits(browser: &mut Browser, name: &str) {
    browser.picture(320, "light");
    browser.wait_until("document.documentElement.scrollWidth <= 320");
    keep_pictures(browser, name);
}

/// Fills the app's form in and sends it, once a page; whether that has led on.
const FILL_IN: &str = "(() => {
    const form = document.forms[0];
    if (location.pathname === '/setup' && form && !window.sent) {
        window.sent = true;
        form.user.value = 'owner';
        form.password.value = 'secret';
        form.submit();
    }
    return ['/dashboard', '/signin'].includes(location.pathname);
})()";

#[test]
fn a_browser_claims_an_instance_and_sets_it_up() {
    let image = image();
    let (mut owner, mut stranger) = (Browser::start(), Browser::start());
    let dev = Dev::start_gated(vec![]);
    let gated = Gated::deploy(&dev, "owls", &image);
    let url = &gated.tenant.url;

    stranger.open(&url.replace("owls", "nobody"));
    stranger.wait_until("document.body.innerText.includes('There is no instance here')");
    fits(&mut stranger, "unknown");
    stranger.open(url);
    stranger.wait_until(&format!("document.body.innerText.includes('{CLOSED}')"));
    fits(&mut stranger, "closed");

    owner.open(&gated.link);
    owner.wait_until("document.querySelector('#start')?.hidden === false");
    fits(&mut owner, "claim");
    owner.wait_until(
        "document.querySelector('#start')?.click(), location.pathname === '/setup' && document.forms.length > 0",
    );
    owner.open(&format!("{url}/setup"));
    owner.wait_until("document.forms.length > 0");
    assert_eq!(owner.evaluate("document.cookie"), "", "no script of the app can read the owner's cookie");
    owner.wait_until(FILL_IN);

    // The same page, looked at again as people do.
    dev.wait_until("open to everybody", || get(&dev, &gated.tenant, "/signin", &[]).0 == 200);
    stranger.open(&format!("{url}/signin"));
    stranger.wait_until("document.body.innerText.includes('Sign in')");
    stranger.open(&gated.link);
    stranger.wait_until("document.body.innerText.includes('set up already')");
    fits(&mut stranger, "ready");
}

#[test]
fn a_set_up_that_came_too_late_can_begin_anew() {
    let image = image();
    let dev = Dev::start_gated(vec![]);
    let gated = Gated::deploy(&dev, "owls", &image);
    let cookie = gated.owner(&dev);
    let shows = |what: &str| get(&dev, &gated.tenant, "/setup", &[&cookie]).1.contains(what);
    assert!(shows("Set up"));
    let long_ago =
        r#"UPDATE public."AppSettings" SET "value" = '2026-01-01T00:00:00.000Z' WHERE "key" = 'initializedAt'"#;
    sql(&dev, &gated.tenant.database(), long_ago);
    output_of("docker", &["restart", &gated.tenant.container()]);
    dev.wait_until("the app's window is over", || shows("/expired"));
    assert_eq!(get(&dev, &gated.tenant, "/setup", &[]).0, 403, "an expired one is not taken for set up");

    let reopened = dev.tenant(&["reopen-setup", "owls", "--json"]);
    assert!(reopened.status.success(), "{}\n{}", text(&reopened.stderr), dev.log());
    let link: Value = serde_json::from_slice(&reopened.stdout).unwrap();
    assert!(link["url"].as_str().unwrap().starts_with(&format!("{}/.fresco/claim#", gated.tenant.url)), "{link}");
    dev.wait_until("it may be set up again", || shows("Set up"));
    assert_eq!(get(&dev, &gated.tenant, "/setup", &[]).0, 403);
    assert_eq!(gated.set_up(&dev, &[&cookie]), 303);
    dev.wait_until("open to everybody", || get(&dev, &gated.tenant, "/signin", &[]).0 == 200);
    let too_late = dev.tenant(&["reopen-setup", "owls"]);
    assert!(
        !too_late.status.success() && text(&too_late.stderr).contains("set up already"),
        "{}",
        text(&too_late.stderr)
    );
}
