//! A leak that comes over the wire: whoever asks a model gets calls.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{FinishReason, Request, json, tools};
use crate::context::Context;
use crate::model::Model as _;
use crate::model::compat::OpenAiCompat;

/// Serves one reply whose content is `content`.
async fn serve(content: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut read = Vec::new();
        while !read.ends_with(b"}") {
            let mut piece = [0; 4096];
            let count = stream.read(&mut piece).await.expect("a request");
            read.extend_from_slice(&piece[..count]);
        }
        let chunk = json!({ "choices": [{ "delta": { "content": content }, "finish_reason": "stop" }] });
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        stream.write_all(format!("{head}data: {chunk}\n\ndata: [DONE]\n\n").as_bytes()).await.expect("written");
    });
    format!("http://{address}/v1")
}

#[tokio::test]
async fn what_leaks_over_the_wire_is_rescued() {
    let leak = "Now.\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"click\">\n<｜DSML｜parameter name=\"ref\" string=\"true\">e4</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>";
    let model = OpenAiCompat::new(serve(leak).await, "deepseek-v4", None);
    let request = Request { tools: tools(), messages: vec![crate::model::Message::user("go")], ..Request::default() };
    let reply = model.complete(&Context::default().within(std::time::Duration::from_secs(30)), &request).await.expect("a reply");
    assert_eq!((reply.content.as_str(), reply.finish, reply.rescued.as_deref()), ("Now.", FinishReason::ToolCalls, Some("dsml")));
    assert_eq!(reply.calls.iter().map(|call| (call.name.as_str(), &call.args)).collect::<Vec<_>>(), [("click", &json!({ "ref": "e4" }))]);
}
