//! What could not be judged, and what was judged by less than all that there is to know.

use stagecert::Failure;
use stagecert::checks::finding::Finding;
use stagecert::checks::stage::certificate_attached::{self, Backends};
use stagecert::checks::stage::certificate_expiry;
use stagecert::evaluation::evaluated::EvaluatedStage;

use super::text::Text;
use super::{Reported, rows};

/// What stands in no figure.
pub(super) struct Unjudged {
    /// Stages without result, in the report's order.
    pub(super) stages: Vec<Text>,
    /// Why, in words of AWS and of ours.
    pub(super) failures: Vec<Text>,
    /// Stages for which something was not to be had, which counted as the worse answer.
    pub(super) worse: Vec<Worse>,
}

/// A stage, and what was not to be had of it.
pub(super) struct Worse {
    pub(super) stage: Text,
    pub(super) what: Text,
}

/// `outside` is what went wrong outside of any account and Region that is in the report: whole ones may be missing.
pub(super) fn unjudged(reports: &[Reported], outside: &[Failure]) -> Unjudged {
    let mut unjudged = Unjudged { stages: Vec::new(), failures: Vec::new(), worse: Vec::new() };
    for report in reports {
        let account_region = rows::account_region(&report.account_region);
        let named = |label: String| Text::of(format!("{label} in {account_region}"));
        unjudged.stages.extend(report.scan.not_evaluated.iter().map(|arn| named(arn.label())));
        for failure in &report.scan.failures {
            tell(failure, &account_region, &mut unjudged.failures);
        }
        for stage in &report.scan.stages {
            let what = worse(stage).into_iter();
            unjudged.worse.extend(
                what.map(|what| Worse { stage: named(stage.stage.arn.label()), what: Text::of(what) }),
            );
        }
    }
    for failure in outside {
        tell(failure, "no account that is in this report", &mut unjudged.failures);
    }
    unjudged
}

/// A failure's own message names five resources and counts the others; here each is named.
fn tell(failure: &Failure, account_region: &str, into: &mut Vec<Text>) {
    match failure {
        Failure::Several(failures) => failures.iter().for_each(|failure| tell(failure, account_region, into)),
        // Its stages are listed as such.
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

fn worse(stage: &EvaluatedStage) -> Vec<String> {
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
