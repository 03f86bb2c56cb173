use std::collections::HashMap;

use serde_json::Value;

use crate::resources::blank::is_blank;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::{StageArn, StageType};
use crate::snapshot::Snapshot;

/// The names of the APIs and the descriptions of the certificates in a snapshot.
///
/// They are untrusted text.
#[derive(Clone, Debug, Default)]
pub struct Names {
    apis: HashMap<String, String>,
    certificates: HashMap<String, String>,
}

impl Names {
    /// The name of the API of a stage.
    #[must_use]
    pub fn of_api(&self, stage: &StageArn) -> Option<&str> {
        self.apis.get(stage.api_arn()).map(String::as_str)
    }

    /// The names of all APIs, by API ARN.
    #[must_use]
    pub(crate) fn of_apis(self) -> HashMap<String, String> {
        self.apis
    }

    /// The description of a certificate.
    #[must_use]
    pub fn of_certificate(&self, id: &CertificateId) -> Option<&str> {
        self.certificates.get(id.as_str()).map(String::as_str)
    }
}

impl Snapshot {
    /// The names of APIs from Config's rows, those of other REST APIs from exports, and the
    /// descriptions of generated certificates.
    #[must_use]
    pub fn names(&self) -> Names {
        let text =
            |value: Option<&Value>| value.and_then(Value::as_str).filter(|it| !is_blank(it)).map(Into::into);
        let recorded = self.apis.iter().filter_map(|row| {
            let arn = row.get("resourceId")?.as_str()?;
            Some((arn.to_owned(), text(row.get("configuration")?.get("name"))?))
        });
        let rest = self.exports.iter().filter_map(|(arn, document)| {
            let stage = StageArn::parse(arn).ok().filter(|stage| stage.stage_type() == StageType::RestApi)?;
            Some((stage.api_arn().to_owned(), text(document.get("info")?.get("title"))?))
        });
        let descriptions = self.client_certificates.iter().filter_map(|it| {
            let description = it.description.as_ref().filter(|description| !description.is_empty())?;
            Some((it.client_certificate_id.clone(), description.clone()))
        });
        Names { apis: rest.chain(recorded).collect(), certificates: descriptions.collect() }
    }
}
