//! The function's configuration, from its environment variables.
//!
//! Lambda provides credentials and the Region as environment variables. aws-config's loader would
//! also look for profiles, containers, instance metadata and web identities, which takes longer to
//! start and adds 100 kB to the function's zip.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::default_async_sleep;
use aws_types::sdk_config::SharedTimeSource;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::aws::connect::connection::{retries, timeouts};
use crate::aws::{Aws, RateLimits};

impl Aws {
    /// The configuration in the environment variables that Lambda sets, and in
    /// `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_…`, `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`,
    /// `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`.
    ///
    /// `variable` returns the value of an environment variable.
    #[must_use]
    pub fn from_environment(variable: fn(&str) -> Option<String>) -> Self {
        Self::new(config(timeouts(), retries(), variable), RateLimits::default())
    }
}

fn config(timeouts: TimeoutConfig, retries: RetryConfig, variable: fn(&str) -> Option<String>) -> SdkConfig {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let is_true = |name: &str| set(name).map(|value| value.trim().eq_ignore_ascii_case("true"));
    let ignores_urls = is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == Some(true);
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .identity_cache(IdentityCache::lazy().build())
        .http_client(super::http::client())
        .time_source(SharedTimeSource::default())
        .timeout_config(timeouts)
        .retry_config(retries)
        .region(set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION")).map(Region::new));
    config.set_sleep_impl(default_async_sleep());
    config.set_app_name(AppName::new("stagecert").ok());
    config.set_use_fips(is_true("AWS_USE_FIPS_ENDPOINT"));
    config.set_use_dual_stack(is_true("AWS_USE_DUALSTACK_ENDPOINT"));
    if !ignores_urls {
        config.set_endpoint_url(set("AWS_ENDPOINT_URL"));
        config = config.service_config(ServiceVariables { variable });
    }
    config.build()
}

/// The settings of single services, such as `AWS_ENDPOINT_URL_SECURITYHUB`.
#[derive(Debug)]
struct ServiceVariables {
    variable: fn(&str) -> Option<String>,
}

impl LoadServiceConfig for ServiceVariables {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace([' ', '-'], "_");
        (self.variable)(&format!("{}_{service}", key.env())).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variable: fn(&str) -> Option<String>) -> SdkConfig {
        config(timeouts(), retries(), variable)
    }

    #[test]
    fn the_region_and_the_endpoints_come_from_variables() {
        let config = of(|name| match name {
            "AWS_REGION" => Some("eu-west-1".into()),
            "AWS_DEFAULT_REGION" => Some("us-east-1".into()),
            "AWS_ENDPOINT_URL" => Some("http://localhost:1".into()),
            "AWS_ENDPOINT_URL_CONFIG_SERVICE" => Some("http://localhost:2".into()),
            "AWS_USE_FIPS_ENDPOINT" => Some("TRUE".into()),
            "AWS_USE_DUALSTACK_ENDPOINT" => Some("false".into()),
            _ => None,
        });
        assert_eq!(config.region().map(AsRef::as_ref), Some("eu-west-1"));
        assert_eq!(config.endpoint_url(), Some("http://localhost:1"));
        assert_eq!((config.use_fips(), config.use_dual_stack()), (Some(true), Some(false)));
        let key = ServiceConfigKey::builder().service_id("Config Service");
        let key = key.env("AWS_ENDPOINT_URL").profile("endpoint_url").build().unwrap();
        let url = config.service_config().and_then(|services| services.load_config(key));
        assert_eq!(url.as_deref(), Some("http://localhost:2"));
    }

    #[test]
    fn blank_variables_count_as_missing_and_urls_can_be_ignored() {
        let config = of(|name| match name {
            "AWS_REGION" => Some(" ".into()),
            "AWS_DEFAULT_REGION" => Some("us-east-1".into()),
            "AWS_ENDPOINT_URL" => Some("http://localhost:1".into()),
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" => Some("true".into()),
            _ => None,
        });
        assert_eq!(config.region().map(AsRef::as_ref), Some("us-east-1"));
        assert_eq!(config.endpoint_url(), None);
        assert!(config.service_config().is_none());
        assert_eq!((config.use_fips(), config.use_dual_stack()), (None, None));
    }
}
