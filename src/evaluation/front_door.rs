//! The findings of one API or custom domain name.

use jiff::Timestamp;
use serde::Serialize;

use crate::checks::finding::Finding;
use crate::checks::severity::{Severity, severity};
use crate::evaluation::annotation::Annotation;
use crate::evaluation::compliance::{ComplianceType, Evaluation};
use crate::evaluation::evaluated::combine;
use crate::resources::api::ApiArn;
use crate::resources::domain_name::DomainKey;
use crate::resources::entry_point::EntryPoint;
use crate::resources::resource::Resource;

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
