//! What others may see of the engine: a socket that answers the few questions a reverse proxy asks, and nothing else.
//!
//! Traefik finds routes in containers' labels, for which its makers give it the engine's socket; whoever may write to that is
//! root on the host, and whoever may read it reads every container's environment, with the passwords in it.
//!
//! Invariants: nothing but reading reaches the engine, by paths made here; only containers of the one platform are told of, and
//! of each only what [`question`] names; connections are bounded, and so is each answer but the stream of events.

mod question;

use std::convert::Infallible;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener as Socket, UnixStream as Visit};
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Either, Empty, Full, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use self::question::{About, Question};
use crate::container::PlatformId;

/// The most of one answer: a list of some thousand containers.
const LONGEST: usize = 64 << 20;
/// By whom the socket may be opened: our account and its group.
const MODE: u32 = 0o660;
/// How a client finds out which version the engine speaks.
const VERSION: [&str; 2] = ["api-version", "ostype"];

/// What is shown of which engine.
#[derive(Clone, Debug)]
pub struct ViewOptions {
    pub engine: PathBuf,
    /// Whose containers are shown.
    pub platform: PlatformId,
    /// At once; more wait.
    pub connections: usize,
    /// How long an answer may take, and a question's head.
    pub patience: Duration,
}

/// The socket, open.
#[derive(Debug)]
pub struct EngineView {
    options: Arc<ViewOptions>,
    listener: UnixListener,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("the container engine doesn't answer: {0}")]
    Connect(#[from] io::Error),
    #[error("the container engine broke off: {0}")]
    Http(#[from] hyper::Error),
    #[error("the container engine's answer can't be read: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    #[error("the container engine's answer makes no sense: {0}")]
    Json(#[from] serde_json::Error),
}

type Answer = Response<Either<Full<Bytes>, Streamed>>;

impl EngineView {
    /// Makes a socket there, in the place of one that nobody listens on any more. Whoever holds it longer than the view runs
    /// keeps questions waiting for the next one.
    ///
    /// # Errors
    /// If it can't be made there; [`io::ErrorKind::AddrInUse`] if somebody listens.
    pub fn listen(socket: &Path) -> io::Result<Socket> {
        if std::fs::symlink_metadata(socket).is_ok_and(|there| there.file_type().is_socket()) {
            if Visit::connect(socket).is_ok() {
                return Err(io::ErrorKind::AddrInUse.into());
            }
            std::fs::remove_file(socket)?;
        }
        let listener = Socket::bind(socket)?;
        std::fs::set_permissions(socket, std::fs::Permissions::from_mode(MODE))?;
        Ok(listener)
    }

    /// The view at that socket; it answers once it runs.
    ///
    /// # Errors
    /// If the system can't watch the socket.
    pub fn at(socket: Socket, options: ViewOptions) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { options: Arc::new(options), listener: UnixListener::from_std(socket)? })
    }

    /// Answers until `stop`, and then what has been asked; streams end.
    pub async fn run(self, stop: CancellationToken) {
        let Self { options, listener } = self;
        let (places, mut connections) = (Arc::new(Semaphore::new(options.connections)), JoinSet::new());
        loop {
            let accepted = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (listener.accept().await, place)
            };
            tokio::select! {
                () = stop.cancelled() => break,
                (accepted, place) = accepted => match accepted {
                    Ok((stream, _)) => {
                        let (options, stop) = (Arc::clone(&options), stop.clone());
                        connections.spawn(async move {
                            serve(stream, options, stop).await;
                            drop(place);
                        });
                    }
                    Err(error) => {
                        tracing::debug!(%error, "can't accept a connection");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
        // More questions are the next one's.
        drop(listener);
        while connections.join_next().await.is_some() {}
    }
}

async fn serve(stream: UnixStream, options: Arc<ViewOptions>, stop: CancellationToken) {
    let (patience, ends) = (options.patience, stop.clone());
    let service = service_fn(move |request| {
        let (options, ends) = (Arc::clone(&options), ends.clone());
        async move { Ok::<_, Infallible>(answer(&options, &request, ends).await) }
    });
    let mut server = hyper::server::conn::http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(patience);
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the engine's view broke off");
    }
}

async fn answer(options: &ViewOptions, request: &Request<Incoming>, ends: CancellationToken) -> Answer {
    let Some(question) = Question::of(request.method(), request.uri().path()) else {
        tracing::debug!(method = %request.method(), path = request.uri().path(), "refused to ask the engine this");
        return told(StatusCode::FORBIDDEN, "this socket answers a few questions about one platform's containers only");
    };
    match timeout(options.patience, ask(options, &question, ends)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => told(StatusCode::BAD_GATEWAY, error),
        Err(_) => told(StatusCode::GATEWAY_TIMEOUT, "the container engine doesn't answer in time"),
    }
}

/// As the engine would say it.
fn told(status: StatusCode, words: impl ToString) -> Answer {
    in_json(status, &json!({ "message": words.to_string() }))
}

fn in_json(status: StatusCode, value: &Value) -> Answer {
    let mut answer = Response::new(Either::Left(Full::from(value.to_string())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

async fn ask(options: &ViewOptions, question: &Question, ends: CancellationToken) -> Result<Answer, AskError> {
    let (asked, connection) = put(&options.engine, &question.target(&options.platform)).await?;
    let (head, body) = asked.into_parts();
    if question.about == About::Events && head.status == StatusCode::OK {
        let ends = Box::pin(ends.cancelled_owned());
        return Ok(Response::new(Either::Right(Streamed { body, ends, _connection: connection })));
    }
    let whole = Limited::new(body, LONGEST).collect().await.map_err(AskError::Body)?.to_bytes();
    if head.status != StatusCode::OK {
        return Ok(told(head.status, "the container engine has no answer to this"));
    }
    let mut answer = match question.about {
        About::Ping => Response::new(Either::Left(Full::new(whole))),
        About::Version | About::List | About::Inspect(_) | About::Events => {
            match question.shown(&serde_json::from_slice(&whole)?, &options.platform) {
                Some(shown) => in_json(StatusCode::OK, &shown),
                None => told(StatusCode::NOT_FOUND, "no such container of this platform"),
            }
        }
    };
    for name in VERSION.map(HeaderName::from_static) {
        if let Some(value) = head.headers.get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    Ok(answer)
}

/// A connection of its own for each question; what it is read by ends with the second value.
async fn put(engine: &Path, target: &str) -> Result<(Response<Incoming>, JoinSet<()>), AskError> {
    let stream = UnixStream::connect(engine).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let mut tasks = JoinSet::new();
    // What goes wrong whoever reads the answer is told.
    tasks.spawn(async { drop(connection.await) });
    let request = Request::builder().method(Method::GET).uri(target).header(HOST, "engine");
    let request = request.body(Empty::<Bytes>::new()).map_err(io::Error::other)?;
    Ok((sender.send_request(request).await?, tasks))
}

/// An answer whose end is ours, with the connection that it comes by.
#[derive(Debug)]
struct Streamed {
    body: Incoming,
    ends: Pin<Box<WaitForCancellationFutureOwned>>,
    _connection: JoinSet<()>,
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if self.ends.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
