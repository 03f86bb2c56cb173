//! Lambda's Runtime API: hands events to one polling function and collects its responses.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use serde_json::Value;
use tokio::sync::{Mutex as AsyncMutex, mpsc as async_mpsc};

use crate::connections::Server;

/// A running Runtime API. It shuts down when dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    server: Server,
    invocations: async_mpsc::UnboundedSender<Invocation>,
}

/// The outcome of an invocation.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The function returned this.
    Success(Value),
    /// The function failed.
    Error {
        /// `errorType`.
        kind: String,
        /// `errorMessage`.
        message: String,
    },
    /// No response arrived in time.
    TimedOut,
}

#[derive(Debug)]
struct Invocation {
    event: String,
    function_arn: String,
    deadline: Duration,
    sender: mpsc::Sender<Outcome>,
}

struct Shared {
    waiting: AsyncMutex<async_mpsc::UnboundedReceiver<Invocation>>,
    in_flight: Mutex<(u64, BTreeMap<String, mpsc::Sender<Outcome>>)>,
}

impl RuntimeApi {
    /// Starts a server on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// If there is no free port.
    pub fn spawn() -> Self {
        let (invocations, waiting) = async_mpsc::unbounded_channel();
        let shared = Arc::new(Shared { waiting: AsyncMutex::new(waiting), in_flight: Mutex::default() });
        let service = service_fn(move |request| respond(Arc::clone(&shared), request));
        let server = Server::spawn(0, service).expect("127.0.0.1 has a free port");
        Self { server, invocations }
    }

    /// The value for `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> String {
        self.server.address.to_string()
    }

    /// Hands an event to the function under this ARN and waits for the outcome until slightly after
    /// the deadline. (Lambda would not wait that long.)
    ///
    /// # Panics
    /// If the server has shut down.
    pub fn invoke(&self, function_arn: &str, event: &Value, deadline: Duration) -> Outcome {
        self.invoke_text(function_arn, event.to_string(), deadline)
    }

    /// Like [`RuntimeApi::invoke`], with a payload that need not be JSON.
    ///
    /// # Panics
    /// If the server has shut down.
    pub fn invoke_text(&self, function_arn: &str, event: String, deadline: Duration) -> Outcome {
        let (sender, receiver) = mpsc::channel();
        let invocation = Invocation { event, function_arn: function_arn.into(), deadline, sender };
        self.invocations.send(invocation).expect("the server runs");
        receiver.recv_timeout(deadline + Duration::from_secs(5)).unwrap_or(Outcome::TimedOut)
    }
}

async fn respond(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let path: Vec<String> = request.uri().path().split('/').map(Into::into).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["", _, "runtime", "invocation", "next"] => shared.next().await,
        ["", _, "runtime", "invocation", id, how] => {
            let body = request.into_body().collect().await?.to_bytes();
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
            shared.complete(
                id,
                match *how {
                    "response" => Outcome::Success(body),
                    _ => Outcome::Error { kind: text("errorType"), message: text("errorMessage") },
                },
            );
            Ok(Response::builder().status(202).body(Full::default())?)
        }
        _ => Ok(Response::builder().status(404).body(Full::default())?),
    }
}

impl Shared {
    async fn next(&self) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
        let Some(invocation) = self.waiting.lock().await.recv().await else {
            return Ok(Response::builder().status(410).body(Full::default())?);
        };
        let id = {
            let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
            in_flight.0 += 1;
            let id = format!("request-{}", in_flight.0);
            in_flight.1.insert(id.clone(), invocation.sender);
            id
        };
        let deadline = (SystemTime::now() + invocation.deadline).duration_since(UNIX_EPOCH)?.as_millis();
        Ok(Response::builder()
            .header("lambda-runtime-aws-request-id", id)
            .header("lambda-runtime-deadline-ms", deadline.to_string())
            .header("lambda-runtime-invoked-function-arn", invocation.function_arn)
            .header("content-type", "application/json")
            .body(Full::from(invocation.event))?)
    }

    fn complete(&self, id: &str, outcome: Outcome) {
        let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = in_flight.1.remove(id) {
            // The caller may have given up.
            let _ = sender.send(outcome);
        }
    }
}
