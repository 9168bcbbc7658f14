//! A real browser, driven over its own debugging protocol: Chromium.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::output_of;

const DEADLINE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
/// Nothing of its own accord, and a certificate authority it has never heard of.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--ignore-certificate-errors",
    "--remote-debugging-port=0",
];

/// One page of a browser with an empty profile; both end with the test.
pub(crate) struct Browser {
    runtime: Runtime,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    asked: u64,
    at: String,
    process: Child,
    _profile: TempDir,
}

impl Browser {
    /// `scripts/setup` installs Chromium.
    pub(crate) fn start() -> Self {
        let program =
            ["/usr/bin/chromium", "/usr/bin/chromium-browser"].into_iter().find(|path| Path::new(path).exists());
        let program = program.expect("there is no Chromium: run scripts/setup");
        let profile = TempDir::with_prefix("chromium-").unwrap();
        let mut command = Command::new(program);
        command.args(FLAGS).arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let port = port(&profile.path().join("DevToolsActivePort"));
        let pages: Value =
            serde_json::from_str(&output_of("curl", &["-sf", &format!("http://127.0.0.1:{port}/json/list")])).unwrap();
        let page = pages.as_array().unwrap().iter().find(|target| target["type"] == "page").unwrap();
        let address = page["webSocketDebuggerUrl"].as_str().unwrap().to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (socket, _) = runtime.block_on(connect_async(address)).unwrap();
        Self { runtime, socket, asked: 0, at: String::new(), process, _profile: profile }
    }

    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.asked += 1;
        let (asked, socket) = (self.asked, &mut self.socket);
        let question = json!({ "id": asked, "method": method, "params": parameters }).to_string();
        let answered = async {
            socket.send(Message::text(question)).await.unwrap();
            loop {
                let heard = socket.next().await.unwrap().unwrap();
                let heard: Value = serde_json::from_str(heard.to_text().unwrap()).unwrap_or_default();
                if heard["id"] == asked {
                    return heard["result"].clone();
                }
            }
        };
        self.runtime.block_on(async { tokio::time::timeout(DEADLINE, answered).await }).unwrap()
    }

    pub(crate) fn open(&mut self, url: &str) {
        url.clone_into(&mut self.at);
        self.ask("Page.navigate", &json!({ "url": url }));
    }

    /// What an expression comes to in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let answer = self.ask("Runtime.evaluate", &json!({ "expression": expression, "returnByValue": true }));
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true in the page. One that broke off is opened again: Chromium drops what is under way
    /// whenever the host's network changes, and containers that come and go elsewhere change it.
    pub(crate) fn wait_until(&mut self, expression: &str) {
        let until = Instant::now() + DEADLINE;
        while self.evaluate(expression) != true {
            let page = self.evaluate("location.href + ' ' + document.body?.innerText");
            if page.as_str().is_some_and(|page| page.starts_with("chrome-error:")) {
                let again = self.at.clone();
                self.open(&again);
            }
            assert!(Instant::now() < until, "not by the deadline: {expression} in {page}");
            std::thread::sleep(POLL);
        }
    }

    /// A picture of the page, in that width and colour scheme.
    pub(crate) fn picture(&mut self, width: u32, scheme: &str) -> Vec<u8> {
        let size = json!({ "width": width, "height": 640, "deviceScaleFactor": 1, "mobile": false });
        self.ask("Emulation.setDeviceMetricsOverride", &size);
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.ask("Emulation.setEmulatedMedia", &scheme);
        let picture = self.ask("Page.captureScreenshot", &json!({ "format": "png" }));
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, picture["data"].as_str().unwrap()).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The port it has chosen, once it says so.
fn port(file: &PathBuf) -> u16 {
    let until = Instant::now() + DEADLINE;
    loop {
        let said = std::fs::read_to_string(file).unwrap_or_default();
        if let Some(port) = said.lines().next().and_then(|line| line.parse().ok()) {
            return port;
        }
        assert!(Instant::now() < until, "the browser does not start");
        std::thread::sleep(POLL);
    }
}
