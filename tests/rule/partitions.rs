use serde_json::{Value, json};

use crate::evaluate::{evaluate, example, sample, with_parameters};

/// AWS's partitions other than `aws`, with one Region each (botocore's `partitions.json`).
const PARTITIONS: [(&str, &str); 7] = [
    ("aws-cn", "cn-north-1"),
    ("aws-us-gov", "us-gov-west-1"),
    ("aws-eusc", "eusc-de-east-1"),
    ("aws-iso", "us-iso-east-1"),
    ("aws-iso-b", "us-isob-east-1"),
    ("aws-iso-e", "eu-isoe-west-1"),
    ("aws-iso-f", "us-isof-south-1"),
];

fn moved(value: &Value, partition: &str, region: &str) -> Value {
    let text =
        value.to_string().replace("arn:aws:", &format!("arn:{partition}:")).replace("eu-west-1", region);
    serde_json::from_str(&text).unwrap()
}

fn account_in(partition: &str, region: &str) -> Value {
    let mut account = moved(&example(), partition, region);
    account["partition"] = partition.into();
    account
}

#[tokio::test]
async fn every_partition_gives_the_same_results() {
    for name in ["scheduled", "change-attached-shared", "change-websocket", "oversized"] {
        let here = evaluate(&sample(name), &example()).await;
        for (partition, region) in PARTITIONS {
            let account = account_in(partition, region);
            let there = evaluate(&moved(&sample(name), partition, region), &account).await;
            let expected = moved(&Value::from(here.evaluations()), partition, region);
            assert_eq!(Value::from(there.evaluations()), expected, "{name} {partition}");
            assert!(there.outcome.is_ok());
        }
    }
}

#[tokio::test]
async fn every_partition_has_the_same_findings() {
    let event = with_parameters(sample("scheduled"), &json!({"securityHub": "on"}));
    let here = evaluate(&event, &example()).await;
    assert!(here.findings.len() > 10);
    for (partition, region) in PARTITIONS {
        let there = evaluate(&moved(&event, partition, region), &account_in(partition, region)).await;
        let mut expected = moved(&Value::from(here.findings.clone()), partition, region);
        let mut there = Value::from(there.findings);
        for finding in there.as_array_mut().unwrap() {
            finding["ProductFields"].as_object_mut().unwrap().remove("stagecert/content").unwrap();
        }
        for finding in expected.as_array_mut().unwrap() {
            // The digest is of ARNs, too.
            finding["ProductFields"].as_object_mut().unwrap().remove("stagecert/content").unwrap();
            let id =
                finding["Id"].as_str().unwrap().replace("stagecert/aws/", &format!("stagecert/{partition}/"));
            finding["Id"] = id.into();
            for resource in finding["Resources"].as_array_mut().unwrap() {
                assert_eq!(resource["Partition"], "aws");
                resource["Partition"] = partition.into();
            }
        }
        assert_eq!(there, expected, "{partition}");
    }
}

#[tokio::test]
async fn every_partition_has_the_same_events() {
    let reminders = json!({
        "stagecert": "reminders", "time": "2026-12-05T09:00:00Z", "hours": 1, "accountId": "111122223333",
        "region": "eu-west-1", "ruleName": "stagecert", "days": "14", "ruleParameters": "{}",
    });
    for event in [reminders] {
        let here = evaluate(&event, &example()).await;
        assert_eq!(here.messages.len(), 1, "{:?}", here.outcome);
        for (partition, region) in PARTITIONS {
            let there = evaluate(&moved(&event, partition, region), &account_in(partition, region)).await;
            let messages = Value::from(here.messages.clone());
            let expected: Value = serde_json::from_str(
                &messages
                    .to_string()
                    .replace("arn:aws:", &format!("arn:{partition}:"))
                    .replace("eu-west-1", region),
            )
            .unwrap();
            assert_eq!(Value::from(there.messages), expected, "{partition}: {:?}", there.outcome);
        }
    }
}

/// A Region of one partition in an ARN of another is refused, whichever they are.
#[tokio::test]
async fn a_region_of_another_partition_is_refused() {
    for (partition, region) in PARTITIONS {
        let account = account_in(partition, region);
        let event = moved(&sample("change-ok"), partition, region);
        let mixed = event.to_string().replace(&format!("arn:{partition}:apigateway"), "arn:aws:apigateway");
        let evaluated = evaluate(&serde_json::from_str(&mixed).unwrap(), &account).await;
        assert_eq!(evaluated.outcome.unwrap_err().kind(), "Disagreement", "{partition}");
        assert_eq!(evaluated.requests.len(), 0);
    }
}
