//! `AssumeRole`: which account is read and written, and with which credentials.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use stagecert::account::Account;
use stagecert::aws::Aws;
use stagecert::deadline::Deadline;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::stage_arn::StageArn;
use stagecert::rule::put::{PutRequest, Results};

use crate::bodies::{export, stage_arn};
use crate::events::token;
use crate::replay::{KEY_ID, Response, Sent, Wire, account_region, noon};

/// The response of STS: a key whose ID contains the role's account.
pub(crate) fn assumed(sent: &Sent, expiration: &str) -> Response {
    let account = role_arn(sent).split(':').nth(4).unwrap().to_owned();
    let xml = format!(
        r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
        <AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:stagecert</AssumedRoleId><Arn>arn:aws:sts::{account}:assumed-role/reader/stagecert</Arn></AssumedRoleUser>
        <Credentials><AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>assumed-secret-key</SecretAccessKey>
        <SessionToken>assumed-session-token</SessionToken><Expiration>{expiration}</Expiration></Credentials>
        </AssumeRoleResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></AssumeRoleResponse>"#
    );
    Response::ok(xml)
}

/// An error in the query protocol.
pub(crate) fn refused(code: &str, message: &str) -> Response {
    let xml = format!(
        r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"#
    );
    Response::of(403, xml)
}

fn form_field(sent: &Sent, name: &str) -> String {
    let value = sent.body.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    value.unwrap().replace("%3A", ":").replace("%2F", "/")
}

fn role_arn(sent: &Sent) -> String {
    form_field(sent, "RoleArn")
}

fn answered(sent: &Sent) -> Response {
    match sent.operation.as_str() {
        "AssumeRole" => assumed(sent, "2026-11-21T13:00:00Z"),
        "GetExport" => Response::ok(export("http")),
        "GetResources" => Response::ok(json!({"ResourceTagMappingList": []})),
        "DescribeCertificate" => Response::error(400, "ResourceNotFoundException", "no"),
        "GetClientCertificates" => Response::ok(json!({"item": []})),
        _ => Response::ok("{}"),
    }
}

/// One call to each of the five services.
async fn use_all(aws: &Aws, home: &AccountRegion, there: &AccountRegion, role: Option<&str>, now: Timestamp) {
    let (account, results) = aws.open(home, there, role, now, Deadline::none()).await.unwrap();
    account.stages(stagecert::parameters::Inventory::Config).await.unwrap();
    account.exported(&StageArn::parse(&stage_arn("a1", "prod")).unwrap()).await.unwrap();
    let arn = "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-90ab-cdef-1234-567890abcdef";
    account
        .acm_certificate(&stagecert::resources::certificate_id::CertificateId::new(arn.into()))
        .await
        .unwrap();
    account.tags(&[stage_arn("a1", "prod")]).await.unwrap();
    let result_token = token("token");
    results.put_evaluations(PutRequest { evaluations: &[], result_token: &result_token }).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_role_belongs_to_the_event_s_account_and_signs_everything_after() {
    for (partition, region, domain) in [
        ("aws", "eu-west-1", "amazonaws.com"),
        ("aws-cn", "cn-north-1", "amazonaws.com.cn"),
        ("aws-us-gov", "us-gov-west-1", "amazonaws.com"),
        ("aws-eusc", "eusc-de-east-1", "amazonaws.eu"),
    ] {
        let home = AccountRegion { partition: partition.into(), region: region.into(), ..account_region() };
        let there = AccountRegion { account: "444455556666".into(), ..home.clone() };
        let wire = Wire::responding(|sent, _| answered(sent));
        use_all(&wire.aws(), &home, &there, Some("stagecert-reader"), noon()).await;

        let sent = wire.sent();
        let (assume, others) = sent.split_first().unwrap();
        assert_eq!(assume.operation, "AssumeRole");
        assert_eq!(role_arn(assume), format!("arn:{partition}:iam::444455556666:role/stagecert-reader"));
        assert_eq!(form_field(assume, "RoleSessionName"), "stagecert");
        assert_eq!(assume.host, format!("sts.{region}.{domain}"));
        assert!(assume.is_signed_by(KEY_ID, region));
        assert_eq!(others.len(), 5);
        for other in others {
            assert!(other.is_signed_by("ASIA444455556666", region), "{}", other.header("authorization"));
            assert_eq!(other.header("x-amz-security-token"), "assumed-session-token");
            assert!(other.host.ends_with(&format!(".{region}.{domain}")), "{}", other.host);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_account_is_called_with_its_own_credentials() {
    let wire = Wire::responding(|sent, _| answered(sent));
    let aws = wire.aws();
    let accounts =
        [("111122223333", None), ("444455556666", Some("reader")), ("777788889999", Some("reader"))];
    for (account, role) in accounts.into_iter().chain(accounts) {
        let there = AccountRegion { account: account.into(), ..account_region() };
        let before = wire.sent().len();
        use_all(&aws, &account_region(), &there, role, noon()).await;
        let key = role.map_or(KEY_ID.to_owned(), |_| format!("ASIA{account}"));
        let calls = wire.sent().split_off(before);
        let calls = calls.iter().filter(|sent| sent.operation != "AssumeRole");
        assert_eq!(calls.clone().filter(|sent| sent.is_signed_by(&key, "eu-west-1")).count(), 5);
        assert_eq!(calls.count(), 5);
    }
    assert_eq!(wire.counts()["AssumeRole"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_role_is_assumed_again_only_if_its_credentials_would_expire() {
    let wire = Wire::responding(|sent, before| {
        let hour = 13 + before;
        assumed(sent, &format!("2026-11-21T{hour}:00:00Z"))
    });
    let aws = wire.aws();
    let there = AccountRegion { account: "444455556666".into(), ..account_region() };
    // The longest invocation takes 15 minutes, and its credentials must last that long.
    for (minute, role, assumed) in [
        (0, "reader", 1),
        (1, "reader", 1),
        (43, "reader", 1),
        (45, "reader", 2),
        (46, "reader", 2),
        (46, "auditor", 3),
        (47, "reader", 3),
        (600, "reader", 4),
    ] {
        let now = noon() + SignedDuration::from_mins(minute);
        aws.open(&account_region(), &there, Some(role), now, Deadline::none()).await.unwrap();
        assert_eq!(wire.sent().len(), assumed, "{role} at {minute} min");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_role_names_the_operation_and_the_role() {
    let wire = Wire::responding(|_, _| refused("AccessDenied", "not authorized to perform: sts:AssumeRole"));
    let there = AccountRegion { account: "444455556666".into(), ..account_region() };
    let aws = wire.aws();
    for _ in 0..2 {
        let opened = aws.open(&account_region(), &there, Some("reader"), noon(), Deadline::none()).await;
        let message = opened.unwrap_err().to_string();
        let expected =
            "AssumeRole of arn:aws:iam::444455556666:role/reader in account 444455556666, Region eu-west-1: ";
        assert!(message.starts_with(expected), "{message}");
        assert!(
            message.contains("AccessDenied") && message.contains("not authorized to perform: sts:AssumeRole"),
            "{message}"
        );
    }
    // A refusal isn't cached.
    assert_eq!(wire.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_account_is_a_disagreement_and_nothing_is_sent() {
    let wire = Wire::responding(|sent, _| answered(sent));
    let aws = wire.aws();
    let partition = || AccountRegion { partition: "aws-cn".into(), ..account_region() };
    let region = || AccountRegion { region: "eu-west-2".into(), ..account_region() };
    let account = || AccountRegion { account: "444455556666".into(), ..account_region() };
    for (there, role, field) in [
        (account(), None, "accountId"),
        (region(), None, "configRuleArn"),
        (region(), Some("reader"), "configRuleArn"),
        (partition(), None, "configRuleArn"),
        (partition(), Some("reader"), "configRuleArn"),
    ] {
        let failure = aws.open(&account_region(), &there, role, noon(), Deadline::none()).await.unwrap_err();
        assert_eq!(failure.kind(), "Disagreement");
        assert!(failure.to_string().starts_with(field), "{failure}");
    }
    assert_eq!(wire.sent().len(), 0);
}
