//! Cookies and storage, taken out of a browser and put into one. What is in them is never traced.

use base64::Engine as _;
use serde_json::{Value, json};

use super::connection::{CallError, Connection, Until};
use super::raw::Raw;
use super::session::Session;

/// What a page is filled with that is only there for its origin's storage.
const BLANK: &str = "<!doctype html><title>handiwork</title>";

/// All cookies of a context, as the browser tells of them.
pub(crate) async fn cookies(connection: &Connection, context: Option<&str>, until: Until) -> Result<Vec<Value>, CallError> {
    let answer = connection.call(None, &Raw { method: "Storage.getCookies", params: within(json!({}), context) }, until).await?;
    match answer {
        Value::Object(mut answer) => match answer.remove("cookies") {
            Some(Value::Array(cookies)) => Ok(cookies),
            _ => Err(CallError::Unreadable("no list of cookies".to_owned())),
        },
        _ => Err(CallError::Unreadable("no answer on cookies".to_owned())),
    }
}

/// Puts cookies in; gives how many the browser refused.
pub(crate) async fn set_cookies(
    connection: &Connection,
    context: Option<&str>,
    cookies: &[Value],
    until: Until,
) -> Result<usize, CallError> {
    let params: Vec<Value> = cookies.iter().filter_map(parameter).collect();
    let left_out = cookies.len() - params.len();
    let command = |cookies: &[Value]| Raw { method: "Storage.setCookies", params: within(json!({ "cookies": cookies }), context) };
    match connection.call(None, &command(&params), until).await {
        Ok(_) => return Ok(left_out),
        Err(CallError::Remote(_)) => {}
        Err(error) => return Err(error),
    }
    // One that it refuses makes it refuse all of them.
    let mut refused = left_out;
    for cookie in &params {
        match connection.call(None, &command(std::slice::from_ref(cookie)), until).await {
            Ok(_) => {}
            Err(CallError::Remote(_)) => refused += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(refused)
}

fn within(mut params: Value, context: Option<&str>) -> Value {
    if let (Some(context), Some(params)) = (context, params.as_object_mut()) {
        params.insert("browserContextId".to_owned(), context.into());
    }
    params
}

/// A cookie as it is set, from how it is told.
fn parameter(cookie: &Value) -> Option<Value> {
    if cookie.get("partitionKeyOpaque").and_then(Value::as_bool) == Some(true) {
        // It belongs to a page without an origin, which is gone.
        return None;
    }
    let mut out = serde_json::Map::new();
    for field in ["name", "value", "path", "secure", "httpOnly", "sameSite", "priority", "sourceScheme", "sourcePort", "partitionKey"] {
        if let Some(value) = cookie.get(field).filter(|value| !value.is_null()) {
            out.insert(field.to_owned(), value.clone());
        }
    }
    if cookie.get("session").and_then(Value::as_bool) != Some(true) {
        out.insert("expires".to_owned(), cookie.get("expires")?.clone());
    }
    let domain = cookie.get("domain")?.as_str()?;
    if domain.starts_with('.') {
        out.insert("domain".to_owned(), domain.into());
    } else {
        // With a domain it would be sent to the hosts below this one too.
        let is = |field: &str| cookie.get(field).and_then(Value::as_bool) == Some(true);
        let safe = is("secure") || cookie.get("sourceScheme").and_then(Value::as_str) == Some("Secure");
        out.insert("url".to_owned(), format!("{}://{domain}/", if safe { "https" } else { "http" }).into());
    }
    Some(Value::Object(out))
}

impl Session {
    /// From now on every request of this page is answered by us, with an empty page; or no longer.
    pub(crate) async fn answer_all(&self, on: bool, until: Until) -> Result<(), CallError> {
        let (method, params) =
            if on { ("Fetch.enable", json!({ "patterns": [{ "urlPattern": "*" }] })) } else { ("Fetch.disable", json!({})) };
        self.ask("Network.setBypassServiceWorker", json!({ "bypass": on }), until).await?;
        self.ask(method, params, until).await.map(|_| ())
    }

    /// Answers a request that waits for it.
    pub(crate) fn fulfil(&self, request: &str) {
        let body = base64::engine::general_purpose::STANDARD.encode(BLANK);
        let headers = json!([{ "name": "Content-Type", "value": "text/html" }]);
        let params = json!({ "requestId": request, "responseCode": 200, "responseHeaders": headers, "body": body });
        self.connection.tell(Some(&self.id), &Raw { method: "Fetch.fulfillRequest", params });
    }

    /// Forgets where this tab has been.
    pub(crate) async fn forget_history(&self, until: Until) -> Result<(), CallError> {
        self.ask("Page.resetNavigationHistory", json!({}), until).await.map(|_| ())
    }

    async fn ask(&self, method: &'static str, params: Value, until: Until) -> Result<Value, CallError> {
        self.connection.call(Some(&self.id), &Raw { method, params }, until).await
    }
}
