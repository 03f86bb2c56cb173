use serde_json::{Value, json};

use super::*;
use crate::resources::api::ApiType;

const ONE: &str = "vpce-0123456789abcdef0";
const OTHER: &str = "vpce-0fedcba9876543210";
const VPC: &str = "vpc-0123456789abcdef0";

fn api() -> ApiArn {
    ApiArn::new("aws", "eu-west-1", ApiType::Rest, "abc123").unwrap()
}

fn evaluated(statements: &Value) -> Access {
    access(&json!({ "Version": "2012-10-17", "Statement": statements }).to_string(), &api())
}

fn allow() -> Value {
    statement("Allow", &json!({}))
}

fn allow_from(id: &str) -> Value {
    statement("Allow", &json!({ "StringEquals": { "aws:SourceVpce": id } }))
}

fn deny_except(ids: &Value) -> Value {
    statement("Deny", &json!({ "StringNotEquals": { "aws:SourceVpce": ids } }))
}

fn statement(effect: &str, condition: &Value) -> Value {
    let mut statement = json!({
        "Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*",
    });
    if condition != &json!({}) {
        statement["Condition"] = condition.clone();
    }
    statement
}

fn with(mut statement: Value, key: &str, value: Value) -> Value {
    statement[key] = value;
    statement
}

fn limited_to(ids: &[&str]) -> Access {
    Access { endpoints: ids.iter().map(|id| (*id).to_owned()).collect(), ..Access::default() }
}

#[test]
fn the_documented_forms_limit_access_to_endpoints() {
    let arn = "arn:aws:execute-api:eu-west-1:111122223333:abc123/*";
    for (statements, ids) in [
        (json!(allow_from(ONE)), &[ONE][..]),
        (json!([allow_from(ONE)]), &[ONE]),
        (
            json!([statement("Allow", &json!({ "StringEquals": { "AWS:sourceVPCE": [ONE, OTHER] } }))]),
            &[ONE, OTHER],
        ),
        (json!([allow(), deny_except(&json!(ONE))]), &[ONE]),
        (json!([deny_except(&json!([ONE, OTHER])), allow()]), &[ONE, OTHER]),
        (json!([allow(), deny_except(&json!([ONE, OTHER])), deny_except(&json!(ONE))]), &[ONE]),
        (json!([allow_from(ONE), deny_except(&json!([ONE, OTHER]))]), &[ONE]),
        (json!([allow_from(ONE), allow_from(OTHER)]), &[ONE, OTHER]),
        // A contradiction lets no caller in.
        (json!([allow_from(ONE), deny_except(&json!(OTHER))]), &[]),
        // Other spellings of everyone, of the action and of all methods.
        (json!([allow(), with(deny_except(&json!(ONE)), "Principal", json!({ "AWS": "*" }))]), &[ONE]),
        (json!([allow(), with(deny_except(&json!(ONE)), "Principal", json!({ "AWS": ["*"] }))]), &[ONE]),
        (json!([allow(), with(deny_except(&json!(ONE)), "Action", json!("*"))]), &[ONE]),
        (json!([allow(), with(deny_except(&json!(ONE)), "Action", json!(["EXECUTE-API:*"]))]), &[ONE]),
        (json!([allow(), with(deny_except(&json!(ONE)), "Resource", json!("*"))]), &[ONE]),
        (json!([allow(), with(deny_except(&json!(ONE)), "Resource", json!(["execute-api:/*/*/*"]))]), &[ONE]),
        (
            json!([allow(), with(deny_except(&json!(ONE)), "Resource", json!("arn:aws:execute-api:*:*:*"))]),
            &[ONE],
        ),
        (
            json!([
                with(allow(), "Resource", json!(arn)),
                with(deny_except(&json!(ONE)), "Resource", json!([arn]))
            ]),
            &[ONE],
        ),
        (json!([with(allow_from(ONE), "Sid", json!("x"))]), &[ONE]),
        (json!([with(allow_from(ONE), "Principal", json!({ "AWS": "111122223333" }))]), &[ONE]),
        // A second way that is narrower or not a way to call the API.
        (json!([allow_from(ONE), with(allow(), "Action", json!("execute-api:ManageConnections"))]), &[ONE]),
        (json!([allow_from(ONE), deny_all_of("10.0.0.0/8")]), &[ONE]),
        // AWS's example for APIs with an authorizer, which allows the call.
        (json!([deny_except(&json!(ONE))]), &[ONE]),
        (json!([with(deny_except(&json!(ONE)), "Resource", json!([arn]))]), &[ONE]),
        (json!([deny_except(&json!([ONE, OTHER])), deny_all_of("10.0.0.0/8")]), &[ONE, OTHER]),
    ] {
        assert_eq!(evaluated(&statements), limited_to(ids), "{statements}");
    }
}

fn deny_all_of(range: &str) -> Value {
    statement("Deny", &json!({ "IpAddress": { "aws:SourceIp": range } }))
}

#[test]
fn an_allow_without_a_limit_is_open() {
    let elsewhere = "arn:aws:execute-api:eu-west-1:111122223333:abc123/*";
    for statements in [
        json!(allow()),
        json!([with(allow(), "Principal", json!({ "AWS": "arn:aws:iam::111122223333:root" }))]),
        json!([with(allow(), "Condition", json!({}))]),
        json!([allow_from(ONE), allow()]),
        json!([with(allow(), "Action", json!(["execute-api:ManageConnections", "execute-api:Invoke"]))]),
        json!([with(allow(), "Resource", json!(elsewhere))]),
        json!([with(allow(), "Resource", json!("arn:*:execute-api:*:*:abc123/*/*"))]),
        json!([with(allow(), "Resource", json!("arn:aws:execute-api:eu-west-1:*:*/*"))]),
    ] {
        let access = evaluated(&statements);
        assert_eq!((access.open.len(), access.unknown.len()), (1, 0), "{statements}");
        assert!(access.open[0].contains("Allow"), "{statements}");
    }
}

#[test]
fn a_limit_to_a_vpc_is_not_a_limit_to_endpoints() {
    let vpc = |operator: &str| json!({ operator: { "aws:SourceVpc": VPC } });
    let expected = Access { vpcs: [VPC.to_owned()].into(), ..Access::default() };
    assert_eq!(evaluated(&json!([statement("Allow", &vpc("StringEquals"))])), expected);
    assert_eq!(evaluated(&json!([allow(), statement("Deny", &vpc("StringNotEquals"))])), expected);
    let both = json!([statement("Allow", &vpc("StringEquals")), deny_except(&json!(ONE))]);
    assert_eq!(evaluated(&both), limited_to(&[ONE]));
}

#[test]
fn a_deny_that_does_not_apply_to_everything_is_no_limit() {
    let deny = || deny_except(&json!(ONE));
    for deny in [
        with(deny(), "Principal", json!({ "AWS": "111122223333" })),
        with(deny(), "Principal", json!({ "Service": "*" })),
        with(deny(), "Principal", json!({ "AWS": ["111122223333"] })),
        with(deny(), "Resource", json!("execute-api:/prod/*")),
        with(deny(), "Resource", json!("execute-api:/*/GET/*")),
        with(deny(), "Resource", json!("execute-api:/*/*/*/*")),
        with(deny(), "Resource", json!("arn:aws:execute-api:eu-west-1:111122223333:abc123/prod/*")),
        with(deny(), "Resource", json!("arn:aws:execute-api:eu-west-1:*:zzz999/*")),
        with(deny(), "Resource", json!("arn:aws:execute-api:us-east-1:*:abc123/*")),
        with(deny(), "Resource", json!("arn:aws-cn:execute-api:eu-west-1:*:abc123/*")),
        with(deny(), "Resource", json!("arn:aws:execute-api:eu-west-1:*:abc123")),
        // It may be the ARN of another account.
        with(deny(), "Resource", json!("arn:aws:execute-api:eu-west-1:999999999999:abc123/*")),
        with(deny(), "Action", json!("execute-api:ManageConnections")),
        with(deny(), "Action", json!("execute-api:In*")),
        statement("Deny", &json!({ "StringEquals": { "aws:SourceVpce": ONE } })),
        statement("Deny", &json!({ "StringNotEqualsIfExists": { "aws:SourceVpce": ONE } })),
        statement("Deny", &json!({ "ForAnyValue:StringNotEquals": { "aws:SourceVpce": ONE } })),
        statement("Deny", &json!({ "StringNotLike": { "aws:SourceVpce": ONE } })),
        statement("Deny", &json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-*" } })),
        statement("Deny", &json!({ "StringNotEquals": { "aws:SourceVpce": [] } })),
        statement("Deny", &json!({ "StringNotEquals": { "aws:SourceVpce": ONE, "aws:SourceVpc": VPC } })),
        statement(
            "Deny",
            &json!({
                "StringNotEquals": { "aws:SourceVpce": ONE }, "IpAddress": { "aws:SourceIp": "10.0.0.0/8" },
            }),
        ),
        statement("Deny", &json!({ "StringNotEquals": { "aws:VpcSourceIp": ONE } })),
        statement("Deny", &json!({})),
        deny_all_of("10.0.0.0/8"),
        json!({ "Effect": "Deny", "Principal": "*", "NotAction": "x:y", "Resource": "*" }),
    ] {
        let access = evaluated(&json!([allow(), deny]));
        assert!(access.endpoints.is_empty() && access.vpcs.is_empty(), "{deny}: {access:?}");
        assert_eq!(access.open.len() + access.unknown.len(), 1, "{deny}: {access:?}");
    }
}

#[test]
fn an_allow_that_is_not_understood_is_never_ignored() {
    for allow in [
        with(allow_from(ONE), "NotAction", json!("x:y")),
        with(allow_from(ONE), "Effect", json!("allow")),
        with(allow_from(ONE), "Action", json!("execute-api:In*")),
        with(allow_from(ONE), "Action", json!([])),
        with(allow_from(ONE), "Resource", json!("execute-api:/prod/*")),
        with(allow_from(ONE), "Resource", json!(["*", "execute-api:/prod/*"])),
        with(allow_from(ONE), "Principal", json!(["*"])),
        statement("Allow", &json!({ "StringEqualsIfExists": { "aws:SourceVpce": ONE } })),
        statement("Allow", &json!({ "ForAnyValue:StringEquals": { "aws:SourceVpce": ONE } })),
        statement("Allow", &json!({ "StringLike": { "aws:SourceVpce": "vpce-*" } })),
        statement("Allow", &json!({ "StringNotEquals": { "aws:SourceVpce": ONE } })),
        statement("Allow", &json!({ "StringEquals": { "aws:SourceVpce": "${aws:PrincipalTag/vpce}" } })),
        statement("Allow", &json!({ "StringEquals": { "aws:SourceVpce": ONE, "aws:SourceVpc": VPC } })),
        statement("Allow", &json!({ "StringEquals": { "aws:SourceVpce": [ONE, 1] } })),
        statement("Allow", &json!({ "StringEquals": {} })),
        statement("Allow", &json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } })),
        json!({ "Effect": "Allow", "NotPrincipal": "*", "Action": "*", "Resource": "*" }),
        json!({ "Effect": "Allow", "Principal": "*", "NotAction": "x:y", "Resource": "*" }),
        json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "NotResource": "x" }),
        json!({ "effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }),
        json!("Allow"),
        json!(null),
    ] {
        for statements in [json!([allow]), json!([allow_from(OTHER), allow])] {
            let access = evaluated(&statements);
            assert_eq!((access.open.len(), access.unknown.len()), (0, 1), "{statements}: {access:?}");
        }
    }
}

#[test]
fn a_policy_that_allows_nothing_is_limited_only_by_what_it_denies() {
    for statements in [
        json!([deny_all_of("10.0.0.0/8")]),
        json!([with(allow(), "Action", json!("execute-api:ManageConnections"))]),
        json!([with(deny_except(&json!(ONE)), "Resource", json!("execute-api:/prod/*"))]),
        json!([statement("Deny", &json!({ "StringNotEquals": { "aws:SourceVpc": VPC } }))]),
        json!([with(deny_except(&json!(ONE)), "Principal", json!({ "AWS": "111122223333" }))]),
    ] {
        let access = evaluated(&statements);
        assert_eq!((access.endpoints.len(), access.unknown.len()), (0, 1), "{statements}: {access:?}");
    }
}

#[test]
fn a_document_that_is_not_understood_is_unknown() {
    let twice = r#"{"Effect":"Allow","Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#;
    for document in [
        "",
        "{",
        "[]",
        "null",
        "{}",
        r#"{"statement":[]}"#,
        r#"{"Statement":[]}"#,
        r#"{"Statement":[],"Statement":[]}"#,
        // Whatever else there is could be a statement too.
        &json!({ "Statement": [allow_from(ONE)], "statement": [allow()] }).to_string(),
        &format!(r#"{{"Statement":[{twice}]}}"#),
    ] {
        let access = access(document, &api());
        assert_eq!((access.unknown.len(), access.endpoints.len()), (1, 0), "{document}");
        assert!(!access.is_closed());
    }
}

#[test]
fn a_version_and_an_id_change_nothing() {
    for version in ["2008-10-17", "2012-10-17"] {
        let document = json!({ "Version": version, "Id": "x", "Statement": [allow_from(ONE)] });
        assert_eq!(access(&document.to_string(), &api()), limited_to(&[ONE]), "{version}");
    }
}

#[test]
fn a_statement_is_quoted_on_one_line_and_cut() {
    let text = format!(r#"{{"Statement": [ {{"Effect":"Allow",{}"x": "{}"}} ]}}"#, "\n  ", "y".repeat(500));
    let access = access(&text, &api());
    let [quoted] = access.unknown.as_slice() else { panic!("{access:?}") };
    assert!(quoted.starts_with(r#"{"Effect":"Allow", "x": "yyy"#) && quoted.ends_with("yyy..."), "{quoted}");
}

#[test]
fn all_endpoints_in_a_document_are_found() {
    for (document, expected) in [
        ("", &[][..]),
        (&format!("{{\"a\":[\"{ONE}\",\"{OTHER}\",\"{ONE}\"]}}"), &[ONE, OTHER][..]),
        ("vpce-12345678 vpce-svc-0123456789abcdef0 vpce-* vpce-1234567 VPCE-12345678", &["vpce-12345678"]),
        (ONE, &[ONE]),
        (&format!("{ONE}ffff"), &[]),
    ] {
        let found: Vec<String> = named_endpoints(document).into_iter().collect();
        assert_eq!(found, expected, "{document}");
    }
}
