//! The facts about APIs on which the evaluation of their stages depends.

/// The protocol of a V2 API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `WEBSOCKET`, or any value other than `HTTP`.
    WebSocket,
    /// `HTTP`; stages of HTTP APIs have no client certificate.
    Http,
    /// The protocol is unknown because Config has no item of the API, which then counts as a
    /// WebSocket API; the reason says so.
    NotRecorded,
}
