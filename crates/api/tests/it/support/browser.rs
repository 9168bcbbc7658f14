//! Somebody at their browser: it keeps the cookie, and the page its access token.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use super::{Answer, Api, PUBLIC_URL};

pub(crate) const PASSWORD: &str = "purple monkey dishwasher";
const COOKIE: &str = "__Host-fresco_refresh";

#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) cookie: Option<String>,
    pub(crate) access: Option<String>,
    pub(crate) user_agent: &'static str,
}

impl Browser {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            email: format!("{name}@example.org"),
            password: PASSWORD.to_owned(),
            cookie: None,
            access: None,
            user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        }
    }

    /// Somebody with a verified account, who is logged in.
    pub(crate) async fn at_home(api: &Api, name: &str) -> Self {
        let mut browser = Self::new(name);
        browser.register(api).await;
        browser.verify(api).await;
        assert_eq!(browser.log_in(api).await.status, 200);
        browser
    }

    pub(crate) async fn register(&self, api: &Api) -> Answer {
        let body = json!({ "email": self.email, "password": self.password, "name": "Ada Lovelace" });
        self.post(api, "/api/v1/auth/register", &body).await
    }

    /// By the newest letter, and their password.
    pub(crate) async fn verify(&self, api: &Api) {
        let token = api.mailed_token(&self.email, "verify_email").await;
        let verify = json!({ "token": token, "password": self.password });
        let verified = self.post(api, "/api/v1/auth/verify-email", &verify).await;
        assert_eq!(verified.status, 204, "{}", verified.text);
    }

    pub(crate) async fn log_in(&mut self, api: &Api) -> Answer {
        self.log_in_with(api, json!({})).await
    }

    pub(crate) async fn log_in_with(&mut self, api: &Api, more: Value) -> Answer {
        let mut body = json!({ "email": self.email, "password": self.password });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = self.post(api, "/api/v1/auth/login", &body).await;
        self.take(&answer);
        answer
    }

    pub(crate) async fn refresh(&mut self, api: &Api) -> Answer {
        let answer = self.ask(api, Method::POST, "/api/v1/auth/refresh", None).await;
        self.take(&answer);
        answer
    }

    pub(crate) async fn get(&self, api: &Api, path: &str) -> Answer {
        self.ask(api, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, api: &Api, path: &str, body: &Value) -> Answer {
        self.ask(api, Method::POST, path, Some(body)).await
    }

    pub(crate) async fn ask(&self, api: &Api, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map_or_else(String::new, Value::to_string);
        api.ask(self.request(method, path).body(Body::from(body)).unwrap()).await
    }

    /// As a page of ours makes it.
    pub(crate) fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let peer: SocketAddr = "192.0.2.7:4000".parse().unwrap();
        let mut request = Request::builder().method(method).uri(path).extension(ConnectInfo(peer));
        request = request.header("content-type", "application/json").header("user-agent", self.user_agent);
        request = request.header("sec-fetch-site", "same-origin").header("origin", PUBLIC_URL);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", format!("{COOKIE}={cookie}"));
        }
        match &self.access {
            Some(access) => request.header("authorization", format!("Bearer {access}")),
            None => request,
        }
    }

    fn take(&mut self, answer: &Answer) {
        if answer.status == 200 {
            self.access = Some(answer.body["access_token"].as_str().unwrap().to_owned());
            self.cookie = Some(cookie(answer).to_owned());
        }
    }
}

/// The value that an answer sets.
fn cookie(answer: &Answer) -> &str {
    let set = answer.header("set-cookie").strip_prefix(COOKIE).unwrap().strip_prefix('=').unwrap();
    set.split(';').next().unwrap()
}
