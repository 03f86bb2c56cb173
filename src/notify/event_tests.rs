use super::*;

#[test]
fn invisible_characters_in_details_are_replaced() {
    let account_region =
        AccountRegion { partition: "aws".into(), account: "111122223333".into(), region: "eu-west-1".into() };
    let stage = StageArn::of_rest_api("aws", "eu-west-1", "a1", "prod").unwrap();
    let hidden = "pay\u{2028}\u{202e}ments\u{ad}";
    let detail = Detail::new(&account_region, hidden, &stage, ComplianceType::NonCompliant, hidden);
    let detail = Detail {
        owner: hidden.into(),
        reminder: Some(ReminderDetail {
            reminder_id: hidden.into(),
            certificate_id: hidden.into(),
            not_after: Timestamp::UNIX_EPOCH,
            days_left: 0,
            hours_left: 0,
            timing: "has ended".into(),
            impact: "",
            stages: vec![],
            stage_count: 0,
            stages_left_out: 0,
            stage_list: String::new(),
            resources: vec![],
        }),
        ..detail
    };
    let message =
        Message { message_type: MessageType::Reminder, time: Timestamp::UNIX_EPOCH, detail: detail.into() };
    let entry = serde_json::to_value(&message).unwrap();
    let detail: serde_json::Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    for field in ["owner", "configRuleName", "annotation", "certificateId", "reminderId"] {
        assert_eq!(detail[field], "pay??ments?", "{field}");
    }
}

/// What an annotation leads to is what its finding leads to, as far as it can know.
#[test]
fn an_annotation_gives_the_advice_of_its_most_urgent_finding() {
    use crate::checks::finding::Finding;
    use crate::checks::stage::{certificate_attached as attached, certificate_expiry as expiry};
    use crate::checks::what_to_do::Circumstances;
    use crate::evaluation::annotation::Annotation;
    use crate::resources::backends::Backends;
    use crate::resources::certificate_id::CertificateId;

    let arn = "arn:aws:acm:eu-west-1:111122223333:certificate/0d4f92b7-6e1c-4a58-b3f0-1e8c75a6d92f";
    let not_after: Timestamp = "2026-12-05T08:00:00Z".parse().unwrap();
    let mut advice = std::collections::BTreeSet::new();
    for id in ["abc123", arn] {
        let certificate = || CertificateId::new(id.into());
        for backends in [Backends::http(None), Backends::no_http(None), Backends::NotAsked] {
            let (backends, pem_unreadable) = (|| backends.clone(), true);
            let expiring = expiry::Answer::Expiring {
                certificate: certificate(),
                not_after,
                window_days: 60,
                pem_unreadable,
                backends: backends(),
            };
            let expired = expiry::Answer::Expired {
                certificate: certificate(),
                not_after,
                pem_unreadable,
                backends: backends(),
            };
            let not_yet = expiry::Answer::NotYetValid {
                certificate: certificate(),
                not_before: not_after,
                backends: backends(),
            };
            let no_date = expiry::Answer::NoDate { certificate: certificate(), backends: backends() };
            let dangling = attached::Answer::Dangling { certificate: certificate(), backends: backends() };
            let not_allowed =
                attached::Answer::NotAllowed { certificate: certificate(), backends: backends() };
            let not_issued = attached::Answer::NotIssued {
                certificate: certificate(),
                status: "EXPIRED".into(),
                backends: backends(),
            };
            let expiries = [expiring, expired, not_yet, no_date].map(Finding::CertificateExpiry);
            let attached = [dangling, not_allowed, not_issued].map(Finding::CertificateAttached);
            for finding in expiries.into_iter().chain(attached) {
                let annotation = Annotation::from_findings(std::slice::from_ref(&finding));
                let expected = finding.what_to_do(Circumstances::default());
                let text = what_to_do(ComplianceType::NonCompliant, annotation.as_str());
                assert_eq!(text, expected, "{}", annotation.as_str());
                advice.insert(text);
            }
        }
    }
    assert!(advice.len() > 8, "otherwise this proves nothing");
}

#[test]
fn the_first_code_of_the_annotation_decides() {
    use ComplianceType::{Compliant, NonCompliant, NotApplicable};
    for (compliance_type, annotation, begins) in [
        (
            NonCompliant,
            "certificate-expiry, owner-tag: client certificate abc expired 2026-11-20T12:00:00Z",
            "Generate a new client certificate, make the backend trust it, ",
        ),
        (NonCompliant, "certificate-expiry: client certificate abc ...", "If AWS Certificate Manager"),
        (NonCompliant, "owner-tag: stage has no tag owner", "Tag the stage"),
        (NonCompliant, "certificate-unique: shared", "Generate a separate client certificate"),
        (NonCompliant, "certificate-attached: no certificate", "Generate a client certificate, "),
        (
            NonCompliant,
            "api-not-recorded: API not recorded by Config (AWS::ApiGatewayV2::Api), so counted as a WebSocket API",
            "Have AWS Config record",
        ),
        (NonCompliant, "something else", "Read the annotation"),
        (NonCompliant, "", "Read the annotation"),
        (Compliant, "certificate-expiry: odd", "Nothing"),
        (NotApplicable, "deleted", "Nothing"),
    ] {
        let text = what_to_do(compliance_type, annotation);
        assert!(text.starts_with(begins), "{annotation}: {text}");
        assert_eq!(text.matches(". ").count(), 0, "one sentence");
    }
}
