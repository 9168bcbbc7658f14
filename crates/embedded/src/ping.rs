//! One question to a server's health endpoint: small enough not to need an HTTP client.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const PATIENCE: Duration = Duration::from_secs(1);

/// The first line of the answer to `GET path`; `None` if there is none within a second.
pub(crate) async fn status<S>(connect: impl Future<Output = io::Result<S>>, path: &str) -> Option<String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let ask = async {
        let mut stream = connect.await?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.take(1024).read_to_string(&mut answer).await?;
        Ok::<_, io::Error>(answer.lines().next().map(str::to_owned))
    };
    tokio::time::timeout(PATIENCE, ask).await.ok()?.ok()?
}
