//! What a browser may do with the app.

use http::HeaderName;
use http::header;

/// On every answer. Scripts and styles are files of ours; what libraries set on single elements they set by script, which no
/// policy forbids. Nothing may frame us, and nothing is loaded from elsewhere.
pub(crate) const POLICY: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; \
         connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
];
