//! The credentials of assumed roles.

use std::time::SystemTime;

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use jiff::Timestamp;

use crate::Failure;
use crate::aws::Aws;
use crate::aws::connect::account_cache::AccountSession;
use crate::aws::connect::call::Call;
use crate::aws::connect::call_counter::CountingClient;
use crate::aws::connect::clients::SharedState;
use crate::deadline::Deadline;
use crate::resources::account_region::AccountRegion;

impl Aws {
    /// A new session in an account, with the credentials of `role` if it is given.
    pub(crate) async fn session(
        &self,
        account_region: &AccountRegion,
        role: Option<&str>,
        deadline: Deadline,
    ) -> Result<AccountSession, Failure> {
        let shared = SharedState::new(account_region);
        let Some(role) = role else { return Ok(AccountSession { credentials: None, expires: None, shared }) };
        let (_, credentials) = self.assume(account_region, role, deadline).await?;
        let expires = credentials.expiry().and_then(|expiry| Timestamp::try_from(expiry).ok());
        let credentials = Some(SharedCredentialsProvider::new(credentials));
        Ok(AccountSession { credentials, expires, shared })
    }

    /// The process's own configuration with an HTTP client that counts requests, for a client that
    /// calls only `operation` and does not accept an interceptor.
    fn counting_config(&self, operation: &'static str) -> SdkConfig {
        let mut config = self.base.to_builder();
        if let Some(inner) = self.base.http_client() {
            config.set_http_client(Some(SharedHttpClient::new(CountingClient {
                inner,
                operation,
                counter: self.counter.clone(),
            })));
        }
        config.build()
    }

    /// The credentials of a role in the account of `account_region`, and the provider that can
    /// renew them.
    pub(crate) async fn assume(
        &self,
        account_region: &AccountRegion,
        role: &str,
        deadline: Deadline,
    ) -> Result<(RoleCredentials, Credentials), Failure> {
        let arn = format!("arn:{}:iam::{}:role/{role}", account_region.partition, account_region.account);
        let call = Call { operation: "AssumeRole", resource: &arn, account_region, limit: deadline.reads() };
        let config = self.counting_config("AssumeRole").into_builder();
        let config = config.region(Region::new(account_region.region.clone())).build();
        let provider = RoleCredentials { sts: aws_sdk_sts::Client::new(&config), role: arn.clone() };
        let credentials = call.send_raw(provider.provide_credentials()).await?;
        Ok((provider, credentials.map_err(|error| call.credentials_failure(&error))?))
    }
}

/// The credentials of a role, which is assumed each time. aws-config's provider would link all
/// other sources of credentials too.
#[derive(Debug)]
pub(crate) struct RoleCredentials {
    sts: aws_sdk_sts::Client,
    /// The ARN of the role.
    role: String,
}

impl RoleCredentials {
    async fn assume(&self) -> provider::Result {
        let request = self.sts.assume_role().role_arn(&self.role).role_session_name("stagecert");
        let assumed = request.send().await.map_err(CredentialsError::provider_error)?;
        let found = assumed.credentials.ok_or_else(|| CredentialsError::unhandled("no credentials"))?;
        let expiry = SystemTime::try_from(found.expiration).map_err(CredentialsError::unhandled)?;
        let token = Some(found.session_token);
        Ok(Credentials::new(found.access_key_id, found.secret_access_key, token, Some(expiry), "AssumeRole"))
    }
}

impl ProvideCredentials for RoleCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}
