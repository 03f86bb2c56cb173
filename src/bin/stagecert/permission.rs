//! The permissions that the operations of the front door need.

use stagecert::resources::account_region::AccountRegion;

/// The action that allows an operation, and the narrowest resource ARN; `None` for an operation
/// that is not used for the front door.
pub(crate) fn of_front_door(
    operation: &str,
    account_region: &AccountRegion,
) -> Option<(&'static str, String)> {
    let AccountRegion { partition, account, region } = account_region;
    let gateway =
        |path: &str| Some(("apigateway:GET", format!("arn:{partition}:apigateway:{region}::{path}")));
    let any = |action: &'static str| Some((action, "*".to_owned()));
    let trust_store = |action: &'static str| {
        let arn = format!("arn:{partition}:elasticloadbalancing:{region}:{account}:truststore/*");
        Some((action, arn))
    };
    match operation {
        "GetRestApi" => gateway("/restapis/*"),
        "GetApis" => gateway("/apis"),
        "GetApi" => gateway("/apis/*"),
        "GetDomainNames" => gateway("/domainnames"),
        "GetDomainName" => gateway("/domainnames/*"),
        "GetApiMappings" => gateway("/domainnames/*/apimappings"),
        "GetBasePathMappings" => gateway("/domainnames/*/basepathmappings"),
        "ListRoutingRules" => {
            let arn = format!("arn:{partition}:apigateway:{region}:{account}:/domainnames/*/routingrules");
            Some(("apigateway:ListRoutingRules", arn))
        }
        "DescribeVpcEndpoints" => any("ec2:DescribeVpcEndpoints"),
        "DescribeNetworkInterfaces" => any("ec2:DescribeNetworkInterfaces"),
        "DescribeSecurityGroups" => any("ec2:DescribeSecurityGroups"),
        "DescribeLoadBalancers" => any("elasticloadbalancing:DescribeLoadBalancers"),
        "DescribeListeners" => any("elasticloadbalancing:DescribeListeners"),
        "DescribeRules" => any("elasticloadbalancing:DescribeRules"),
        "DescribeTargetGroups" => any("elasticloadbalancing:DescribeTargetGroups"),
        "DescribeTargetHealth" => any("elasticloadbalancing:DescribeTargetHealth"),
        "DescribeTrustStoreRevocations" => any("elasticloadbalancing:DescribeTrustStoreRevocations"),
        "GetTrustStoreCaCertificatesBundle" => {
            trust_store("elasticloadbalancing:GetTrustStoreCaCertificatesBundle")
        }
        "GetTrustStoreRevocationContent" => {
            trust_store("elasticloadbalancing:GetTrustStoreRevocationContent")
        }
        _ => None,
    }
}
