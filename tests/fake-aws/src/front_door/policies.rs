//! Resource policies of private APIs and private domain names, as plain JSON.

use serde_json::{Value, json};

const INVOKE: &str = "execute-api:Invoke";
const ALL: &str = "execute-api:/*";

/// All callers are allowed.
pub fn open() -> String {
    policy(json!([{"Effect": "Allow", "Principal": "*", "Action": INVOKE, "Resource": ALL}]))
}

/// AWS's example: all callers are allowed, except through other endpoints.
pub fn deny_other_endpoints(endpoints: &[&str]) -> String {
    policy(json!([
        {"Effect": "Allow", "Principal": "*", "Action": INVOKE, "Resource": ALL},
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": INVOKE,
            "Resource": ALL,
            "Condition": {"StringNotEquals": {"aws:SourceVpce": value(endpoints)}},
        },
    ]))
}

/// Callers through these endpoints may call.
pub fn allow_endpoints(endpoints: &[&str]) -> String {
    allow_if("StringEquals", "aws:SourceVpce", endpoints)
}

/// All callers in a VPC are allowed, through any endpoint there.
pub fn allow_vpc(vpc: &str) -> String {
    allow_if("StringEquals", "aws:SourceVpc", &[vpc])
}

/// Calls are allowed under a condition.
pub fn allow_if(operator: &str, key: &str, values: &[&str]) -> String {
    policy(json!([{
        "Effect": "Allow",
        "Principal": "*",
        "Action": INVOKE,
        "Resource": ALL,
        "Condition": { operator: { key: value(values) } },
    }]))
}

fn policy(statements: Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// One value, or a list of several.
fn value(values: &[&str]) -> Value {
    match values {
        [one] => json!(one),
        several => json!(several),
    }
}
