//! The generated certificates and the stages of an account and Region, as they are now.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::resources::certificate::Certificate;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::StageArn;
use crate::resources::tags::Tags;

/// A client certificate that API Gateway generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedCertificate {
    /// The certificate with its dates and tags.
    pub certificate: Certificate,
    /// When it was generated, in whole seconds.
    pub created: Option<Timestamp>,
    /// The description, if any.
    pub description: Option<String>,
    /// The certificate in PEM.
    pub pem: String,
}

impl GeneratedCertificate {
    /// The certificate's id.
    #[must_use]
    pub fn id(&self) -> &CertificateId {
        &self.certificate.id
    }
}

/// A stage of a REST or WebSocket API, read from API Gateway.
#[derive(Clone, Debug)]
pub struct LiveStage {
    /// The stage's ARN.
    pub arn: StageArn,
    /// The certificate that it presents, if any.
    pub certificate: Option<CertificateId>,
    /// Its variables. Their values can be secrets.
    pub variables: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
    /// The name of its API.
    pub api_name: Option<String>,
    /// The tags of its API.
    pub api_tags: Tags,
}

/// Everything that a rotation depends on.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// All generated certificates.
    pub certificates: Vec<GeneratedCertificate>,
    /// All stages of REST and WebSocket APIs. HTTP APIs present no certificate.
    pub stages: Vec<LiveStage>,
}

impl Inventory {
    /// The certificate with this id; `None` if it doesn't exist.
    #[must_use]
    pub fn certificate(&self, id: &CertificateId) -> Option<&GeneratedCertificate> {
        self.certificates.iter().find(|known| known.id() == id)
    }

    /// The stages that present a certificate.
    pub fn stages_with(&self, id: &CertificateId) -> impl Iterator<Item = &LiveStage> {
        self.stages.iter().filter(move |stage| stage.certificate.as_ref() == Some(id))
    }

    /// The stage `API/STAGE`; `None` if it doesn't exist.
    #[must_use]
    pub fn stage(&self, label: &str) -> Option<&LiveStage> {
        self.stages.iter().find(|stage| stage.arn.label() == label)
    }

    /// The generated certificates that no stage presents.
    #[must_use]
    pub fn unused(&self) -> Vec<CertificateId> {
        let ids = self.certificates.iter().map(GeneratedCertificate::id);
        ids.filter(|id| self.stages_with(id).next().is_none()).cloned().collect()
    }
}
