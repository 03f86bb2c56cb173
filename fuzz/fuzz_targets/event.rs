//! Any text as an event, and any text as the invoking event of an otherwise valid event, against
//! the example account.
#![no_main]
#![allow(dead_code, reason = "the properties' modules serve more than one target")]

#[path = "../../tests/properties/evaluate.rs"]
mod evaluate;
#[path = "../../tests/properties/validity.rs"]
mod validity;

use evaluate::{EXAMPLE, Evaluated, evaluate};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use validity::{assert_every_request_is_valid, assert_no_control_characters};

const TOKEN: &str = "token-that-no-message-may-repeat";

fuzz_target!(|text: &str| {
    check(&evaluate(text, &EXAMPLE));
    let around = json!({
        "invokingEvent": text,
        "resultToken": TOKEN,
        "configRuleArn": "arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-a1b2c3",
        "configRuleName": "stagecert",
        "accountId": "111122223333",
    });
    let evaluated = evaluate(&around.to_string(), &EXAMPLE);
    check(&evaluated);
    if let Err(failure) = evaluated.outcome {
        assert!(!failure.to_string().contains(TOKEN) || text.contains(TOKEN), "{failure}");
    }
});

fn check(evaluated: &Evaluated) {
    assert_every_request_is_valid(&evaluated.requests);
    if let Err(failure) = &evaluated.outcome {
        assert_no_control_characters(&failure.to_string());
    }
}
