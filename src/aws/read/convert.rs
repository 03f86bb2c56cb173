//! Conversions of AWS responses to the values that the checks use.

use aws_sdk_config::primitives::DateTime;
use jiff::Timestamp;
use serde_json::Value;

use crate::account::listing::{ReportedResult, RuleScope};
use crate::evaluation::compliance::ComplianceType;
use crate::event::RawItem;
use crate::resources::certificate::{self, Certificate};
use crate::resources::certificate_id::CertificateId;
use crate::resources::resource::Resource;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::StageArn;

/// A generated certificate by its id; `None` for an item without an id.
pub(crate) fn generated(
    item: aws_sdk_apigateway::types::ClientCertificate,
) -> Option<(CertificateId, Certificate)> {
    let id = CertificateId::new(item.client_certificate_id?);
    let expiration = item.expiration_date.and_then(|instant| instant_of(&instant));
    let tags = item.tags.unwrap_or_default().into_iter().collect();
    let certificate =
        Certificate::generated(id.clone(), item.pem_encoded_certificate.as_deref(), expiration, tags);
    Some((id, certificate))
}

/// A result that Config holds; `None` for one that does not identify its resource.
pub(crate) fn earlier_result(result: aws_sdk_config::types::EvaluationResult) -> Option<ReportedResult> {
    let recorded = result.result_recorded_time.or(result.config_rule_invoked_time);
    let qualifier = result.evaluation_result_identifier?.evaluation_result_qualifier?;
    Some(ReportedResult {
        recorded: recorded.as_ref().and_then(instant_of),
        resource: Resource::new(qualifier.resource_type?, qualifier.resource_id?),
        compliance_type: result.compliance_type.and_then(|known| ComplianceType::from_name(known.as_str())),
        annotation: result.annotation.map(Into::into),
    })
}

/// The name of the rule that a result is from.
pub(crate) fn rule_of(result: &aws_sdk_config::types::EvaluationResult) -> Option<&str> {
    result.evaluation_result_identifier()?.evaluation_result_qualifier()?.config_rule_name()
}

pub(crate) fn rule_scope(scope: aws_sdk_config::types::Scope) -> RuleScope {
    let non_empty = |text: Option<String>| text.filter(|text| !text.is_empty());
    RuleScope {
        resource_types: scope.compliance_resource_types.unwrap_or_default(),
        resource_id: non_empty(scope.compliance_resource_id),
        tag_key: non_empty(scope.tag_key),
        tag_value: non_empty(scope.tag_value),
    }
}

/// A configuration item before validation; `None` without a capture time.
pub(crate) fn raw_item(item: aws_sdk_config::types::ConfigurationItem) -> Option<RawItem> {
    Some(RawItem {
        account_id: item.account_id.unwrap_or_default(),
        aws_region: item.aws_region.unwrap_or_default(),
        resource_type: item.resource_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        resource_id: item.resource_id.unwrap_or_default(),
        configuration_item_status: item
            .configuration_item_status
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        configuration_item_capture_time: instant_of(&item.configuration_item_capture_time?)?,
        configuration_state_id: item.configuration_state_id.into(),
        configuration: item.configuration.into(),
    })
}

/// The stage in its latest configuration item.
///
/// `None` if the item has no configuration, or its stage is deleted or no longer recorded.
pub(crate) fn latest(item: &aws_sdk_config::types::BaseConfigurationItem) -> Result<Option<Stage>, String> {
    let status =
        item.configuration_item_status.as_ref().map(aws_sdk_config::types::ConfigurationItemStatus::as_str);
    if status.is_some_and(|status| !matches!(status, "OK" | "ResourceDiscovered")) {
        return Ok(None);
    }
    let arn = StageArn::parse(item.resource_id.as_deref().unwrap_or_default())?;
    let configuration = item.configuration.as_deref().filter(|text| !text.is_empty()).unwrap_or("null");
    let configuration: Value = serde_json::from_str(configuration).map_err(|error| error.to_string())?;
    if configuration.is_null() {
        return Ok(None);
    }
    let captured = item.configuration_item_capture_time.as_ref().and_then(instant_of);
    Ok(Some(Stage { captured, ..Stage::from_configuration(arn, &configuration)? }))
}

/// The instant, rounded to the millisecond.
///
/// The SDK parses fractional seconds as a floating-point number, which can be slightly less than
/// the original millisecond.
pub(crate) fn instant_of(instant: &DateTime) -> Option<Timestamp> {
    let milliseconds = (instant.as_nanos() + 500_000).div_euclid(1_000_000);
    certificate::instant(milliseconds)
}
