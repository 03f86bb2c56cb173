//! What exists in AWS under a deployment's name but is not part of it any more.

use std::collections::BTreeSet;

use crate::scan::coverage::deployment::Deployment;

/// The key of the tag on every resource of a deployment; its value is the deployment's name.
pub const DEPLOYMENT_TAG: &str = "stagecert:deployment";
/// The key of the tag that CloudFormation puts on the resources of a stack.
pub const STACK_TAG: &str = "aws:cloudformation:stack-name";
/// The ends of the names of endpoints by partition (botocore, `partitions.json`).
const DNS_SUFFIXES: [(&str, &str); 8] = [
    ("aws", "amazonaws.com"),
    ("aws-cn", "amazonaws.com.cn"),
    ("aws-us-gov", "amazonaws.com"),
    ("aws-eusc", "amazonaws.eu"),
    ("aws-iso", "c2s.ic.gov"),
    ("aws-iso-b", "sc2s.sgov.gov"),
    ("aws-iso-e", "cloud.adc-e.uk"),
    ("aws-iso-f", "csp.hci.ic.gov"),
];
/// What follows the deployment's name in the names of its StackSets.
const STACK_SETS: [&str; 5] = ["", "-canary", "-unreserved", "-member", "-member-alerts"];

/// A resource with the tag of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaggedResource {
    /// The resource's ARN.
    pub arn: String,
    /// The stack that created it, if its tags name one.
    pub stack: Option<String>,
}

impl TaggedResource {
    /// Whether the resource belongs to no stack of the deployment in this account and Region, and
    /// to no stack instance of its StackSets.
    #[must_use]
    pub fn is_orphan(&self, deployment: &Deployment, account: &str, region: &str) -> bool {
        let is_stack = |name: &str| {
            deployment.stacks.iter().any(|stack| {
                stack.name == name
                    && stack.region.as_deref().is_none_or(|of| of == region)
                    && stack.account.as_deref().is_none_or(|of| of == account)
            })
        };
        let is_instance = |name: &str| {
            let mut sets = deployment.stack_sets.iter();
            sets.any(|set| stack_set_of(name) == Some(&set.name))
        };
        // A stack itself has no tag with its own name.
        let own_stack = self.stack_name();
        let name = self.stack.as_deref().or(own_stack);
        !name.is_some_and(|name| is_stack(name) || is_instance(name))
    }

    /// The stack's name, if the resource is a stack.
    #[must_use]
    pub fn stack_name(&self) -> Option<&str> {
        let (service, resource) = self.service_and_resource()?;
        (service == "cloudformation").then_some(())?;
        resource.strip_prefix("stack/")?.split('/').next()
    }

    /// The bucket's name, if the resource is a bucket.
    #[must_use]
    pub fn bucket(&self) -> Option<&str> {
        self.service_and_resource().filter(|(service, _)| *service == "s3").map(|(_, bucket)| bucket)
    }

    /// The AWS CLI command that deletes the resource, with its options; `None` if none is known.
    #[must_use]
    pub fn deletion(&self) -> Option<(&'static str, &'static str, String)> {
        let (service, resource) = self.service_and_resource()?;
        let named = |prefix: &str| resource.strip_prefix(prefix).map(ToOwned::to_owned);
        let arn = || Some(self.arn.clone());
        let (command, option, value) = match service {
            "cloudformation" => {
                ("cloudformation delete-stack", "--stack-name", self.stack_name().map(ToOwned::to_owned))
            }
            "s3" => ("s3 rb --force", "", Some(format!("s3://{resource}"))),
            "kms" => ("kms schedule-key-deletion", "--key-id", named("key/")),
            "logs" => ("logs delete-log-group", "--log-group-name", named("log-group:")),
            "lambda" => ("lambda delete-function", "--function-name", named("function:")),
            "sns" => ("sns delete-topic", "--topic-arn", arn()),
            "config" if resource.starts_with("config-aggregator/") => return None,
            "cloudwatch" => ("cloudwatch delete-alarms", "--alarm-names", named("alarm:")),
            "sqs" => ("sqs delete-queue", "--queue-url", self.queue_url()),
            "iam" => ("iam delete-role", "--role-name", named("role/")),
            "events" => ("events delete-event-bus", "--name", named("event-bus/")),
            _ => return None,
        };
        value.map(|value| (command, option, value))
    }

    fn queue_url(&self) -> Option<String> {
        let parts: Vec<&str> = self.arn.splitn(6, ':').collect();
        let &["arn", partition, "sqs", region, account, name] = parts.as_slice() else { return None };
        let (_, suffix) = DNS_SUFFIXES.iter().find(|(of, _)| *of == partition)?;
        Some(format!("https://sqs.{region}.{suffix}/{account}/{name}"))
    }

    fn service_and_resource(&self) -> Option<(&str, &str)> {
        let parts: Vec<&str> = self.arn.splitn(6, ':').collect();
        match parts.as_slice() {
            &["arn", _, service, _, _, resource] => Some((service, resource)),
            _ => None,
        }
    }
}

/// The StackSet of a stack instance's stack, `StackSet-NAME-UUID`.
fn stack_set_of(stack: &str) -> Option<&str> {
    const UUID_LENGTH: usize = 36;
    let rest = stack.strip_prefix("StackSet-")?;
    let (name, uuid) = rest.split_at_checked(rest.len().checked_sub(UUID_LENGTH)?)?;
    uuid.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-').then_some(())?;
    name.strip_suffix('-')
}

/// The StackSets that may be left over from the deployment: those with its name that the file
/// doesn't list. Another deployment's name can start with this one's, so tags decide.
#[must_use]
pub fn candidates<'n>(deployment: &Deployment, names: &'n [String]) -> Vec<&'n String> {
    let listed: BTreeSet<&String> = deployment.stack_sets.iter().map(|set| &set.name).collect();
    let has_prefix = |name: &str| {
        name.strip_prefix(deployment.name.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    names.iter().filter(|name| has_prefix(name) && !listed.contains(name)).collect()
}

/// Whether a StackSet that the file doesn't list belongs to the deployment: by its tag, or without
/// one by its name.
#[must_use]
pub fn owns_stack_set(deployment: &Deployment, name: &str, tag: Option<&str>) -> bool {
    match tag {
        Some(tag) => tag == deployment.name,
        None => {
            name.strip_prefix(deployment.name.as_str()).is_some_and(|suffix| STACK_SETS.contains(&suffix))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(arn: &str) -> TaggedResource {
        TaggedResource { arn: arn.into(), stack: None }
    }

    #[test]
    fn the_stack_set_of_a_stack_instance() {
        let uuid = "0f3c1e52-6a0d-4b8e-9a0e-1c2d3e4f5a6b";
        assert_eq!(stack_set_of(&format!("StackSet-stagecert-{uuid}")), Some("stagecert"));
        assert_eq!(stack_set_of(&format!("StackSet-stagecert-canary-{uuid}")), Some("stagecert-canary"));
        for stack in
            ["stagecert-code", "StackSet-stagecert", "StackSet-", &format!("StackSet-{uuid}"), "StackSet-é"]
        {
            assert_eq!(stack_set_of(stack), None, "{stack}");
        }
    }

    #[test]
    fn each_kind_of_resource_has_a_command() {
        for (arn, expected) in [
            ("arn:aws:s3:::stagecert-code-1-eu-west-1", "s3 rb --force  s3://stagecert-code-1-eu-west-1"),
            ("arn:aws:kms:eu-west-1:1:key/k1", "kms schedule-key-deletion --key-id k1"),
            (
                "arn:aws:sqs:eu-west-1:1:q",
                "sqs delete-queue --queue-url https://sqs.eu-west-1.amazonaws.com/1/q",
            ),
            (
                "arn:aws-cn:sqs:cn-north-1:1:q",
                "sqs delete-queue --queue-url https://sqs.cn-north-1.amazonaws.com.cn/1/q",
            ),
            (
                "arn:aws-eusc:sqs:eusc-de-east-1:1:q",
                "sqs delete-queue --queue-url https://sqs.eusc-de-east-1.amazonaws.eu/1/q",
            ),
            (
                "arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/f",
                "logs delete-log-group --log-group-name /aws/lambda/f",
            ),
            ("arn:aws:cloudformation:eu-west-1:1:stack/s/id", "cloudformation delete-stack --stack-name s"),
        ] {
            let (command, option, value) = resource(arn).deletion().unwrap();
            assert_eq!(format!("{command} {option} {value}"), expected);
        }
        for arn in ["arn:aws:unknown:eu-west-1:1:x", "not an ARN", "arn:aws:kms:eu-west-1:1:alias/x"] {
            assert_eq!(resource(arn).deletion(), None, "{arn}");
        }
    }
}
