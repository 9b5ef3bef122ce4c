//! HTTP/1.1 by hand, as far as the stand-in needs it: one request a connection.
//!
//! A framework would mend what a fault must break: here a response is a list of [`Step`]s, and a connection can be reset after
//! any byte of it.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// Longest request, in bytes.
const LONGEST: usize = 256 << 20;

/// What was asked.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// One thing that is done to a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Bytes as they are.
    Raw(Vec<u8>),
    /// Bytes as a chunk of the body.
    Chunk(Vec<u8>),
    /// The body's orderly end.
    Last,
    /// A pause.
    Pause(Duration),
    /// Nothing more, and the connection stays until the client leaves.
    Silence,
    /// The connection is reset.
    Reset,
}

/// Reads one request.
pub(super) async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut asked = Asked { method: words.next().unwrap_or_default(), path: words.next().unwrap_or_default(), ..Asked::default() };
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        asked.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    asked.body.resize(length, 0);
    stream.read_exact(&mut asked.body).await?;
    Ok(asked)
}

/// The head of a response.
pub(super) fn head(status: u16, headers: &[(String, String)]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} As-Scripted\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// Does the steps in order. Without [`Step::Last`] at its end the body breaks off.
pub(super) async fn write(mut stream: BufReader<TcpStream>, steps: Vec<Step>) -> io::Result<()> {
    for step in steps {
        match step {
            Step::Raw(bytes) => stream.write_all(&bytes).await?,
            Step::Chunk(bytes) => {
                let frame = [format!("{:x}\r\n", bytes.len()).as_bytes(), &bytes, b"\r\n"].concat();
                stream.write_all(&frame).await?;
                stream.flush().await?;
                // Other connections get their turn, and the client sees what is there.
                tokio::task::yield_now().await;
            }
            Step::Last => stream.write_all(b"0\r\n\r\n").await?,
            Step::Pause(time) => tokio::time::sleep(time).await,
            Step::Silence => {
                stream.flush().await?;
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).await?;
                return Ok(());
            }
            Step::Reset => {
                stream.flush().await?;
                return reset(stream.get_ref());
            }
        }
    }
    stream.flush().await?;
    stream.shutdown().await
}

/// Makes the coming close a reset: what the client has not yet read may be lost.
fn reset(stream: &TcpStream) -> io::Result<()> {
    stream.set_zero_linger()
}
