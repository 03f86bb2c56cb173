//! The rules and the configuration recorder of each account and Region of a deployment.

use aws_sdk_config::config::retry::RetryPartition;
use aws_sdk_config::operation::describe_config_rule_evaluation_status::{
    DescribeConfigRuleEvaluationStatusError, DescribeConfigRuleEvaluationStatusOutput,
};
use aws_sdk_config::types::ConfigRuleEvaluationStatus;
use aws_types::region::Region;

use crate::Failure;
use crate::aws::AssumedAccount;
use crate::aws::connect::call::Call;
use crate::aws::read::convert::instant_of;
use crate::resources::account_region::AccountRegion;
use crate::scan::coverage::deployment::{Rule, RuleMatch};
use crate::scan::coverage::place::{Reading, Recorder};
use crate::scan::coverage::rule_status::RuleStatus;

/// The maximum page size of `DescribeConfigRuleEvaluationStatus` (botocore).
const PAGE_SIZE: i32 = 50;
/// The maximum number of rule names of a call (botocore).
const MAX_NAMES: usize = 25;

/// An account's Config in one Region.
#[derive(Debug)]
pub struct RegionalConfig {
    pub(crate) client: aws_sdk_config::Client,
    pub(crate) account_region: AccountRegion,
}

impl AssumedAccount<'_> {
    /// The account's Config in a Region, without the other clients of [`AssumedAccount::open`]. The
    /// Regions of an account share one retry budget, and no two accounts do.
    #[must_use]
    pub fn config_in(&self, region: &str) -> RegionalConfig {
        let account_region = AccountRegion { region: region.into(), ..self.account_region.clone() };
        let config = aws_sdk_config::config::Builder::from(&self.config)
            .region(Region::new(region.to_owned()))
            .interceptor(self.counter())
            .retry_partition(RetryPartition::new(self.account().to_owned()))
            .build();
        RegionalConfig { client: aws_sdk_config::Client::from_conf(config), account_region }
    }
}

impl RegionalConfig {
    /// The status of the rules that exist, of those wanted, and the state of the recorder.
    ///
    /// # Errors
    /// `Operation` of `DescribeConfigRuleEvaluationStatus` or
    /// `DescribeConfigurationRecorderStatus`.
    pub async fn reading(&self, wanted: &[Rule]) -> Result<Reading, Failure> {
        let (rules, recorder) = tokio::join!(self.rules(wanted), self.recorder());
        Ok(Reading { rules: rules?, recorder: recorder? })
    }

    async fn rules(&self, wanted: &[Rule]) -> Result<Vec<RuleStatus>, Failure> {
        let all_exact = wanted.iter().all(|rule| rule.r#match == RuleMatch::Exact);
        if !all_exact || wanted.len() > MAX_NAMES {
            let all = self.statuses(None).await?.unwrap_or_default();
            return Ok(all
                .into_iter()
                .filter(|status| wanted.iter().any(|rule| rule.matches(&status.name)))
                .collect());
        }
        let names: Vec<String> = wanted.iter().map(|rule| rule.name.clone()).collect();
        if let Some(statuses) = self.statuses(Some(names.clone())).await? {
            return Ok(statuses);
        }
        // If one of several rules is missing, AWS returns the status of none.
        let mut found = Vec::new();
        for name in names.into_iter().filter(|_| wanted.len() > 1) {
            found.extend(self.statuses(Some(vec![name])).await?.unwrap_or_default());
        }
        Ok(found)
    }

    /// The status of the rules with these names, or of all rules; `None` if one doesn't exist.
    async fn statuses(&self, names: Option<Vec<String>>) -> Result<Option<Vec<RuleStatus>>, Failure> {
        let resource = names.as_ref().map_or_else(|| "all rules".to_owned(), |names| names.join(", "));
        let call = self.call("DescribeConfigRuleEvaluationStatus", &resource);
        let (mut statuses, mut seen, mut token) = (Vec::new(), None, None::<String>);
        loop {
            let request = self.client.describe_config_rule_evaluation_status();
            let request = request.set_config_rule_names(names.clone()).set_next_token(token.take());
            // AWS doesn't say whether a limit may be combined with names.
            let request = request.set_limit(names.is_none().then_some(PAGE_SIZE));
            let page = match call.send_raw(request.send()).await? {
                Err(error)
                    if error.as_service_error().is_some_and(
                        DescribeConfigRuleEvaluationStatusError::is_no_such_config_rule_exception,
                    ) =>
                {
                    return Ok(None);
                }
                response => response,
            };
            let page = call.page(
                async { Some(page) },
                DescribeConfigRuleEvaluationStatusOutput::next_token,
                &mut seen,
            );
            let Some(page) = page.await? else { return Ok(Some(statuses)) };
            statuses.extend(page.config_rules_evaluation_status.unwrap_or_default().into_iter().map(status));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(Some(statuses));
            }
        }
    }

    /// The state of the customer's recorder. Recorders that belong to an AWS service don't count.
    pub(crate) async fn recorder(&self) -> Result<Recorder, Failure> {
        let call = self.call("DescribeConfigurationRecorderStatus", "the configuration recorder");
        let output = call.send(self.client.describe_configuration_recorder_status().send()).await?;
        let recorders = output.configuration_recorders_status.unwrap_or_default();
        let mut own = recorders.into_iter().filter(|recorder| recorder.service_principal.is_none());
        let Some(recorder) = own.next() else { return Ok(Recorder::Missing) };
        if recorder.recording || own.any(|other| other.recording) {
            return Ok(Recorder::Recording);
        }
        Ok(Recorder::Stopped(recorder.last_stop_time.as_ref().and_then(instant_of)))
    }

    pub(crate) fn call<'a>(&'a self, operation: &'static str, resource: &'a str) -> Call<'a> {
        Call { operation, resource, account_region: &self.account_region, limit: None }
    }
}

fn status(status: ConfigRuleEvaluationStatus) -> RuleStatus {
    let instant = |time: Option<aws_sdk_config::primitives::DateTime>| time.as_ref().and_then(instant_of);
    let error = [status.last_error_code, status.last_error_message];
    let error = error.into_iter().flatten().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
    RuleStatus {
        name: status.config_rule_name.unwrap_or_default(),
        activated: instant(status.first_activated_time),
        invoked: instant(status.last_successful_invocation_time),
        evaluated: instant(status.last_successful_evaluation_time),
        failed: instant(status.last_failed_invocation_time).max(instant(status.last_failed_evaluation_time)),
        has_evaluated: status.first_evaluation_started,
        error: Some(error).filter(|error| !error.is_empty()),
    }
}
