use std::collections::BTreeSet;

use serde_json::{Value, json};
use stagecert::checks::owner_tag;
use stagecert::checks::stage::{certificate_attached, certificate_expiry, certificate_unique};
use stagecert::parameters::Parameters;
use stagecert::scan::scan;
use stagecert::snapshot::{Snapshot, SnapshotAccount};
use strum::VariantNames;

use crate::evaluate::{evaluate, example, sample, with_parameters};

/// The codes of all findings in a scan of the account, as `check: reason`.
async fn shown(account: &Value, parameters: &str) -> BTreeSet<String> {
    let snapshot = Snapshot::parse(&account.to_string()).unwrap();
    let account_region = snapshot.account_region();
    let parameters = Parameters::parse(Some(parameters)).unwrap();
    let scan = scan(&SnapshotAccount::new(&snapshot, &account_region), &parameters, snapshot.taken_at)
        .await
        .unwrap();
    let findings = scan.stages.iter().filter_map(|stage| stage.result.as_ref().ok()).flatten();
    let mut shown = BTreeSet::new();
    for finding in findings {
        let data = serde_json::to_value(finding).unwrap();
        assert_eq!(data["reason"], finding.reason(), "the code is the same in JSON");
        shown.insert(format!("{}: {}", finding.check(), finding.reason()));
    }
    shown
}

#[tokio::test]
async fn the_example_account_has_every_reason() {
    let mut all: BTreeSet<String> = BTreeSet::new();
    for (check, reasons) in [
        ("certificate-attached", certificate_attached::Answer::VARIANTS),
        ("certificate-expiry", certificate_expiry::Answer::VARIANTS),
        ("certificate-unique", certificate_unique::Answer::VARIANTS),
        ("owner-tag", owner_tag::Answer::VARIANTS),
    ] {
        all.extend(reasons.iter().map(|reason| format!("{check}: {reason}")));
    }
    let mut by_parameter_alone = all.clone();
    let mut shown_so_far = BTreeSet::new();
    for parameters in [
        json!({}),
        json!({"certificateIds": "h4t0vz"}),
        json!({"certificateSharing": "same-api,acm"}),
        json!({"ownerTagOn": "certificate"}),
    ] {
        let shown = shown(&example(), &parameters.to_string()).await;
        if parameters == json!({}) {
            by_parameter_alone = &all - &shown;
        }
        shown_so_far.extend(shown);
    }
    // Every AWS certificate has a date, so one without must be made up.
    let mut dateless = example();
    for certificate in dateless["clientCertificates"].as_array_mut().unwrap() {
        certificate.as_object_mut().unwrap().retain(|field, _| field == "clientCertificateId");
    }
    assert!(by_parameter_alone.remove("certificate-expiry: no-date"));
    shown_so_far.extend(shown(&dateless, "{}").await);
    assert_eq!(shown_so_far, all);
    assert_eq!(
        by_parameter_alone.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "certificate-attached: not-allowed",
            "certificate-unique: sharing-allowed",
            "owner-tag: dangling",
            "owner-tag: no-certificate"
        ]
    );
    // Renaming a code must show up in a diff.
    insta::assert_snapshot!(all.into_iter().collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn an_unrecorded_api_is_named_and_nothing_else_is_claimed() {
    for without_integrations in [false, true] {
        let mut account = example();
        account["apis"] = json!([]);
        if without_integrations {
            account["integrations"] = json!([]);
        }
        for parameters in [json!({}), json!({"appliesTo": "all-stages"})] {
            let event = with_parameters(sample("change-http-api"), &parameters);
            let evaluated = evaluate(&event, &account).await;
            let (compliance_type, annotation) = evaluated.of("n8r2dz7hpa/$default").unwrap();
            assert_eq!(compliance_type, "NON_COMPLIANT");
            assert!(annotation.starts_with("api-not-recorded"), "{annotation}");
            assert!(annotation.contains("AWS::ApiGatewayV2::Api"), "{annotation}");
            for claim in ["certificate-attached", "no certificate", "ntegration", "HTTP backends"] {
                assert!(!annotation.contains(claim), "{annotation}");
            }
        }
        let sweep = evaluate(&sample("scheduled"), &account).await;
        // With a certificate, or without HTTP integrations, the protocol doesn't matter.
        assert_eq!(sweep.of("y0ck4s6xel/live").unwrap().0, "COMPLIANT");
        let (compliance_type, _) = sweep.of("g3jw8q1nfm/live").unwrap();
        assert_eq!(compliance_type, if without_integrations { "NON_COMPLIANT" } else { "COMPLIANT" });
    }
}
