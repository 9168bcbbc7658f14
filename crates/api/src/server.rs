//! Connections: accepted, bounded, ended.
//!
//! `axum::serve` sets hyper no timer, so half a request would hold its connection for ever, and it accepts without bound.
//! Here a connection that doesn't send its headers in time is cut, as is one that takes nothing of its answer; more than [`Bounds::connections`] wait in the
//! kernel's queue, and a stop lets what is under way finish until a deadline.
//!
//! HTTP/1.1 only: that is what proxies speak to us, and telling HTTP/2 in clear text from it means to wait for the first
//! bytes without a bound. A WebSocket leaves its connection's bounds, and has those of [`crate::sockets`].

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use crate::middleware::Unaddressed;
use crate::unread::CutUnread;

/// How much of a connection's time and how many connections there may be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Open at once.
    pub connections: usize,
    /// From a connection's opening, or its last answer, to the end of the next request's headers.
    pub headers: Duration,
    /// From when no more of an answer was taken to the cut.
    pub unread: Duration,
    /// From the stop to the cut of what is still under way.
    pub drain: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 1024,
            headers: Duration::from_secs(10),
            unread: Duration::from_secs(30),
            drain: Duration::from_secs(20),
        }
    }
}

/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 32 << 10;

/// Whether the router answers that it lives, through everything a request passes. Leaves no line in the log.
pub async fn answers(router: &Router) -> bool {
    let request = Request::get("/healthz").body(Body::empty()).expect("this request is well formed");
    let answer = router.clone().oneshot(request).with_subscriber(NoSubscriber::new());
    matches!(answer.await, Ok(response) if response.status().is_success())
}

/// Serves until `stop`; returns when the last connection has ended.
pub async fn serve(listener: TcpListener, router: Router, bounds: Bounds, stop: CancellationToken) {
    let mut connections = Connections::new(router, bounds);
    while let Some((stream, peer, permit)) = unless(&stop, connections.accept(&listener)).await {
        connections.serve(stream, peer, permit);
    }
    drop(listener);
    connections.drain(bounds.drain).await;
}

async fn unless<T>(stop: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = stop.cancelled() => None,
        done = work => Some(done),
    }
}

struct Connections {
    router: Router,
    unread: Duration,
    builder: Builder,
    free: Arc<Semaphore>,
    ending: CancellationToken,
    open: JoinSet<()>,
}

impl Connections {
    fn new(router: Router, bounds: Bounds) -> Self {
        let mut builder = Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(bounds.headers).max_buf_size(LARGEST_HEAD);
        Self {
            router,
            unread: bounds.unread,
            builder,
            free: Arc::new(Semaphore::new(bounds.connections)),
            ending: CancellationToken::new(),
            open: JoinSet::new(),
        }
    }

    /// The next connection, once there is room for it.
    async fn accept(&mut self, listener: &TcpListener) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
        let permit = Arc::clone(&self.free).acquire_owned().await.expect("the semaphore is never closed");
        loop {
            tokio::select! {
                Some(ended) = self.open.join_next() => report(ended),
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => return (stream, peer, permit),
                    Err(error) => {
                        // Out of file descriptors, mostly: trying again at once would only burn the processor.
                        tracing::warn!(%error, "can't accept a connection");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
            }
        }
    }

    fn serve(&mut self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection without TCP_NODELAY");
        }
        let service = self.router.clone().map_request(move |mut request: axum::http::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            if let Some(unaddressed) = Unaddressed::of(request.version(), request.headers()) {
                request.extensions_mut().insert(unaddressed);
            }
            request
        });
        let service = TowerToHyperService::new(service);
        let stream = CutUnread::new(stream, self.unread);
        let connection = self.builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let ending = self.ending.clone();
        self.open.spawn(async move {
            let mut connection = pin!(connection);
            let done = match unless(&ending, connection.as_mut()).await {
                Some(done) => done,
                None => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = done {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }

    async fn drain(mut self, deadline: Duration) {
        self.ending.cancel();
        let ended = async {
            while let Some(ended) = self.open.join_next().await {
                report(ended);
            }
        };
        if tokio::time::timeout(deadline, ended).await.is_err() {
            tracing::warn!("cutting connections that are still under way at the deadline");
        }
        self.open.shutdown().await;
    }
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task died");
    }
}
