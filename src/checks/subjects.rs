//! The subject types: one row per type with everything that depends only on the type.

use crate::checks::Check;
use crate::resources::stage_arn::{StageArn, StageType};
use crate::resources::subject::{CertificateRole, Subject, SubjectType};

/// Everything that depends only on the type of a subject.
#[derive(Debug)]
pub struct SubjectTypeRow {
    /// The type.
    pub subject_type: SubjectType,
    /// Config's name of the resource type.
    pub resource_type: &'static str,
    /// Parses Config's resource id. The error is a message that quotes the id and says what is
    /// allowed.
    pub parse: fn(&str) -> Result<Subject, String>,
    /// The fields of the `configuration` that an advanced query selects.
    pub query_fields: &'static [&'static str],
    /// The fields of a configuration item and its diff that contain certificates.
    pub certificates: &'static [CertificateField],
    /// The checks that apply.
    pub checks: &'static [Check],
}

/// A field of the `configuration` that contains the id of a certificate.
#[derive(Debug)]
pub struct CertificateField {
    /// What the certificate is used for.
    pub role: CertificateRole,
    /// The field's name in the `configuration` of an item.
    pub item: &'static str,
    /// The field's path in a diff's `changedProperties`, compared without regard to case.
    pub diff: &'static str,
}

impl SubjectTypeRow {
    /// The row of a type.
    #[must_use]
    pub fn of(subject_type: SubjectType) -> &'static Self {
        match subject_type {
            SubjectType::Stage(StageType::RestApi) => &REST_API_STAGE,
            SubjectType::Stage(StageType::ApiV2) => &API_V2_STAGE,
        }
    }

    /// The row of the resource type that Config calls `name`; `None` for other resource types.
    #[must_use]
    pub fn of_resource_type(name: &str) -> Option<&'static Self> {
        SUBJECT_TYPES.into_iter().find(|row| row.resource_type == name)
    }
}

/// All subject types.
pub const SUBJECT_TYPES: [&SubjectTypeRow; 2] = [&REST_API_STAGE, &API_V2_STAGE];

static REST_API_STAGE: SubjectTypeRow = stage(StageType::RestApi);
static API_V2_STAGE: SubjectTypeRow = stage(StageType::ApiV2);

/// The fields of a stage that contain the id of a certificate.
pub const STAGE_CERTIFICATES: &[CertificateField] = &[CertificateField {
    role: CertificateRole::Client,
    item: "clientCertificateId",
    diff: "Configuration.ClientCertificateId",
}];

const fn stage(stage_type: StageType) -> SubjectTypeRow {
    SubjectTypeRow {
        subject_type: SubjectType::Stage(stage_type),
        resource_type: stage_type.resource_type(),
        parse: |id| StageArn::parse(id).map(Subject::Stage),
        query_fields: &["clientCertificateId", "deploymentId", "canarySettings.deploymentId", "createdDate"],
        certificates: STAGE_CERTIFICATES,
        checks: &Check::STAGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_one_row_that_parses_its_own_ids() {
        for (id, resource_type) in [
            ("arn:aws:apigateway:eu-west-1::/restapis/a1b2/stages/prod", "AWS::ApiGateway::Stage"),
            ("arn:aws:apigateway:eu-west-1::/apis/a1b2/stages/prod", "AWS::ApiGatewayV2::Stage"),
        ] {
            let row = SubjectTypeRow::of_resource_type(resource_type).unwrap();
            let subject = (row.parse)(id).unwrap();
            assert_eq!((subject.id(), subject.subject_type()), (id, row.subject_type));
            assert_eq!(
                SUBJECT_TYPES.iter().filter(|other| other.subject_type == row.subject_type).count(),
                1
            );
        }
        assert!(SubjectTypeRow::of_resource_type("AWS::ApiGateway::RestApi").is_none());
    }
}
