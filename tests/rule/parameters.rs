use serde_json::{Value, json};

use crate::evaluate::{evaluate, example, sample, with_parameters};

/// The compliance types and annotations, by stage, of a sweep over the example account with these
/// parameters.
async fn sweep(parameters: Value) -> crate::evaluate::Evaluated {
    let mut parameters = parameters;
    parameters["reporting"] = "all".into();
    evaluate(&with_parameters(sample("scheduled"), &parameters), &example()).await
}

#[tokio::test]
async fn each_parameter_changes_only_what_it_documents() {
    for (parameters, stage, compliance, says) in [
        (json!({"checks": "owner-tag"}), "e6zr1bu8ws/dev", "COMPLIANT", "stage tag owner"),
        (
            json!({"checks": "certificate-attached"}),
            "c7ah0n6rby/v1",
            "NOT_APPLICABLE",
            "no HTTP integration in deployment",
        ),
        (
            json!({"checks": "certificate-expiry"}),
            "c7ah0n6rby/v1",
            "NOT_APPLICABLE",
            "no certificate attached",
        ),
        (json!({"expiryWindowDays": "59"}), "x2m7t9ajd4/v3", "COMPLIANT", "valid until 2027-01-20T12:00:00Z"),
        (
            json!({"expiryWindowDays": "365"}),
            "k3v9q0m2xa/prod",
            "NON_COMPLIANT",
            "certificate-expiry: client certificate h4t0vz expires",
        ),
        (json!({"managedRenewalWindowDays": "60"}), "7hd2wq4tzn/live", "NON_COMPLIANT", "within 60 days"),
        (json!({"ownerTagKeys": "team"}), "k3v9q0m2xa/prod", "NON_COMPLIANT", "stage has no tag team"),
        (json!({"ownerTagPattern": "team-[a-z]+"}), "k3v9q0m2xa/prod", "COMPLIANT", "owner"),
        (json!({"ownerTagPattern": "team"}), "k3v9q0m2xa/prod", "NON_COMPLIANT", "no value that counts"),
        (json!({"ownerTagOn": "stage"}), "d5ok2y8vgj/test", "COMPLIANT", "stage tag owner"),
        // An ACM certificate, whose tags aren't read then.
        (
            json!({"ownerTagOn": "stage", "checks": "owner-tag"}),
            "0qf4kj7ych/prod",
            "COMPLIANT",
            "stage tag owner",
        ),
        (
            json!({"ownerTagOn": "certificate", "checks": "owner-tag"}),
            "c7ah0n6rby/v1",
            "NOT_APPLICABLE",
            "no certificate",
        ),
        (
            json!({"certificateIds": "other1"}),
            "k3v9q0m2xa/prod",
            "NON_COMPLIANT",
            "h4t0vz is not in certificateIds",
        ),
        (
            json!({"CertificateIDs": "h4t0vz"}),
            "k3v9q0m2xa/prod",
            "COMPLIANT",
            "client certificate h4t0vz attached",
        ),
        (json!({"certificateSharing": "same-api"}), "k3v9q0m2xa/test", "COMPLIANT", "is shared as allowed"),
        (
            json!({"certificateSharing": "same-api"}),
            "b81yx6fk0e/prod",
            "NON_COMPLIANT",
            "is shared with stage p5n0gc3rul/prod",
        ),
        (json!({"certificateSharing": "acm"}), "0qf4kj7ych/prod", "COMPLIANT", "is shared as allowed"),
        (json!({"appliesTo": "all-stages"}), "c7ah0n6rby/v1", "NON_COMPLIANT", "required on all stages"),
        (json!({"includeStages": "*/prod"}), "c7ah0n6rby/v1", "NOT_APPLICABLE", "not among includeStages"),
        (
            json!({"includeStages": "*/v1", "excludeStages": "c7ah*/*"}),
            "c7ah0n6rby/v1",
            "NOT_APPLICABLE",
            "c7ah*/*",
        ),
        (json!({"executionRoleName": "stagecert-member"}), "k3v9q0m2xa/prod", "COMPLIANT", "h4t0vz"),
    ] {
        let evaluated = sweep(parameters.clone()).await;
        let (found, annotation) = evaluated.of(stage).unwrap();
        assert_eq!(found, compliance, "{parameters} {stage}: {annotation}");
        assert!(annotation.contains(says), "{parameters} {stage}: {annotation}");
    }
}

#[tokio::test]
async fn an_invalid_parameter_puts_nothing_and_names_key_value_and_allowed_values() {
    for (parameters, says) in [
        (
            json!({"expiryWindowDays": "366"}),
            "expiryWindowDays: \"366\" is not allowed; allowed: a whole number from 1 to 365",
        ),
        (
            json!({"expiryWindow": "60"}),
            "ruleParameters: \"expiryWindow\" is not allowed; allowed: the keys checks, ",
        ),
        (
            json!({"checks": "owner-tag,owner-tag"}),
            "checks: \"owner-tag,owner-tag\" is not allowed; allowed: each entry once",
        ),
        (json!({"securityHub": "yes"}), "securityHub: \"yes\" is not allowed; allowed: off or on"),
    ] {
        for event in ["scheduled", "change-ok"] {
            let evaluated = evaluate(&with_parameters(sample(event), &parameters), &example()).await;
            let failure = evaluated.outcome.unwrap_err().to_string();
            assert!(failure.contains(says), "{failure}");
            assert_eq!(evaluated.requests.len(), 0);
        }
    }
}
