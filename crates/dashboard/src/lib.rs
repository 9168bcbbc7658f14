//! The web app inside the program: its files as `ui/` was built, compressed there and never here.
//!
//! A leaf: it knows nothing of the API, only paths and headers. [`answer`] is all there is. A program that was built without
//! the app (no Node) answers with a page that says so.
//!
//! Invariants: what is embedded stays where the kernel has mapped the program, uncopied; only what a person can navigate to
//! is answered with the app's page, never the place of an API or of a file; no script or style runs that is not a file of
//! ours; everything here is public, since it holds nothing but what everybody gets before they sign in.

mod accept;
mod policy;

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{HeaderMap, Method, Response, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};

use accept::{Encoding, takes_pages};
use policy::POLICY;

#[derive(RustEmbed)]
#[folder = "ui/dist"]
#[allow_missing = true]
struct Built;

/// What the page is called there.
const PAGE: &str = "index.html";
/// Files whose names change with their content.
const HASHED: &str = "assets/";
/// In place of the page where there is none.
const STUB: &str = include_str!("stub.html");
/// Where programs ask, and get no page whatever they ask for.
const PROGRAMS: [&str; 5] = ["api", "healthz", "readyz", "metrics", ".well-known"];

/// The answer to a request for a file or a page of the app; `None`: it is neither, and somebody else's to answer.
#[must_use]
pub fn answer(method: &Method, path: &str, headers: &HeaderMap) -> Option<Response<Bytes>> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return None;
    }
    let path = path.strip_prefix('/')?;
    if let Some(file) = Built::get(path).filter(|_| !is_variant(path)) {
        return Some(with(path, &file, headers));
    }
    if !is_page(path) || !takes_pages(headers) {
        return None;
    }
    Some(Built::get(PAGE).map_or_else(stub, |page| with(PAGE, &page, headers)))
}

/// Whether a person may navigate there: plain words between slashes, so neither a file, which has an ending, nor a try.
fn is_page(path: &str) -> bool {
    let words = path.strip_suffix('/').unwrap_or(path);
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let is_programs = path.split('/').next().is_some_and(|first| PROGRAMS.contains(&first));
    path.is_empty() || (words.split('/').all(is_word) && !is_programs && !path.starts_with(HASHED))
}

/// Whether it is a file's compressed form, which is asked for by the file's own name.
fn is_variant(path: &str) -> bool {
    Encoding::ALL.iter().any(|encoding| path.ends_with(encoding.ending()))
}

/// This file, in the smallest form that there is and that the asker reads.
fn with(path: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response<Bytes> {
    let readable = Encoding::ALL.into_iter().filter(|encoding| encoding.is_read_by(headers));
    let variant = readable.into_iter().find_map(|encoding| {
        let found = Built::get(&format!("{path}{}", encoding.ending()))?;
        Some((encoding, found.data))
    });
    let tag = tag(&file.metadata.sha256_hash(), variant.as_ref().map(|(encoding, _)| *encoding));
    let mut response = if is_known(&tag, headers) {
        let mut unchanged = Response::new(Bytes::new());
        *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
        unchanged
    } else {
        whole(path, file.data.clone(), variant)
    };
    let named = response.headers_mut();
    named.insert(header::ETAG, tag);
    named.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let kept = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    named.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    guarded(response)
}

fn whole(path: &str, data: Cow<'static, [u8]>, variant: Option<(Encoding, Cow<'static, [u8]>)>) -> Response<Bytes> {
    let (encoding, data) = variant.map_or((None, data), |(encoding, data)| (Some(encoding), data));
    let mut response = Response::new(match data {
        Cow::Borrowed(embedded) => Bytes::from_static(embedded),
        Cow::Owned(read) => read.into(),
    });
    let named = response.headers_mut();
    named.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    if let Some(encoding) = encoding {
        named.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    }
    response
}

/// Two forms of a file are two things to a cache.
fn tag(hash: &[u8; 32], encoding: Option<Encoding>) -> HeaderValue {
    let hash: String = hash[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let form = encoding.map(|encoding| format!("-{}", encoding.name())).unwrap_or_default();
    HeaderValue::from_str(&format!("\"{hash}{form}\"")).expect("hex digits and a word")
}

fn is_known(tag: &HeaderValue, headers: &HeaderMap) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    known.flat_map(|line| line.split(',')).any(|one| one.trim().trim_start_matches("W/") == tag)
}

fn stub() -> Response<Bytes> {
    let mut response = whole(PAGE, Cow::Borrowed(STUB.as_bytes()), None);
    *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    guarded(response)
}

/// With what a browser must be told wherever this is served.
fn guarded(mut response: Response<Bytes>) -> Response<Bytes> {
    for (name, value) in POLICY {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// What the app's files are; one of another kind would be downloaded, and a test finds it.
fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
