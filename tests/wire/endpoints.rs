//! The endpoints of Security Hub and EventBridge, according to botocore's rule sets (1.43.11):
//! `client.meta.endpoint_url` in boto3.

use stagecert::aws::{Aws, RateLimits};
use stagecert::deadline::Deadline;
use stagecert::notify::deliver::Events;
use stagecert::notify::last_run::Parameter;
use stagecert::resources::account_region::AccountRegion;
use stagecert::security_hub::import::Findings;

use crate::event_bridge::messages;
use crate::replay::{Response, Wire, noon};
use crate::security_hub::some;

/// Region, FIPS, dual stack, Security Hub's host, EventBridge's host.
const HOSTS: [(&str, bool, bool, &str, &str); 16] = [
    ("eu-west-1", false, false, "securityhub.eu-west-1.amazonaws.com", "events.eu-west-1.amazonaws.com"),
    ("eu-west-1", false, true, "securityhub.eu-west-1.api.aws", "events.eu-west-1.api.aws"),
    (
        "eu-west-1",
        true,
        false,
        "securityhub-fips.eu-west-1.amazonaws.com",
        "events-fips.eu-west-1.amazonaws.com",
    ),
    ("eu-west-1", true, true, "securityhub-fips.eu-west-1.api.aws", "events-fips.eu-west-1.api.aws"),
    (
        "cn-north-1",
        false,
        false,
        "securityhub.cn-north-1.amazonaws.com.cn",
        "events.cn-north-1.amazonaws.com.cn",
    ),
    (
        "cn-north-1",
        true,
        true,
        "securityhub-fips.cn-north-1.api.amazonwebservices.com.cn",
        "events-fips.cn-north-1.api.amazonwebservices.com.cn",
    ),
    (
        "us-gov-west-1",
        false,
        false,
        "securityhub.us-gov-west-1.amazonaws.com",
        "events.us-gov-west-1.amazonaws.com",
    ),
    ("us-gov-west-1", false, true, "securityhub.us-gov-west-1.api.aws", "events.us-gov-west-1.api.aws"),
    (
        "us-gov-west-1",
        true,
        false,
        "securityhub-fips.us-gov-west-1.amazonaws.com",
        "events.us-gov-west-1.amazonaws.com",
    ),
    (
        "us-gov-east-1",
        true,
        false,
        "securityhub-fips.us-gov-east-1.amazonaws.com",
        "events.us-gov-east-1.amazonaws.com",
    ),
    ("us-gov-west-1", true, true, "securityhub-fips.us-gov-west-1.api.aws", "events.us-gov-west-1.api.aws"),
    (
        "us-iso-east-1",
        false,
        false,
        "securityhub.us-iso-east-1.c2s.ic.gov",
        "events.us-iso-east-1.c2s.ic.gov",
    ),
    (
        "us-iso-east-1",
        true,
        false,
        "securityhub-fips.us-iso-east-1.c2s.ic.gov",
        "events-fips.us-iso-east-1.c2s.ic.gov",
    ),
    (
        "us-isob-east-1",
        false,
        false,
        "securityhub.us-isob-east-1.sc2s.sgov.gov",
        "events.us-isob-east-1.sc2s.sgov.gov",
    ),
    (
        "eusc-de-east-1",
        false,
        false,
        "securityhub.eusc-de-east-1.amazonaws.eu",
        "events.eusc-de-east-1.amazonaws.eu",
    ),
    (
        "eusc-de-east-1",
        true,
        true,
        "securityhub-fips.eusc-de-east-1.api.amazonwebservices.eu",
        "events-fips.eusc-de-east-1.api.amazonwebservices.eu",
    ),
];

fn answered(sent: &crate::replay::Sent) -> Response {
    match sent.operation.as_str() {
        "GetParameter" => Response::ok(r#"{"Parameter":{"Value":"none"}}"#),
        "PutEvents" => Response::ok(r#"{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}"#),
        _ => Response::ok(r#"{"FailedCount":0,"SuccessCount":1}"#),
    }
}

/// The hosts that the three are called at.
async fn hosts(config: aws_config::SdkConfig, wire: &Wire, region: &str) -> Vec<String> {
    let aws = Aws::new(config, RateLimits::default());
    let account_region =
        AccountRegion { partition: "aws".into(), account: "111122223333".into(), region: region.into() };
    let (_, results) =
        aws.open(&account_region, &account_region, None, noon(), Deadline::none()).await.unwrap();
    results.import_findings(&some(1)).await.unwrap();
    results.put_events(&messages(1)).await.unwrap();
    results.parameter("/stagecert/last-reminders").await.unwrap();
    wire.sent().into_iter().map(|sent| sent.host).collect()
}

#[tokio::test(start_paused = true)]
async fn hosts_are_correct_in_every_partition() {
    for (region, fips, dual_stack, security_hub, event_bridge) in HOSTS {
        let wire = Wire::responding(|sent, _| answered(sent));
        let config = wire.config().to_builder().region(aws_config::Region::new(region));
        let config = config.use_fips(fips).use_dual_stack(dual_stack).build();
        assert_eq!(
            hosts(config, &wire, region).await,
            // SSM and EventBridge have the same exceptions (rule sets in botocore).
            [security_hub, event_bridge, &event_bridge.replacen("events", "ssm", 1)],
            "{region} {fips} {dual_stack}"
        );
        assert!(wire.sent().iter().all(|sent| sent.is_signed_by(crate::replay::KEY_ID, region)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_configured_url_overrides_the_rules() {
    let wire = Wire::responding(|sent, _| answered(sent));
    let config = wire.config().to_builder().endpoint_url("https://tagging.proxy.example").build();
    assert_eq!(hosts(config, &wire, "us-gov-west-1").await, ["tagging.proxy.example"; 3]);
}
