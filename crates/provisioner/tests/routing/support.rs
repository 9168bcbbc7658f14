//! Folders, routes, a Traefik, tiny servers, and a client that sees every byte of an answer.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use domain::tenant::Subdomain;
use domain::{Domain, Routing, TenantId, TraefikName};
use embedded::traefik::Docker;
use embedded::{Places, Traefik, TraefikOptions};
use provisioner::routing::{Front, Route, RouteFiles, RouteProvider};
use tempfile::TempDir;

/// The watched folder and the one beside it.
pub(crate) struct Folders(TempDir);

impl Folders {
    pub(crate) fn new() -> Self {
        Self(TempDir::with_prefix("routing-").unwrap())
    }

    pub(crate) fn root(&self) -> &std::path::Path {
        self.0.path()
    }

    pub(crate) fn watched(&self) -> PathBuf {
        self.root().join("routes")
    }

    pub(crate) fn staging(&self) -> PathBuf {
        self.root().join("staging")
    }

    pub(crate) fn file(&self, route: &Route) -> PathBuf {
        self.watched().join(format!("fresco-{}.yml", route.tenant.simple()))
    }

    pub(crate) async fn open(&self) -> RouteFiles {
        self.open_before(serve_status(404)).await
    }

    /// With frescod at that address.
    pub(crate) async fn open_before(&self, frescod: SocketAddr) -> RouteFiles {
        RouteFiles::open(self.watched(), self.staging(), front(frescod)).await.unwrap()
    }
}

/// Of `lab.test` on the plain entry point.
pub(crate) fn front(frescod: SocketAddr) -> Front {
    let Route { domain, routing, .. } = route("any", RouteProvider::File);
    Front { domain, routing, frescod }
}

pub(crate) fn tenant(number: u128) -> TenantId {
    TenantId::from_uuid(uuid::Uuid::from_u128(number))
}

pub(crate) fn address(last: u8) -> SocketAddr {
    SocketAddr::from(([10, 77, 0, last], 3000))
}

/// A route of `subdomain.lab.test` on the plain entry point.
pub(crate) fn route(subdomain: &str, provider: RouteProvider) -> Route {
    Route {
        tenant: tenant(1),
        subdomain: Subdomain::parse(subdomain).unwrap(),
        domain: Domain::parse("lab.test").unwrap(),
        port: 3000,
        routing: Routing {
            provider,
            entry_point: TraefikName::parse("web").unwrap(),
            tls: false,
            certificate_resolver: None,
            hsts_seconds: Some(600),
        },
        gated: false,
    }
}

pub(crate) fn with_hsts(route: &Route, hsts_seconds: Option<u32>) -> Route {
    Route { routing: Routing { hsts_seconds, ..route.routing.clone() }, ..route.clone() }
}

/// A Traefik that watches the folders' routes.
pub(crate) struct Proxy {
    pub(crate) http: SocketAddr,
    _traefik: Traefik,
}

impl Proxy {
    pub(crate) async fn start(folders: &Folders, docker: Option<Docker>) -> Self {
        let [http, internal] = free_addresses();
        let traefik = Traefik::start(TraefikOptions {
            binary: traefik_binary(),
            state_dir: folders.root().join(format!("traefik-{}", http.port())),
            staging_dir: folders.root().join("traefik-staging"),
            dynamic_dir: folders.watched(),
            http,
            https: None,
            internal,
            docker,
            throttle: Duration::from_millis(100),
            certificate: None,
        });
        Self { http, _traefik: traefik.await.unwrap() }
    }

    pub(crate) fn get(&self, host: &str) -> Answer {
        request(self.http, host, "/", &[]).unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]
pub(crate) fn traefik_binary() -> PathBuf {
    Places::usual(|name| std::env::var_os(name)).traefik(None).unwrap()
}

/// Addresses nobody listens on, all different.
pub(crate) fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap())
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// All values of a header, in order.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }
}

/// `GET path` of `host` at `address`, on a connection of its own.
pub(crate) fn request(address: SocketAddr, host: &str, path: &str, headers: &[&str]) -> io::Result<Answer> {
    let mut stream = connect(address)?;
    let more: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

pub(crate) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    Ok(stream)
}

/// A server that answers each connection with what `answer` makes of the request's head, until the test ends.
pub(crate) fn serve(answer: impl Fn(&str, &mut TcpStream) -> io::Result<()> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // A client that went away, such as a health look, is no fault of the test's.
            let answered = head_of(&mut stream).and_then(|head| answer(&head, &mut stream));
            drop(answered);
        }
    });
    address
}

/// A server that says `body` to everybody, with an app's own opinion on headers.
pub(crate) fn serve_text(body: &'static str) -> SocketAddr {
    serve(move |_, stream| {
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\nServer: app/1\r\nX-Powered-By: app\r\n\
             Strict-Transport-Security: max-age=63072000; includeSubDomains\r\nX-Frame-Options: ALLOWALL\r\n\r\n{body}",
            body.len()
        )
    })
}

/// A server that says nothing but a status.
pub(crate) fn serve_status(status: u16) -> SocketAddr {
    serve(move |_, stream| write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
}

/// A server whose queue is full: one more client hears nothing, not even a refusal.
pub(crate) async fn silent_server() -> (tokio::net::TcpListener, Vec<TcpStream>) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(300));
    let waiting = std::iter::from_fn(|| connect().ok()).collect();
    (listener, waiting)
}

pub(crate) fn head_of(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    String::from_utf8(head).map_err(io::Error::other)
}

/// Waits for a condition, with a deadline; how long it took.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "not within 20 s: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
    start.elapsed()
}
