//! The HTTP API as the command line reaches it: where, with which key, and what it says no with.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow};
use reqwest::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Upgraded, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::credentials::Credentials;
use crate::config::{Environment, SecretFile};
use crate::exit::in_words;

/// Where it is unless somebody says otherwise.
pub(super) const USUAL_SERVER: &str = "http://127.0.0.1:8080";

/// How the API is reached.
#[derive(Debug, clap::Args)]
pub(crate) struct Server {
    /// The API's address [usually: where you have logged in, else http://127.0.0.1:8080]
    #[arg(long, value_name = "URL", env = "FRESCOD_SERVER", hide_env_values = true, value_parser = address)]
    server: Option<Url>,
    /// File with a key [usually: what `frescod login` has kept, else ~/.config/frescod/key]
    #[arg(long, value_name = "PATH", env = "FRESCOD_KEY_FILE", hide_env_values = true)]
    key_file: Option<PathBuf>,
}

/// Longer than any answer the server waits with on purpose.
const PATIENCE: Duration = Duration::from_secs(90);

const BROKE_OFF: &str = "the API's answer broke off";

/// What comes as it happens.
pub(crate) type Socket = WebSocketStream<Upgraded>;

/// A connection to the API.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    server: Url,
    /// `None`: for what asks for none.
    key: Option<SecretString>,
}

#[derive(Debug, Deserialize)]
struct Problem {
    title: String,
    detail: String,
    code: String,
    request_id: String,
    #[serde(default)]
    errors: Vec<FieldError>,
}

#[derive(Debug, Deserialize)]
struct FieldError {
    pointer: Option<String>,
    parameter: Option<String>,
    detail: String,
}

/// The API has said no.
#[derive(Debug, thiserror::Error)]
#[error("{words}")]
pub(crate) struct Refused {
    status: StatusCode,
    words: String,
    /// As the API said it.
    problem: Value,
}

impl Refused {
    /// Not in the API's way.
    fn strange(status: StatusCode, words: String) -> Self {
        Self { status, problem: problem_of_words(&words), words }
    }

    /// The API's stable word for why.
    pub(crate) fn code(&self) -> &str {
        self.problem["code"].as_str().unwrap_or_default()
    }

    /// Whether the API's database, or the API behind a proxy, is away for a moment: whoever follows a deploy asks again.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(self.status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
    }
}

fn problem_of_words(words: &str) -> Value {
    json!({ "title": "The request failed", "detail": words })
}

/// What went wrong, for a program: the API's own problem document if it gave one.
pub(crate) fn problem(error: &anyhow::Error) -> Value {
    let refused = error.chain().find_map(|cause| cause.downcast_ref::<Refused>());
    refused.map_or_else(|| problem_of_words(&in_words(error)), |refused| refused.problem.clone())
}

impl Server {
    /// With the key of the file that was named; else with what `frescod login` has kept, which goes to no other server; else with
    /// the operator's.
    pub(crate) fn client(&self, environment: &Environment) -> anyhow::Result<Client> {
        let kept = match &self.key_file {
            Some(_) => None,
            None => Credentials::read(environment)?,
        };
        if let Some(kept) = kept.filter(|kept| self.server.as_ref().is_none_or(|named| *named == kept.server)) {
            return Client::new(kept.server, Some(kept.key));
        }
        let usual = || Some(environment.xdg("XDG_CONFIG_HOME", ".config")?.join("frescod/key"));
        let path = self.key_file.clone().or_else(usual).context("no HOME: say where the key is with --key-file")?;
        let key = SecretFile::at(path).read().context(
            "no key: log in with `frescod login`; or, as the operator, make one with `frescod operator-key create`, and say \
             where it is with --key-file or FRESCOD_KEY_FILE",
        )?;
        let server = self.server.clone().unwrap_or_else(usual_server);
        Client::new(server, Some(key))
    }
}

/// An API's address, as somebody has typed it.
pub(super) fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| "expected an address with http:// or https://, such as https://platform.example.net".to_owned())
}

fn usual_server() -> Url {
    Url::parse(USUAL_SERVER).expect("the usual address is one")
}

impl Client {
    pub(crate) fn new(server: Url, key: Option<SecretString>) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(PATIENCE).connect_timeout(Duration::from_secs(5)).build()?;
        Ok(Self { http, server, key })
    }

    /// One of its operations, by the parts of its path.
    pub(crate) fn request(&self, method: Method, segments: &[&str]) -> anyhow::Result<RequestBuilder> {
        let mut url = self.server.clone();
        let mut path = url.path_segments_mut().map_err(|()| anyhow!("{} can't be an API's address", self.server))?;
        path.pop_if_empty().extend(["api", "v1"]).extend(segments);
        drop(path);
        let request = self.http.request(method, url);
        Ok(match &self.key {
            Some(key) => request.bearer_auth(key.expose_secret()),
            None => request,
        })
    }

    /// What it answers; an answer without a body is `null`.
    pub(crate) async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        let response = request.send().await.with_context(|| {
            format!(
                "the API at {} doesn't answer; is frescod running? --server or FRESCOD_SERVER names another",
                self.server
            )
        })?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.refusal(response).await);
        }
        let body = response.bytes().await.context(BROKE_OFF)?;
        let said: &[u8] = if status == StatusCode::NO_CONTENT { b"null" } else { &body };
        serde_json::from_slice(said).context("the API's answer makes no sense: is this another version?")
    }

    /// A WebSocket with these query parameters. TLS and the proxy are the client's, as for every request.
    pub(crate) async fn socket(&self, segments: &[&str], query: &[(&str, String)]) -> anyhow::Result<Socket> {
        let request = self.request(Method::GET, segments)?.query(query).headers(upgrade_headers());
        let response = request.send().await.context("the API doesn't answer")?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(self.refusal(response).await);
        }
        let upgraded = response.upgrade().await.context(BROKE_OFF)?;
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await)
    }

    /// Why it says no.
    async fn refusal(&self, response: Response) -> anyhow::Error {
        let status = response.status();
        let Ok(body) = response.bytes().await else { return anyhow!(BROKE_OFF) };
        let problem = serde_json::from_slice::<Problem>(&body).map(|problem| problem.in_words());
        let refused = match problem.and_then(|words| Ok((words, serde_json::from_slice(&body)?))) {
            Ok((words, problem)) => Refused { status, words, problem },
            Err(_) => Refused::strange(status, format!("{} answers {status}, and not as frescod would", self.server)),
        };
        refused.into()
    }
}

/// What asks for a WebSocket. The key only tells caches apart from servers, so it may be the same each time.
fn upgrade_headers() -> HeaderMap {
    let headers = [
        (CONNECTION, "Upgrade"),
        (UPGRADE, "websocket"),
        (SEC_WEBSOCKET_VERSION, "13"),
        (SEC_WEBSOCKET_KEY, "ZnJlc2NvZCBmb2xsb3dzIQ=="),
        (SEC_WEBSOCKET_PROTOCOL, "fresco.v1"),
    ];
    headers.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}

impl Problem {
    fn in_words(&self) -> String {
        let mut text = format!("{}: {}", self.title, self.detail);
        for error in self.errors.iter().filter(|error| error.detail != self.detail) {
            let place = error.pointer.as_deref().or(error.parameter.as_deref()).unwrap_or_default();
            text += &format!("\n  {}: {}", place.trim_start_matches("#/"), error.detail);
        }
        if self.code == "internal" {
            text += &format!("\n  request {}", self.request_id);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::is_unavailable;

    #[test]
    fn only_an_outage_is_worth_asking_again() {
        let refused = |status| anyhow::Error::new(Refused::strange(status, String::new())).context("can't deploy");
        assert!(is_unavailable(&refused(StatusCode::SERVICE_UNAVAILABLE)));
        assert!(is_unavailable(&refused(StatusCode::BAD_GATEWAY)));
        assert!(!is_unavailable(&refused(StatusCode::CONFLICT)));
    }
}
