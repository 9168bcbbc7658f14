//! One plain HTTP/1.1 request on a connection of its own, straight to the container: no proxy, no redirect followed, no
//! connection left open that would keep the app's shutdown waiting. A refused one costs some ten microseconds, so it may
//! be asked every few milliseconds after a start.

use std::io;
use std::net::SocketAddr;

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{NotReady, Probe, Target};

/// How much of a body is read. The status has decided by then; an app that can send its answer whole logs no error.
const MOST_BODY: usize = 8 * 1024;

/// How long a whole answer's head may be.
const MOST_HEAD: usize = 16 * 1024;

/// Asks over HTTP.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpProbe;

#[async_trait]
impl Probe for HttpProbe {
    async fn ask(&self, target: Target<'_>) -> Result<(), NotReady> {
        let request = request(&target)?;
        let answer = tokio::time::timeout(target.probe.timeout.0, status_of(target.address, request)).await;
        let status = answer.map_err(|_| NotReady::TimedOut(target.probe.timeout))??.as_u16();
        if target.probe.accept.contains(&status) {
            return Ok(());
        }
        let (path, expected) = (target.probe.path.clone(), target.probe.accept.clone());
        Err(NotReady::Status { path, status, expected })
    }
}

/// What a visitor's request looks like once it has come through the proxy; the manifest's headers go last and win.
fn request(target: &Target<'_>) -> Result<Request<Empty<Bytes>>, NotReady> {
    let usual = [
        (HOST, target.host),
        (HeaderName::from_static("x-forwarded-host"), target.host),
        (HeaderName::from_static("x-forwarded-proto"), "https"),
        (USER_AGENT, "frescod-probe"),
        (CONNECTION, "close"),
    ];
    let mut request = Request::get(&target.probe.path).body(Empty::new()).map_err(failed)?;
    for (name, value) in usual {
        request.headers_mut().insert(name, HeaderValue::from_str(value).map_err(failed)?);
    }
    for (name, value) in &target.probe.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(failed)?;
        request.headers_mut().insert(name, HeaderValue::from_str(value).map_err(failed)?);
    }
    Ok(request)
}

async fn status_of(address: SocketAddr, request: Request<Empty<Bytes>>) -> Result<StatusCode, NotReady> {
    let stream = TcpStream::connect(address).await.map_err(not_connected)?;
    let handshake = http1::Builder::new().max_buf_size(MOST_HEAD).handshake(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(failed)?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(failed)?;
        let status = response.status();
        drain(response).await;
        Ok(status)
    };
    // The connection is driven here and not in a task of its own: it ends with the question.
    let connection = async { connection.await.map_err(failed) };
    let (exchange, connection) = (std::pin::pin!(exchange), std::pin::pin!(connection));
    match futures_util::future::select(exchange, connection).await {
        futures_util::future::Either::Left((status, _)) => status,
        // It has handed over what it read; a fault of its own is the exchange's too.
        futures_util::future::Either::Right((_, exchange)) => exchange.await,
    }
}

/// What becomes of the body does not matter.
async fn drain(response: Response<hyper::body::Incoming>) {
    if let Err(error) = Limited::new(response.into_body(), MOST_BODY).collect().await {
        tracing::trace!(%error, "the rest of the answer was not read");
    }
}

fn not_connected(error: io::Error) -> NotReady {
    if error.kind() == io::ErrorKind::ConnectionRefused { NotReady::Refused } else { failed(error) }
}

fn failed(error: impl std::error::Error) -> NotReady {
    let causes = std::iter::successors(error.source(), |error| error.source());
    let whole = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
    NotReady::Failed(whole)
}
