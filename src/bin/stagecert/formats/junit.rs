//! `JUnit` XML for CI: one test case per stage and check, and per API or domain and check; one
//! suite per account and Region.

use std::collections::BTreeSet;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::checks::finding::Finding;
use stagecert::checks::severity::Severity;
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::evaluation::front_door::EvaluatedResource;
use stagecert::quote::printable;
use stagecert::resources::stage_arn::StageArn;

use super::unwritable;
use crate::scan_results::{ScanResults, ScannedAccountRegion};

pub(super) fn page(results: &ScanResults) -> Result<String, Failure> {
    let mut suites: Vec<Suite> = results.scanned.iter().map(|scanned| suite(results, scanned)).collect();
    if !results.failures.is_empty() {
        let cases = results.failures.iter().map(error).collect();
        suites.push(Suite { name: "stagecert".into(), timestamp: None, left_out: None, cases });
    }
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    write(&suites, &mut writer).map_err(unwritable)?;
    let text = String::from_utf8(writer.into_inner()).map_err(unwritable)?;
    Ok(text + "\n")
}

struct Suite {
    name: String,
    timestamp: Option<String>,
    left_out: Option<String>,
    cases: Vec<Case>,
}

struct Case {
    class: String,
    name: String,
    outcome: Outcome,
}

enum Outcome {
    Passed,
    Failed { reason: &'static str, text: String },
    Skipped { text: String },
    Error { kind: &'static str, text: String },
}

fn suite(results: &ScanResults, scanned: &ScannedAccountRegion) -> Suite {
    let mut cases: Vec<Case> =
        results.stages_of_checks(scanned).flat_map(|stage| of_stage(results, scanned, stage)).collect();
    let checks = results.shown_checks();
    let stages = scanned.scan.not_evaluated.iter().map(StageArn::label);
    cases.extend(stages.flat_map(|label| not_evaluated(&checks, &label)));
    cases.extend(
        results.resources_of_checks(scanned).flat_map(|resource| of_resource(results, scanned, resource)),
    );
    let checks = results.shown(&results.checks.front_door);
    let unread = scanned.front_door_not_evaluated();
    cases.extend(unread.flat_map(|label| not_evaluated(&checks, &label)));
    cases.extend(scanned.scan.failures.iter().map(error));
    Suite {
        name: format!("stagecert {} {}", scanned.account_region.account, scanned.account_region.region),
        timestamp: Some(scanned.at.to_string()),
        left_out: results.left_out(&results.summary_of(scanned)),
        cases,
    }
}

fn of_stage(results: &ScanResults, scanned: &ScannedAccountRegion, evaluated: &EvaluatedStage) -> Vec<Case> {
    let class = evaluated.stage.arn.label();
    match &evaluated.result {
        Ok(_) => {
            let findings = results.findings(scanned, evaluated).into_iter();
            findings
                .map(|finding| of_finding(&class, finding, evaluated.severity(finding, scanned.at)))
                .collect()
        }
        Err(why) => {
            let skipped = |name: &str| Case {
                class: class.clone(),
                name: name.to_owned(),
                outcome: Outcome::Skipped { text: why.to_string() },
            };
            results.shown_checks().iter().map(|check| skipped(check.code())).collect()
        }
    }
}

fn of_resource(
    results: &ScanResults,
    scanned: &ScannedAccountRegion,
    resource: &EvaluatedResource,
) -> Vec<Case> {
    let class = resource.subject.label();
    let findings = results.resource_findings(scanned, resource).into_iter();
    findings.map(|(finding, severity)| of_finding(&class, finding, severity)).collect()
}

fn of_finding(class: &str, finding: &Finding, severity: Option<Severity>) -> Case {
    let text = finding.to_string();
    let outcome = match finding.verdict() {
        Verdict::Passed => Outcome::Passed,
        Verdict::Failed => {
            let severity = severity.map(Severity::name).unwrap_or_default();
            Outcome::Failed { reason: finding.reason(), text: format!("{severity}: {text}") }
        }
        Verdict::NotApplicable | Verdict::Exempt => Outcome::Skipped { text },
    };
    Case { class: class.to_owned(), name: finding.check().code().to_owned(), outcome }
}

fn not_evaluated(checks: &BTreeSet<Check>, label: &str) -> Vec<Case> {
    let case = |check: &Check| Case {
        class: label.to_owned(),
        name: check.code().to_owned(),
        outcome: Outcome::Error { kind: "not-evaluated", text: "not evaluated".into() },
    };
    checks.iter().map(case).collect()
}

fn error(failure: &Failure) -> Case {
    Case {
        class: "stagecert".into(),
        name: "scan".into(),
        outcome: Outcome::Error { kind: failure.kind(), text: failure.message() },
    }
}

/// The number of all cases, of failures, of errors and of skipped cases.
fn counts(cases: &[Case]) -> [(&'static str, usize); 4] {
    let of = |kind: fn(&Outcome) -> bool| cases.iter().filter(|case| kind(&case.outcome)).count();
    [
        ("tests", cases.len()),
        ("failures", of(|outcome| matches!(outcome, Outcome::Failed { .. }))),
        ("errors", of(|outcome| matches!(outcome, Outcome::Error { .. }))),
        ("skipped", of(|outcome| matches!(outcome, Outcome::Skipped { .. }))),
    ]
}

fn write(suites: &[Suite], writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let element = writer.create_element("testsuites").with_attribute(("name", "stagecert"));
    element.write_inner_content(|writer| suites.iter().try_for_each(|suite| write_suite(suite, writer)))?;
    Ok(())
}

fn write_suite(suite: &Suite, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
    let mut element = writer.create_element("testsuite").with_attribute(("name", suite.name.as_str()));
    for (name, count) in counts(&suite.cases) {
        element = element.with_attribute((name, count.to_string().as_str()));
    }
    if let Some(timestamp) = &suite.timestamp {
        element = element.with_attribute(("timestamp", timestamp.as_str()));
    }
    element.write_inner_content(|writer| {
        if let Some(left_out) = &suite.left_out {
            writer.create_element("properties").write_inner_content(|writer| {
                let property = writer.create_element("property").with_attribute(("name", "leftOut"));
                property.with_attribute(("value", left_out.as_str())).write_empty().map(|_| ())
            })?;
        }
        suite.cases.iter().try_for_each(|case| write_case(case, writer))
    })?;
    Ok(())
}

fn write_case(case: &Case, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
    let (class, name) = (printable(&case.class), printable(&case.name));
    let element = writer.create_element("testcase").with_attribute(("classname", class.as_str()));
    let element = element.with_attribute(("name", name.as_str()));
    let (tag, kind, text) = match &case.outcome {
        Outcome::Passed => return element.write_empty().map(|_| ()),
        Outcome::Failed { reason, text } => ("failure", Some(*reason), text),
        Outcome::Error { kind, text } => ("error", Some(*kind), text),
        Outcome::Skipped { text } => ("skipped", None, text),
    };
    let text = printable(text);
    element.write_inner_content(|writer| {
        let element = writer.create_element(tag).with_attribute(("message", text.as_str()));
        match kind {
            Some(kind) => {
                element.with_attribute(("type", kind)).write_text_content(BytesText::new(&text)).map(|_| ())
            }
            None => element.write_empty().map(|_| ()),
        }
    })?;
    Ok(())
}
