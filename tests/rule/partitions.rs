use serde_json::Value;

use crate::evaluate::{evaluate, example, sample};

fn moved(value: &Value, partition: &str, region: &str) -> Value {
    let text =
        value.to_string().replace("arn:aws:", &format!("arn:{partition}:")).replace("eu-west-1", region);
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn every_partition_gives_the_same_results() {
    for name in ["scheduled", "change-attached-shared", "change-websocket", "oversized"] {
        let here = evaluate(&sample(name), &example()).await;
        for (partition, region) in [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")] {
            let mut account = moved(&example(), partition, region);
            account["partition"] = partition.into();
            let there = evaluate(&moved(&sample(name), partition, region), &account).await;
            let expected = moved(&Value::from(here.evaluations()), partition, region);
            assert_eq!(Value::from(there.evaluations()), expected, "{name} {partition}");
            assert!(there.outcome.is_ok());
        }
    }
}
