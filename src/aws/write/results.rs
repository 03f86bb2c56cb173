use std::sync::Arc;

use aws_sdk_config::primitives::DateTime;
use aws_sdk_config::types::{ComplianceType as AwsComplianceType, Evaluation as AwsEvaluation};

use crate::Failure;
use crate::aws::Clients;
use crate::aws::connect::call::Call;
use crate::aws::write::event_bus::Bus;
use crate::deadline::Deadline;
use crate::evaluation::compliance::Evaluation;
use crate::resources::account_region::AccountRegion;
use crate::rule::put::{PutRequest, Results};

/// The writing side of an account and Region for one invocation: Config, Security Hub and
/// EventBridge.
#[derive(Clone, Debug)]
pub struct LiveResults {
    pub(crate) clients: Arc<Clients>,
    pub(crate) account_region: AccountRegion,
    pub(crate) deadline: Deadline,
    /// The event bus for the function's own events.
    pub(crate) bus: Bus,
}

impl Results for LiveResults {
    async fn put_evaluations(&self, request: PutRequest<'_>) -> Result<Vec<String>, Failure> {
        let resource = match request.evaluations {
            [] => "no evaluations".to_owned(),
            [one] => one.resource.id.to_string(),
            [first, rest @ ..] => format!("{} and {} more", first.resource.id, rest.len()),
        };
        let call = Call {
            operation: "PutEvaluations",
            resource: &resource,
            account_region: &self.account_region,
            limit: self.deadline.puts(),
        };
        let evaluations = request.evaluations.iter().map(evaluation).collect::<Result<Vec<_>, _>>();
        let evaluations = evaluations.map_err(|error| call.invalid_response(error.to_string()))?;
        let test_mode = request.result_token.is_test_mode().then_some(true);
        let put = self.clients.config.put_evaluations().result_token(request.result_token.reveal());
        let put = put.set_evaluations(Some(evaluations)).set_test_mode(test_mode);
        let output = call.send_raw(put.send()).await?;
        // An error message can repeat the result token, which must stay secret.
        let output =
            output.map_err(|error| call.sdk_failure_without(error, request.result_token.reveal()))?;
        let failed = output.failed_evaluations.unwrap_or_default();
        Ok(failed.into_iter().map(|evaluation| evaluation.compliance_resource_id).collect())
    }
}

fn evaluation(evaluation: &Evaluation) -> Result<AwsEvaluation, aws_sdk_config::error::BuildError> {
    AwsEvaluation::builder()
        .compliance_resource_type(&*evaluation.resource.resource_type)
        .compliance_resource_id(&*evaluation.resource.id)
        .compliance_type(AwsComplianceType::from(evaluation.compliance_type.name()))
        .annotation(evaluation.annotation.as_str())
        .ordering_timestamp(DateTime::from_millis(evaluation.ordering_timestamp.as_millisecond()))
        .build()
}
