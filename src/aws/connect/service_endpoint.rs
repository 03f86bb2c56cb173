use aws_config::SdkConfig;
use aws_sdk_resourcegroupstagging::config::endpoint::{
    DefaultResolver, Params, ParamsBuilder, ResolveEndpoint as _,
};
use aws_smithy_runtime_api::client::endpoint::{EndpointFuture, EndpointResolverParams, ResolveEndpoint};
use aws_smithy_types::endpoint::Endpoint as Resolved;
use aws_types::service_config::ServiceConfigKey;

/// The endpoint of a service: the one that the user configured, or else the one from AWS's
/// endpoint rules.
///
/// The rules come from the SDK's crate for the tagging API. They are the standard rules, which
/// these services share (rule sets in botocore), and include AWS's table of partitions: host name,
/// `-fips`, Region, and a suffix that depends on partition and dual stack.
#[derive(Debug)]
pub(crate) struct Endpoint {
    name: ServiceName,
    rules: DefaultResolver,
    params: ParamsBuilder,
    /// Whether the user configured the endpoint, which is then used as is.
    is_custom: bool,
    govcloud: bool,
}

/// The start of every endpoint of the tagging API, whose rules are used.
const TAGGING_PREFIX: &str = "https://tagging";

impl Endpoint {
    pub(crate) fn new(name: ServiceName, config: &SdkConfig) -> Self {
        let url = custom_url(name.id, config);
        let (is_custom, govcloud) =
            (url.is_some(), config.region().is_some_and(|region| region.as_ref().starts_with("us-gov-")));
        let params = Params::builder()
            .set_region(config.region().map(ToString::to_string))
            .set_use_fips(config.use_fips())
            .set_use_dual_stack(config.use_dual_stack().filter(|_| name.id != S3.id))
            .set_endpoint(url);
        Self { name, rules: DefaultResolver::new(), params, is_custom, govcloud }
    }

    /// The endpoint with the tagging API's host replaced by this service's host.
    fn with_service_host(&self, resolved: Resolved) -> Resolved {
        let Some(suffix) = resolved.url().strip_prefix(TAGGING_PREFIX).filter(|_| !self.is_custom) else {
            return resolved;
        };
        let plain = self.name.plain_fips_in_govcloud && self.govcloud;
        let suffix = if plain { suffix.strip_prefix("-fips").unwrap_or(suffix) } else { suffix };
        Resolved::builder().url(format!("https://{}{suffix}", self.name.host)).build()
    }
}

impl ResolveEndpoint for Endpoint {
    fn resolve_endpoint<'a>(&'a self, _: &'a EndpointResolverParams) -> EndpointFuture<'a> {
        EndpointFuture::new(async {
            let params = self.params.clone().build()?;
            Ok(self.with_service_host(self.rules.resolve_endpoint(&params).await?))
        })
    }
}

/// The configured endpoint: the URL set in code, or else `AWS_ENDPOINT_URL_…` or the profile's
/// `services`, or else `AWS_ENDPOINT_URL`.
pub(crate) fn custom_url(service_id: &str, config: &SdkConfig) -> Option<String> {
    let general = || config.endpoint_url().map(ToOwned::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return general();
    }
    let key = ServiceConfigKey::builder().service_id(service_id);
    let key = key.env("AWS_ENDPOINT_URL").profile("endpoint_url").build().ok()?;
    config.service_config().and_then(|services| services.load_config(key)).or_else(general)
}

/// The partition's suffix of host names, such as `amazonaws.com`, from the same rules.
pub(crate) async fn dns_suffix(region: &str) -> Option<String> {
    let params = Params::builder().region(region).build().ok()?;
    let resolved = DefaultResolver::new().resolve_endpoint(&params).await.ok()?;
    let suffix = resolved.url().strip_prefix(TAGGING_PREFIX)?.strip_prefix('.')?.strip_prefix(region)?;
    suffix.strip_prefix('.').map(ToOwned::to_owned)
}

/// The names of a service in configuration, host names and requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceName {
    /// The service id, from which the keys of `AWS_ENDPOINT_URL_…` and of a profile's `services`
    /// are derived.
    pub(crate) id: &'static str,
    /// The name in host names and signatures.
    pub(crate) host: &'static str,
    /// Whether the FIPS host name in GovCloud has no `-fips`.
    pub(crate) plain_fips_in_govcloud: bool,
    /// The media type of the protocol: `application/json` (restJson1) or
    /// `application/x-amz-json-1.1` (awsJson1.1), for example.
    pub(crate) media_type: &'static str,
}

/// API Gateway's API for WebSocket and HTTP APIs, which has the same host, quota and signing name
/// as the one for REST APIs.
///
/// Only two operations are needed, and the SDK's crate would take minutes to build.
pub(crate) const API_GATEWAY_V2: ServiceName = ServiceName {
    id: "ApiGatewayV2",
    host: "apigateway",
    plain_fips_in_govcloud: false,
    media_type: "application/json",
};

/// API Gateway's API for REST APIs and domain names. Each operation of the SDK's crate would add 20
/// to 40 kB to the function's zip.
pub(crate) const API_GATEWAY: ServiceName = ServiceName { id: "API Gateway", ..API_GATEWAY_V2 };

/// The load balancers in front of private APIs.
pub(crate) const LOAD_BALANCING: ServiceName = ServiceName {
    id: "Elastic Load Balancing v2",
    host: "elasticloadbalancing",
    // Its FIPS endpoint is `elasticloadbalancing.us-gov-west-1.amazonaws.com` (rule set in
    // botocore).
    plain_fips_in_govcloud: true,
    media_type: "application/x-www-form-urlencoded",
};

/// The network in front of private APIs.
pub(crate) const EC2: ServiceName = ServiceName {
    id: "EC2",
    host: "ec2",
    // Its FIPS endpoint is `ec2.us-gov-west-1.amazonaws.com` (rule set in botocore).
    plain_fips_in_govcloud: true,
    media_type: "application/x-www-form-urlencoded",
};

pub(crate) const SECURITY_HUB: ServiceName = ServiceName {
    id: "SecurityHub",
    host: "securityhub",
    plain_fips_in_govcloud: false,
    media_type: "application/json",
};

pub(crate) const EVENT_BRIDGE: ServiceName = ServiceName {
    id: "EventBridge",
    host: "events",
    // Its FIPS endpoint is `events.us-gov-west-1.amazonaws.com` (rule set in botocore).
    plain_fips_in_govcloud: true,
    media_type: "application/x-amz-json-1.1",
};

pub(crate) const SSM: ServiceName = ServiceName {
    id: "SSM",
    host: "ssm",
    // Its FIPS endpoint is `ssm.us-gov-west-1.amazonaws.com` (rule set in botocore).
    plain_fips_in_govcloud: true,
    media_type: "application/x-amz-json-1.1",
};

/// ACM. Only one operation is needed, and the SDK's crate would add 40 kB to the function's zip.
pub(crate) const ACM: ServiceName = ServiceName {
    id: "ACM",
    host: "acm",
    // Its FIPS endpoint is `acm.us-gov-west-1.amazonaws.com` (rule set in botocore).
    plain_fips_in_govcloud: true,
    media_type: "application/x-amz-json-1.1",
};

/// S3, for the exemption document and truststores. Its dual-stack host names have another form
/// than those of the rules, so they are not used.
pub(crate) const S3: ServiceName =
    ServiceName { id: "S3", host: "s3", plain_fips_in_govcloud: false, media_type: "application/xml" };

/// The mailer's table.
pub(crate) const DYNAMODB: ServiceName = ServiceName {
    id: "DynamoDB",
    host: "dynamodb",
    // Its FIPS endpoint is `dynamodb.us-gov-west-1.amazonaws.com` (rule set in botocore).
    plain_fips_in_govcloud: true,
    media_type: "application/x-amz-json-1.0",
};

/// The mailer's topics.
pub(crate) const SNS: ServiceName = ServiceName {
    id: "SNS",
    host: "sns",
    // Its FIPS endpoint is `sns.us-gov-west-1.amazonaws.com` (rule set in botocore).
    plain_fips_in_govcloud: true,
    media_type: "application/x-www-form-urlencoded",
};

/// CloudFormation, for StackSets.
///
/// The SDK's crate takes 78 s to build on two processors, for five operations.
#[cfg(feature = "fleet")]
pub(crate) const CLOUD_FORMATION: ServiceName = ServiceName {
    id: "CloudFormation",
    host: "cloudformation",
    // Its FIPS endpoint is `cloudformation.us-gov-west-1.amazonaws.com` (rule set in botocore).
    plain_fips_in_govcloud: true,
    media_type: "application/x-www-form-urlencoded",
};

/// CloudWatch, for one operation.
#[cfg(feature = "fleet")]
pub(crate) const CLOUD_WATCH: ServiceName = ServiceName {
    id: "CloudWatch",
    host: "monitoring",
    // Its FIPS endpoint is `monitoring.us-gov-west-1.amazonaws.com` (rule set in botocore).
    plain_fips_in_govcloud: true,
    media_type: "application/x-www-form-urlencoded",
};

#[cfg(feature = "fleet")]
pub(crate) const LAMBDA: ServiceName = ServiceName {
    id: "Lambda",
    host: "lambda",
    plain_fips_in_govcloud: false,
    media_type: "application/json",
};
