use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName,
    IF_NONE_MATCH,
};

use super::*;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn get(path: &str, headers: &[(HeaderName, &str)]) -> Option<Response<Bytes>> {
    let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
    answer(&Method::GET, path, &headers.collect())
}

fn navigate(path: &str) -> Option<Response<Bytes>> {
    get(path, &[(ACCEPT, BROWSER)])
}

fn said(response: &Response<Bytes>, name: HeaderName) -> &str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// The files of the app, if it was built.
fn files() -> Vec<String> {
    Built::iter().map(String::from).filter(|path| !is_variant(path)).collect()
}

#[test]
fn pages_are_where_people_navigate_and_nowhere_else() {
    for page in ["/", "/sign-in", "/sign-in/", "/instances/my-study", "/apiary"] {
        let found = navigate(page).unwrap_or_else(|| panic!("{page}"));
        assert_eq!(said(&found, CONTENT_TYPE), "text/html; charset=utf-8", "{page}");
    }
    for none in [
        "/api",
        "/api/",
        "/api/v1/nosuch",
        "/healthz/x",
        "/readyz/",
        "/metrics",
        "/.well-known/nosuch",
        "/nosuch.js",
        "/assets/nosuch",
        "/assets/nosuch.js",
        "/a/b.css",
        "/favicon.nosuch",
        "/../Cargo.toml",
        "//",
        "/%2e%2e/etc",
        "/a//b",
        "/.git/config",
        "/wp-login.php",
        "/..%2fCargo.toml",
        "",
        "*",
    ] {
        assert!(navigate(none).is_none(), "{none}");
    }
}

#[test]
fn programs_that_want_something_else_get_no_page() {
    assert!(get("/nosuch", &[(ACCEPT, "application/json")]).is_none());
    assert!(get("/nosuch", &[(ACCEPT, "application/json, text/html;q=0")]).is_none());
    assert!(get("/nosuch", &[(ACCEPT, "*/*")]).is_some());
    assert!(get("/nosuch", &[]).is_some());
    let headers = HeaderMap::new();
    assert!(answer(&Method::POST, "/", &headers).is_none());
    assert!(answer(&Method::HEAD, "/", &headers).is_some());
}

#[test]
fn nothing_inline_runs_and_nothing_frames_it() {
    let page = navigate("/").unwrap();
    let policy = said(&page, CONTENT_SECURITY_POLICY);
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http:") && !policy.contains('*'), "{policy}");
    let text = std::str::from_utf8(page.body()).unwrap();
    assert!(!text.contains("<style") && !text.contains(" style="), "the policy would refuse it");
    for script in text.split("<script").skip(1) {
        assert!(script.split('>').next().unwrap().contains("src="), "the policy would refuse an inline script");
    }
}

#[test]
fn a_program_without_the_app_says_so() {
    let stub = stub();
    assert_eq!(stub.status(), StatusCode::NOT_IMPLEMENTED);
    assert!(STUB.contains("built without its pages") && STUB.contains("scripts/build-ui"));
    assert_eq!(said(&stub, CACHE_CONTROL), "no-store");
}

#[test]
fn each_file_is_of_a_known_kind_and_compressed_for_who_reads_it() {
    for path in files() {
        let path = format!("/{path}");
        let plain = get(&path, &[]).unwrap();
        assert_ne!(said(&plain, CONTENT_TYPE), "application/octet-stream", "{path}");
        assert_eq!(said(&plain, CONTENT_ENCODING), "", "{path}");
        assert!(get(&format!("{path}.br"), &[]).is_none(), "{path}");
        let brotli = get(&path, &[(ACCEPT_ENCODING, "gzip, deflate, br, zstd")]).unwrap();
        if said(&brotli, CONTENT_ENCODING).is_empty() {
            continue;
        }
        assert_eq!(said(&brotli, CONTENT_ENCODING), "br", "{path}");
        assert!(brotli.body().len() < plain.body().len(), "{path}");
        assert_ne!(brotli.headers()[ETAG], plain.headers()[ETAG], "{path}");
        let gzip = get(&path, &[(ACCEPT_ENCODING, "br;q=0, gzip")]).unwrap();
        assert_eq!(said(&gzip, CONTENT_ENCODING), "gzip", "{path}");
    }
}

#[test]
fn what_is_known_is_not_sent_again() {
    for path in files() {
        let path = format!("/{path}");
        let first = get(&path, &[]).unwrap();
        let tag = said(&first, ETAG).to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
            let again = get(&path, &[(IF_NONE_MATCH, &known)]).unwrap();
            assert_eq!((again.status(), again.body().len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
            assert_eq!(said(&again, ETAG), tag, "{path}");
        }
        let other = get(&path, &[(IF_NONE_MATCH, "\"other\"")]).unwrap();
        assert_eq!(other.status(), StatusCode::OK);
        let kept = if path.starts_with("/assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
        assert_eq!(said(&first, CACHE_CONTROL), kept, "{path}");
    }
}
