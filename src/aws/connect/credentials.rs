//! The credentials of assumed roles.

use aws_config::sts::AssumeRoleProvider;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
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
    ) -> Result<(AssumeRoleProvider, Credentials), Failure> {
        let arn = format!("arn:{}:iam::{}:role/{role}", account_region.partition, account_region.account);
        let call = Call { operation: "AssumeRole", resource: &arn, account_region, limit: deadline.reads() };
        let provider = AssumeRoleProvider::builder(&arn)
            .session_name("stagecert")
            .region(Region::new(account_region.region.clone()))
            .configure(&self.counting_config("AssumeRole"));
        let assumed = call.send_raw(async {
            let provider = provider.build().await;
            let credentials = provider.provide_credentials().await;
            (provider, credentials)
        });
        let (provider, credentials) = assumed.await?;
        Ok((provider, credentials.map_err(|error| call.credentials_failure(&error))?))
    }
}
