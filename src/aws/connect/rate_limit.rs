use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::{Instant, sleep_until};

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
pub(crate) struct RateLimiter(Arc<Limit>);

#[derive(Debug)]
struct Limit {
    period: Mutex<Duration>,
    /// When the last request was let through. The lock is also the queue of waiting requests.
    last: AsyncMutex<Option<Instant>>,
    /// The number of requests that still don't wait.
    #[cfg(feature = "rotate")]
    burst: Mutex<usize>,
}

impl RateLimiter {
    /// A rate limiter with this period.
    pub(crate) fn new(period: Duration) -> Self {
        Self(Arc::new(Limit {
            period: Mutex::new(period),
            last: AsyncMutex::default(),
            #[cfg(feature = "rotate")]
            burst: Mutex::default(),
        }))
    }

    /// Changes the period, for requests that already wait too.
    pub(crate) fn set_period(&self, period: Duration) {
        *self.0.period.lock().unwrap_or_else(PoisonError::into_inner) = period;
    }

    /// Lets the next `requests` requests through at once.
    #[cfg(feature = "rotate")]
    pub(crate) fn allow_burst(&self, requests: usize) {
        *self.0.burst.lock().unwrap_or_else(PoisonError::into_inner) = requests;
    }

    /// Whether a request is part of the allowed burst, which it then reduces.
    #[cfg(feature = "rotate")]
    fn take_from_burst(&self) -> bool {
        let mut left = self.0.burst.lock().unwrap_or_else(PoisonError::into_inner);
        let is_allowed = *left > 0;
        *left = left.saturating_sub(1);
        is_allowed
    }

    #[cfg(not(feature = "rotate"))]
    fn take_from_burst(&self) -> bool {
        let _ = self;
        false
    }

    fn period(&self) -> Duration {
        *self.0.period.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a period has passed since the last request. Idle time earns no burst.
    async fn wait(&self) {
        let mut last = self.0.last.lock().await;
        if let Some(last) = *last
            && !self.take_from_burst()
        {
            sleep_until(last + self.period()).await;
        }
        *last = Some(Instant::now());
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
            limiter.wait().await;
            inner.call(request).await
        })
    }
}
