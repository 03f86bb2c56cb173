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

/// Counts the requests of all clients that it is given to, until they are taken.
///
/// It is an interceptor of the SDK's, which sees each attempt together with the operation's name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter(Arc<Mutex<Calls>>);

impl Counter {
    /// What was counted since it was last taken. The process serves one invocation at a time, so that is the invocation's.
    pub(crate) fn take(&self) -> Calls {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn sent(&self, operation: &str, is_retry: bool) {
        tracing::debug!(operation, is_retry, "sent");
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.by_operation.entry(operation.to_owned()).or_default() += 1;
        calls.retries += u64::from(is_retry);
    }

    fn throttled(&self) {
        tracing::debug!("throttled");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).throttles += 1;
    }
}

impl Intercept for Counter {
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
        self.sent(operation, is_retry(context.request()));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let refused = context.response().is_some_and(|response| response.status().as_u16() == 429);
        // The SDK knows AWS's codes for it: Config's `ThrottlingException` comes with status 400.
        let is_throttling = |action| {
            let kind = ErrorKind::ThrottlingError;
            matches!(action, RetryAction::RetryIndicated(RetryReason::RetryableError { kind: of, .. }) if of == kind)
        };
        let mut classifiers = components.retry_classifiers();
        if refused || classifiers.any(|classifier| is_throttling(classifier.classify_retry(context.inner())))
        {
            self.throttled();
        }
        Ok(())
    }
}

/// The SDK numbers the attempts: `amz-sdk-request: attempt=2; max=6`.
fn is_retry(request: &HttpRequest) -> bool {
    request.headers().get("amz-sdk-request").is_some_and(|told| !told.contains("attempt=1;"))
}

/// An HTTP client that counts what goes through it as requests of one operation.
///
/// For `AssumeRole` alone: aws-config makes that client itself and lets nobody add an interceptor. Its throttles with a status
/// other than 429 are seen as retries only.
#[derive(Clone, Debug)]
pub(crate) struct CountedClient {
    pub(crate) inner: SharedHttpClient,
    pub(crate) operation: &'static str,
    pub(crate) counter: Counter,
}

impl HttpClient for CountedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        let (operation, counter) = (self.operation, self.counter.clone());
        SharedHttpConnector::new(CountedConnector { inner, operation, counter })
    }
}

#[derive(Debug)]
struct CountedConnector {
    inner: SharedHttpConnector,
    operation: &'static str,
    counter: Counter,
}

impl HttpConnector for CountedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.counter.sent(self.operation, is_retry(&request));
        let (answer, counter) = (self.inner.call(request), self.counter.clone());
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            if answer.status().as_u16() == 429 {
                counter.throttled();
            }
            Ok(answer)
        })
    }
}
