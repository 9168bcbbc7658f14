//! Stands before the engine's socket, and makes the engine slow, deaf or wrong for whoever talks through it.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const POLL: Duration = Duration::from_millis(10);
const ANGER: &str = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\
                     Connection: close\r\n\r\n{\"message\":\"the engine is ill\"}";

const MISCOUNT: &str = "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 57\r\n\
                        Connection: close\r\n\r\n{\"message\":\"error: network tenants has active endpoints\"}";

/// How the engine is to those who talk through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// Each request reaches it so much later.
    Slow(Duration),
    /// Each request is answered with an error, and has no effect.
    Angry,
    /// Each request has its effect, and nobody is told.
    Mute,
    /// It thinks that somebody is in each network, and removes none.
    Miscounting,
    /// Nobody is answered, and nothing happens, as long as this lasts.
    Deaf,
}

/// The socket to talk through, in a folder of its own.
pub(crate) struct EngineProxy {
    folder: tempfile::TempDir,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    engine: PathBuf,
    mood: Mutex<Mood>,
    ended: AtomicBool,
}

impl EngineProxy {
    pub(crate) fn before(engine: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("frescod-engine-").tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("engine.sock")).unwrap();
        let shared = Shared { engine: engine.to_owned(), mood: Mutex::new(Mood::Well), ended: AtomicBool::new(false) };
        let shared = Arc::new(shared);
        let accepting = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self { folder, shared, accepting: Some(accepting) }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("engine.sock")
    }

    pub(crate) fn be(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }
}

impl Drop for EngineProxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        self.be(Mood::Well);
        // The last one it accepts.
        drop(UnixStream::connect(self.socket()));
        if let Some(accepting) = self.accepting.take() {
            drop(accepting.join());
        }
    }
}

fn accept(listener: &UnixListener, shared: &Arc<Shared>) {
    while let Ok((client, _)) = listener.accept() {
        if shared.ended.load(Ordering::Relaxed) {
            return;
        }
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // One that breaks off is what it is: a connection that broke off.
            drop(serve(client, &shared));
        });
    }
}

fn serve(mut client: UnixStream, shared: &Shared) -> io::Result<()> {
    let mut engine = UnixStream::connect(&shared.engine)?;
    let (mut answers, mut to_client) = (engine.try_clone()?, client.try_clone()?);
    let answering = thread::spawn(move || {
        drop(io::copy(&mut answers, &mut to_client));
        drop(to_client.shutdown(Shutdown::Both));
    });
    let mut buffer = [0; 16 << 10];
    loop {
        let count = client.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        if !pass(&buffer[..count], (&mut client, &mut engine), shared)? {
            break;
        }
    }
    drop(engine.shutdown(Shutdown::Both));
    drop(client.shutdown(Shutdown::Both));
    drop(answering.join());
    Ok(())
}

fn removes_a_network(request: &[u8]) -> bool {
    let line = request.split(|byte| *byte == b'\r').next().map(String::from_utf8_lossy).unwrap_or_default();
    line.starts_with("DELETE ") && line.contains("/networks/")
}

/// Whether the conversation goes on.
fn pass(request: &[u8], (client, engine): (&mut UnixStream, &mut UnixStream), shared: &Shared) -> io::Result<bool> {
    loop {
        let mood = *shared.mood.lock().unwrap();
        match mood {
            Mood::Deaf => thread::sleep(POLL),
            Mood::Angry => {
                client.write_all(ANGER.as_bytes())?;
                return Ok(false);
            }
            Mood::Mute => {
                client.shutdown(Shutdown::Write)?;
                engine.write_all(request)?;
                // It needs to have read it.
                thread::sleep(POLL * 5);
                return Ok(false);
            }
            Mood::Slow(delay) => {
                thread::sleep(delay);
                engine.write_all(request)?;
                return Ok(true);
            }
            Mood::Miscounting if removes_a_network(request) => {
                client.write_all(MISCOUNT.as_bytes())?;
                return Ok(false);
            }
            Mood::Well | Mood::Miscounting => {
                engine.write_all(request)?;
                return Ok(true);
            }
        }
    }
}
