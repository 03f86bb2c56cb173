//! Clients for services of which one or two operations are needed.
//!
//! They run on the SDK's own runtime, with its retries, signatures, time limits and HTTP client;
//! only requests and responses are defined here. The SDK's crate for Security Hub takes longer to
//! build than everything else together.

use std::fmt::Debug;

use aws_config::{Region, SdkConfig};
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::recursion_detection::RecursionDetectionInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::orchestrator::operation::Operation as SdkOperation;
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime::client::retries::strategy::StandardRetryStrategy;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use super::service_error::ServiceError;
use crate::aws::connect::call_counter::CallCounter;
use crate::aws::connect::rate_limit::{RateLimitedClient, RateLimiter};
pub(crate) use crate::aws::connect::response::Parsed;
use crate::aws::connect::response::json_content;
use crate::aws::connect::service_endpoint::{Endpoint, S3, ServiceName};

/// An operation with a JSON request and a JSON response, sent as a `POST`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    /// The header `x-amz-target`, if the protocol has one.
    pub(crate) target: Option<&'static str>,
}

/// The result of a call: the output, or the SDK's error.
pub(crate) type ServiceResult<O> = Result<O, SdkError<ServiceError, HttpResponse>>;

/// A client for one service in one Region.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(super) name: ServiceName,
    pub(super) config: SdkConfig,
    retries: Option<RetryPartition>,
    pub(super) counter: CallCounter,
}

impl Service {
    pub(crate) fn new(
        name: ServiceName,
        config: &SdkConfig,
        retries: Option<RetryPartition>,
        counter: &CallCounter,
    ) -> Self {
        Self { name, config: config.clone(), retries, counter: counter.clone() }
    }

    /// A client for another service with the same credentials, in the same Region.
    pub(crate) fn of(&self, name: ServiceName) -> Self {
        Self { name, ..self.clone() }
    }

    /// The same client in another Region.
    pub(crate) fn in_region(&self, region: &str) -> Self {
        let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
        Self { config, ..self.clone() }
    }

    /// Sends a request; each attempt, including the SDK's retries, waits for the limiter.
    pub(crate) async fn send<O>(
        &self,
        operation: Operation,
        input: &impl Serialize,
        limiter: Option<&RateLimiter>,
    ) -> ServiceResult<O>
    where
        O: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let body = serde_json::to_vec(input).map_err(SdkError::construction_failure)?;
        let request = post(operation, self.name.media_type, body).map_err(SdkError::construction_failure)?;
        let content = self.invoke(operation.name, request, json_content, limiter).await?;
        parsed(operation.name, &content.bytes)
    }

    /// Sends a `GET` request as [`Service::send`] does; the parts of `path` must already be
    /// percent-encoded.
    #[cfg(feature = "rotate")]
    pub(crate) async fn get<O>(
        &self,
        name: &'static str,
        path: &str,
        limiter: Option<&RateLimiter>,
    ) -> ServiceResult<O>
    where
        O: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_method("GET").map_err(SdkError::construction_failure)?;
        request.set_uri(path).map_err(SdkError::construction_failure)?;
        let content = self.invoke(name, request, json_content, limiter).await?;
        parsed(name, &content.bytes)
    }

    /// Sends a `PATCH` request as [`Service::get`] sends a `GET` request.
    #[cfg(feature = "rotate")]
    pub(crate) async fn patch<O>(
        &self,
        name: &'static str,
        path: &str,
        input: &impl Serialize,
        limiter: Option<&RateLimiter>,
    ) -> ServiceResult<O>
    where
        O: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let body = serde_json::to_vec(input).map_err(SdkError::construction_failure)?;
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("PATCH").map_err(SdkError::construction_failure)?;
        request.set_uri(path).map_err(SdkError::construction_failure)?;
        request.headers_mut().insert("content-type", self.name.media_type);
        let content = self.invoke(name, request, json_content, limiter).await?;
        parsed(name, &content.bytes)
    }

    /// Sends a request and parses its response.
    pub(crate) async fn invoke<O>(
        &self,
        name: &'static str,
        request: HttpRequest,
        parse: fn(&'static str, &HttpResponse) -> Parsed<O>,
        limiter: Option<&RateLimiter>,
    ) -> ServiceResult<O>
    where
        O: Debug + Send + Sync + 'static,
    {
        let operation = SdkOperation::builder()
            .service_name(self.name.id)
            .operation_name(name)
            .runtime_plugin(self.plugin(limiter))
            .serializer(Ok::<HttpRequest, BoxError>)
            .deserializer(move |response: &HttpResponse| parse(name, response));
        let operation = match self.config.behavior_version() {
            Some(version) => operation.behavior_version(version),
            None => operation,
        };
        operation.build().invoke(request).await
    }

    /// The runtime plugin with the components that the SDK's crate for a service adds to its
    /// client, in the same order.
    fn plugin(&self, limiter: Option<&RateLimiter>) -> StaticRuntimePlugin {
        let config = &self.config;
        let mut layer = Layer::new("stagecert");
        layer.store_put(ApiMetadata::new(self.name.host, env!("CARGO_PKG_VERSION")));
        layer.store_put(SigningName::from_static(self.name.host));
        if let Some(region) = config.region() {
            layer.store_put(region.clone());
            layer.store_put(SigningRegion::from(region.clone()));
        }
        let mut signing_options = SigningOptions::default();
        // S3 takes paths as they are sent, and refuses requests without the header.
        let is_s3 = self.name.id == S3.id;
        signing_options.double_uri_encode = !is_s3;
        signing_options.normalize_uri_path = !is_s3;
        signing_options.content_sha256_header = is_s3;
        layer.store_put(SigV4OperationSigningConfig { signing_options, ..Default::default() });
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(EndpointResolverParams::new(()));
        layer.store_or_unset(config.app_name().cloned());
        if let Some(retries) = config.retry_config() {
            layer.store_put(retries.clone());
        }
        if let Some(timeouts) = config.timeout_config() {
            layer.store_put(timeouts.clone());
        }
        if let Some(partition) = &self.retries {
            layer.store_put(partition.clone());
        }

        let http = config.http_client().map(|http| match limiter {
            Some(limiter) => SharedHttpClient::new(RateLimitedClient::new(http, limiter.clone())),
            None => http,
        });
        let mut components = RuntimeComponentsBuilder::new("stagecert")
            .with_http_client(http)
            .with_endpoint_resolver(Some(Endpoint::new(self.name, config)))
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
            .with_auth_scheme(SigV4AuthScheme::new())
            .with_retry_strategy(Some(StandardRetryStrategy::new()))
            .with_retry_classifier(HttpStatusCodeClassifier::default())
            .with_retry_classifier(TransientErrorClassifier::<ServiceError>::new())
            .with_retry_classifier(AwsErrorCodeClassifier::<ServiceError>::new())
            .with_retry_classifier(ServiceClockSkewClassifier::<ServiceError>::new())
            .with_interceptor(ConnectionPoisoningInterceptor::new())
            .with_interceptor(ServiceClockSkewInterceptor::new())
            .with_interceptor(RequestInfoInterceptor::new())
            .with_interceptor(UserAgentInterceptor::new())
            .with_interceptor(InvocationIdInterceptor::new())
            .with_interceptor(RecursionDetectionInterceptor::new())
            .with_interceptor(self.counter.clone());
        if let Some(credentials) = config.credentials_provider() {
            components.set_identity_resolver(SCHEME_ID, credentials);
        }
        components.set_identity_cache(config.identity_cache());
        components.set_sleep_impl(config.sleep_impl());
        components.set_time_source(config.time_source());
        StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components)
    }
}

/// A `POST` request for an operation.
pub(super) fn post(
    operation: Operation,
    media_type: &'static str,
    body: Vec<u8>,
) -> Result<HttpRequest, BoxError> {
    let length = body.len().to_string();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri(operation.path)?;
    let headers = request.headers_mut();
    headers.insert("content-type", media_type);
    headers.insert("content-length", length);
    if let Some(target) = operation.target {
        headers.insert("x-amz-target", target);
    }
    Ok(request)
}

/// The value in a JSON response. It is parsed outside of the SDK's orchestrator, which would be
/// compiled once for each type of value.
#[expect(clippy::result_large_err, reason = "the SDK's own type of error")]
fn parsed<O: DeserializeOwned>(name: &'static str, body: &[u8]) -> ServiceResult<O> {
    serde_json::from_slice(body).map_err(|error| invalid_response(name, error.line(), error.column()))
}

fn invalid_response(name: &str, line: usize, column: usize) -> SdkError<ServiceError, HttpResponse> {
    // Only the position: the text of the response must not reach a log.
    let text = format!("invalid response to {name}: line {line}, column {column}");
    let no_response = StatusCode::try_from(200).map(|status| HttpResponse::new(status, SdkBody::empty()));
    match no_response {
        Ok(response) => SdkError::response_error(text, response),
        Err(error) => SdkError::construction_failure(error),
    }
}
