//! Events on EventBridge for the owners of stages, for use with their own rules and targets.

pub(crate) mod compliance_change;
pub mod deliver;
pub mod due;
pub mod reminders;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::checks::{Check, what_to_do};
use crate::evaluation::compliance::ComplianceType;
use crate::quote;
use crate::resources::account_region::AccountRegion;
use crate::resources::stage_arn::StageArn;
pub use deliver::DeliveryStats;
pub(crate) use deliver::EventPublisher;

/// The `Source` of all events.
pub(crate) const SOURCE: &str = "stagecert";

/// The type of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageType {
    /// A certificate has expired or expires within a configured number of days.
    Reminder,
    /// A stage's compliance type changed.
    ComplianceChange,
}

impl MessageType {
    /// Returns the `DetailType`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reminder => "Client Certificate Reminder",
            Self::ComplianceChange => "Stage Compliance Change",
        }
    }
}

/// An event to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The type of the event.
    pub message_type: MessageType,
    /// The scheduled time of a reminder, or the time of the compliance change.
    pub time: Timestamp,
    /// The content of the event.
    pub detail: Detail,
}

/// The `Detail` of an event. It ends up in mails and logs, so invisible characters in free text are
/// replaced when it is serialized.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// The stage's account, which can differ from the account of the event bus.
    pub aws_account_id: String,
    /// The stage's Region.
    pub aws_region: String,
    /// The name of the rule that evaluates the stage.
    #[serde(serialize_with = "quote::serialize")]
    pub config_rule_name: String,
    /// The resource type, such as `AWS::ApiGateway::Stage`.
    pub resource_type: &'static str,
    /// The stage's ARN.
    pub resource_id: String,
    /// The stage as `apiId/stageName`.
    pub stage: String,
    /// The stage's compliance type.
    pub compliance_type: ComplianceType,
    /// The annotation that Config shows, at most 256 characters.
    #[serde(serialize_with = "quote::serialize")]
    pub annotation: String,
    /// The value of the owner tag; empty if there is none.
    #[serde(serialize_with = "quote::serialize")]
    pub owner: String,
    /// One sentence of advice about the most urgent failed check.
    pub what_to_do: &'static str,
    /// The expiring certificate; only reminders have one.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateExpiration>,
}

/// The expiration of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateExpiration {
    /// The certificate's id or ARN.
    #[serde(serialize_with = "quote::serialize")]
    pub certificate_id: String,
    /// The last instant of validity.
    pub not_after: Timestamp,
    /// The number of 24-hour days until not-after, as [`TimeLeft::days`](due::TimeLeft::days)
    /// rounds it; 0 if not-after has been reached.
    pub days_left: i64,
    /// The number of hours until not-after, rounded up.
    pub hours_left: i64,
    /// The time until not-after in words, such as `14 days` or `25 hours`.
    pub time_left: String,
}

impl Detail {
    /// Returns the content that all events have, without an owner and a certificate.
    #[must_use]
    pub fn new(
        account_region: &AccountRegion,
        rule_name: &str,
        stage: &StageArn,
        compliance_type: ComplianceType,
        annotation: &str,
    ) -> Self {
        Self {
            aws_account_id: account_region.account.clone(),
            aws_region: account_region.region.clone(),
            config_rule_name: rule_name.to_owned(),
            resource_type: stage.stage_type().resource_type(),
            resource_id: stage.as_str().to_owned(),
            stage: stage.label(),
            compliance_type,
            annotation: annotation.to_owned(),
            owner: String::new(),
            what_to_do: what_to_do(compliance_type, annotation),
            certificate: None,
        }
    }
}

/// Serializes to an entry of `PutEvents`. It names no event bus, which means the default bus.
impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Entry<'a> {
            source: &'static str,
            detail_type: &'static str,
            time: i64,
            resources: [&'a str; 1],
            detail: String,
        }
        let detail = serde_json::to_string(&self.detail).map_err(serde::ser::Error::custom)?;
        Entry {
            source: SOURCE,
            detail_type: self.message_type.name(),
            time: self.time.as_second(),
            resources: [&self.detail.resource_id],
            detail,
        }
        .serialize(serializer)
    }
}

/// What to do about a result, in one sentence. It depends on the most urgent failed check, which is
/// the first code in the annotation, and on the reason, if the annotation gives it.
#[must_use]
pub fn what_to_do(compliance_type: ComplianceType, annotation: &str) -> &'static str {
    if compliance_type != ComplianceType::NonCompliant {
        return what_to_do::NOTHING;
    }
    let first = annotation.split([',', ':']).next();
    if first == Some("api-not-recorded") {
        return "Have AWS Config record AWS::ApiGatewayV2::Api: the stages of HTTP APIs need no client certificate.";
    }
    match first.and_then(Check::from_code) {
        Some(check) => {
            what_to_do::of_annotation(check.code(), annotation).unwrap_or_else(|| check.advice().what_to_do)
        }
        // The result is from another rule with the same name, or from an older version.
        None => "Read the annotation: it names the check that failed and why.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_in_details_are_replaced() {
        let account_region = AccountRegion {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        };
        let stage = StageArn::of_rest_api("aws", "eu-west-1", "a1", "prod").unwrap();
        let hidden = "pay\u{2028}\u{202e}ments\u{ad}";
        let detail = Detail::new(&account_region, hidden, &stage, ComplianceType::NonCompliant, hidden);
        let detail = Detail {
            owner: hidden.into(),
            certificate: Some(CertificateExpiration {
                certificate_id: hidden.into(),
                not_after: Timestamp::UNIX_EPOCH,
                days_left: 0,
                hours_left: 0,
                time_left: "0 hours".into(),
            }),
            ..detail
        };
        let message = Message { message_type: MessageType::Reminder, time: Timestamp::UNIX_EPOCH, detail };
        let entry = serde_json::to_value(&message).unwrap();
        let detail: serde_json::Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
        for field in ["owner", "configRuleName", "annotation", "certificateId"] {
            assert_eq!(detail[field], "pay??ments?", "{field}");
        }
    }

    /// What an annotation leads to is what its finding leads to, as far as it can know.
    #[test]
    fn an_annotation_gives_the_advice_of_its_most_urgent_finding() {
        use crate::checks::finding::Finding;
        use crate::checks::stage::{certificate_attached as attached, certificate_expiry as expiry};
        use crate::checks::what_to_do::Circumstances;
        use crate::evaluation::annotation::Annotation;
        use crate::resources::backends::Backends;
        use crate::resources::certificate_id::CertificateId;

        let arn = "arn:aws:acm:eu-west-1:111122223333:certificate/0d4f92b7-6e1c-4a58-b3f0-1e8c75a6d92f";
        let not_after: Timestamp = "2026-12-05T08:00:00Z".parse().unwrap();
        let mut advice = std::collections::BTreeSet::new();
        for id in ["abc123", arn] {
            let certificate = || CertificateId::new(id.into());
            for backends in [Backends::http(None), Backends::no_http(None), Backends::NotAsked] {
                let (backends, pem_unreadable) = (|| backends.clone(), true);
                let expiring = expiry::Answer::Expiring {
                    certificate: certificate(),
                    not_after,
                    window_days: 60,
                    pem_unreadable,
                    backends: backends(),
                };
                let expired = expiry::Answer::Expired {
                    certificate: certificate(),
                    not_after,
                    pem_unreadable,
                    backends: backends(),
                };
                let not_yet = expiry::Answer::NotYetValid {
                    certificate: certificate(),
                    not_before: not_after,
                    backends: backends(),
                };
                let no_date = expiry::Answer::NoDate { certificate: certificate(), backends: backends() };
                let dangling =
                    attached::Answer::Dangling { certificate: certificate(), backends: backends() };
                let not_allowed =
                    attached::Answer::NotAllowed { certificate: certificate(), backends: backends() };
                let not_issued = attached::Answer::NotIssued {
                    certificate: certificate(),
                    status: "EXPIRED".into(),
                    backends: backends(),
                };
                let expiries = [expiring, expired, not_yet, no_date].map(Finding::CertificateExpiry);
                let attached = [dangling, not_allowed, not_issued].map(Finding::CertificateAttached);
                for finding in expiries.into_iter().chain(attached) {
                    let annotation = Annotation::from_findings(std::slice::from_ref(&finding));
                    let expected = finding.what_to_do(Circumstances::default());
                    let text = what_to_do(ComplianceType::NonCompliant, annotation.as_str());
                    assert_eq!(text, expected, "{}", annotation.as_str());
                    advice.insert(text);
                }
            }
        }
        assert!(advice.len() > 8, "otherwise this proves nothing");
    }

    #[test]
    fn the_first_code_of_the_annotation_decides() {
        use ComplianceType::{Compliant, NonCompliant, NotApplicable};
        for (compliance_type, annotation, begins) in [
            (
                NonCompliant,
                "certificate-expiry, owner-tag: client certificate abc expired 2026-11-20T12:00:00Z",
                "Generate a new client certificate, make the backend trust it, ",
            ),
            (NonCompliant, "certificate-expiry: client certificate abc ...", "If AWS Certificate Manager"),
            (NonCompliant, "owner-tag: stage has no tag owner", "Tag the stage"),
            (NonCompliant, "certificate-unique: shared", "Generate a separate client certificate"),
            (NonCompliant, "certificate-attached: no certificate", "Generate a client certificate, "),
            (
                NonCompliant,
                "api-not-recorded: API not recorded by Config (AWS::ApiGatewayV2::Api), so counted as a WebSocket API",
                "Have AWS Config record",
            ),
            (NonCompliant, "something else", "Read the annotation"),
            (NonCompliant, "", "Read the annotation"),
            (Compliant, "certificate-expiry: odd", "Nothing"),
            (NotApplicable, "deleted", "Nothing"),
        ] {
            let text = what_to_do(compliance_type, annotation);
            assert!(text.starts_with(begins), "{annotation}: {text}");
            assert_eq!(text.matches(". ").count(), 0, "one sentence");
        }
    }
}
