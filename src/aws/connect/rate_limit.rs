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

/// An HTTP client whose requests, retries included, wait for a [`RateLimiter`].
///
/// The limit applies below the SDK's retries on purpose: above them, a throttled call could be
/// retried at once.
#[derive(Clone, Debug)]
pub(crate) struct RateLimitedClient {
    inner: SharedHttpClient,
    limiter: RateLimiter,
}

/// A rate limiter that lets one request through per period; clones share the same limit.
#[derive(Clone, Debug)]
pub(crate) struct RateLimiter(Arc<Mutex<Interval>>);

impl RateLimiter {
    /// A rate limiter with this period; requires a running tokio runtime with its clock enabled.
    pub(crate) fn new(period: Duration) -> Self {
        let mut interval = interval(period);
        // Without this, idle time would allow a burst afterward.
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(Arc::new(Mutex::new(interval)))
    }
}

impl RateLimitedClient {
    pub(crate) fn new(inner: SharedHttpClient, limiter: RateLimiter) -> Self {
        Self { inner, limiter }
    }
}

impl HttpClient for RateLimitedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(RateLimitedConnector { inner, limiter: self.limiter.clone() })
    }
}

#[derive(Debug)]
struct RateLimitedConnector {
    inner: SharedHttpConnector,
    limiter: RateLimiter,
}

impl HttpConnector for RateLimitedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, limiter) = (self.inner.clone(), self.limiter.clone());
        HttpConnectorFuture::new(async move {
            limiter.0.lock().await.tick().await;
            inner.call(request).await
        })
    }
}
