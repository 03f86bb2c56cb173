//! One request: connection, handshake, GET and response, all within one time limit.

use std::error::Error as StdError;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{ACCEPT, CONNECTION, HOST, SERVER, USER_AGENT};
use hyper_util::rt::TokioIo;
use rustls::PeerIncompatible;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::probe::closing::Closing;
use crate::probe::counted::Counted;
use crate::probe::handshake::{Witness, Witnessed};
use crate::probe::observation::{End, Observation, Response};
use crate::quote::brief;
use crate::resources::origin::Origin;
use crate::resources::probe_result::TlsVersion;

/// The maximum number of bytes of a response's head, and of its body that is read.
const MAX_BYTES: usize = 64 << 10;
const MAX_HEADERS: usize = 100;
/// The maximum length of a `Server` header in results, in characters.
const MAX_SERVER: usize = 100;
/// How long a server has to react to the reply to its request for a certificate.
const REACTION: Duration = Duration::from_millis(500);
/// How long a connection may take to close in order.
const CLOSING: Duration = Duration::from_millis(200);
const AGENT: &str = concat!("stagecert/", env!("CARGO_PKG_VERSION"), " probe");

/// A request to send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) path: &'a str,
    /// The checked addresses, in order of preference.
    pub(crate) addresses: &'a [IpAddr],
    /// Whether to go on if the server's certificate does not verify.
    pub(crate) insecure: bool,
    /// When the time is up.
    pub(crate) deadline: Instant,
}

/// How far an exchange got.
#[derive(Clone, Copy, Debug, Default)]
struct Reached {
    is_established: bool,
    is_sent: bool,
}

/// What an exchange showed.
pub(crate) struct Exchanged {
    pub(crate) observation: Observation,
    pub(crate) witnessed: Witnessed,
    /// The address of the connection.
    pub(crate) address: Option<IpAddr>,
}

impl Exchange<'_> {
    /// Sends the request over one TLS version. The connection is closed on return.
    pub(crate) async fn run(&self, version: TlsVersion, witness: &Arc<Witness>) -> Exchanged {
        let (mut address, mut reached) = (None, Reached::default());
        let end = match self.connect().await {
            Ok((stream, connected)) => {
                address = Some(connected);
                let closing = Closing::of(stream);
                match closing {
                    Ok((stream, closing)) => {
                        let end = self.request(stream, version, witness, &mut reached).await;
                        closing.wait(self.deadline).await;
                        end
                    }
                    Err(error) => End::NotConnected(error.to_string()),
                }
            }
            Err(problem) => End::NotConnected(problem),
        };
        let Reached { is_established, is_sent } = reached;
        let witnessed = witness.witnessed();
        let end = match &witnessed.certificate_problem {
            Some(problem) if !self.insecure => End::Untrusted(problem.clone()),
            _ => end,
        };
        let replied = witnessed.asked && (is_established || witnessed.is_clients_turn);
        let observation = Observation {
            version,
            asked: witnessed.asked,
            replied,
            presented: replied && witnessed.presented,
            accepted: witnessed.has_ticket,
            is_established,
            is_sent,
            end,
        };
        Exchanged { observation, witnessed, address }
    }

    /// Connects to the first address that accepts. Each address gets its share of the time.
    async fn connect(&self) -> Result<(TcpStream, IpAddr), String> {
        let mut problem = "no address".to_owned();
        for (index, address) in self.addresses.iter().enumerate() {
            let left = u32::try_from(self.addresses.len() - index).unwrap_or(u32::MAX);
            let now = Instant::now();
            let limit = now + self.deadline.saturating_duration_since(now) / left;
            match timeout_at(limit, TcpStream::connect(SocketAddr::new(*address, self.origin.port))).await {
                Ok(Ok(stream)) => return Ok((stream, *address)),
                Ok(Err(error)) => problem = format!("{address}: {error}"),
                Err(_) => problem = format!("{address}: no answer in time"),
            }
        }
        Err(problem)
    }

    async fn request(
        &self,
        stream: TcpStream,
        version: TlsVersion,
        witness: &Arc<Witness>,
        reached: &mut Reached,
    ) -> End {
        let config = match witness.config(version) {
            Ok(config) => Arc::new(config),
            Err(problem) => return End::Broken(problem),
        };
        let Ok(name) = ServerName::try_from(self.origin.host.clone()) else {
            return End::Broken("the host is not a name that TLS can verify".into());
        };
        let mut stream =
            match timeout_at(self.deadline, TlsConnector::from(config).connect(name, stream)).await {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => return end_of(&error, 0),
                Err(_) => return End::TimedOut,
            };
        reached.is_established = true;
        if let Some(problem) = witness.witnessed().certificate_problem.filter(|_| !self.insecure) {
            return End::Untrusted(problem);
        }
        if version == TlsVersion::Tls13
            && witness.witnessed().asked
            && let Some(end) = self.reaction(&mut stream, witness).await
        {
            return end;
        }
        reached.is_sent = true;
        let (stream, received) = Counted::new(stream);
        let handshake = Builder::new()
            .max_buf_size(MAX_BYTES)
            .max_headers(MAX_HEADERS)
            .handshake::<_, Empty<Bytes>>(TokioIo::new(stream));
        let (sender, connection) = match handshake.await {
            Ok(parts) => parts,
            Err(error) => return End::Broken(error.to_string()),
        };
        let mut connection = pin!(connection);
        let mut is_open = true;
        let end = {
            let mut get = pin!(self.get(sender, || received.get()));
            tokio::select! {
                biased;
                end = &mut get => end,
                // The request has the connection's error.
                _ = &mut connection => {
                    is_open = false;
                    get.await
                }
            }
        };
        if is_open {
            // Close in order, unless the server doesn't read.
            let limit = (Instant::now() + CLOSING).min(self.deadline);
            let _ = timeout_at(limit, connection).await;
        }
        end
    }

    /// Waits for the server's reaction to the reply to its request for a certificate, which in TLS
    /// 1.3 follows the handshake: a session ticket if it accepts, or the end. A server that reacts
    /// later, to the HTTP request, may have another reason. `None` if the request can be sent.
    async fn reaction(&self, stream: &mut TlsStream<TcpStream>, witness: &Witness) -> Option<End> {
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        let reaction = poll_fn(|context| match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
            Poll::Pending if witness.witnessed().has_ticket => Poll::Ready(Ok(false)),
            polled => polled.map_ok(|()| true),
        });
        let limit = (Instant::now() + REACTION).min(self.deadline);
        match timeout_at(limit, reaction).await {
            Ok(Ok(true)) if buffer.filled().is_empty() => Some(End::Closed),
            Ok(Ok(true)) => Some(End::Broken("data before the request".into())),
            Ok(Err(error)) => Some(end_of(&error, 0)),
            Ok(Ok(false)) | Err(_) => None,
        }
    }

    async fn get(&self, mut sender: SendRequest<Empty<Bytes>>, received: impl Fn() -> usize) -> End {
        let host = self.origin.bracketed_host();
        let is_default = self.origin.port == self.origin.scheme.default_port();
        let host = if is_default { host } else { self.origin.authority() };
        let request = hyper::Request::get(self.path)
            .header(HOST, host)
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, "*/*")
            .header(CONNECTION, "close")
            .body(Empty::new());
        let request = match request {
            Ok(request) => request,
            Err(error) => return End::Broken(format!("the request can't be sent: {error}")),
        };
        let response = match timeout_at(self.deadline, sender.send_request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return end_of(&error, received()),
            Err(_) => return End::TimedOut,
        };
        let (head, body) = response.into_parts();
        let server = head.headers.get(SERVER).map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
        let (body, is_complete) = self.read(body).await;
        End::Response(Response {
            status: head.status.as_u16(),
            server: server.map(|it| brief(&it, MAX_SERVER)),
            body,
            is_complete,
        })
    }

    /// The body up to the limit, and whether it was received to its end or to the limit.
    async fn read(&self, mut body: Incoming) -> (String, bool) {
        let mut bytes = Vec::new();
        let is_complete = loop {
            match timeout_at(self.deadline, body.frame()).await {
                Ok(None) => break true,
                Ok(Some(Ok(frame))) => {
                    let left = MAX_BYTES - bytes.len();
                    let data = frame.data_ref().map_or(&[][..], |data| data);
                    bytes.extend(data.iter().take(left));
                    if bytes.len() >= MAX_BYTES {
                        break true;
                    }
                }
                Ok(Some(Err(_))) | Err(_) => break false,
            }
        };
        (String::from_utf8_lossy(&bytes).into_owned(), is_complete)
    }
}

/// How an exchange ended, from an error before the response and the number of bytes of it that were
/// received.
fn end_of(error: &(dyn StdError + 'static), received: usize) -> End {
    if received > 0 {
        return End::Broken(format!("half a response: {}", root(error)));
    }
    if let Some(error) = find::<rustls::Error>(error) {
        return match error {
            rustls::Error::AlertReceived(alert) => End::Alert(u8::from(*alert)),
            rustls::Error::PeerIncompatible(
                problem @ (PeerIncompatible::NoCipherSuitesInCommon
                | PeerIncompatible::NoKxGroupsInCommon
                | PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig),
            ) => End::Incompatible(format!("{problem:?}")),
            rustls::Error::InvalidCertificate(_) => End::Untrusted(error.to_string()),
            other => End::Broken(other.to_string()),
        };
    }
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
            | ErrorKind::UnexpectedEof,
        ) => End::Cut,
        Some(_) => End::Broken(root(error)),
        None => match find::<hyper::Error>(error) {
            Some(error) if error.is_incomplete_message() => End::Closed,
            _ => End::Broken(root(error)),
        },
    }
}

/// The error of this type among an error and its sources.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    sources(error).find_map(<dyn StdError>::downcast_ref)
}

/// The message of the innermost error, which says what happened.
fn root(error: &(dyn StdError + 'static)) -> String {
    sources(error).last().map(ToString::to_string).unwrap_or_default()
}

/// The error and its sources. An `io::Error` hides the error that it wraps.
fn sources<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        let error: &'a (dyn StdError + 'static) = *error;
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|it| it as &(dyn StdError + 'static)).or_else(|| error.source())
    })
}
