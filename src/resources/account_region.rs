//! The account and Region that everything is about.

use std::fmt;

use crate::failure::Location;
use crate::quote::quoted;

/// One account and Region in one partition: the place that an event is about, and the only one that is read or written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountRegion {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: String,
    /// Twelve digits.
    pub account: String,
    /// Such as `eu-west-1`.
    pub region: String,
}

impl AccountRegion {
    /// The place of a rule, from its ARN `arn:PARTITION:config:REGION:ACCOUNT:config-rule/ID`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with `arn`.
    pub fn of_rule(arn: &str) -> Result<Self, String> {
        Self::of_arn(arn, "config", "config-rule/").ok_or_else(|| {
            format!("\"{}\" is not arn:PARTITION:config:REGION:ACCOUNT:config-rule/ID", quoted(arn))
        })
    }

    /// The place of a Lambda function, from its ARN `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME`; `None` for anything
    /// else.
    #[must_use]
    pub fn of_function(arn: &str) -> Option<Self> {
        Self::of_arn(arn, "lambda", "function:")
    }

    /// The place of an account in a Region, whose name tells the partition as AWS's own table of partitions has it.
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

    fn of_arn(arn: &str, service: &str, resource_prefix: &str) -> Option<Self> {
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
    fn from(place: &AccountRegion) -> Self {
        Self { account: place.account.clone(), region: place.region.clone() }
    }
}

/// Whether `text` is an account id: exactly twelve digits.
#[must_use]
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` has the form of a partition's name: `aws`, or `aws-` and lower-case words.
#[must_use]
pub fn is_partition(text: &str) -> bool {
    text.len() <= 32
        && text.starts_with("aws")
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// Whether `text` has the form of a Region's name: lower-case letters, digits and hyphens, with at least one hyphen.
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
    fn rules_of_every_partition() {
        for (partition, region) in
            [("aws", "eu-west-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")]
        {
            let arn = format!("arn:{partition}:config:{region}:111122223333:config-rule/config-rule-0123ab");
            let account_region = AccountRegion::of_rule(&arn).unwrap();
            assert_eq!(
                (account_region.partition.as_str(), account_region.region.as_str()),
                (partition, region)
            );
            assert_eq!(account_region.account, "111122223333");
        }
    }

    #[test]
    fn a_region_tells_its_partition() {
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
    fn anything_else_is_refused_with_the_form_of_a_rule_arn() {
        for arn in [
            "",
            "arn:aws:config:eu-west-1:111122223333",
            "arn:aws:lambda:eu-west-1:111122223333:config-rule/x",
            "arn:aws:config:eu-west-1:11112222333:config-rule/x",
            "arn:aws:config:eu-west-1:111122223333:config-rule/",
            "arn:aws:config:eu west:111122223333:config-rule/x",
            "arn:evil/:config:eu-west-1:111122223333:config-rule/x",
        ] {
            let problem = AccountRegion::of_rule(arn).unwrap_err();
            assert!(problem.contains("\" is not arn:PARTITION:config:"), "{arn}: {problem}");
        }
    }
}
