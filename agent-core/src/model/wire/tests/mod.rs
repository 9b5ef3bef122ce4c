//! The pure parts: the stream reader, the request, the reply, the errors. The wire itself is tested against a stand-in server
//! in the root's tests.

mod assembly;
mod body;
mod check;
mod failure;
mod images;
mod sse;
mod strict;
mod verbatim;
