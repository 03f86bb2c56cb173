//! A row a stage and check, RFC 4180. What could not be judged has rows of its own.

use stagecert::Failure;
use stagecert::checks::finding::Finding;
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::resources::certificate::Certificate;
use stagecert::resources::stage_arn::StageArn;

use super::escape::cell;
use super::unwritable;
use crate::scan_results::{Scanned, ScannedAccountRegion};

pub(super) fn page(scanned: &Scanned) -> Result<String, Failure> {
    let mut rows = Vec::new();
    for account_region in &scanned.places {
        for stage in &account_region.scan.stages {
            rows.extend(of_stage(scanned, account_region, stage));
        }
        rows.extend(
            account_region.scan.not_evaluated.iter().map(|stage| not_evaluated(account_region, stage)),
        );
        rows.extend(
            Scanned::unused(account_region).iter().map(|certificate| unused(account_region, certificate)),
        );
        rows.extend(
            account_region
                .scan
                .failures
                .iter()
                .map(|failure| error(in_account_region(account_region), failure)),
        );
    }
    rows.extend(scanned.failures.iter().map(|failure| error(Row::default(), failure)));

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
    stage: String,
    resource_type: &'static str,
    resource_id: String,
    compliance_type: &'static str,
    check: &'static str,
    verdict: &'static str,
    reason: &'static str,
    text: String,
    client_certificate_id: String,
    not_after: String,
    owner: String,
}

impl Row {
    fn columns(&self) -> [(&'static str, &str); 14] {
        [
            ("accountId", &self.account_id),
            ("awsRegion", &self.aws_region),
            ("evaluatedAt", &self.evaluated_at),
            ("stage", &self.stage),
            ("resourceType", self.resource_type),
            ("resourceId", &self.resource_id),
            ("complianceType", self.compliance_type),
            ("check", self.check),
            ("verdict", self.verdict),
            ("reason", self.reason),
            ("text", &self.text),
            ("clientCertificateId", &self.client_certificate_id),
            ("notAfter", &self.not_after),
            ("owner", &self.owner),
        ]
    }
}

fn in_account_region(account_region: &ScannedAccountRegion) -> Row {
    Row {
        account_id: account_region.account_region.account.clone(),
        aws_region: account_region.account_region.region.clone(),
        evaluated_at: account_region.at.to_string(),
        ..Row::default()
    }
}

fn on_stage(account_region: &ScannedAccountRegion, stage: &StageArn) -> Row {
    Row {
        stage: stage.label(),
        resource_type: stage.stage_type().resource_type(),
        resource_id: stage.as_str().to_owned(),
        ..in_account_region(account_region)
    }
}

/// A row a finding that is shown; one where the stage is not evaluated.
fn of_stage(
    scanned: &Scanned,
    account_region: &ScannedAccountRegion,
    evaluated: &EvaluatedStage,
) -> Vec<Row> {
    let stage = Row {
        compliance_type: evaluated.compliance_type().name(),
        client_certificate_id: evaluated.certificate().map(|id| id.as_str().into()).unwrap_or_default(),
        not_after: evaluated.not_after.map(|instant| instant.to_string()).unwrap_or_default(),
        owner: evaluated.owner.clone().unwrap_or_default(),
        ..on_stage(account_region, &evaluated.stage.arn)
    };
    match &evaluated.result {
        Ok(_) => {
            scanned.findings(evaluated).into_iter().map(|found| of_finding(stage.clone(), found)).collect()
        }
        Err(why) => {
            vec![Row { verdict: "not-applicable", reason: why.into(), text: why.to_string(), ..stage }]
        }
    }
}

fn of_finding(stage: Row, finding: &Finding) -> Row {
    let verdict = match finding.verdict() {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::NotApplicable => "not-applicable",
    };
    Row {
        check: finding.check().code(),
        verdict,
        reason: finding.reason(),
        text: finding.to_string(),
        ..stage
    }
}

/// Config's word for a resource without a result, which no check of ours gives.
fn not_evaluated(account_region: &ScannedAccountRegion, stage: &StageArn) -> Row {
    Row {
        compliance_type: "INSUFFICIENT_DATA",
        verdict: "not-judged",
        reason: "not-judged",
        text: "not judged: the rows with errors say why".into(),
        ..on_stage(account_region, stage)
    }
}

fn unused(account_region: &ScannedAccountRegion, certificate: &Certificate) -> Row {
    Row {
        verdict: "unused",
        reason: "unused-certificate",
        text: "no stage has this certificate".into(),
        client_certificate_id: certificate.id.as_str().into(),
        not_after: certificate.not_after.map(|instant| instant.to_string()).unwrap_or_default(),
        ..in_account_region(account_region)
    }
}

fn error(account_region: Row, failure: &Failure) -> Row {
    Row { verdict: "error", reason: failure.kind(), text: failure.message(), ..account_region }
}
