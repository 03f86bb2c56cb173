//! Stages that could not be evaluated, and stages that were evaluated with incomplete data.

use stagecert::Failure;
use stagecert::checks::finding::Finding;
use stagecert::checks::stage::certificate_attached::{self, Backends};
use stagecert::checks::stage::certificate_expiry;
use stagecert::evaluation::evaluated::EvaluatedStage;

use super::text::Text;
use super::{Reported, rows};

/// The gaps in a report.
#[derive(Default)]
pub(super) struct NotEvaluated {
    /// The stages without a result, in the report's order.
    pub(super) stages: Vec<Text>,
    /// The APIs and domains without a result.
    pub(super) resources: Vec<Text>,
    /// The failures, with the error text from AWS or stagecert.
    pub(super) failures: Vec<Text>,
    /// The stages for which some data was not available, so that the worse case was assumed.
    pub(super) incomplete: Vec<Incomplete>,
}

/// A stage, and the data that was not available.
pub(super) struct Incomplete {
    pub(super) stage: Text,
    pub(super) what: Text,
}

/// The gaps in these reports. `outside` are the failures outside all of their accounts and Regions:
/// others may be missing entirely.
pub(super) fn not_evaluated(reports: &[Reported], outside: &[Failure]) -> NotEvaluated {
    let mut not_evaluated = NotEvaluated::default();
    for report in reports {
        let account_region = rows::account_region(&report.account_region);
        let named = |label: String| Text::of(format!("{label} in {account_region}"));
        not_evaluated.stages.extend(report.scan.not_evaluated.iter().map(|arn| named(arn.label())));
        let resources = report.scan.front_door.iter().flat_map(|it| &it.not_evaluated);
        not_evaluated.resources.extend(resources.map(|subject| named(subject.label())));
        for failure in &report.scan.failures {
            add_failure(failure, &account_region, &mut not_evaluated.failures);
        }
        for stage in &report.scan.stages {
            let what = missing_data(stage).into_iter();
            not_evaluated.incomplete.extend(
                what.map(|what| Incomplete { stage: named(stage.stage.arn.label()), what: Text::of(what) }),
            );
        }
    }
    for failure in outside {
        add_failure(failure, "an account that is not in this report", &mut not_evaluated.failures);
    }
    not_evaluated
}

/// Adds the text of a failure. Unlike the failure's own message, it lists every resource.
fn add_failure(failure: &Failure, account_region: &str, into: &mut Vec<Text>) {
    match failure {
        Failure::Several(failures) => {
            for failure in failures {
                add_failure(failure, account_region, into);
            }
        }
        // These stages are listed separately.
        Failure::Unreported { .. } => {}
        Failure::OutOfTime { operation, left, .. } => {
            into.push(Text::of(format!(
                "{operation} in {account_region}: out of time for {}",
                left.join(", ")
            )));
        }
        Failure::Malformed { .. } => into.push(Text::of(format!("{failure}, in {account_region}"))),
        other => into.push(Text::of(other)),
    }
}

fn missing_data(stage: &EvaluatedStage) -> Vec<String> {
    let of = |finding: &Finding| match finding {
        Finding::CertificateAttached(
            certificate_attached::Answer::Missing { backends }
            | certificate_attached::Answer::Dangling { backends, .. }
            | certificate_attached::Answer::NotIssued { backends, .. }
            | certificate_attached::Answer::NotAllowed { backends, .. },
        ) => matches!(backends, Backends::Undetermined { .. }).then(|| backends.to_string()),
        Finding::CertificateExpiry(certificate_expiry::Answer::NoDate { .. }) => {
            Some(format!("{finding}, which fails"))
        }
        Finding::CertificateExpiry(
            certificate_expiry::Answer::Valid { pem_unreadable: true, .. }
            | certificate_expiry::Answer::Expired { pem_unreadable: true, .. }
            | certificate_expiry::Answer::Expiring { pem_unreadable: true, .. },
        ) => Some(finding.to_string()),
        _ => None,
    };
    stage.result.iter().flatten().filter_map(of).collect()
}
