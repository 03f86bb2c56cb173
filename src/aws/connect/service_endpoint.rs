use aws_config::SdkConfig;
use aws_sdk_resourcegroupstagging::config::endpoint::{
    DefaultResolver, Params, ParamsBuilder, ResolveEndpoint as _,
};
use aws_smithy_runtime_api::client::endpoint::{EndpointFuture, EndpointResolverParams, ResolveEndpoint};
use aws_smithy_types::endpoint::Endpoint as Resolved;
use aws_types::service_config::ServiceConfigKey;

use crate::aws::connect::service::ServiceName;

/// Where a service is: where the user says, or where AWS's rules put it.
///
/// The rules of the tagging API are the plain ones that these services have too (botocore's rule sets), and they come with AWS's
/// own table of partitions: host, `-fips`, Region, and a suffix by partition and dual stack.
#[derive(Debug)]
pub(crate) struct Endpoint {
    name: ServiceName,
    rules: DefaultResolver,
    params: ParamsBuilder,
    /// What the user says, which no rule changes.
    of_user: bool,
    govcloud: bool,
}

/// The host of the service whose rules are used.
const RULES_OF: &str = "https://tagging";

impl Endpoint {
    pub(crate) fn new(name: ServiceName, config: &SdkConfig) -> Self {
        let url = of_user(name.id, config);
        let (of_user, govcloud) =
            (url.is_some(), config.region().is_some_and(|region| region.as_ref().starts_with("us-gov-")));
        let params = Params::builder()
            .set_region(config.region().map(ToString::to_string))
            .set_use_fips(config.use_fips())
            .set_use_dual_stack(config.use_dual_stack())
            .set_endpoint(url);
        Self { name, rules: DefaultResolver::new(), params, of_user, govcloud }
    }

    fn of_service(&self, resolved: Resolved) -> Resolved {
        let Some(rest) = resolved.url().strip_prefix(RULES_OF).filter(|_| !self.of_user) else {
            return resolved;
        };
        let plain = self.name.plain_fips_in_govcloud && self.govcloud;
        let rest = if plain { rest.strip_prefix("-fips").unwrap_or(rest) } else { rest };
        Resolved::builder().url(format!("https://{}{rest}", self.name.host)).build()
    }
}

impl ResolveEndpoint for Endpoint {
    fn resolve_endpoint<'a>(&'a self, _: &'a EndpointResolverParams) -> EndpointFuture<'a> {
        EndpointFuture::new(async {
            let params = self.params.clone().build()?;
            Ok(self.of_service(self.rules.resolve_endpoint(&params).await?))
        })
    }
}

/// `AWS_ENDPOINT_URL_SERVICE` or the profile's `services`, then `AWS_ENDPOINT_URL`; what was set in code comes before all.
fn of_user(service_id: &str, config: &SdkConfig) -> Option<String> {
    let general = || config.endpoint_url().map(ToOwned::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return general();
    }
    let key = ServiceConfigKey::builder().service_id(service_id);
    let key = key.env("AWS_ENDPOINT_URL").profile("endpoint_url").build().ok()?;
    config.service_config().and_then(|services| services.load_config(key)).or_else(general)
}
