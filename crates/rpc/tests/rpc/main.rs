//! The server as clients see it, over real sockets.

mod controls;
mod malformed;
mod requests;
mod support;
mod websocket;
