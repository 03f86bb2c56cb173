//! `certificate-unique`: no other stage has the same certificate.

use stagecert::checks::stage::certificate_unique::{Answer, Settings, Sharers, check};
use stagecert::checks::verdict::Verdict;
use stagecert::parameters::Parameters;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage_arn::StageArn;

fn stage(api: &str, name: &str) -> StageArn {
    StageArn::of_rest_api("aws", "eu-west-1", api, name).unwrap()
}

fn answer(of: &StageArn, certificate: &str, sharers: &[StageArn], json: &str) -> Answer {
    let settings = Parameters::parse(Some(json)).unwrap().certificate_unique;
    let id = CertificateId::new(certificate.into());
    check(of, Some(&id), &sharers.iter().cloned().collect(), settings).unwrap()
}

#[test]
fn passing_and_failing_with_each_kind_of_sharing() {
    let (dev, prod, other) = (stage("a1", "dev"), stage("a1", "prod"), stage("b2", "prod"));
    let acm = "arn:aws:acm:eu-west-1:111122223333:certificate/1-2";
    let one_api = [dev.clone(), prod.clone()];
    let two_apis = [dev.clone(), prod, other];
    for (sharers, certificate, json, expected) in [
        (&one_api[..1], "abc", "{}", Verdict::Passed),
        (&one_api[..0], "abc", "{}", Verdict::Passed),
        (&one_api[..], "abc", "{}", Verdict::Failed),
        (&one_api[..], "abc", r#"{"certificateSharing":"same-api"}"#, Verdict::Passed),
        (&two_apis[..], "abc", r#"{"certificateSharing":"same-api"}"#, Verdict::Failed),
        (&two_apis[..], "abc", r#"{"certificateSharing":"acm"}"#, Verdict::Failed),
        (&two_apis[..], acm, r#"{"certificateSharing":"acm"}"#, Verdict::Passed),
        (&two_apis[..], acm, r#"{"certificateSharing":"same-api,acm"}"#, Verdict::Passed),
        (&two_apis[..], acm, "{}", Verdict::Failed),
    ] {
        assert_eq!(answer(&dev, certificate, sharers, json).verdict(), expected, "{certificate} {json}");
    }
    let none = check(&dev, None, &Sharers::default(), Settings::default());
    assert_eq!(none, Some(Answer::NoCertificate));
}

#[test]
fn with_unreadable_stages_shared_certificates_stay_shared_and_others_are_undetermined() {
    let (dev, prod) = (stage("a1", "dev"), stage("a1", "prod"));
    let acm = "arn:aws:acm:eu-west-1:111122223333:certificate/1-2";
    for (sharers, certificate, json, expected) in [
        (vec![&dev], "abc", "{}", None),
        (vec![], "abc", "{}", None),
        (vec![&dev, &prod], "abc", "{}", Some("shared")),
        (vec![&dev, &prod], "abc", r#"{"certificateSharing":"same-api"}"#, None),
        (vec![&dev], acm, r#"{"certificateSharing":"acm"}"#, Some("sharing-allowed")),
        (vec![&dev, &prod], acm, r#"{"certificateSharing":"acm"}"#, Some("sharing-allowed")),
        (vec![&dev], acm, r#"{"certificateSharing":"same-api"}"#, None),
        (vec![&dev], "abc", r#"{"certificateSharing":"acm"}"#, None),
    ] {
        let sharers: Sharers = sharers.into_iter().cloned().collect();
        let id = CertificateId::new(certificate.into());
        let settings = Parameters::parse(Some(json)).unwrap().certificate_unique;
        let answer = check(&dev, Some(&id), &sharers.incomplete(), settings);
        let reason = answer.as_ref().map(<&'static str>::from);
        assert_eq!(reason, expected, "{certificate} {json}");
    }
    let none = check(&dev, None, &Sharers::default().incomplete(), Settings::default());
    assert_eq!(none, Some(Answer::NoCertificate));
}

#[test]
fn the_same_name_in_another_type_of_api_is_another_stage() {
    let rest = stage("a1", "prod");
    let websocket = StageArn::parse("arn:aws:apigateway:eu-west-1::/apis/a1/stages/prod").unwrap();
    let sharers = [rest.clone(), websocket];
    for json in ["{}", r#"{"certificateSharing":"same-api"}"#] {
        assert_eq!(answer(&rest, "abc", &sharers, json).verdict(), Verdict::Failed, "{json}");
    }
}

#[test]
fn an_api_id_that_is_a_prefix_of_another_is_another_api() {
    let sharers = [stage("a1", "prod"), stage("a1b", "prod"), stage("a", "prod"), stage("a1", "dev")];
    let same_api = r#"{"certificateSharing":"same-api"}"#;
    let Answer::Shared { peers, peer_count, .. } = answer(&sharers[0], "abc", &sharers, same_api) else {
        panic!("not shared")
    };
    assert_eq!((peers, peer_count), (vec!["a/prod".to_owned(), "a1b/prod".to_owned()], 2));
}

#[test]
fn at_most_ten_peers_are_named_and_all_are_counted() {
    let sharers: Vec<StageArn> = (0..30).map(|n| stage("a1", &format!("s{n:02}"))).collect();
    let answer = answer(&sharers[1], "abc", &sharers, "{}");
    assert_eq!(
        answer.to_string(),
        "client certificate abc is shared with stages a1/s00, a1/s02, a1/s03 and 26 more"
    );
    let Answer::Shared { peers, peer_count, .. } = answer else { panic!("not shared") };
    assert_eq!((peers.len(), peer_count), (10, 29));
}
