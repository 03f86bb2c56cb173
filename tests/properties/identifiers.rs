use proptest::prelude::*;
use stagecert::account::rows;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::certificate_id::{CertificateId, CertificateKind};
use stagecert::resources::stage_arn::{StageArn, StageType};

use crate::cases::cases;
use crate::hostile::hostile_text;
use crate::validity::assert_no_control_characters;

/// Checks that text is safe inside quotes, on one line, in a query expression, an ARN and a log.
fn assert_plain(text: &str) {
    let plain = |c: char| c.is_ascii_graphic() && !['\'', '"', '\\'].contains(&c);
    assert!(!text.is_empty() && text.chars().all(plain), "{text:?}");
}

/// One part of an identifier, mostly a valid one.
fn part(valid: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![9 => valid, 1 => hostile_text(), 1 => "[:/a-z'*-]{0,6}"]
}

fn near_arn() -> impl Strategy<Value = String> {
    (
        part("aws(-cn|-us-gov|-iso-b)?"),
        part("(eu|us|ap)-[a-z]{4,9}-[1-9]"),
        part("restapis|apis"),
        part("[a-z0-9]{1,12}"),
        part(r"[a-zA-Z0-9_$:.-]{1,20}"),
    )
        .prop_map(|(partition, region, collection, api, name)| {
            format!("arn:{partition}:apigateway:{region}::/{collection}/{api}/stages/{name}")
        })
}

fn near_certificate() -> impl Strategy<Value = String> {
    let acm = (part("aws(-cn)?"), part("eu-west-1"), part("[0-9]{12}"), part("(mrk-)?[0-9a-f-]{1,36}"));
    prop_oneof![
        part("[a-z0-9]{6}"),
        acm.prop_map(|(partition, region, account, id)| format!(
            "arn:{partition}:acm:{region}:{account}:certificate/{id}"
        )),
    ]
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn a_stage_arn_is_kept_verbatim_and_split_into_its_parts(text in near_arn()) {
        let Ok(arn) = StageArn::parse(&text) else { return Ok(()) };
        assert_plain(&text);
        prop_assert_eq!(arn.as_str(), &text);
        let collection = if arn.stage_type() == StageType::RestApi { "restapis" } else { "apis" };
        let (partition, region, api, name) = (arn.partition(), arn.region(), arn.api_id(), arn.stage_name());
        prop_assert_eq!(
            &text,
            &format!("arn:{partition}:apigateway:{region}::/{collection}/{api}/stages/{name}")
        );
        prop_assert_eq!(arn.label(), format!("{api}/{name}"));
        prop_assert_eq!(&text, &format!("{}/stages/{name}", arn.api_arn()));
        if arn.stage_type() == StageType::RestApi {
            prop_assert_eq!(StageArn::of_rest_api(partition, region, api, name), Ok(arn));
        }
    }

    #[test]
    fn other_text_is_refused_as_a_stage_arn_in_one_line(text in prop_oneof![hostile_text(), near_arn()]) {
        match StageArn::parse(&text) {
            Ok(_) => assert_plain(&text),
            Err(problem) => assert_no_control_characters(&problem),
        }
    }

    #[test]
    fn a_rule_arn_yields_its_account_and_region(
        (partition, region, account) in (part("aws(-cn)?"), part("eu-west-[1-9]"), part("[0-9]{12}")),
        id in part("config-rule-[a-z0-9]{6}"),
    ) {
        let arn = format!("arn:{partition}:config:{region}:{account}:config-rule/{id}");
        match AccountRegion::from_rule_arn(&arn) {
            Ok(account_region) => {
                prop_assert_eq!((account_region.partition, account_region.region), (partition, region));
                prop_assert_eq!(&account_region.account, &account);
                prop_assert!(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
            }
            Err(problem) => assert_no_control_characters(&problem),
        }
    }

    #[test]
    fn only_recognized_certificates_reach_a_query_with_balanced_quotes(text in near_certificate()) {
        let id = CertificateId::new(text.clone());
        prop_assert_eq!(id.as_str(), &text);
        let Some(expression) = rows::stages_with(&id) else {
            prop_assert_eq!(id.kind(), CertificateKind::Unrecognized);
            return Ok(());
        };
        prop_assert!(id.is_recognized());
        assert_plain(&text);
        let quoted: Vec<&str> = expression.split('\'').skip(1).step_by(2).collect();
        prop_assert_eq!(quoted, ["AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage", &text]);
        prop_assert_eq!(expression.matches('\'').count(), 6);
    }

    #[test]
    fn an_api_arn_reaches_a_query_in_one_pair_of_quotes(text in near_arn()) {
        let Ok(arn) = StageArn::parse(&text) else { return Ok(()) };
        let expression = rows::protocols(Some(arn.api_arn()));
        let quoted: Vec<&str> = expression.split('\'').skip(1).step_by(2).collect();
        prop_assert_eq!(quoted, ["AWS::ApiGatewayV2::Api", arn.api_arn()]);
    }

    #[test]
    fn every_possible_certificate_id_is_recognized(text in near_certificate(), account in "[0-9]{12}") {
        let id = CertificateId::new(text.clone());
        let account_region = AccountRegion { partition: "aws".into(), account: account.clone(), region: "eu-west-1".into() };
        if id.is_local_to(&account_region) {
            let is_local = text.starts_with(&format!("arn:aws:acm:eu-west-1:{account}:certificate/"));
            prop_assert!(id.is_recognized() && (is_local || id.kind() == CertificateKind::Generated));
        }
    }
}

#[test]
fn an_api_id_may_be_stages() {
    let arn = StageArn::parse("arn:aws:apigateway:eu-west-1::/apis/stages/stages/live").unwrap();
    assert_eq!(arn.api_arn(), "arn:aws:apigateway:eu-west-1::/apis/stages");
}
