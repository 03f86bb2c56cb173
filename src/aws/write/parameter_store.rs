//! One parameter of SSM's Parameter Store.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::aws::LiveResults;
use crate::aws::connect::call::Call;
use crate::aws::connect::service::Operation;
use crate::notify::last_run::Parameter;

const GET_PARAMETER: Operation =
    Operation { name: "GetParameter", path: "/", target: Some("AmazonSSM.GetParameter") };
const PUT_PARAMETER: Operation =
    Operation { name: "PutParameter", path: "/", target: Some("AmazonSSM.PutParameter") };

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetParameterInput<'a> {
    name: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetParameterOutput {
    parameter: ParameterOutput,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ParameterOutput {
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutParameterInput<'a> {
    name: &'a str,
    value: &'a str,
    r#type: &'static str,
    tier: &'static str,
    overwrite: bool,
}

impl Parameter for LiveResults {
    async fn parameter(&self, name: &str) -> Result<Option<String>, Failure> {
        let call = Call {
            operation: GET_PARAMETER.name,
            resource: name,
            account_region: &self.account_region,
            limit: self.deadline.puts(),
        };
        let input = GetParameterInput { name };
        let output =
            call.send(self.clients.ssm.send::<GetParameterOutput>(GET_PARAMETER, &input, None)).await;
        match output {
            Ok(output) => Ok(Some(output.parameter.value)),
            Err(failure) if failure.code() == Some("ParameterNotFound") => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn put_parameter(&self, name: &str, value: &str) -> Result<(), Failure> {
        let call = Call {
            operation: PUT_PARAMETER.name,
            resource: name,
            account_region: &self.account_region,
            limit: self.deadline.puts(),
        };
        let input = PutParameterInput { name, value, r#type: "String", tier: "Standard", overwrite: true };
        call.send(self.clients.ssm.send::<IgnoredAny>(PUT_PARAMETER, &input, None)).await?;
        Ok(())
    }
}
