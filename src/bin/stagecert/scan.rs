use jiff::Timestamp;
use serde::Serialize;
use stagecert::Failure;
use stagecert::certificate::CertificateId;
use stagecert::checks::Finding;
use stagecert::evaluations::{ComplianceType, EvaluatedStage, NotEvaluated};
use stagecert::place::Place;
use stagecert::scan::{Scan, scan};
use stagecert::snapshot::SnapshotAccount;

use crate::Found;
use crate::args::{Format, ScanArgs};
use crate::{source, table};

pub(crate) async fn run(args: &ScanArgs, out: &mut String) -> Result<Found, Failure> {
    let parameters = args.parameters.parameters()?;
    let (place, now, scan) = if let Some(snapshot) = snapshot(args)? {
        let place = snapshot.place();
        let scan = scan(&SnapshotAccount::new(&snapshot, &place), &parameters, snapshot.taken_at).await?;
        (place, snapshot.taken_at, scan)
    } else {
        live(args, &parameters).await?
    };
    let summary = Summary::of(&scan.stages);
    match args.format {
        Format::Table => table::print(&place, now, &scan, &summary, out),
        Format::Json => print_json(&place, now, &scan, &summary, out)?,
    }
    let something_failed = summary.non_compliant > 0;
    match Failure::from_all(scan.failures) {
        Some(failure) => Err(failure),
        None if something_failed => Ok(Found::SomethingFailed),
        None => Ok(Found::NothingFailed),
    }
}

fn snapshot(args: &ScanArgs) -> Result<Option<stagecert::snapshot::Snapshot>, Failure> {
    match &args.source.snapshot {
        Some(path) => source::snapshot(path).map(Some),
        None if args.source.example => source::example().map(Some),
        None => Ok(None),
    }
}

#[cfg(feature = "aws")]
async fn live(
    args: &ScanArgs,
    parameters: &stagecert::parameters::Parameters,
) -> Result<(Place, Timestamp, Scan), Failure> {
    use stagecert::account::Account;
    use stagecert::aws::Aws;
    use stagecert::deadline::Deadline;

    let aws = Aws::load(args.source.region.as_deref()).await;
    let (home, now) = (aws.home(None, Deadline::none()).await?, now());
    let role = parameters.execution_role_name.as_deref();
    let (account, _) = aws.open(&home, &home, role, now, Deadline::none()).await?;
    let scan = scan(&account, parameters, now).await?;
    Ok((account.place().clone(), now, scan))
}

#[cfg(not(feature = "aws"))]
async fn live(
    _: &ScanArgs,
    _: &stagecert::parameters::Parameters,
) -> Result<(Place, Timestamp, Scan), Failure> {
    std::future::ready(Err(Failure::NotSupported(
        "live accounts: this program was built without the feature `aws`".into(),
    )))
    .await
}

/// The clock of the command line.
#[cfg(feature = "aws")]
#[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// How many stages are of each compliance type.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    pub(crate) stages: usize,
    pub(crate) non_compliant: usize,
    pub(crate) compliant: usize,
    pub(crate) not_applicable: usize,
}

impl Summary {
    fn of(stages: &[EvaluatedStage]) -> Self {
        let mut summary = Self { stages: stages.len(), ..Self::default() };
        for stage in stages {
            match stage.compliance_type() {
                ComplianceType::NonCompliant => summary.non_compliant += 1,
                ComplianceType::Compliant => summary.compliant += 1,
                ComplianceType::NotApplicable => summary.not_applicable += 1,
            }
        }
        summary
    }
}

/// The scan as data. Instants are RFC 3339 in UTC.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    account_id: &'a str,
    aws_region: &'a str,
    evaluated_at: Timestamp,
    stages: Vec<Row<'a>>,
    summary: &'a Summary,
    /// What kept stages from being judged.
    errors: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    stage: String,
    resource_type: &'static str,
    resource_id: &'a str,
    compliance_type: ComplianceType,
    annotation: String,
    client_certificate_id: Option<&'a CertificateId>,
    not_after: Option<Timestamp>,
    owner: Option<&'a str>,
    findings: &'a [Finding],
    /// Why there are no findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_evaluated: Option<&'a NotEvaluated>,
}

fn print_json(
    place: &Place,
    now: Timestamp,
    scan: &Scan,
    summary: &Summary,
    out: &mut String,
) -> Result<(), Failure> {
    let rows = scan.stages.iter().map(|evaluated| Row {
        stage: evaluated.stage.arn.label(),
        resource_type: evaluated.stage.arn.stage_type().resource_type(),
        resource_id: evaluated.stage.arn.as_str(),
        compliance_type: evaluated.compliance_type(),
        annotation: evaluated.annotation().to_string(),
        client_certificate_id: evaluated.certificate(),
        not_after: evaluated.not_after,
        owner: evaluated.owner.as_deref(),
        findings: evaluated.result.as_deref().unwrap_or_default(),
        not_evaluated: evaluated.result.as_ref().err(),
    });
    let document = Document {
        account_id: &place.account,
        aws_region: &place.region,
        evaluated_at: now,
        stages: rows.collect(),
        summary,
        errors: scan.failures.iter().map(Failure::to_string).collect(),
    };
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| Failure::Malformed { field: "scan".into(), problem: error.to_string() })?;
    out.push_str(&text);
    out.push('\n');
    Ok(())
}
