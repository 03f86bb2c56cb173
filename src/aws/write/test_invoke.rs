//! Calls to backends through API Gateway, and the methods that can be called.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_apigateway::config::Builder;
use aws_sdk_apigateway::config::retry::RetryConfig;
use aws_sdk_apigateway::config::timeout::TimeoutConfig;
use aws_sdk_apigateway::operation::get_resources::GetResourcesOutput;

use crate::Failure;
use crate::aws::LiveAccount;
use crate::aws::read::account::APIGATEWAY_PAGE_SIZE;
use crate::probe::through::resource::ResourceMethod;
use crate::probe::through::{Invocation, Invoke, Invoked};
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::StageArn;

/// The time limit of a call: an integration times out after 29 s, unless its quota was raised.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A REST API's stage, with what API Gateway sends to a backend on its behalf.
#[derive(Clone, Debug)]
pub struct InvokedStage {
    /// The certificate that the stage presents, if any.
    pub certificate: Option<CertificateId>,
    /// The stage's variables. Their values can be secrets.
    pub variables: BTreeMap<String, String>,
}

/// The methods of one REST API in a live account and Region.
#[derive(Clone, Copy, Debug)]
pub struct LiveApi<'a> {
    account: &'a LiveAccount,
    stage: &'a StageArn,
}

impl<'a> LiveApi<'a> {
    /// The API that a stage belongs to.
    #[must_use]
    pub fn of(account: &'a LiveAccount, stage: &'a StageArn) -> Self {
        Self { account, stage }
    }

    /// The current stage.
    ///
    /// # Errors
    /// `Operation` of `GetStage`, also if the stage does not exist.
    pub async fn stage(&self) -> Result<InvokedStage, Failure> {
        let call = self.account.call("GetStage", self.stage.as_str());
        let request = self.account.clients.apigateway.get_stage();
        let sent = request.rest_api_id(self.stage.api_id()).stage_name(self.stage.stage_name()).send();
        let found = call.send(sent).await?;
        let certificate = found.client_certificate_id.filter(|id| !id.is_empty()).map(CertificateId::new);
        let variables = found.variables.unwrap_or_default().into_iter().collect();
        Ok(InvokedStage { certificate, variables })
    }

    /// All methods of the API's current resources.
    ///
    /// # Errors
    /// `Operation` of `GetResources`.
    pub async fn methods(&self) -> Result<Vec<ResourceMethod>, Failure> {
        let call = self.account.call("GetResources", self.stage.api_arn());
        let request = self.account.clients.apigateway.get_resources().rest_api_id(self.stage.api_id());
        let mut pages = request.embed("methods").limit(APIGATEWAY_PAGE_SIZE).into_paginator().send();
        let mut methods = Vec::new();
        let mut seen = None;
        while let Some(page) = call.page(pages.next(), GetResourcesOutput::position, &mut seen).await? {
            for resource in page.items.unwrap_or_default() {
                let (Some(id), Some(path)) = (resource.id, resource.path) else { continue };
                for (name, method) in resource.resource_methods.unwrap_or_default() {
                    let integration = method.method_integration;
                    methods.push(ResourceMethod {
                        resource_id: id.clone(),
                        path: path.clone(),
                        method: name,
                        integration_type: integration
                            .as_ref()
                            .and_then(|it| it.r#type.as_ref())
                            .map(|known| known.as_str().to_owned()),
                        uri: integration.and_then(|it| it.uri),
                    });
                }
            }
        }
        Ok(methods)
    }
}

impl Invoke for LiveApi<'_> {
    async fn invoke(&self, invocation: &Invocation<'_>) -> Result<Invoked, Failure> {
        let call = self.account.call("TestInvokeMethod", self.stage.api_arn());
        let request = self.account.clients.apigateway.test_invoke_method();
        let request = request
            .rest_api_id(self.stage.api_id())
            .resource_id(invocation.resource_id)
            .http_method(invocation.method.as_ref())
            .path_with_query_string(invocation.path)
            .set_client_certificate_id(invocation.certificate.map(|id| id.as_str().to_owned()));
        let variables = invocation.stage_variables;
        let variables = variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let request = request.set_stage_variables(Some(variables)).customize();
        // A retry would call the backend once more.
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(TIMEOUT).build();
        let once = Builder::new().retry_config(RetryConfig::disabled()).timeout_config(timeouts);
        let invoked = call.send(request.config_override(once).send()).await?;
        Ok(Invoked { body: invoked.body.unwrap_or_default(), log: invoked.log.unwrap_or_default() })
    }
}
