//! The findings of one API or custom domain name.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::checks::Check;
use crate::checks::finding::Finding;
use crate::checks::front_door::Answer;
use crate::checks::severity::{Severity, severity};
use crate::checks::verdict::Verdict;
use crate::evaluation::annotation::Annotation;
use crate::evaluation::compliance::{ComplianceType, Evaluation};
use crate::evaluation::evaluated::combine;
use crate::resources::api::ApiArn;
use crate::resources::domain_name::DomainKey;
use crate::resources::entry_point::EntryPoint;
use crate::resources::resource::Resource;
use crate::resources::trust_store::CaCertificate;

/// A subject of the front-door checks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FrontDoorSubject {
    /// An API.
    Api(ApiArn),
    /// A custom domain name.
    DomainName(DomainKey),
}

impl FrontDoorSubject {
    /// What people call it: the API's id, or the domain.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Api(arn) => arn.id().to_owned(),
            Self::DomainName(key) => key.to_string(),
        }
    }
}

/// An API or a custom domain name with its findings.
#[derive(Clone, Debug)]
pub struct EvaluatedResource {
    /// The API or domain.
    pub subject: FrontDoorSubject,
    /// The resource as Config identifies it. For a domain that Config does not list, the type is
    /// right and the id is its ARN.
    pub resource: Resource,
    /// The name of an API, which is untrusted text.
    pub name: Option<String>,
    /// The findings of the chosen checks that apply to its type, in the order of the checks.
    pub findings: Vec<Finding>,
    /// The ways to an API, in a stable order.
    pub entry_points: Vec<EntryPoint>,
    /// When CAs and certificates expire, earliest first.
    pub dates: Vec<ExpiryDate>,
    /// The APIs to which a domain leads.
    pub leads_to: Vec<ApiArn>,
    /// Whether Config lists a domain. If not, its findings are put with each API that it leads to.
    /// Always true for an API.
    pub is_recorded: bool,
}

/// When something expires.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpiryDate {
    /// The last instant of its validity.
    pub not_after: Timestamp,
    /// What expires.
    pub what: Expires,
    /// The certificate: the ARN, or the subject of a CA.
    pub certificate: String,
    /// Whether ACM renews it automatically.
    #[serde(skip)]
    pub renews_automatically: bool,
}

impl ExpiryDate {
    /// The date of a CA; `None` if it can't be read.
    pub(crate) fn of_ca(ca: &CaCertificate) -> Option<Self> {
        Some(Self {
            not_after: ca.not_after?,
            what: Expires::Ca,
            certificate: ca.subject.clone(),
            renews_automatically: false,
        })
    }
}

/// What expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expires {
    /// A CA of a truststore.
    Ca,
    /// The server certificate of a domain.
    ServerCertificate,
    /// The ownership verification certificate of a domain.
    OwnershipCertificate,
}

impl EvaluatedResource {
    /// Its compliance type.
    #[must_use]
    pub fn compliance_type(&self) -> ComplianceType {
        combine(&self.findings)
    }

    /// The annotation that explains the compliance type.
    #[must_use]
    pub fn annotation(&self) -> Annotation {
        Annotation::from_findings(&self.findings)
    }

    /// The evaluation to put, with `at` as its `OrderingTimestamp`.
    #[must_use]
    pub fn evaluation(&self, at: Timestamp) -> Evaluation {
        Evaluation {
            resource: self.resource.clone(),
            compliance_type: self.compliance_type(),
            annotation: self.annotation(),
            ordering_timestamp: at,
        }
    }

    /// The worst severity of its failed findings; `None` if nothing failed.
    #[must_use]
    pub fn severity(&self, at: Timestamp) -> Option<Severity> {
        self.findings.iter().filter_map(|finding| severity(finding, None, at)).max()
    }
}

impl EvaluatedResource {
    /// Adds the findings of a domain that Config does not list, which are put with this API.
    pub(crate) fn attach(&mut self, domain: &Self) {
        for added in &domain.findings {
            let Some(added_answer) = added.front_door() else { continue };
            match self.findings.iter_mut().find(|finding| finding.check() == added.check()) {
                Some(finding) => {
                    if let Some(answer) = finding.front_door_mut() {
                        *answer = std::mem::replace(answer, NOTHING).joined(added_answer.clone());
                    }
                }
                None => self.findings.push(added.clone()),
            }
        }
        self.findings.sort_by_key(Finding::check);
        self.dates.extend(domain.dates.iter().cloned());
        self.dates.sort();
        self.dates.dedup();
    }
}

/// A placeholder while an answer is replaced.
const NOTHING: Answer = Answer::NotApplicable("", String::new());

/// The counts of the evaluated APIs and domains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FrontDoorTally {
    /// The evaluated APIs.
    pub apis: usize,
    /// The evaluated domains.
    pub domain_names: usize,
    /// The resources with at least one failed check.
    pub non_compliant: usize,
    /// The resources to which no check applies.
    pub not_applicable: usize,
    /// How many resources failed each check.
    pub failed: BTreeMap<Check, usize>,
    /// When CAs of truststores expire.
    #[serde(skip)]
    pub ca_not_after: BTreeSet<Timestamp>,
}

impl FrontDoorTally {
    /// Counts a resource.
    pub fn count(&mut self, resource: &EvaluatedResource) {
        match resource.subject {
            FrontDoorSubject::Api(_) => self.apis += 1,
            FrontDoorSubject::DomainName(_) => self.domain_names += 1,
        }
        match resource.compliance_type() {
            ComplianceType::NonCompliant => self.non_compliant += 1,
            ComplianceType::NotApplicable => self.not_applicable += 1,
            ComplianceType::Compliant => {}
        }
        for finding in resource.findings.iter().filter(|it| it.verdict() == Verdict::Failed) {
            *self.failed.entry(finding.check()).or_default() += 1;
        }
        let of_cas = resource.dates.iter().filter(|date| date.what == Expires::Ca);
        self.ca_not_after.extend(of_cas.map(|date| date.not_after));
    }

    /// When the first CA expires that is still valid at `at`; `None` if none is.
    #[must_use]
    pub fn next_ca_not_after(&self, at: Timestamp) -> Option<Timestamp> {
        self.ca_not_after.range(at..).next().copied()
    }

    /// All evaluated resources.
    #[must_use]
    pub fn resources(&self) -> usize {
        self.apis + self.domain_names
    }
}
