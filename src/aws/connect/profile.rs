//! The AWS configuration of the command line: the profile, its Region and its credentials.

use std::borrow::Cow;

use aws_config::default_provider::region::DefaultRegionChain;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{self, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use crate::Failure;
use crate::aws::{Aws, RateLimits};
use crate::quote::quoted;

/// The Region for account-wide services if neither the user nor the environment sets one.
const FALLBACK_REGION: &str = "us-east-1";

impl Aws {
    /// Loads the configuration as [`Aws::load`] does, but with the credentials of `profile` if it
    /// is given, and with a fallback Region, because assuming a role requires a Region.
    ///
    /// # Errors
    /// `Malformed` for a profile that does not exist.
    pub async fn load_profile(region: Option<&str>, profile: Option<&str>) -> Result<Self, Failure> {
        let profiles = profiles(profile).await;
        if let Some(profiles) = &profiles {
            ensure_defined(profile, profiles)?;
        }
        let mut default_region = DefaultRegionChain::builder();
        let mut loader = Self::loader();
        if let Some(name) = profile {
            default_region = default_region.profile_name(name);
            loader = loader.profile_name(name);
        }
        let named = region.map(|region| Region::new(region.to_owned()));
        let region = RegionProviderChain::first_try(named).or_else(default_region.build()).region().await;
        let or_fallback = region.clone().unwrap_or_else(|| Region::new(FALLBACK_REGION));
        let mut base = loader.region(or_fallback).load().await;
        if let Some(name) = profile {
            let credentials = profile_credentials(name, profiles.as_ref(), &base);
            base = base.into_builder().credentials_provider(credentials).build();
        }
        let mut aws = Self::new(base, RateLimits::default());
        aws.mfa_profile = profiles.as_ref().and_then(mfa_profile);
        aws.default_region = region.map(|region| region.to_string());
        Ok(aws)
    }

    /// The Region that was given to [`Aws::load_profile`], or that of the environment variables or
    /// the profile; `None` if there is none.
    #[must_use]
    pub fn default_region(&self) -> Option<&str> {
        self.default_region.as_deref()
    }
}

/// The defined profiles; `None` if a file can't be read, which the SDK reports later.
async fn profiles(selected: Option<&str>) -> Option<ProfileSet> {
    let selected = selected.map(|name| Cow::Owned(name.to_owned()));
    profile::load(&Fs::real(), &Env::real(), &EnvConfigFiles::default(), selected).await.ok()
}

/// Fails if the profile does not exist. A profile that only `AWS_PROFILE` names may be missing if
/// the environment has other credentials.
fn ensure_defined(given: Option<&str>, profiles: &ProfileSet) -> Result<(), Failure> {
    let name = given.unwrap_or_else(|| profiles.selected_profile());
    let env = Env::real();
    let has = |variable: &str| env.get(variable).is_ok_and(|value| !value.is_empty());
    let option = match given {
        Some(_) => "--profile",
        None if has("AWS_ACCESS_KEY_ID") || has("AWS_WEB_IDENTITY_TOKEN_FILE") => return Ok(()),
        None => "AWS_PROFILE",
    };
    // The SDK doesn't require a profile named default.
    if profiles.get_profile(name).is_some() || (given.is_none() && name == "default") {
        return Ok(());
    }
    let mut defined: Vec<&str> = profiles.profiles().collect();
    defined.sort_unstable();
    let problem = match defined.as_slice() {
        [] => "there are no profiles in the AWS configuration files".to_owned(),
        defined => format!("the profiles in the AWS configuration files are {}", defined.join(", ")),
    };
    Err(Failure::malformed(
        format!("{option} {}", quoted(name)),
        format!("this profile does not exist; {problem}"),
    ))
}

/// The credentials provider of a named profile, with the settings of `base`.
///
/// The default chain is not used, because it prefers access keys in the environment to the profile.
fn profile_credentials(
    name: &str,
    profiles: Option<&ProfileSet>,
    base: &SdkConfig,
) -> SharedCredentialsProvider {
    let config = provider_config(base);
    let from_file = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build();
    // A profile that only sets a Region is common on machines that have a role, so the machine's
    // credentials are tried next. They never replace a profile's own role whose source is missing.
    let defined = profiles.and_then(|profiles| profiles.get_profile(name));
    if defined.is_none_or(|profile| profile.get("role_arn").is_some()) {
        return SharedCredentialsProvider::new(from_file);
    }
    SharedCredentialsProvider::new(
        CredentialsProviderChain::first_try("Profile", from_file)
            .or_else("EcsContainer", EcsCredentialsProvider::builder().configure(&config).build())
            .or_else("Ec2InstanceMetadata", ImdsCredentialsProvider::builder().configure(&config).build()),
    )
}

/// The settings that the SDK's loader passes to its default chain, of which the Region and the HTTP
/// client are required for assuming a role.
fn provider_config(base: &SdkConfig) -> ProviderConfig {
    let mut config = ProviderConfig::without_region()
        .with_region(base.region().cloned())
        .with_behavior_version(base.behavior_version())
        .with_use_fips(base.use_fips())
        .with_use_dual_stack(base.use_dual_stack());
    if let Some(http) = base.http_client() {
        config = config.with_http_client(http);
    }
    if let Some(retries) = base.retry_config() {
        config = config.with_retry_config(retries.clone());
    }
    if let Some(timeouts) = base.timeout_config() {
        config = config.with_timeout_config(timeouts.clone());
    }
    config
}

/// The selected profile, if it or a profile in its chain of `source_profile`s has a role that
/// requires MFA.
fn mfa_profile(profiles: &ProfileSet) -> Option<String> {
    let mut name = profiles.selected_profile();
    let mut seen = Vec::new();
    while let Some(profile) = profiles.get_profile(name).filter(|_| !seen.contains(&name)) {
        if profile.get("role_arn").and(profile.get("mfa_serial")).is_some() {
            return Some(profiles.selected_profile().to_owned());
        }
        seen.push(name);
        name = profile.get("source_profile")?;
    }
    None
}
