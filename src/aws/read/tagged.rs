//! Resources and StackSets with the tag of a deployment.

use aws_sdk_resourcegroupstagging::operation::get_resources::GetResourcesOutput;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use aws_types::region::Region;
use serde::Deserialize;

use crate::Failure;
use crate::aws::connect::call::Call;
use crate::aws::connect::query::{Form, Members};
use crate::aws::read::stack_sets::VERSION;
use crate::aws::{AssumedAccount, StackSets};
use crate::resources::account_region::AccountRegion;
use crate::scan::coverage::deployment::CallAs;
use crate::scan::coverage::orphans::{DEPLOYMENT_TAG, STACK_TAG, TaggedResource};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeStackSetResponse {
    describe_stack_set_result: DescribeStackSetResult,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeStackSetResult {
    stack_set: StackSet,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StackSet {
    #[serde(default = "Members::default")]
    tags: Members<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

impl AssumedAccount<'_> {
    /// The resources in a Region with the tag of the deployment `name`.
    ///
    /// # Errors
    /// `Operation` of `GetResources`.
    pub async fn tagged_resources(&self, region: &str, name: &str) -> Result<Vec<TaggedResource>, Failure> {
        let account_region = AccountRegion { region: region.into(), ..self.account_region.clone() };
        let call = Call {
            operation: "GetResources",
            resource: "all resources of the deployment",
            account_region: &account_region,
            limit: None,
        };
        let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
        let client = aws_sdk_resourcegroupstagging::Client::new(&config);
        let filter = TagFilter::builder().key(DEPLOYMENT_TAG).values(name).build();
        let mut pages = client.get_resources().tag_filters(filter).into_paginator().send();
        let (mut resources, mut seen) = (Vec::new(), None);
        while let Some(page) =
            call.page(pages.next(), GetResourcesOutput::pagination_token, &mut seen).await?
        {
            for mapping in page.resource_tag_mapping_list.unwrap_or_default() {
                let Some(arn) = mapping.resource_arn else { continue };
                let tags = mapping.tags.unwrap_or_default();
                let stack = tags.into_iter().find(|tag| tag.key == STACK_TAG).map(|tag| tag.value);
                resources.push(TaggedResource { arn, stack });
            }
        }
        resources.sort();
        resources.dedup();
        Ok(resources)
    }
}

impl StackSets {
    /// The deployment that a StackSet's tag names, if it has the tag.
    ///
    /// # Errors
    /// `Operation` of `DescribeStackSet`.
    pub async fn deployment_of(&self, stack_set: &str) -> Result<Option<String>, Failure> {
        let call = self.call("DescribeStackSet", stack_set);
        let form = Form::new(call.operation, VERSION).with("StackSetName", stack_set);
        let form = form.with_some("CallAs", self.call_as.map(CallAs::name));
        let sent = self.service.query::<DescribeStackSetResponse>(call.operation, form);
        let tags = call.send(sent).await?.describe_stack_set_result.stack_set.tags.member;
        Ok(tags.into_iter().find(|tag| tag.key == DEPLOYMENT_TAG).map(|tag| tag.value))
    }
}
