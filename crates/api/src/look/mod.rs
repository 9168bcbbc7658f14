//! How our pages look, and what they may do.
//!
//! A page is whole in itself: no font, image or style comes from elsewhere, and what it has of styles and scripts is allowed
//! by its hash, so that nothing that ever gets into a page can style or run anything.

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// A page's style sheet, of this path below `src/`: the colours that all have, and its own.
macro_rules! style {
    ($path:literal) => {
        concat!(
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/look/palette.css")),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/", $path))
        )
    };
}
pub(crate) use style;

/// The `Content-Security-Policy` of a page with this style, and `more` directives, each after a semicolon.
pub(crate) fn policy(style: &str, more: &str) -> HeaderValue {
    let hash = hash(style);
    let text = format!(
        "default-src 'none'; style-src {hash}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'{more}"
    );
    HeaderValue::from_str(&text).expect("a policy is plain text")
}

/// What allows this very text in a policy.
pub(crate) fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}
