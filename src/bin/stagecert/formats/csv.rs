//! CSV (RFC 4180) with one row per stage and check, and per API or domain and check. What could not
//! be evaluated, unused certificates and errors have their own rows.

use stagecert::Failure;
use stagecert::checks::finding::Finding;
use stagecert::checks::severity::Severity;
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::evaluation::front_door::EvaluatedResource;
use stagecert::resources::certificate::Certificate;
use stagecert::resources::stage_arn::StageArn;

use super::escape::cell;
use super::unwritable;
use crate::scan_results::{ScanResults, ScannedAccountRegion};

pub(super) fn page(results: &ScanResults) -> Result<String, Failure> {
    let mut rows = Vec::new();
    for scanned in &results.scanned {
        for stage in results.stages_of_checks(scanned) {
            rows.extend(of_stage(results, scanned, stage));
        }
        rows.extend(scanned.scan.not_evaluated.iter().map(|stage| not_evaluated(scanned, stage)));
        for resource in results.resources_of_checks(scanned) {
            rows.extend(of_resource(results, scanned, resource));
        }
        let unread = scanned.front_door_not_evaluated();
        rows.extend(unread.map(|stage| Row { stage, ..without_result(in_account_region(scanned)) }));
        rows.extend(ScanResults::unused(scanned).iter().map(|certificate| unused(scanned, certificate)));
        rows.extend(scanned.scan.failures.iter().map(|failure| error(in_account_region(scanned), failure)));
    }
    rows.extend(results.failures.iter().map(|failure| error(Row::default(), failure)));

    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(Row::default().columns().map(|(name, _)| name)).map_err(unwritable)?;
    for row in rows {
        writer.write_record(row.columns().map(|(_, text)| cell(text))).map_err(unwritable)?;
    }
    let bytes = writer.into_inner().map_err(unwritable)?;
    String::from_utf8(bytes).map_err(unwritable)
}

#[derive(Clone, Default)]
struct Row {
    account_id: String,
    aws_region: String,
    evaluated_at: String,
    /// The stage, the API or the domain.
    stage: String,
    resource_type: String,
    resource_id: String,
    compliance_type: &'static str,
    check: &'static str,
    verdict: &'static str,
    reason: &'static str,
    text: String,
    client_certificate_id: String,
    not_after: String,
    owner: String,
    severity: &'static str,
    api_name: String,
}

impl Row {
    fn columns(&self) -> [(&'static str, &str); 16] {
        [
            ("accountId", &self.account_id),
            ("awsRegion", &self.aws_region),
            ("evaluatedAt", &self.evaluated_at),
            ("stage", &self.stage),
            ("resourceType", &self.resource_type),
            ("resourceId", &self.resource_id),
            ("complianceType", self.compliance_type),
            ("check", self.check),
            ("verdict", self.verdict),
            ("reason", self.reason),
            ("text", &self.text),
            ("clientCertificateId", &self.client_certificate_id),
            ("notAfter", &self.not_after),
            ("owner", &self.owner),
            ("severity", self.severity),
            ("apiName", &self.api_name),
        ]
    }
}

fn in_account_region(scanned: &ScannedAccountRegion) -> Row {
    Row {
        account_id: scanned.account_region.account.clone(),
        aws_region: scanned.account_region.region.clone(),
        evaluated_at: scanned.at.to_string(),
        ..Row::default()
    }
}

fn on_stage(scanned: &ScannedAccountRegion, stage: &StageArn) -> Row {
    Row {
        stage: stage.label(),
        resource_type: stage.stage_type().resource_type().to_owned(),
        resource_id: stage.as_str().to_owned(),
        api_name: scanned.api_name(stage).unwrap_or_default().to_owned(),
        ..in_account_region(scanned)
    }
}

/// One row per finding shown, or a single row if the rule does not apply to the stage.
fn of_stage(results: &ScanResults, scanned: &ScannedAccountRegion, evaluated: &EvaluatedStage) -> Vec<Row> {
    let stage = Row {
        compliance_type: evaluated.compliance_type().name(),
        client_certificate_id: evaluated.certificate().map(|id| id.as_str().into()).unwrap_or_default(),
        not_after: evaluated.not_after.map(|instant| instant.to_string()).unwrap_or_default(),
        owner: evaluated.owner.clone().unwrap_or_default(),
        ..on_stage(scanned, &evaluated.stage.arn)
    };
    match &evaluated.result {
        Ok(_) => {
            let findings = results.findings(scanned, evaluated).into_iter();
            let row = |finding| of_finding(stage.clone(), finding, evaluated.severity(finding, scanned.at));
            findings.map(row).collect()
        }
        Err(why) => {
            vec![Row { verdict: "not-applicable", reason: why.into(), text: why.to_string(), ..stage }]
        }
    }
}

fn of_finding(stage: Row, finding: &Finding, severity: Option<Severity>) -> Row {
    let verdict = match finding.verdict() {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::NotApplicable => "not-applicable",
        Verdict::Exempt => "exempt",
    };
    Row {
        check: finding.check().code(),
        verdict,
        reason: finding.reason(),
        text: finding.to_string(),
        severity: severity.map(Severity::name).unwrap_or_default(),
        ..stage
    }
}

/// One row per finding shown. The date is that of the CA or certificate that expires first.
fn of_resource(
    results: &ScanResults,
    scanned: &ScannedAccountRegion,
    resource: &EvaluatedResource,
) -> Vec<Row> {
    let row = Row {
        stage: resource.subject.label(),
        resource_type: resource.resource.resource_type.clone().into_owned(),
        resource_id: resource.resource.id.to_string(),
        compliance_type: resource.compliance_type().name(),
        not_after: resource.dates.first().map(|date| date.not_after.to_string()).unwrap_or_default(),
        api_name: resource.name.clone().unwrap_or_default(),
        ..in_account_region(scanned)
    };
    let findings = results.resource_findings(scanned, resource).into_iter();
    findings.map(|(finding, severity)| of_finding(row.clone(), finding, severity)).collect()
}

fn not_evaluated(scanned: &ScannedAccountRegion, stage: &StageArn) -> Row {
    without_result(on_stage(scanned, stage))
}

/// The row of what has no result. Its compliance type is Config's for a resource without one; no
/// check returns it.
fn without_result(row: Row) -> Row {
    Row {
        compliance_type: "INSUFFICIENT_DATA",
        verdict: "not-evaluated",
        reason: "not-evaluated",
        text: "not evaluated: see the error rows for the reason".into(),
        ..row
    }
}

fn unused(scanned: &ScannedAccountRegion, certificate: &Certificate) -> Row {
    Row {
        verdict: "unused",
        reason: "unused-certificate",
        text: "no stage uses this certificate".into(),
        client_certificate_id: certificate.id.as_str().into(),
        not_after: certificate.not_after.map(|instant| instant.to_string()).unwrap_or_default(),
        ..in_account_region(scanned)
    }
}

fn error(row: Row, failure: &Failure) -> Row {
    Row { verdict: "error", reason: failure.kind(), text: failure.message(), ..row }
}
