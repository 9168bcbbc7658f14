//! One question to Traefik's own health endpoint: small enough not to need an HTTP client.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(1);

/// Whether `GET /ping` says 200.
pub(super) async fn answers(address: SocketAddr) -> bool {
    matches!(tokio::time::timeout(PATIENCE, status_line(address)).await, Ok(Ok(line)) if line.contains(" 200 "))
}

async fn status_line(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /ping HTTP/1.0\r\n\r\n").await?;
    let mut answer = String::new();
    stream.take(1024).read_to_string(&mut answer).await?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}
