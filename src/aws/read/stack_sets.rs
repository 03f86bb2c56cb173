//! StackSets and their stack instances.

use serde::Deserialize;

use crate::Failure;
use crate::aws::AssumedAccount;
use crate::aws::connect::call::Call;
use crate::aws::connect::query::{Form, Members};
use crate::aws::connect::service::Service;
use crate::aws::connect::service_endpoint::CLOUD_FORMATION;
use crate::quote::brief;
use crate::resources::account_region::AccountRegion;
use crate::scan::coverage::deployment::CallAs;
use crate::scan::coverage::stack_instance::StackInstance;

/// The version of CloudFormation's API (botocore).
pub(crate) const VERSION: &str = "2010-05-15";
/// The maximum page size of StackSets (botocore).
const PAGE_SIZE: &str = "100";
/// The number of characters of a status reason that are kept.
const MAX_REASON: usize = 1000;

/// The StackSets of an account and Region.
#[derive(Debug)]
pub struct StackSets {
    pub(crate) service: Service,
    pub(crate) account_region: AccountRegion,
    pub(crate) call_as: Option<CallAs>,
}

impl AssumedAccount<'_> {
    /// The StackSets that this account administers in a Region.
    #[must_use]
    pub fn stack_sets(&self, region: &str, call_as: Option<CallAs>) -> StackSets {
        let service = self.service(CLOUD_FORMATION, region);
        let account_region = AccountRegion { region: region.into(), ..self.account_region.clone() };
        StackSets { service, account_region, call_as }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListStackInstancesResponse {
    list_stack_instances_result: Page<Summary>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListStackSetsResponse {
    list_stack_sets_result: Page<StackSetSummary>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page<T> {
    #[serde(default = "Members::default")]
    summaries: Members<T>,
    #[serde(default)]
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    account: String,
    region: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    status_reason: Option<String>,
    #[serde(default)]
    stack_instance_status: InstanceStatus,
    #[serde(default)]
    organizational_unit_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InstanceStatus {
    #[serde(default)]
    detailed_status: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StackSetSummary {
    stack_set_name: String,
}

impl StackSets {
    /// The stack instances of a StackSet; `take` is called for each page, so only one page is in
    /// memory at a time.
    ///
    /// # Errors
    /// `Operation` of `ListStackInstances`. The pages before the failure have been taken.
    pub async fn instances(
        &self,
        stack_set: &str,
        mut take: impl FnMut(Vec<StackInstance>),
    ) -> Result<(), Failure> {
        let form = || Form::new("ListStackInstances", VERSION).with("StackSetName", stack_set);
        let call = self.call("ListStackInstances", stack_set);
        let of = |response: ListStackInstancesResponse| response.list_stack_instances_result;
        self.pages(&call, form, of, |summaries: Vec<Summary>| {
            take(summaries.into_iter().map(|summary| instance(stack_set, summary)).collect());
        })
        .await
    }

    /// The names of all active StackSets.
    ///
    /// # Errors
    /// `Operation` of `ListStackSets`.
    pub async fn names(&self) -> Result<Vec<String>, Failure> {
        let form = || Form::new("ListStackSets", VERSION).with("Status", "ACTIVE");
        let call = self.call("ListStackSets", "all StackSets");
        let mut names = Vec::new();
        let of = |response: ListStackSetsResponse| response.list_stack_sets_result;
        self.pages(&call, form, of, |summaries: Vec<StackSetSummary>| {
            names.extend(summaries.into_iter().map(|summary| summary.stack_set_name));
        })
        .await?;
        names.sort();
        names.dedup();
        Ok(names)
    }

    async fn pages<R, T>(
        &self,
        call: &Call<'_>,
        form: impl Fn() -> Form,
        of: impl Fn(R) -> Page<T>,
        mut take: impl FnMut(Vec<T>),
    ) -> Result<(), Failure>
    where
        R: serde::de::DeserializeOwned + std::fmt::Debug + Send + Sync + 'static,
        T: std::fmt::Debug,
    {
        let (mut token, mut seen) = (None::<String>, None);
        loop {
            let form =
                form().with("MaxResults", PAGE_SIZE).with_some("CallAs", self.call_as.map(CallAs::name));
            let form = form.with_some("NextToken", token.as_deref());
            let sent = async { Some(self.service.query::<R>(call.operation, form).await.map(&of)) };
            let Some(page) = call.page(sent, |page| page.next_token.as_deref(), &mut seen).await? else {
                return Ok(());
            };
            take(page.summaries.member);
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(());
            }
        }
    }

    pub(crate) fn call<'a>(&'a self, operation: &'static str, resource: &'a str) -> Call<'a> {
        Call { operation, resource, account_region: &self.account_region, limit: None }
    }
}

fn instance(stack_set: &str, summary: Summary) -> StackInstance {
    let non_empty = |text: Option<String>| text.filter(|text| !text.is_empty());
    StackInstance {
        stack_set: stack_set.to_owned(),
        account: summary.account,
        region: summary.region,
        organizational_unit: non_empty(summary.organizational_unit_id),
        status: summary.status,
        detailed_status: summary.stack_instance_status.detailed_status,
        status_reason: non_empty(summary.status_reason).map(|reason| brief(&reason, MAX_REASON)),
    }
}
