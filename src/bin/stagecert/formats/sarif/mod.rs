//! Failed checks as SARIF 2.1.0 for code-scanning tools, with one run per account and Region.

mod log;

use log::{
    ArtifactLocation, AutomationDetails, Configuration, Descriptor, Driver, Fingerprints, Help, Invocation,
    Location, Log, LogicalLocation, Message, Notification, PhysicalLocation, Region, ResultProperties, Rule,
    RuleProperties, Run, RunProperties, SarifResult, Tool,
};
use stagecert::Failure;
use stagecert::checks::Check;
use stagecert::checks::finding::Finding;
use stagecert::checks::severity::Severity;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::evaluation::front_door::EvaluatedResource;
use stagecert::quote::printable;

use super::escape::{message, uri};
use crate::scan_results::{ScanResults, ScannedAccountRegion};

pub(super) fn page(results: &ScanResults) -> Result<String, Failure> {
    let mut runs: Vec<Run> = results.scanned.iter().map(|scanned| run(results, scanned)).collect();
    if !results.failures.is_empty() {
        runs.push(Run {
            tool: tool(&[]),
            automation_details: None,
            invocations: [Invocation {
                execution_successful: false,
                end_time_utc: None,
                tool_execution_notifications: results.failures.iter().map(notification).collect(),
            }],
            results: vec![],
            properties: None,
        });
    }
    super::pretty(&Log { schema: log::SCHEMA, version: "2.1.0", runs })
}

fn run(results: &ScanResults, scanned: &ScannedAccountRegion) -> Run {
    let checks: Vec<Check> = results.shown(&results.checks.all()).into_iter().collect();
    let summary = results.summary_of(scanned);
    let at = &scanned.account_region;

    let mut failures = Vec::new();
    for stage in results.stages_of_checks(scanned) {
        let (failed, _) = results.failed(scanned, stage);
        failures.extend(failed.into_iter().map(|finding| result(scanned, stage, finding, &checks)));
    }
    for resource in results.resources_of_checks(scanned) {
        let (failed, _) = results.resource_failed(scanned, resource);
        let found = Found::of_resource(resource);
        failures.extend(failed.into_iter().map(|it| found.result(scanned, it, &checks)));
    }
    let not_evaluated = scanned.scan.not_evaluated.iter().map(|stage| Notification {
        level: "error",
        message: text(&format!("{} was not evaluated", stage.label())),
        locations: vec![location(scanned, &stage.label(), stage.as_str())],
        descriptor: Descriptor { id: "NotEvaluated" },
    });
    let unread = scanned.front_door_not_evaluated().map(|label| Notification {
        level: "error",
        message: text(&format!("{label} was not evaluated")),
        locations: vec![],
        descriptor: Descriptor { id: "NotEvaluated" },
    });
    Run {
        tool: tool(&checks),
        automation_details: Some(AutomationDetails {
            id: format!("stagecert/{}/{}/{}/", at.partition, at.account, at.region),
        }),
        invocations: [Invocation {
            execution_successful: summary.is_complete(),
            end_time_utc: Some(scanned.at),
            tool_execution_notifications: scanned
                .scan
                .failures
                .iter()
                .map(notification)
                .chain(not_evaluated)
                .chain(unread)
                .collect(),
        }],
        results: failures,
        properties: Some(RunProperties {
            account_id: at.account.clone(),
            aws_region: at.region.clone(),
            summary: summary.to_string(),
            left_out: results.left_out(&summary),
        }),
    }
}

fn tool(checks: &[Check]) -> Tool {
    let rules = checks.iter().map(|check| rule(*check)).collect();
    Tool { driver: Driver { name: "stagecert", semantic_version: env!("CARGO_PKG_VERSION"), rules } }
}

fn rule(check: Check) -> Rule {
    let documentation = check.documentation();
    Rule {
        id: check.code(),
        short_description: text(&check.question()),
        help: Help { text: documentation.clone(), markdown: documentation },
        default_configuration: Configuration { level: level(Some(worst(check))) },
        properties: RuleProperties { security_severity: score(worst(check)), tags: ["security"] },
    }
}

/// The worst severity that a failure of the check can have.
fn worst(check: Check) -> Severity {
    match check {
        Check::CertificateAttached
        | Check::CertificateExpiry
        | Check::Truststore
        | Check::DomainCertificate
        | Check::PrivateFrontDoor => Severity::Critical,
        Check::MutualTls => Severity::High,
        Check::CertificateUnique => Severity::Medium,
        Check::OwnerTag | Check::TlsPolicy => Severity::Low,
    }
}

/// The severity as a score, which GitHub shows as critical above 9.0, high from 7.0, medium from
/// 4.0 and low below.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

fn notification(failure: &Failure) -> Notification {
    Notification {
        level: "error",
        message: text(&failure.message()),
        locations: vec![],
        descriptor: Descriptor { id: failure.kind() },
    }
}

fn result(
    scanned: &ScannedAccountRegion,
    evaluated: &EvaluatedStage,
    finding: &Finding,
    checks: &[Check],
) -> SarifResult {
    let stage = &evaluated.stage.arn;
    let found = Found {
        label: stage.label(),
        id: stage.as_str(),
        resource_type: stage.stage_type().resource_type(),
        compliance_type: evaluated.compliance_type(),
        api_name: scanned.api_name(stage),
    };
    found.result(scanned, (finding, evaluated.severity(finding, scanned.at)), checks)
}

/// What has failed: a stage, an API or a domain.
struct Found<'a> {
    label: String,
    /// Config's resource id.
    id: &'a str,
    resource_type: &'a str,
    compliance_type: ComplianceType,
    api_name: Option<&'a str>,
}

impl<'a> Found<'a> {
    fn of_resource(resource: &'a EvaluatedResource) -> Self {
        Self {
            label: resource.subject.label(),
            id: &resource.resource.id,
            resource_type: &resource.resource.resource_type,
            compliance_type: resource.compliance_type(),
            api_name: resource.name.as_deref(),
        }
    }

    fn result(
        &self,
        scanned: &ScannedAccountRegion,
        (finding, severity): (&Finding, Option<Severity>),
        checks: &[Check],
    ) -> SarifResult {
        let Self { label, id, api_name, .. } = self;
        let (check, reason) = (finding.check(), finding.reason());
        let account = &scanned.account_region.account;
        let api = api_name.map(|name| format!(" ({name})")).unwrap_or_default();
        SarifResult {
            rule_id: check.code(),
            rule_index: checks.iter().position(|listed| *listed == check),
            kind: "fail",
            level: level(severity),
            message: text(&format!("{label}{api}: {finding}")),
            locations: [location(scanned, label, id)],
            partial_fingerprints: Fingerprints {
                stage_check_reason: format!("{account}/{id}/{check}/{reason}"),
            },
            properties: ResultProperties {
                reason,
                resource_type: self.resource_type.to_owned(),
                compliance_type: self.compliance_type.name(),
                severity: severity.map(Severity::name),
                security_severity: severity.map(score),
                api_name: api_name.map(printable),
            },
        }
    }
}

fn level(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Critical | Severity::High) => "error",
        Some(Severity::Medium) | None => "warning",
        Some(Severity::Low) => "note",
    }
}

fn text(plain: &str) -> Message {
    Message { text: message(plain) }
}

/// The resource id, such as a stage's ARN, as a logical location, with a made-up path as its
/// physical location: viewers such as GitHub's reject a result without one.
fn location(scanned: &ScannedAccountRegion, label: &str, id: &str) -> Location {
    let path = id.split_once("::/").map_or(id, |(_, path)| path);
    let path = uri(&format!("{}/{}/{path}", scanned.account_region.account, scanned.account_region.region));
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: path },
            region: Region { start_line: 1 },
        },
        logical_locations: [LogicalLocation {
            name: label.to_owned(),
            fully_qualified_name: id.to_owned(),
            kind: "resource",
        }],
    }
}
