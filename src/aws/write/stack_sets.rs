//! Operations on the stack instances of a StackSet.

use serde::Deserialize;

use crate::Failure;
use crate::aws::StackSets;
use crate::aws::connect::query::Form;
use crate::aws::read::stack_sets::VERSION;
use crate::scan::coverage::deployment::CallAs;
use crate::scan::coverage::retry::Retry;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateStackInstancesResponse {
    update_stack_instances_result: OperationId,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateStackInstancesResponse {
    create_stack_instances_result: OperationId,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OperationId {
    operation_id: String,
}

impl StackSets {
    /// Starts an operation on stack instances with the id `operation_id`, and returns the id. A
    /// repeated request with the same id doesn't start another operation.
    ///
    /// # Errors
    /// `Operation` of `UpdateStackInstances` or `CreateStackInstances`.
    pub async fn retry(&self, retry: &Retry, operation_id: &str) -> Result<String, Failure> {
        let operation = if retry.creates { "CreateStackInstances" } else { "UpdateStackInstances" };
        let form = Form::new(operation, VERSION)
            .with("StackSetName", &retry.stack_set)
            .with_some("CallAs", self.call_as.map(CallAs::name))
            .with("OperationId", operation_id)
            .with_list("Regions", retry.regions.iter().map(String::as_str));
        let accounts = || retry.accounts.iter().map(String::as_str);
        // Service-managed StackSets take accounts as a filter on organizational units.
        let form = if retry.organizational_units.is_empty() {
            form.with_list("Accounts", accounts())
        } else {
            let units = retry.organizational_units.iter().map(String::as_str);
            form.with_list("DeploymentTargets.OrganizationalUnitIds", units)
                .with_list("DeploymentTargets.Accounts", accounts())
                .with("DeploymentTargets.AccountFilterType", "INTERSECTION")
        };
        let form = form
            .with("OperationPreferences.FailureTolerancePercentage", "100")
            .with("OperationPreferences.MaxConcurrentPercentage", "100")
            .with("OperationPreferences.ConcurrencyMode", "SOFT_FAILURE_TOLERANCE")
            .with("OperationPreferences.RegionConcurrencyType", "PARALLEL");
        let call = self.call(operation, &retry.stack_set);
        let started = if retry.creates {
            let sent = self.service.query::<CreateStackInstancesResponse>(operation, form);
            call.send(sent).await.map(|response| response.create_stack_instances_result)
        } else {
            let sent = self.service.query::<UpdateStackInstancesResponse>(operation, form);
            call.send(sent).await.map(|response| response.update_stack_instances_result)
        };
        match started {
            Ok(started) => Ok(started.operation_id),
            // An attempt whose response was lost had started it.
            Err(failure) if failure.code() == Some("OperationIdAlreadyExistsException") => {
                Ok(operation_id.to_owned())
            }
            Err(failure) => Err(failure),
        }
    }
}
