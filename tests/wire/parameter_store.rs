//! `GetParameter` and `PutParameter`.

use serde_json::json;
use stagecert::deadline::Deadline;
use stagecert::notify::last_run::Parameter;
use stagecert::resources::account_region::AccountRegion;

use crate::replay::{KEY_ID, Response, Wire, account_region, noon};
use crate::roles::assumed;

const NAME: &str = "/stagecert/last-reminders";

#[tokio::test(start_paused = true)]
async fn a_parameter_is_read_and_replaced_in_signed_requests() {
    let wire = Wire::responding(|sent, _| match sent.operation.as_str() {
        "GetParameter" => Response::ok(json!({"Parameter": {"Name": NAME, "Value": "none", "Version": 1}})),
        _ => Response::ok(json!({"Version": 2, "Tier": "Standard"})),
    });
    let (_, results) = wire.open().await;
    assert_eq!(results.parameter(NAME).await.unwrap().as_deref(), Some("none"));
    results.put_parameter(NAME, "2026-11-21T08:00:00Z").await.unwrap();
    let [get, put] = wire.sent().try_into().unwrap();
    for (sent, target) in [(&get, "AmazonSSM.GetParameter"), (&put, "AmazonSSM.PutParameter")] {
        assert_eq!((sent.path.as_str(), sent.header("x-amz-target")), ("/", target));
        assert_eq!(sent.header("content-type"), "application/x-amz-json-1.1");
        assert!(sent.header("authorization").contains("/eu-west-1/ssm/aws4_request"));
    }
    assert_eq!(get.json(), json!({ "Name": NAME }));
    assert_eq!(
        put.json(),
        json!({
            "Name": NAME, "Value": "2026-11-21T08:00:00Z", "Type": "String", "Tier": "Standard", "Overwrite": true,
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_parameter_that_does_not_exist_is_none_and_any_other_error_is_a_failure() {
    let wire = Wire::responding(|_, _| Response::error(400, "ParameterNotFound", ""));
    let (_, results) = wire.open().await;
    assert_eq!(results.parameter(NAME).await.unwrap(), None);
    assert_eq!(results.put_parameter(NAME, "x").await.unwrap_err().code(), Some("ParameterNotFound"));

    let wire = Wire::responding(|_, _| Response::error(400, "AccessDeniedException", "no ssm:GetParameter"));
    let (_, results) = wire.open().await;
    for failure in
        [results.parameter(NAME).await.unwrap_err(), results.put_parameter(NAME, "x").await.unwrap_err()]
    {
        let text = failure.to_string();
        assert!(text.contains("Parameter of /stagecert/last-reminders in account 111122223333"), "{text}");
        assert_eq!(failure.code(), Some("AccessDeniedException"));
    }
    for response in [json!({}), json!({"Parameter": {}}), json!({"Parameter": {"Value": 7}})] {
        let wire = Wire::responding(move |_, _| Response::ok(response.clone()));
        let (_, results) = wire.open().await;
        results.parameter(NAME).await.unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn the_parameter_is_in_the_account_whose_certificates_are_checked() {
    let wire = Wire::responding(|sent, _| match sent.operation.as_str() {
        "AssumeRole" => assumed(sent, "2026-11-21T13:00:00Z"),
        _ => Response::error(400, "ParameterNotFound", ""),
    });
    let there = AccountRegion { account: "444455556666".into(), ..account_region() };
    let aws = wire.aws();
    let (_, results) =
        aws.open(&account_region(), &there, Some("member"), noon(), Deadline::none()).await.unwrap();
    assert_eq!(results.parameter(NAME).await.unwrap(), None);
    let sent = wire.sent();
    assert_eq!(sent.last().unwrap().operation, "GetParameter");
    assert!(!sent.last().unwrap().is_signed_by(KEY_ID, "eu-west-1"), "the role's credentials");
}
