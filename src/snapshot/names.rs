use std::collections::HashMap;

use serde_json::Value;

use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::{StageArn, StageType};
use crate::snapshot::Snapshot;

/// What people call the APIs and certificates of a snapshot, where it says so: text that anybody may have written.
#[derive(Clone, Debug, Default)]
pub struct Names {
    apis: HashMap<String, String>,
    certificates: HashMap<String, String>,
}

impl Names {
    /// The name of a stage's API.
    #[must_use]
    pub fn of_api(&self, stage: &StageArn) -> Option<&str> {
        self.apis.get(stage.api_arn()).map(String::as_str)
    }

    /// A certificate's description.
    #[must_use]
    pub fn of_certificate(&self, id: &CertificateId) -> Option<&str> {
        self.certificates.get(id.as_str()).map(String::as_str)
    }
}

impl Snapshot {
    /// The names of APIs and certificates that it holds: a V2 API's from Config, a REST API's from an export of it, a
    /// generated certificate's description.
    #[must_use]
    pub fn names(&self) -> Names {
        let text =
            |value: Option<&Value>| value.and_then(Value::as_str).filter(|it| !it.is_empty()).map(Into::into);
        let v2 = self.apis.iter().filter_map(|row| {
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
        Names { apis: v2.chain(rest).collect(), certificates: descriptions.collect() }
    }
}
