//! Sweeps with the checks of the front door: what is put, confirmed, attached, cleared and left
//! out.

use serde_json::{Value, json};

use crate::evaluate::{Evaluated, evaluate, example, sample, with_parameters};
use crate::faulty::World;

pub(crate) const CHECKS: &str = "mutual-tls,truststore,domain-certificate,tls-policy,private-front-door";
const GUARDED: &str = "arn:aws:apigateway:eu-west-1::/restapis/guarded001";
const PLAIN: &str = "arn:aws:apigateway:eu-west-1::/apis/plain00001";
const TRUSTSTORE: &str = "s3://truststores/clients.pem";

/// An account with an API behind a domain that requires a certificate, and an HTTP API.
pub(crate) fn account() -> Value {
    json!({
        "snapshotVersion": 1, "takenAt": "2026-11-21T12:00:00Z", "partition": "aws",
        "accountId": "111122223333", "awsRegion": "eu-west-1",
        "frontDoor": {
            "restApis": [{"id": "guarded001", "name": "orders", "disableExecuteApiEndpoint": true,
                "endpointConfiguration": {"types": ["REGIONAL"]}}],
            "v2Apis": [{"apiId": "plain00001", "name": "site", "protocolType": "HTTP"}],
            "domainNames": [domain("api.example.com", true)],
            "apiMappings": {"api.example.com": [{"apiId": "guarded001", "stage": "prod"}]},
            "recordedDomainNames": [
                {"resourceId": "api.example.com", "resourceName": "api.example.com"}
            ],
            "stageNames": {GUARDED: ["dev", "prod"]},
            "exports": {
                format!("{GUARDED}/stages/dev"): {"disableExecuteApiEndpoint": true},
                format!("{GUARDED}/stages/prod"): {"disableExecuteApiEndpoint": true}
            },
            "truststores": [{"uri": TRUSTSTORE, "version": "1", "content": {"certificates": [{
                "subject": "CN=Clients", "issuer": "CN=Clients", "notAfter": "2030-01-01T00:00:00Z",
                "selfIssued": true, "hasIssuer": true, "chainLength": 1}]}}],
            "newestVersions": {TRUSTSTORE: {"version": "1"}},
            "certificates": [{"CertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/a",
                "Status": "ISSUED", "Type": "AMAZON_ISSUED", "NotAfter": "2027-09-01T00:00:00Z"}]
        }
    })
}

fn domain(name: &str, requires_certificate: bool) -> Value {
    let mut domain = json!({
        "domainName": name, "domainNameStatus": "AVAILABLE", "securityPolicy": "TLS_1_2",
        "domainNameArn": format!("arn:aws:apigateway:eu-west-1::/domainnames/{name}"),
        "regionalCertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/a",
        "endpointConfiguration": {"types": ["REGIONAL"]}
    });
    if requires_certificate {
        domain["mutualTlsAuthentication"] = json!({"truststoreUri": TRUSTSTORE, "truststoreVersion": "1"});
    }
    domain
}

/// The account with a second domain that leads to the guarded API without a certificate.
pub(crate) fn with_bypass(mut account: Value) -> Value {
    let front_door = &mut account["frontDoor"];
    front_door["domainNames"].as_array_mut().unwrap().push(domain("old.example.com", false));
    front_door["apiMappings"]["old.example.com"] = json!([{"apiId": "guarded001", "stage": "prod"}]);
    account
}

fn sweep() -> Value {
    with_parameters(sample("scheduled"), &json!({"checks": CHECKS}))
}

fn result(resource_type: &str, id: &str, compliance_type: &str, annotation: &str) -> Value {
    json!({
        "EvaluationResultIdentifier": {"EvaluationResultQualifier": {
            "ConfigRuleName": "stagecert", "ResourceType": resource_type, "ResourceId": id}},
        "ComplianceType": compliance_type, "Annotation": annotation
    })
}

/// The results as Config keeps them: the new ones replace those of the same resource.
fn with_results(mut account: Value, evaluated: &Evaluated) -> Value {
    let text = |it: &Value, field: &str| it[field].as_str().unwrap().to_owned();
    let results = evaluated.evaluations().into_iter().map(|it| {
        result(
            &text(&it, "ComplianceResourceType"),
            &text(&it, "ComplianceResourceId"),
            &text(&it, "ComplianceType"),
            &text(&it, "Annotation"),
        )
    });
    account["evaluationResults"] = results.collect();
    account
}

/// The compliance type and the annotation that were put for a resource.
fn put(evaluated: &Evaluated, id: &str) -> Option<(String, String)> {
    let found = evaluated.evaluations().into_iter().find(|it| it["ComplianceResourceId"] == *id)?;
    let text = |field: &str| found[field].as_str().unwrap().to_owned();
    Some((text("ComplianceType"), text("Annotation")))
}

fn type_of(evaluated: &Evaluated, id: &str) -> Option<String> {
    put(evaluated, id).map(|(compliance_type, _)| compliance_type)
}

#[tokio::test]
async fn apis_and_domains_get_results() {
    let evaluated = evaluate(&sweep(), &account()).await;
    let log = evaluated.outcome.as_ref().unwrap();
    let tally = log.front_door.as_ref().unwrap();
    assert_eq!((tally.apis, tally.domain_names, tally.non_compliant, tally.not_applicable), (2, 1, 0, 1));
    assert_eq!(log.tally.stages, 0);
    insta::assert_json_snapshot!(evaluated.evaluations());
}

#[tokio::test]
async fn a_way_around_the_certificate_fails_the_api_and_not_the_domain() {
    let evaluated = evaluate(&sweep(), &with_bypass(account())).await;
    let (compliance_type, annotation) = put(&evaluated, GUARDED).unwrap();
    assert_eq!(compliance_type, "NON_COMPLIANT");
    assert!(annotation.starts_with("mutual-tls: ") && annotation.contains("old.example.com"), "{annotation}");
    assert_eq!(type_of(&evaluated, "api.example.com").unwrap(), "COMPLIANT");
    assert_eq!(type_of(&evaluated, PLAIN).unwrap(), "NOT_APPLICABLE");
}

/// The default endpoint leads to every stage, whatever the domains lead to.
#[tokio::test]
async fn a_stage_on_which_the_disabled_endpoint_is_not_deployed_fails_the_api() {
    let mut account = account();
    account["frontDoor"]["exports"][format!("{GUARDED}/stages/dev")]["disableExecuteApiEndpoint"] =
        false.into();
    let (compliance_type, annotation) = put(&evaluate(&sweep(), &account).await, GUARDED).unwrap();
    assert_eq!(compliance_type, "NON_COMPLIANT");
    assert!(annotation.contains("default-endpoint") && annotation.contains("dev"), "{annotation}");
}

#[tokio::test]
async fn only_changes_are_put_unless_all_are_asked_for() {
    let first = evaluate(&sweep(), &account()).await;
    let account = with_results(account(), &first);
    let again = evaluate(&sweep(), &account).await;
    assert_eq!(again.requests.len(), 1);
    assert_eq!(again.evaluations(), [] as [Value; 0]);
    let all = with_parameters(sweep(), &json!({"checks": CHECKS, "reporting": "all"}));
    assert_eq!(evaluate(&all, &account).await.evaluations().len(), first.evaluations().len());
}

#[tokio::test]
async fn the_problems_of_a_domain_that_config_does_not_list_are_put_with_its_apis() {
    let mut account = account();
    account["frontDoor"]["recordedDomainNames"] = json!([]);
    account["frontDoor"]["domainNames"][0]["securityPolicy"] = "TLS_1_0".into();
    let evaluated = evaluate(&sweep(), &account).await;
    let (compliance_type, annotation) = put(&evaluated, GUARDED).unwrap();
    assert_eq!(compliance_type, "NON_COMPLIANT");
    assert!(annotation.starts_with("tls-policy: ") && annotation.contains("api.example.com"), "{annotation}");
    assert_eq!(type_of(&evaluated, PLAIN).unwrap(), "NOT_APPLICABLE");
    assert_eq!(evaluated.evaluations().len(), 2);
}

#[tokio::test]
async fn a_domain_that_leads_nowhere_and_is_not_listed_is_named_in_the_log() {
    let mut account = account();
    account["frontDoor"]["recordedDomainNames"] = json!([]);
    account["frontDoor"]["domainNames"].as_array_mut().unwrap().push(domain("idle.example.com", false));
    account["frontDoor"]["apiMappings"]["idle.example.com"] = json!([]);
    let log = evaluate(&sweep(), &account).await.outcome.unwrap();
    let line = serde_json::to_string(&log).unwrap();
    assert!(line.contains("idle.example.com leads to no API"), "{line}");
}

/// A listing that lost the domain with the bypass for one read must not make the API compliant.
#[tokio::test]
async fn an_improvement_counts_only_if_a_second_read_agrees() {
    let failing = with_bypass(account());
    let first = evaluate(&sweep(), &failing).await;
    let before = with_results(failing.clone(), &first);
    let with_earlier = |account: &Value| {
        let mut account = account.clone();
        account["evaluationResults"] = before["evaluationResults"].clone();
        account
    };
    for (second_read, expected) in [(&failing, None), (&account(), Some("COMPLIANT"))] {
        let mut world = World::of(&with_earlier(&failing));
        world.live = with_earlier(&account());
        world.later = with_earlier(second_read);
        let (evaluated, calls) = world.evaluate(&sweep()).await;
        assert_eq!(calls.iter().filter(|call| **call == "apis").count(), 2);
        assert_eq!(type_of(&evaluated, GUARDED).as_deref(), expected);
        assert!(evaluated.outcome.is_ok());
    }
    // Nothing is known if the second read fails.
    let mut world = World::of(&with_earlier(&failing));
    world.live = with_earlier(&account());
    world.later = with_earlier(&account());
    world.later["frontDoor"]["apiMappings"] = json!({});
    let (evaluated, _) = world.evaluate(&sweep()).await;
    assert_eq!(type_of(&evaluated, GUARDED), None);
    assert!(evaluated.outcome.unwrap_err().to_string().contains("guarded001"));
}

#[tokio::test]
async fn nothing_is_read_twice_if_nothing_improves() {
    let first = evaluate(&sweep(), &account()).await;
    let world = World::of(&with_results(with_bypass(account()), &first));
    let (evaluated, calls) = world.evaluate(&sweep()).await;
    assert_eq!(type_of(&evaluated, GUARDED).unwrap(), "NON_COMPLIANT");
    assert_eq!(calls.iter().filter(|call| **call == "apis").count(), 1);
}

#[tokio::test]
async fn what_is_gone_is_cleared_after_api_gateway_was_asked() {
    let first = evaluate(&sweep(), &with_bypass(account())).await;
    let mut without = account();
    without["frontDoor"]["restApis"] = json!([]);
    without["frontDoor"]["domainNames"] = json!([]);
    let before = with_results(without, &first);
    let mut world = World::of(&before);
    let (evaluated, calls) = world.evaluate(&sweep()).await;
    assert!(calls.contains(&"api") && calls.contains(&"domain_name"));
    for id in [GUARDED, "api.example.com"] {
        assert_eq!(put(&evaluated, id).unwrap(), ("NOT_APPLICABLE".into(), "no longer found".into()), "{id}");
    }
    // A listing that lost them is not enough.
    world.later = with_results(with_bypass(account()), &first);
    let (evaluated, _) = world.evaluate(&sweep()).await;
    assert_eq!(evaluated.evaluations(), [] as [Value; 0]);
    let failure = evaluated.outcome.unwrap_err().to_string();
    assert!(failure.contains("guarded001") && failure.contains("api.example.com"), "{failure}");
}

#[tokio::test]
async fn a_domain_that_the_index_lost_keeps_its_result() {
    let mut expired = account();
    expired["frontDoor"]["domainNames"][0]["securityPolicy"] = "TLS_1_0".into();
    let first = evaluate(&sweep(), &expired).await;
    assert_eq!(type_of(&first, "api.example.com").unwrap(), "NON_COMPLIANT");
    let mut before = with_results(expired, &first);
    before["frontDoor"]["recordedDomainNames"] = json!([]);
    let again = evaluate(&sweep(), &before).await;
    assert_eq!(again.evaluations(), [] as [Value; 0]);
    assert!(again.outcome.is_ok());
}

#[tokio::test]
async fn results_about_stages_are_cleared_if_the_rule_gets_checks_of_the_front_door() {
    let stage = "arn:aws:apigateway:eu-west-1::/restapis/guarded001/stages/prod";
    let mut account = account();
    account["evaluationResults"] =
        json!([result("AWS::ApiGateway::Stage", stage, "NON_COMPLIANT", "owner-tag: no tag")]);
    let evaluated = evaluate(&sweep(), &account).await;
    assert_eq!(type_of(&evaluated, stage).unwrap(), "NOT_APPLICABLE");
}

#[tokio::test]
async fn a_change_is_refused_because_the_checks_run_on_a_schedule() {
    let change = with_parameters(sample("change-ok"), &json!({"checks": CHECKS}));
    let evaluated = evaluate(&change, &account()).await;
    assert_eq!(evaluated.requests, [] as [Value; 0]);
    let failure = evaluated.outcome.unwrap_err().to_string();
    assert!(failure.contains("only a schedule"), "{failure}");
}

const READS: [&str; 10] = [
    "apis",
    "domain_names",
    "mappings",
    "recorded_domain_names",
    "stage_names",
    "deployed_settings",
    "truststore",
    "newest_version",
    "server_certificate",
    "earlier_results",
];

/// What a failed read affects gets no result, and everything else gets the result that it has
/// without the failure.
#[tokio::test]
async fn a_failure_affects_only_what_needs_the_failed_read() {
    let sound = evaluate(&sweep(), &with_bypass(account())).await.evaluations();
    for (fails, code) in READS.into_iter().flat_map(|it| [(it, "ThrottlingException"), (it, "AccessDenied")])
    {
        let mut world = World::of(&with_bypass(account()));
        world.fails = (fails, code);
        let (evaluated, _) = world.evaluate(&sweep()).await;
        let failure = evaluated.outcome.as_ref().unwrap_err().to_string();
        assert!(failure.contains(fails), "{fails}: {failure}");
        let put = evaluated.evaluations();
        for evaluation in &put {
            assert!(sound.contains(evaluation), "{fails}: {evaluation}");
        }
        let is_put = |id: &str| put.iter().any(|it| it["ComplianceResourceId"] == *id);
        let is_domain_put = matches!(
            (fails, code),
            ("apis" | "mappings" | "stage_names" | "deployed_settings", _)
                | ("earlier_results", "AccessDenied")
        );
        assert_eq!(is_put("api.example.com"), is_domain_put, "{fails}");
        if !is_domain_put && fails != "earlier_results" && fails != "domain_names" {
            assert!(failure.contains("api.example.com"), "{fails}: {failure}");
        }
    }
}

#[tokio::test]
async fn an_endpoint_that_leads_to_other_stages_is_found_if_the_mapped_stage_is_gone() {
    let mut account = account();
    account["frontDoor"]["stageNames"] = json!({GUARDED: []});
    account["frontDoor"]["exports"] = json!({format!("{GUARDED}/stages/prod"): null});
    assert_eq!(type_of(&evaluate(&sweep(), &account).await, GUARDED).unwrap(), "COMPLIANT");
    account["frontDoor"]["restApis"][0]["disableExecuteApiEndpoint"] = false.into();
    let (compliance_type, annotation) = put(&evaluate(&sweep(), &account).await, GUARDED).unwrap();
    assert_eq!(compliance_type, "NON_COMPLIANT");
    assert!(annotation.starts_with("mutual-tls: default-endpoint"), "{annotation}");
}

#[tokio::test]
async fn a_domain_with_mutual_tls_does_not_guard_a_websocket_api() {
    let mut account = account();
    account["frontDoor"]["v2Apis"][0] = json!({"apiId": "plain00001", "name": "site",
        "protocolType": "WEBSOCKET", "disableExecuteApiEndpoint": true});
    account["frontDoor"]["apiMappings"]["api.example.com"] =
        json!([{"apiId": "plain00001", "stage": "prod"}]);
    for (required, expected) in [("guarded001", "NOT_APPLICABLE"), ("*", "NON_COMPLIANT")] {
        let sweep = with_parameters(sweep(), &json!({"checks": CHECKS, "requireMutualTls": required}));
        assert_eq!(type_of(&evaluate(&sweep, &account).await, PLAIN).unwrap(), expected, "{required}");
    }
}

/// An API that none of the chosen checks is about loses the result that a domain gave it.
#[tokio::test]
async fn the_result_of_a_domain_that_leads_elsewhere_now_is_cleared() {
    let sweep = with_parameters(sample("scheduled"), &json!({"checks": "tls-policy"}));
    let mut account = account();
    account["frontDoor"]["recordedDomainNames"] = json!([]);
    account["frontDoor"]["domainNames"][0]["securityPolicy"] = "TLS_1_0".into();
    let first = evaluate(&sweep, &account).await;
    assert_eq!(type_of(&first, GUARDED).unwrap(), "NON_COMPLIANT");
    account["frontDoor"]["apiMappings"]["api.example.com"] = json!([]);
    let before = with_results(account, &first);
    let again = evaluate(&sweep, &before).await;
    assert_eq!(type_of(&again, GUARDED).unwrap(), "NOT_APPLICABLE");
    assert_ne!(put(&again, GUARDED).unwrap().1, "");
}

/// What is deployed decides which trust stores are in front of a private API: if that can't be
/// read, its results stay as they are.
#[tokio::test]
async fn a_private_api_gets_no_result_if_its_policy_can_not_be_read() {
    for checks in ["truststore", "mutual-tls"] {
        let sweep = with_parameters(
            sample("scheduled"),
            &json!({"checks": checks, "requireMutualTls": "*", "truststoreWindowDays": "365"}),
        );
        let sound = evaluate(&sweep, &example()).await;
        let before = with_results(example(), &sound);
        for fails in ["stage_names", "deployed_settings"] {
            let mut world = World::of(&before);
            world.fails = (fails, "ThrottlingException");
            let (evaluated, _) = world.evaluate(&sweep).await;
            let failure = evaluated.outcome.as_ref().unwrap_err().to_string();
            assert!(failure.contains(fails), "{checks}: {failure}");
            assert_eq!(evaluated.evaluations(), [] as [Value; 0], "{checks} {fails}");
        }
    }
}

#[tokio::test]
async fn a_network_that_can_not_be_read_fails_private_apis_with_any_check_of_it() {
    let put_with = |checks: &'static str| async move {
        let sweep = with_parameters(sample("scheduled"), &json!({"checks": checks}));
        let mut world = World::of(&example());
        world.fails = ("execute_api_endpoints", "UnauthorizedOperation");
        let (evaluated, _) = world.evaluate(&sweep).await;
        let of_network =
            |it: &Value| it["Annotation"].as_str().unwrap().contains("the network in front of the API");
        evaluated.evaluations().iter().filter(|it| of_network(it)).count()
    };
    let expected = put_with("private-front-door").await;
    assert_ne!(expected, 0);
    assert_eq!(put_with("truststore").await, expected);
    assert_eq!(put_with("truststore,private-front-door").await, expected);
}
