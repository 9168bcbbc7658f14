//! A panic is an answer with status 500 and the request's id; what it said goes to the log only.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

#[derive(Debug, thiserror::Error)]
#[error("a handler panicked: {0}")]
struct Panicked(String);

pub(super) fn answer(panic: Box<dyn Any + Send>) -> Response {
    let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let panicked = Panicked(said.unwrap_or("without a word").to_owned());
    ApiError::Internal(panicked.into()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use axum::routing::get;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    #[tokio::test]
    async fn a_panic_is_an_answer_without_its_words() {
        async fn handler() -> StatusCode {
            panic!("a secret")
        }
        let layers = tower::ServiceBuilder::new()
            .layer(axum::middleware::from_fn(crate::error::render))
            .layer(CatchPanicLayer::custom(super::answer));
        let router = Router::new().route("/", get(handler)).layer(layers);
        let response = router.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains(r#""code":"internal""#) && !body.contains("secret"), "{body}");
    }
}
