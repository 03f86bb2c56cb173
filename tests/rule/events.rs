use crate::evaluate::{evaluate, example};

#[test]
fn every_sample_event_on_the_example_account() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    insta::glob!("../../events", "*.json", |path| {
        let event = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let evaluated = runtime.block_on(evaluate(&event, &example()));
        insta::assert_snapshot!(evaluated.text());
    });
}

#[tokio::test]
async fn an_event_of_another_account_reads_and_reports_nothing() {
    for (field, value) in [
        ("accountId", "444455556666"),
        ("configRuleArn", "arn:aws:config:eu-west-1:444455556666:config-rule/config-rule-a1b2c3"),
        ("configRuleArn", "arn:aws:config:eu-west-2:111122223333:config-rule/config-rule-a1b2c3"),
        ("configRuleArn", "arn:aws-cn:config:eu-west-1:111122223333:config-rule/config-rule-a1b2c3"),
    ] {
        for name in ["change-ok", "scheduled"] {
            let mut event = crate::evaluate::sample(name);
            event[field] = value.into();
            let evaluated = evaluate(&event, &example()).await;
            assert_eq!(evaluated.outcome.unwrap_err().kind(), "Disagreement", "{name} {field} {value}");
            assert_eq!(evaluated.requests.len(), 0);
        }
    }
}
