//! The HTTP port of all services. The server has its own thread, so that tests without an async
//! runtime can use it.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use percent_encoding::percent_decode_str;

use crate::connections::Server;
use crate::dispatch::{Action, Shared, faulted};
use crate::faults::Faults;
use crate::limits::Limits;
use crate::log::Log;
use crate::wire::{Reply, Request};
use crate::world::World;

/// A running fake AWS. It shuts down when dropped.
#[derive(Debug)]
pub struct FakeAws {
    shared: Arc<Shared>,
    server: Server,
}

impl FakeAws {
    /// Serves a world on a free port of 127.0.0.1.
    pub fn spawn(world: World) -> Self {
        Self::spawn_on(world, 0).expect("127.0.0.1 has a free port")
    }

    /// Serves a world on a port of 127.0.0.1.
    pub fn spawn_on(world: World, port: u16) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            faults: Faults::default(),
            log: Log::default(),
            limits: Limits::default(),
            latency_millis: AtomicU64::new(0),
        });
        let serving = Arc::clone(&shared);
        let service = service_fn(move |request| respond(Arc::clone(&serving), request));
        Ok(Self { shared, server: Server::spawn(port, service)? })
    }

    /// The value for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// The world, locked: no call is answered meanwhile.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.lock_world()
    }

    /// The calls so far.
    pub fn log(&self) -> &Log {
        &self.shared.log
    }

    /// The scheduled faults.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The rate limits.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// What a gateway shares with the control plane.
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// The number of TCP connections opened so far.
    pub fn connections(&self) -> usize {
        self.server.accepted.load(Ordering::Relaxed)
    }

    /// Delays every response by `latency`.
    pub fn set_latency(&self, latency: Duration) {
        let millis = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        self.shared.latency_millis.store(millis, Ordering::Relaxed);
    }
}

async fn respond(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Payload>, Box<dyn std::error::Error + Send + Sync>> {
    let request = read(request).await?;
    let latency = shared.latency_millis.load(Ordering::Relaxed);
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    let mut action = shared.handle(&request);
    loop {
        action = match action {
            Action::Retry(gate) => {
                gate.pass().await;
                shared.handle(&request)
            }
            Action::Invoke(invocation, fault) => faulted(fault, invocation.reply().await),
            _ => break,
        };
    }
    match action {
        Action::Retry(_) | Action::Invoke(..) => unreachable!("the loop ends with another action"),
        Action::Delayed(gate, reply) => {
            gate.pass().await;
            response(reply, None)
        }
        Action::Reply(reply) => response(reply, None),
        Action::Truncated(mut reply) => {
            let promised = reply.body.len();
            reply.body.truncate(promised / 2);
            response(reply, Some(promised))
        }
        Action::Reset => Err("a fault ends the connection".into()),
        Action::Hang => std::future::pending().await,
    }
}

fn response(
    reply: Reply,
    promised: Option<usize>,
) -> Result<hyper::Response<Payload>, Box<dyn std::error::Error + Send + Sync>> {
    let mut response = hyper::Response::builder().status(reply.status).header("x-amzn-requestid", "fake_aws");
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    if let Some(promised) = promised {
        response = response.header("content-length", promised);
    }
    Ok(response.body(Payload { left: Some(Bytes::from(reply.body)), breaks: promised.is_some() })?)
}

async fn read(request: hyper::Request<Incoming>) -> Result<Request, hyper::Error> {
    let (head, body) = request.into_parts();
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let path = head.uri.path().trim_start_matches('/').split('/').map(decoded).collect();
    let query = head.uri.query().unwrap_or_default();
    let mut parameters = std::collections::BTreeMap::<String, String>::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let all = parameters.entry(name.into()).or_default();
        if !all.is_empty() {
            all.push('\n');
        }
        all.push_str(&value);
    }
    let header = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let headers = head.headers.iter().map(header).collect();
    let body = body.collect().await?.to_bytes().to_vec();
    Ok(Request { method: head.method.as_str().into(), path, query: parameters, headers, body })
}

/// A body in one piece, optionally followed by an error.
struct Payload {
    left: Option<Bytes>,
    breaks: bool,
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(match self.left.take() {
            Some(bytes) => Some(Ok(Frame::data(bytes))),
            None if self.breaks => Some(Err(io::Error::other("a fault breaks the body"))),
            None => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        match &self.left {
            Some(bytes) if !self.breaks => SizeHint::with_exact(bytes.len() as u64),
            _ => SizeHint::default(),
        }
    }
}
