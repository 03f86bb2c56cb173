//! Resource policies of private APIs.

use serde_json::{Value, json};

use super::Generator;

impl Generator {
    /// A policy for these endpoints: one of the two documented shapes more often than not.
    pub(super) fn policy(&self, endpoints: &[String], vpc: &str) -> String {
        let allow = |condition: Value| statement("Allow", "execute-api:/*", condition);
        let deny = |condition: Value| statement("Deny", "execute-api:/*", condition);
        let ids = if endpoints.len() == 1 { json!(endpoints[0]) } else { json!(endpoints) };
        let by_deny = json!({"StringNotEquals": {"aws:SourceVpce": ids}});
        let by_allow = json!({"StringEquals": {"aws:SourceVpce": ids}});
        let statements = match self.random.below(40) {
            0..=11 => json!([allow(Value::Null), deny(by_deny)]),
            12..=22 => json!([allow(by_allow)]),
            23 | 24 => json!([allow(Value::Null)]),
            25 => json!([allow(json!({"StringEquals": {"aws:SourceVpc": vpc}}))]),
            26 => json!([allow(Value::Null), deny(json!({"StringNotEquals": {"aws:SourceVpc": vpc}}))]),
            27 => {
                json!([allow(Value::Null), deny(json!({"StringNotEqualsIfExists": {"aws:SourceVpce": ids}}))])
            }
            28 => json!([allow(json!({"ForAnyValue:StringEquals": {"aws:SourceVpce": ids}}))]),
            29 => json!([allow(Value::Null), statement("Deny", "execute-api:/prod/*", by_deny)]),
            30 => {
                json!([allow(Value::Null), deny(json!({"NotIpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}))])
            }
            31 => json!([allow(json!({"StringLike": {"aws:SourceVpce": "vpce-*"}}))]),
            32 => json!([allow(json!({
                "StringEquals": {"aws:SourceVpce": ids, "aws:PrincipalOrgID": "o-1234567890"},
            }))]),
            33 => json!([
                allow(Value::Null),
                deny(json!({"StringNotEquals": {"aws:SourceVpce": ids, "aws:SourceVpc": vpc}})),
            ]),
            34 => {
                let mut one = allow(Value::Null);
                one["Principal"] = json!({"AWS": "arn:aws:iam::111122223333:role/client"});
                json!([one])
            }
            35 => json!([allow(by_allow.clone()), allow(json!({"StringEquals": {"aws:SourceVpc": vpc}}))]),
            36 => {
                let mut one = deny(by_deny);
                one["Action"] = "execute-api:ManageConnections".into();
                json!([allow(Value::Null), one])
            }
            37 => {
                let mut one = deny(by_deny);
                one["Principal"] = json!({"AWS": "arn:aws:iam::111122223333:root"});
                json!([allow(Value::Null), one])
            }
            38 => return format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\" {ids}"),
            // One object instead of a list.
            _ => allow(by_allow),
        };
        json!({"Version": "2012-10-17", "Statement": statements}).to_string()
    }

    /// A policy of the documented shape.
    pub(super) fn closed_policy(endpoints: &[String]) -> String {
        let condition = json!({"StringEquals": {"aws:SourceVpce": endpoints}});
        let statements = json!([statement("Allow", "execute-api:/*", condition)]);
        json!({"Version": "2012-10-17", "Statement": statements}).to_string()
    }

    /// A policy that admits all callers.
    pub(super) fn open_policy() -> String {
        let statements = json!([statement("Allow", "execute-api:/*", Value::Null)]);
        json!({"Version": "2012-10-17", "Statement": statements}).to_string()
    }
}

fn statement(effect: &str, resource: &str, condition: Value) -> Value {
    let mut statement = json!({
        "Effect": effect,
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "Resource": resource,
    });
    if !condition.is_null() {
        statement["Condition"] = condition;
    }
    statement
}
