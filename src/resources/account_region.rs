//! The account and Region that an invocation, a scan or a snapshot is limited to.

use std::fmt;

use crate::failure::Location;
use crate::quote::quoted;

/// One account and Region in one partition. An invocation reads and writes only its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountRegion {
    /// The partition, such as `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// The account id: twelve digits.
    pub account: String,
    /// The Region name, such as `eu-west-1`.
    pub region: String,
}

impl AccountRegion {
    /// Returns the account and Region of a Config rule from the rule's ARN,
    /// `arn:PARTITION:config:REGION:ACCOUNT:config-rule/ID`.
    ///
    /// # Errors
    /// Returns a message that quotes the text and says what is allowed.
    pub fn from_rule_arn(arn: &str) -> Result<Self, String> {
        Self::from_arn(arn, "config", "config-rule/").ok_or_else(|| {
            format!("\"{}\" is not arn:PARTITION:config:REGION:ACCOUNT:config-rule/ID", quoted(arn))
        })
    }

    /// Returns the account and Region of a Lambda function from the function's ARN,
    /// `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME`, or `None` for any other text.
    #[must_use]
    pub fn from_function_arn(arn: &str) -> Option<Self> {
        Self::from_arn(arn, "lambda", "function:")
    }

    /// Returns the account and Region of an event bus from its ARN,
    /// `arn:PARTITION:events:REGION:ACCOUNT:event-bus/NAME`, or `None` for any other text.
    #[must_use]
    pub fn from_event_bus_arn(arn: &str) -> Option<Self> {
        Self::from_arn(arn, "events", "event-bus/")
    }

    /// Returns the account in the Region. The partition follows from the Region's name, as in
    /// botocore's `partitions.json`.
    #[must_use]
    pub fn in_region(account: &str, region: &str) -> Self {
        const PARTITIONS: [(&str, &str); 7] = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("eusc-", "aws-eusc"),
            ("us-iso-", "aws-iso"),
            ("us-isob-", "aws-iso-b"),
            ("eu-isoe-", "aws-iso-e"),
            ("us-isof-", "aws-iso-f"),
        ];
        let known = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
        Self {
            partition: known.map_or("aws", |(_, partition)| partition).into(),
            account: account.into(),
            region: region.into(),
        }
    }

    fn from_arn(arn: &str, service: &str, resource_prefix: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let &["arn", partition, of_service, region, account, resource] = parts.as_slice() else {
            return None;
        };
        let known_form = of_service == service
            && is_partition(partition)
            && is_region(region)
            && is_account_id(account)
            && resource.strip_prefix(resource_prefix).is_some_and(|id| !id.is_empty());
        known_form.then(|| Self {
            partition: partition.into(),
            account: account.into(),
            region: region.into(),
        })
    }
}

impl fmt::Display for AccountRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "account {}, Region {}", self.account, self.region)
    }
}

impl From<&AccountRegion> for Location {
    fn from(account_region: &AccountRegion) -> Self {
        Self { account: account_region.account.clone(), region: account_region.region.clone() }
    }
}

/// Returns whether `text` is an account id: exactly twelve digits.
#[must_use]
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether `text` has the form of a partition name: `aws`, or `aws-` and lowercase words.
#[must_use]
pub(crate) fn is_partition(text: &str) -> bool {
    text.len() <= 32
        && text.starts_with("aws")
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// Returns whether `text` has the form of a Region name: lowercase letters, digits and at least
/// one hyphen.
#[must_use]
pub fn is_region(text: &str) -> bool {
    text.len() <= 32
        && text.contains('-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_arn_is_accepted_in_every_partition() {
        for (partition, region) in [
            ("aws", "eu-west-1"),
            ("aws-cn", "cn-north-1"),
            ("aws-us-gov", "us-gov-west-1"),
            ("aws-eusc", "eusc-de-east-1"),
        ] {
            let arn = format!("arn:{partition}:config:{region}:111122223333:config-rule/config-rule-0123ab");
            let account_region = AccountRegion::from_rule_arn(&arn).unwrap();
            assert_eq!(
                (account_region.partition.as_str(), account_region.region.as_str()),
                (partition, region)
            );
            assert_eq!(account_region.account, "111122223333");
        }
    }

    #[test]
    fn the_partition_follows_from_the_region() {
        for (region, partition) in [
            ("eu-west-1", "aws"),
            ("us-east-1", "aws"),
            ("mx-central-1", "aws"),
            ("cn-northwest-1", "aws-cn"),
            ("us-gov-east-1", "aws-us-gov"),
            ("us-iso-west-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(AccountRegion::in_region("111122223333", region).partition, partition);
        }
    }

    #[test]
    fn other_text_is_rejected_with_the_form_of_a_rule_arn() {
        for arn in [
            "",
            "arn:aws:config:eu-west-1:111122223333",
            "arn:aws:lambda:eu-west-1:111122223333:config-rule/x",
            "arn:aws:config:eu-west-1:11112222333:config-rule/x",
            "arn:aws:config:eu-west-1:111122223333:config-rule/",
            "arn:aws:config:eu west:111122223333:config-rule/x",
            "arn:evil/:config:eu-west-1:111122223333:config-rule/x",
        ] {
            let problem = AccountRegion::from_rule_arn(arn).unwrap_err();
            assert!(problem.contains("\" is not arn:PARTITION:config:"), "{arn}: {problem}");
        }
    }
}
