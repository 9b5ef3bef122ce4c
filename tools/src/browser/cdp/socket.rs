//! Messages over a WebSocket, to a browser that somebody else runs. Its address is asked for where it tells it.

use async_tungstenite::tokio::client_async_with_config;
use async_tungstenite::tungstenite::Message;
use async_tungstenite::tungstenite::protocol::WebSocketConfig;
use futures::StreamExt as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use super::connection::{Connection, Event, Until};

/// Largest answer on where the socket is.
const LARGEST: u64 = 64 << 10;

/// Why a browser can't be connected to.
#[derive(Debug)]
pub(crate) struct Unreachable(pub(crate) String);

fn unreachable(error: impl std::fmt::Display) -> Unreachable {
    Unreachable(error.to_string())
}

impl Connection {
    /// Connects to the socket at `url`. `on_event` gets every event, in order, and must not block.
    pub(crate) async fn open(
        url: &Url,
        on_event: impl Fn(&Self, Event) + Send + 'static,
        on_end: impl FnOnce() + Send + 'static,
        until: Until,
    ) -> Result<Self, Unreachable> {
        let connect = async {
            let stream = tcp(url).await?;
            // A page may be larger than any limit that would be sensible.
            let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
            client_async_with_config(url.as_str(), stream, Some(config)).await.map_err(unreachable)
        };
        let connected = tokio::time::timeout_at(until.end, connect).await;
        let (socket, _) = connected.map_err(|_| Unreachable(format!("no answer within {} ms", until.limit.as_millis())))??;
        let (mut sender, mut receiver) = socket.split();
        let (connection, mut inbox) = Self::unconnected();
        tokio::spawn(async move {
            while let Some(mut message) = inbox.recv().await {
                // An empty message is the end; others are NUL-terminated, as on a pipe.
                if message.pop().is_none() {
                    let _ = sender.close(None).await;
                    break;
                }
                let Ok(text) = String::from_utf8(message) else { continue };
                if sender.send(Message::text(text)).await.is_err() {
                    break;
                }
            }
        });
        let this = connection.clone();
        tokio::spawn(async move {
            let detail = loop {
                match receiver.next().await {
                    Some(Ok(Message::Text(text))) => this.hear(text.as_bytes(), &on_event),
                    Some(Ok(Message::Close(_))) | None => break "it closed the connection, or its process ended".to_owned(),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => break format!("the connection broke: {error}"),
                }
            };
            this.end(&detail);
            on_end();
        });
        Ok(connection)
    }
}

async fn tcp(url: &Url) -> Result<TcpStream, Unreachable> {
    let port = url.port_or_known_default().ok_or_else(|| Unreachable("the address has no port".to_owned()))?;
    match url.host() {
        Some(url::Host::Domain(host)) => TcpStream::connect((host, port)).await.map_err(unreachable),
        Some(url::Host::Ipv4(host)) => TcpStream::connect((host, port)).await.map_err(unreachable),
        Some(url::Host::Ipv6(host)) => TcpStream::connect((host, port)).await.map_err(unreachable),
        None => Err(Unreachable("the address has no host".to_owned())),
    }
}

/// Asks the browser at an `http` address for the address of its socket.
pub(crate) async fn socket_of(address: &Url, until: Until) -> Result<Url, Unreachable> {
    let asked = async {
        let mut stream = tcp(address).await?;
        let host = address.host_str().unwrap_or_default();
        let port = address.port_or_known_default().unwrap_or_default();
        let request = format!("GET /json/version HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.map_err(unreachable)?;
        answer(&mut stream).await
    };
    let answered = tokio::time::timeout_at(until.end, asked).await;
    let body = answered.map_err(|_| Unreachable(format!("no answer within {} ms", until.limit.as_millis())))??;
    let told = body.get("webSocketDebuggerUrl").and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
    let mut socket = told.ok_or_else(|| Unreachable("what answers there is no browser".to_owned()))?;
    // Where we reached it may not be where it believes to be.
    let moved = socket.set_host(address.host_str()).is_ok() && socket.set_port(address.port_or_known_default()).is_ok();
    if moved { Ok(socket) } else { Err(Unreachable("what answers there is no browser".to_owned())) }
}

/// The JSON in an HTTP answer: whole as soon as it can be read, for the browser may keep the connection open.
async fn answer(stream: &mut TcpStream) -> Result<Value, Unreachable> {
    let mut bytes = Vec::new();
    let mut piece = [0_u8; 4096];
    loop {
        let read = stream.read(&mut piece).await.map_err(unreachable)?;
        bytes.extend_from_slice(piece.get(..read).unwrap_or_default());
        let text = String::from_utf8_lossy(&bytes);
        let body = text.split_once("\r\n\r\n").filter(|(head, _)| head.starts_with("HTTP/1.")).map(|(_, body)| body);
        if let Some(Ok(body)) = body.map(serde_json::from_str) {
            return Ok(body);
        }
        if read == 0 || bytes.len() as u64 > LARGEST {
            let first = text.lines().next().unwrap_or_default().chars().take(80).collect::<String>();
            return Err(Unreachable(format!("what answers there is no browser ({first})")));
        }
    }
}
