//! Services that are asked for one or two operations, on the SDK's own runtime: its retries, signatures, time limits and HTTP
//! client, with requests and answers of ours. The crate of Security Hub alone takes longer to build than all else together.

use std::fmt::Debug;

use aws_config::SdkConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::recursion_detection::RecursionDetectionInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime::client::retries::strategy::StandardRetryStrategy;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use super::service_error::ServiceError;
use crate::aws::connect::call_counter::Counter;
use crate::aws::connect::rate_limit::{Gate, Paced};
use crate::aws::connect::service_endpoint::Endpoint;

/// A service, as AWS names it in each place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceName {
    /// Its service id, which `AWS_ENDPOINT_URL_` and a profile's `services` spell in their own ways.
    pub(crate) id: &'static str,
    /// In host names and signatures.
    pub(crate) host: &'static str,
    /// In GovCloud the host of FIPS has no `-fips`.
    pub(crate) plain_fips_in_govcloud: bool,
    /// The media type of its protocol: `application/json` (restJson1) or `application/x-amz-json-1.1` (awsJson1.1).
    pub(crate) media: &'static str,
}

/// An operation with a JSON document each way: a `POST`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    /// `x-amz-target`, where the protocol has one.
    pub(crate) target: Option<&'static str>,
}

/// What a call came to.
pub(crate) type Answered<O> = Result<O, SdkError<ServiceError, HttpResponse>>;

/// One service in one Region, with some credentials.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    name: ServiceName,
    config: SdkConfig,
    retries: Option<RetryPartition>,
    counter: Counter,
}

impl Service {
    pub(crate) fn new(
        name: ServiceName,
        config: &SdkConfig,
        retries: Option<RetryPartition>,
        counter: &Counter,
    ) -> Self {
        Self { name, config: config.clone(), retries, counter: counter.clone() }
    }

    /// Sends one request, and again as the SDK would, one each time the gate opens.
    pub(crate) async fn send<O>(
        &self,
        asked: Asked,
        input: &impl Serialize,
        gate: Option<&Gate>,
    ) -> Answered<O>
    where
        O: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let body = serde_json::to_vec(input).map_err(SdkError::construction_failure)?;
        let request = post(asked, self.name.media, body).map_err(SdkError::construction_failure)?;
        self.invoke(asked.name, request, gate).await
    }

    /// Sends a `GET` of this path, whose parts must be escaped already, in the same way.
    pub(crate) async fn get<O>(&self, name: &'static str, path: &str, gate: Option<&Gate>) -> Answered<O>
    where
        O: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_method("GET").map_err(SdkError::construction_failure)?;
        request.set_uri(path).map_err(SdkError::construction_failure)?;
        self.invoke(name, request, gate).await
    }

    async fn invoke<O>(&self, name: &'static str, request: HttpRequest, gate: Option<&Gate>) -> Answered<O>
    where
        O: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let operation = Operation::builder()
            .service_name(self.name.id)
            .operation_name(name)
            .runtime_plugin(self.plugin(gate))
            .serializer(Ok::<HttpRequest, BoxError>)
            .deserializer(move |response: &HttpResponse| answer::<O>(name, response));
        let operation = match self.config.behavior_version() {
            Some(version) => operation.behavior_version(version),
            None => operation,
        };
        operation.build().invoke(request).await
    }

    /// What the crate of a service brings to its client, in the same order.
    fn plugin(&self, gate: Option<&Gate>) -> StaticRuntimePlugin {
        let config = &self.config;
        let mut layer = Layer::new("stagecert");
        layer.store_put(ApiMetadata::new(self.name.host, env!("CARGO_PKG_VERSION")));
        layer.store_put(SigningName::from_static(self.name.host));
        if let Some(region) = config.region() {
            layer.store_put(region.clone());
            layer.store_put(SigningRegion::from(region.clone()));
        }
        let mut signing_options = SigningOptions::default();
        signing_options.double_uri_encode = true;
        signing_options.normalize_uri_path = true;
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

        let http = config.http_client().map(|http| match gate {
            Some(gate) => SharedHttpClient::new(Paced::new(http, gate.clone())),
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

fn post(asked: Asked, media: &'static str, body: Vec<u8>) -> Result<HttpRequest, BoxError> {
    let length = body.len().to_string();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri(asked.path)?;
    let headers = request.headers_mut();
    headers.insert("content-type", media);
    headers.insert("content-length", length);
    if let Some(target) = asked.target {
        headers.insert("x-amz-target", target);
    }
    Ok(request)
}

fn answer<O: DeserializeOwned>(
    name: &'static str,
    response: &HttpResponse,
) -> Result<O, OrchestratorError<ServiceError>> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        let kind = response.headers().get("x-amzn-errortype");
        return Err(OrchestratorError::operation(ServiceError::of(kind, body)));
    }
    serde_json::from_slice(body).map_err(|error| {
        // Where, and not what: the answer's text stays out of logs.
        let (line, column) = (error.line(), error.column());
        OrchestratorError::other(format!("no answer of {name}: line {line}, column {column}"))
    })
}
