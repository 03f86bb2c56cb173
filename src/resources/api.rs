//! The protocol of the API that a stage belongs to.

/// The protocol of a V2 API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `WEBSOCKET`, or any protocol other than `HTTP`.
    WebSocket,
    /// `HTTP`: the API's stages can't have a client certificate.
    Http,
    /// Unknown, because Config doesn't record the API. It counts as a WebSocket API, and findings
    /// say so.
    NotRecorded,
}
