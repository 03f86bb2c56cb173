//! The way to AWS for people: their profile, its Region and where its credentials come from.

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

use crate::aws::{Aws, Paces};

/// Where services of a whole account are asked if neither the user nor the environment names a
/// Region.
const SOME_REGION: &str = "us-east-1";

impl Aws {
    /// As [`Aws::load`], with the credentials of a profile if one is named, and in some Region even
    /// if none is set: without one, no role could be assumed.
    pub async fn load_profile(region: Option<&str>, profile: Option<&str>) -> Self {
        let mut default_region = DefaultRegionChain::builder();
        let mut loader = Self::loader();
        if let Some(name) = profile {
            default_region = default_region.profile_name(name);
            loader = loader.profile_name(name);
        }
        let named = region.map(|region| Region::new(region.to_owned()));
        let region = RegionProviderChain::first_try(named)
            .or_else(default_region.build())
            .or_else(Region::new(SOME_REGION));
        let mut base = loader.region(region).load().await;
        let profiles = profiles(profile).await;
        if let Some(name) = profile {
            let credentials = credentials_of(name, profiles.as_ref(), &base);
            base = base.into_builder().credentials_provider(credentials).build();
        }
        let mut aws = Self::new(base, Paces::default());
        aws.mfa_profile = profiles.as_ref().and_then(with_mfa);
        aws
    }
}

/// The profiles that are defined; the SDK itself reports files that can't be read.
async fn profiles(selected: Option<&str>) -> Option<ProfileSet> {
    let selected = selected.map(|name| Cow::Owned(name.to_owned()));
    profile::load(&Fs::real(), &Env::real(), &EnvConfigFiles::default(), selected).await.ok()
}

/// The credentials of a named profile, with the settings of `base`.
///
/// The standard chain asks the environment first: keys that are set there would be used instead of
/// the profile's.
fn credentials_of(name: &str, profiles: Option<&ProfileSet>, base: &SdkConfig) -> SharedCredentialsProvider {
    let config = provider_config(base);
    let of_profile = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build();
    // A profile with a Region and no credentials is used on machines that have a role. A role whose
    // source is missing isn't replaced by that of the machine.
    let defined = profiles.and_then(|profiles| profiles.get_profile(name));
    if defined.is_none_or(|profile| profile.get("role_arn").is_some()) {
        return SharedCredentialsProvider::new(of_profile);
    }
    SharedCredentialsProvider::new(
        CredentialsProviderChain::first_try("Profile", of_profile)
            .or_else("EcsContainer", EcsCredentialsProvider::builder().configure(&config).build())
            .or_else("Ec2InstanceMetadata", ImdsCredentialsProvider::builder().configure(&config).build()),
    )
}

/// What the loader hands to the standard chain: without a Region or a client of ours, a role can't
/// be assumed.
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

/// The selected profile if it, or one that it gets its credentials from, has a role that requires
/// MFA.
fn with_mfa(profiles: &ProfileSet) -> Option<String> {
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
