//! A browser in its barest form: one cookie, redirects seen and not followed, forms sent as a browser sends them.

use std::time::Duration;

use handiwork_test_support::demo::DemoSite;
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode, redirect};

pub(super) struct Client {
    http: reqwest::Client,
    origin: String,
    pub(super) cookie: Option<String>,
}

pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) location: String,
    pub(super) set_cookie: String,
    pub(super) text: String,
}

impl Client {
    pub(super) fn new(site: &DemoSite) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(20))
            .build()
            .expect("client");
        Self { http, origin: site.origin(), cookie: None }
    }

    pub(super) async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, None).await
    }

    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(fields);
        self.send(Method::POST, path, Some(("application/x-www-form-urlencoded".into(), query.finish().into_bytes()))).await
    }

    pub(super) async fn post_multipart(&mut self, path: &str, fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Page {
        const EDGE: &str = "----handiwork-test";
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        let (name, bytes) = file.unwrap_or_default();
        body.extend(format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"receipt\"; filename=\"{name}\"\r\n\r\n").bytes());
        body.extend(bytes);
        body.extend(format!("\r\n--{EDGE}--\r\n").bytes());
        self.send(Method::POST, path, Some((format!("multipart/form-data; boundary={EDGE}"), body))).await
    }

    /// Signs in and gives the token that forms must bring back.
    pub(super) async fn sign_in(&mut self, user: &str, password: &str) -> String {
        let form = self.get("/sign-in").await;
        let page = self.post("/sign-in", &[("csrf", &form.csrf()), ("user", user), ("password", password)]).await;
        assert_eq!((page.status, page.location.as_str()), (StatusCode::SEE_OTHER, "/claims"), "{}", page.text);
        self.get("/claims/new").await.csrf()
    }

    pub(super) async fn send(&mut self, method: Method, path: &str, body: Option<(String, Vec<u8>)>) -> Page {
        let mut request = self.http.request(method, format!("{}{path}", self.origin));
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        if let Some((content_type, body)) = body {
            request = request.header(CONTENT_TYPE, content_type).body(body);
        }
        let response = request.send().await.expect("an answer");
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let (status, location, set_cookie) = (response.status(), header(LOCATION), header(SET_COOKIE));
        if let Some(cookie) = set_cookie.split(';').next().filter(|cookie| !cookie.is_empty()) {
            self.cookie = Some(cookie.to_owned());
        }
        Page { status, location, set_cookie, text: response.text().await.expect("text") }
    }
}

impl Page {
    pub(super) fn csrf(&self) -> String {
        let rest = self.text.split("name=\"csrf\" value=\"").nth(1).expect("the page has a form with a token");
        rest.split('"').next().unwrap_or_default().to_owned()
    }
}
