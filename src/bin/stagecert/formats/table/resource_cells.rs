//! The cells of an API or a custom domain name.

use stagecert::checks::severity::Severity;
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::front_door::EvaluatedResource;
use stagecert::quote::{brief, printable};

use super::layout::Cell;
use crate::front_door_words::{problems, without_name};
use crate::scan_results::{ScanResults, ScannedAccountRegion};
use crate::terminal::Paint;
use crate::words::{day, days_until};

/// The number of problems of a finding that the table shows; the rest are only counted.
const MAX_PROBLEMS: usize = 5;
/// The maximum number of characters of the sentence that says why no check applies.
const MAX_SENTENCE: usize = 100;

/// What failed, one text per problem, or why nothing did.
pub(super) fn findings(
    results: &ScanResults,
    scanned: &ScannedAccountRegion,
    resource: &EvaluatedResource,
) -> Vec<Cell> {
    let (failed, left_out) = results.resource_failed(scanned, resource);
    if failed.is_empty() && left_out == 0 {
        return vec![Cell::new(without_failure(resource), Paint::Dim)];
    }
    let mut cells = Vec::new();
    let more = |count: usize| Cell::new(format!("and {count} more"), Paint::Dim);
    for (finding, _) in failed {
        let texts = problems(resource, finding, scanned.at);
        let count = texts.len();
        let shown = texts.into_iter().take(MAX_PROBLEMS);
        cells.extend(shown.map(|text| Cell::new(printable(&text), Paint::Plain)));
        if count > MAX_PROBLEMS {
            cells.push(more(count - MAX_PROBLEMS));
        }
    }
    if left_out > 0 {
        cells.push(more(left_out));
    }
    cells
}

fn without_failure(resource: &EvaluatedResource) -> String {
    if resource.findings.iter().any(|finding| finding.verdict() == Verdict::Passed) {
        return "nothing failed".into();
    }
    let Some(finding) = resource.findings.first() else { return "no check applies".into() };
    brief(without_name(&finding.to_string(), resource), MAX_SENTENCE)
}

/// The date of the CA or certificate that expires first, and the days that are left. It is colored
/// if it is the date of a problem.
pub(super) fn expires(scanned: &ScannedAccountRegion, resource: &EvaluatedResource) -> Cell {
    let Some(first) = resource.dates.first() else { return Cell::new("-", Paint::Dim) };
    let days = format!("{}d", days_until(first.not_after, scanned.at));
    let problems = resource.findings.iter().flat_map(crate::front_door_words::of);
    let dated = problems.filter(|problem| problem.date == Some(first.not_after));
    let paint = match dated.map(|problem| problem.reason.severity()).max() {
        Some(Severity::Critical | Severity::High) => Paint::Red,
        Some(Severity::Medium | Severity::Low) => Paint::Yellow,
        None => Paint::Plain,
    };
    Cell::new(format!("{} {days:>5}", day(first.not_after)), paint)
}
