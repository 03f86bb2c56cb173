//! Limits of AWS Config and of log lines. Shared with the fuzz targets.

use serde_json::Value;

/// Checks that `PutEvaluations` accepts each request (botocore's limits; ASCII annotations, as the
/// spec requires).
pub(crate) fn assert_every_request_is_valid(requests: &[Value]) {
    for request in requests {
        let evaluations = request["Evaluations"].as_array().expect("a list");
        assert!(evaluations.len() <= 100, "{} evaluations", evaluations.len());
        assert!(request["ResultToken"].as_str().is_some_and(|token| !token.is_empty()));
        for evaluation in evaluations {
            assert_valid(evaluation);
        }
    }
}

fn assert_valid(evaluation: &Value) {
    let text = |field: &str| evaluation[field].as_str().unwrap_or_else(|| panic!("{field}: {evaluation}"));
    let between = |field: &str, most: usize| {
        let length = text(field).chars().count();
        assert!((1..=most).contains(&length), "{field}: {length} characters: {evaluation}");
    };
    between("ComplianceResourceType", 256);
    between("ComplianceResourceId", 768);
    assert_annotation(text("Annotation"));
    assert!(["COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE"].contains(&text("ComplianceType")));
    assert!(evaluation["OrderingTimestamp"].is_number(), "{evaluation}");
}

/// 1 to 256 printable ASCII characters.
pub(crate) fn assert_annotation(annotation: &str) {
    assert!((1..=256).contains(&annotation.len()), "{} bytes: {annotation:?}", annotation.len());
    assert!(annotation.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{annotation:?}");
}

/// Checks that a message is safe to log: one line, and no control characters.
pub(crate) fn assert_no_control_characters(message: &str) {
    assert!(!message.is_empty() && !message.chars().any(char::is_control), "{message:?}");
}
