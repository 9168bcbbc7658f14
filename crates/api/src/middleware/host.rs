//! Requests that don't say which host they are for.
//!
//! HTTP/1.1 wants one `Host` and no second (RFC 9112, section 3.2): a proxy and we could otherwise each take another one. Told
//! where a connection is served, since nothing but a connection makes such requests; answered here, as all problems are.

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::{HeaderMap, Version};
use axum::middleware::Next;
use axum::response::Response;

use crate::error::ApiError;

/// Notes on a request that it names no host, or several.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unaddressed;

impl Unaddressed {
    pub(crate) fn of(version: Version, headers: &HeaderMap) -> Option<Self> {
        let hosts = headers.get_all(HOST).iter().count();
        (hosts > 1 || (hosts == 0 && version >= Version::HTTP_11)).then_some(Self)
    }
}

pub(super) async fn addressed(request: Request, next: Next) -> Result<Response, ApiError> {
    if request.extensions().get::<Unaddressed>().is_some() {
        return Err(ApiError::Malformed("send one header `Host`, as HTTP/1.1 has it".to_owned()));
    }
    Ok(next.run(request).await)
}
