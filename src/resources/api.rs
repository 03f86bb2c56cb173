//! APIs, as far as a stage depends on its own.

/// What a V2 API speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `WEBSOCKET`, or anything that isn't known to be HTTP.
    WebSocket,
    /// `HTTP`: its stages have no client certificate.
    Http,
    /// Config has no item of the API. It counts as a WebSocket API, and the reason says so.
    NotRecorded,
}
