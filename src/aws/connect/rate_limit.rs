use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::sync::Mutex;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// An HTTP client that lets one request through each period, retries included.
///
/// It sits below the SDK's retries on purpose: a pace above them would let a throttled call come back at once.
#[derive(Clone, Debug)]
pub(crate) struct Paced {
    inner: SharedHttpClient,
    gate: Gate,
}

/// Lets one through each period, whoever asks.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<Mutex<Interval>>);

impl Gate {
    /// Needs a running tokio runtime with its clock.
    pub(crate) fn new(period: Duration) -> Self {
        let mut interval = interval(period);
        // A pause is no credit for a burst after it.
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(Arc::new(Mutex::new(interval)))
    }
}

impl Paced {
    pub(crate) fn new(inner: SharedHttpClient, gate: Gate) -> Self {
        Self { inner, gate }
    }
}

impl HttpClient for Paced {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(PacedConnector { inner, gate: self.gate.clone() })
    }
}

#[derive(Debug)]
struct PacedConnector {
    inner: SharedHttpConnector,
    gate: Gate,
}

impl HttpConnector for PacedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, gate) = (self.inner.clone(), self.gate.clone());
        HttpConnectorFuture::new(async move {
            gate.0.lock().await.tick().await;
            inner.call(request).await
        })
    }
}
