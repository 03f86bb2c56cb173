use crate::checks::Check;
use crate::evaluation::compliance::ComplianceType;

/// What to do about a result, in one sentence. It depends on the most urgent failed check, which is
/// the first code in the annotation.
#[must_use]
pub fn what_to_do(compliance_type: ComplianceType, annotation: &str) -> &'static str {
    if compliance_type != ComplianceType::NonCompliant {
        return "Nothing: no check fails.";
    }
    let first = annotation.split([',', ':']).next();
    if first == Some("api-not-recorded") {
        return "Have AWS Config record AWS::ApiGatewayV2::Api: the stages of HTTP APIs need no client certificate.";
    }
    match first.and_then(Check::from_code) {
        Some(check) => check.advice().what_to_do,
        // The result is from another rule with the same name, or from an older version.
        None => "Read the annotation: it names the check that failed and why.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_code_of_the_annotation_decides() {
        use ComplianceType::{Compliant, NonCompliant, NotApplicable};
        for (compliance_type, annotation, begins) in [
            (
                NonCompliant,
                "certificate-expiry, owner-tag: abc expired",
                "Generate a new client certificate, ",
            ),
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
}
