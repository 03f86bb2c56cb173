//! Links to the AWS Management Console.

/// The domains of the console by the prefixes of their Regions. The isolated partitions have those
/// of their sign-in pages (the endpoint rules of the AWS SDKs); that the console has the same is
/// UNVERIFIED.
const DOMAINS: [(&str, &str); 7] = [
    ("cn-", "amazonaws.cn"),
    ("us-gov-", "amazonaws-us-gov.com"),
    ("eusc-", "amazonaws-eusc.eu"),
    ("us-iso-", "c2shome.ic.gov"),
    ("us-isob-", "sc2shome.sgov.gov"),
    ("eu-isoe-", "csphome.adc-e.uk"),
    ("us-isof-", "csphome.hci.ic.gov"),
];

/// Returns the URL of a resource in the console of AWS Config, which links to the resource itself.
pub(crate) fn config_link(region: &str, resource_type: &str, resource_id: &str) -> String {
    let domain = DOMAINS.iter().find(|(prefix, _)| region.starts_with(prefix));
    let domain = domain.map_or("aws.amazon.com", |(_, domain)| domain);
    format!(
        "https://{region}.console.{domain}/config/home?region={region}#/resources/details?resourceId={resource_id}&resourceType={resource_type}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_own_domain() {
        for (region, expected) in [
            ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/config/home?region=eu-west-1#/"),
            ("us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/config/home?"),
            ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/config/home?region=cn-north-1#/"),
            ("us-isob-east-1", "https://us-isob-east-1.console.sc2shome.sgov.gov/config/home?"),
        ] {
            let link = config_link(region, "AWS::ApiGateway::Stage", "arn:x");
            assert!(link.starts_with(expected), "{link}");
            assert!(link.ends_with("resourceId=arn:x&resourceType=AWS::ApiGateway::Stage"), "{link}");
        }
    }
}
