use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryReason};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::ErrorKind;

use crate::telemetry::calls::Calls;

/// A counter of the requests of all clients that share it.
///
/// It is an SDK interceptor, which sees each attempt together with the operation's name.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallCounter(Arc<Mutex<Calls>>);

impl CallCounter {
    /// The requests since the last call of this method.
    ///
    /// The process serves one invocation at a time, so these are the requests of that invocation.
    pub(crate) fn take(&self) -> Calls {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn record_request(&self, operation: &str, is_retry: bool) {
        tracing::debug!(operation, is_retry, "sent");
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.by_operation.entry(operation.to_owned()).or_default() += 1;
        calls.retries += u64::from(is_retry);
    }

    fn record_throttle(&self) {
        tracing::debug!("throttled");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).throttles += 1;
    }
}

impl Intercept for CallCounter {
    fn name(&self) -> &'static str {
        "stagecert calls"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = settings.load::<Metadata>().map_or("unknown", Metadata::name);
        self.record_request(operation, is_retry(context.request()));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_status_429 = context.response().is_some_and(|response| response.status().as_u16() == 429);
        // The SDK knows AWS's throttling codes: Config's `ThrottlingException` has status 400.
        let is_throttling = |action| {
            let kind = ErrorKind::ThrottlingError;
            matches!(action, RetryAction::RetryIndicated(RetryReason::RetryableError { kind: of, .. }) if of == kind)
        };
        let mut classifiers = components.retry_classifiers();
        if is_status_429
            || classifiers.any(|classifier| is_throttling(classifier.classify_retry(context.inner())))
        {
            self.record_throttle();
        }
        Ok(())
    }
}

/// Whether this is not the first attempt: the SDK sends `amz-sdk-request: attempt=2; max=6`.
fn is_retry(request: &HttpRequest) -> bool {
    request.headers().get("amz-sdk-request").is_some_and(|value| !value.contains("attempt=1;"))
}

/// An HTTP client that counts its requests as requests of one operation.
///
/// It is needed only for `AssumeRole`, because aws-config creates that client and does not accept
/// an interceptor. A throttled request with a status other than 429 counts only as a retry here.
#[derive(Clone, Debug)]
pub(crate) struct CountingClient {
    pub(crate) inner: SharedHttpClient,
    pub(crate) operation: &'static str,
    pub(crate) counter: CallCounter,
}

impl HttpClient for CountingClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        let (operation, counter) = (self.operation, self.counter.clone());
        SharedHttpConnector::new(CountingConnector { inner, operation, counter })
    }
}

#[derive(Debug)]
struct CountingConnector {
    inner: SharedHttpConnector,
    operation: &'static str,
    counter: CallCounter,
}

impl HttpConnector for CountingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.counter.record_request(self.operation, is_retry(&request));
        let (response, counter) = (self.inner.call(request), self.counter.clone());
        HttpConnectorFuture::new(async move {
            let response = response.await?;
            if response.status().as_u16() == 429 {
                counter.record_throttle();
            }
            Ok(response)
        })
    }
}
