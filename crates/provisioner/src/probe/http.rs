//! One plain HTTP/1.1 request on a connection of its own, straight to the container: no proxy, no redirect followed, no
//! connection left open that would keep the app's shutdown waiting. A refused one costs some ten microseconds, so it may
//! be asked every few milliseconds after a start.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{Answer, NotReady, Page, Probe, Target};

/// How much of a body is read where the status decides; an app that can send its answer whole logs no error.
const MOST_BODY: usize = 8 * 1024;

/// How much of a page is read: what tells of its set-up stands in its first part.
const MOST_PAGE: usize = 256 * 1024;

/// How long a whole answer's head may be.
const MOST_HEAD: usize = 16 * 1024;

/// Asks over HTTP.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpProbe;

#[async_trait]
impl Probe for HttpProbe {
    async fn ask(&self, target: Target<'_>) -> Result<(), NotReady> {
        let Target { address, host, probe } = target;
        let page = Page { address, host, path: &probe.path, timeout: probe.timeout };
        let status = exchange(page, request(page, &probe.headers)?, MOST_BODY).await?.status;
        if probe.accept.contains(&status) {
            return Ok(());
        }
        Err(NotReady::Status { path: probe.path.clone(), status, expected: probe.accept.clone() })
    }

    async fn read(&self, page: Page<'_>) -> Result<Answer, NotReady> {
        exchange(page, request(page, &BTreeMap::new())?, MOST_PAGE).await
    }
}

/// What a visitor's request looks like once it has come through the proxy; the manifest's headers go last and win.
fn request(page: Page<'_>, more: &BTreeMap<String, String>) -> Result<Request<Empty<Bytes>>, NotReady> {
    let usual = [
        (HOST, page.host),
        (HeaderName::from_static("x-forwarded-host"), page.host),
        (HeaderName::from_static("x-forwarded-proto"), "https"),
        (USER_AGENT, "frescod-probe"),
        (CONNECTION, "close"),
    ];
    let mut request = Request::get(page.path).body(Empty::new()).map_err(failed)?;
    for (name, value) in usual {
        request.headers_mut().insert(name, HeaderValue::from_str(value).map_err(failed)?);
    }
    for (name, value) in more {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(failed)?;
        request.headers_mut().insert(name, HeaderValue::from_str(value).map_err(failed)?);
    }
    Ok(request)
}

async fn exchange(page: Page<'_>, request: Request<Empty<Bytes>>, most: usize) -> Result<Answer, NotReady> {
    let answer = tokio::time::timeout(page.timeout.0, answer_of(page.address, request, most)).await;
    answer.map_err(|_| NotReady::TimedOut(page.timeout))?
}

async fn answer_of(address: SocketAddr, request: Request<Empty<Bytes>>, most: usize) -> Result<Answer, NotReady> {
    let stream = TcpStream::connect(address).await.map_err(not_connected)?;
    let handshake = http1::Builder::new().max_buf_size(MOST_HEAD).handshake(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(failed)?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(failed)?;
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = response.status().as_u16();
        Ok(Answer { status, location, body: beginning(response.into_body(), most).await })
    };
    // The connection is driven here and not in a task of its own: it ends with the question.
    let connection = async { connection.await.map_err(failed) };
    let (exchange, connection) = (std::pin::pin!(exchange), std::pin::pin!(connection));
    match futures_util::future::select(exchange, connection).await {
        futures_util::future::Either::Left((answer, _)) => answer,
        // It has handed over what it read; a fault of its own is the exchange's too.
        futures_util::future::Either::Right((_, exchange)) => exchange.await,
    }
}

/// At most so much of a body; less if it breaks off.
async fn beginning(mut body: Incoming, most: usize) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < most {
        match body.frame().await {
            Some(Ok(frame)) => bytes.extend(frame.into_data().unwrap_or_default()),
            Some(Err(error)) => {
                tracing::trace!(%error, "the rest of the answer was not read");
                break;
            }
            None => break,
        }
    }
    bytes.truncate(most);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn not_connected(error: io::Error) -> NotReady {
    if error.kind() == io::ErrorKind::ConnectionRefused { NotReady::Refused } else { failed(error) }
}

fn failed(error: impl std::error::Error) -> NotReady {
    let causes = std::iter::successors(error.source(), |error| error.source());
    let whole = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
    NotReady::Failed(whole)
}
