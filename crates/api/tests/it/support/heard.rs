//! What the API under test says: to whoever asks, and into its log.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::middleware::{Next, from_fn_with_state};

/// Every answer.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Said>>>);

/// An answer: its status, its headers and its body, as text.
#[derive(Clone)]
pub(crate) struct Said {
    /// Where it was asked for, with the query.
    pub(crate) at: String,
    pub(crate) text: String,
}

impl Heard {
    pub(super) fn on(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), overhear))
    }

    pub(crate) fn all(&self) -> Vec<Said> {
        self.0.lock().unwrap().clone()
    }
}

async fn overhear(State(heard): State<Heard>, request: Request, next: Next) -> Response<Body> {
    let at = request.uri().to_string();
    let (head, body) = next.run(request).await.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let headers = head.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
    let headers = headers.collect::<Vec<_>>().join("\n");
    let text = format!("{}\n{headers}\n\n{}", head.status, String::from_utf8_lossy(&bytes));
    heard.0.lock().unwrap().push(Said { at, text });
    Response::from_parts(head, bytes.into())
}

/// A log that can be read.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}
