//! What an email is about: a changed finding, or a reminder about a certificate or a CA.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::checks::severity::Severity;
use crate::checks::{Check, what_to_do};
use crate::evaluation::domain_name::RESOURCE_TYPE as DOMAIN_NAME;
use crate::notify::reminder_event::IMPACTS;
use crate::quote::brief;
use crate::resources::account_region::{is_account_id, is_region};
use crate::resources::api::{ApiArn, ApiType};
use crate::resources::stage_arn::StageArn;

/// The maximum length of a text, in characters.
const MAX_TEXT: usize = 600;
/// The maximum length of a check's or a reason's code.
const MAX_CODE: usize = 60;
/// The maximum length of the list of stages.
const MAX_LIST: usize = 4000;
/// The maximum length of a domain name with the id of a private one.
const MAX_DOMAIN: usize = 300;
/// A reminder of one day arrives at most this many hours before the certificate ends.
const ONE_DAY: i64 = 25;

/// A changed finding or a reminder. Field names are those of the events; every text is printable
/// and of limited length.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Notice {
    /// The same for the same change or reminder.
    #[serde(alias = "transitionId", alias = "reminderId")]
    pub(crate) id: String,
    pub(crate) status: Status,
    pub(crate) aws_account_id: String,
    pub(crate) aws_region: String,
    pub(crate) config_rule_name: String,
    pub(crate) resource_type: String,
    pub(crate) resource_id: String,
    pub(crate) api_name: String,
    pub(crate) owner: String,
    pub(crate) check: String,
    pub(crate) reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) severity: Option<Severity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous_severity: Option<Severity>,
    /// Empty if the stage has no certificate.
    #[serde(deserialize_with = "null_is_empty")]
    pub(crate) certificate_id: String,
    pub(crate) what_to_do: String,
    /// When the certificate ends; only reminders have it, and what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_after: Option<Timestamp>,
    pub(crate) hours_left: i64,
    pub(crate) impact: String,
    /// The number of stages, or of APIs and domains.
    #[serde(alias = "resourceCount")]
    pub(crate) stage_count: usize,
    #[serde(alias = "resourceList")]
    pub(crate) stage_list: String,
}

/// What has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// A check fails, or its severity has risen.
    Failed,
    /// A certificate ends soon, or has ended. The events have no field for it.
    #[default]
    Reminder,
    /// A check no longer fails.
    Fixed,
    /// An event can't be used. `reason` says why.
    Unusable,
}

impl Notice {
    /// Reads the detail of an event that `sender` sent. If it can't be used, the notice says so.
    pub(crate) fn read(detail: &str, sender: &str, may_be_about_any_account: bool) -> Self {
        // Only the sender's own events can have this id, so no account can use up another's.
        let id_of = |id: &[&str]| HEXLOWER.encode(&Sha256::digest(id.join("\n").as_bytes()));
        let read = serde_json::from_str(detail).map_err(|_| "its fields are not those of an event");
        let read = read.and_then(|notice: Self| notice.validated(sender, may_be_about_any_account));
        match read {
            Ok(notice) => {
                let kind = if notice.status == Status::Reminder { "reminder" } else { "change" };
                let id = id_of(&[sender, kind, &notice.aws_account_id, &notice.aws_region, &notice.id]);
                Self { id, ..notice }
            }
            Err(why) => Self {
                id: id_of(&[sender, "unusable", detail]),
                status: Status::Unusable,
                aws_account_id: brief(sender, MAX_TEXT),
                reason: why.to_owned(),
                ..Self::default()
            },
        }
    }

    /// Whether it is sent at once: CRITICAL and HIGH problems, and reminders of one day or less.
    pub(crate) fn is_urgent(&self) -> bool {
        let is_severe = self.severity >= Some(Severity::High);
        match self.status {
            Status::Failed => is_severe,
            Status::Reminder => is_severe || self.hours_left <= ONE_DAY,
            Status::Fixed | Status::Unusable => false,
        }
    }

    /// The stage; `None` if it is about another resource or can't be used.
    pub(crate) fn stage(&self) -> Option<StageArn> {
        StageArn::parse(&self.resource_id).ok()
    }

    /// The API's id, or the domain; `None` if it is about stages or can't be used.
    pub(crate) fn front_door(&self) -> Option<&str> {
        match ApiType::ALL.iter().any(|kind| kind.resource_type() == self.resource_type) {
            true => self.resource_id.rsplit_once('/').map(|(_, id)| id),
            false if self.resource_type == DOMAIN_NAME => Some(domain(&self.resource_id)),
            false => None,
        }
    }

    /// Whether AWS Config has a page about the resource. It does not list every domain.
    pub(crate) fn has_link(&self) -> bool {
        self.resource_type != DOMAIN_NAME
    }

    /// What it is about. Of two about the same, the later one is true.
    pub(crate) fn subject(&self) -> [&str; 4] {
        let (rule, account) = (self.config_rule_name.as_str(), self.aws_account_id.as_str());
        match self.status {
            Status::Failed | Status::Fixed => [rule, account, &self.resource_id, &self.check],
            Status::Reminder => [rule, account, &self.certificate_id, &self.owner],
            Status::Unusable => ["", "", "", &self.id],
        }
    }

    fn validated(mut self, sender: &str, may_be_about_any_account: bool) -> Result<Self, &'static str> {
        if !is_account_id(&self.aws_account_id) || !is_region(&self.aws_region) {
            return Err("its account or Region is not valid");
        }
        if self.aws_account_id != sender && !may_be_about_any_account {
            return Err("it is about another account than the one that sent it");
        }
        self.resource_type = match self.stage() {
            Some(stage) if stage.region() == self.aws_region => stage.stage_type().resource_type().to_owned(),
            None if self.status == Status::Reminder && self.is_about_front_door() => self.resource_type,
            _ => return Err("it is not about a stage in its Region"),
        };
        if ![&self.check, &self.reason].into_iter().all(|code| is_code(code)) {
            return Err("its check or its reason is not a code");
        }
        if !self.impact.is_empty() && !IMPACTS.contains(&self.impact.as_str()) {
            return Err("its impact is not one of the known texts");
        }
        if self.id.is_empty() {
            return Err("it has no id");
        }
        let has_status = matches!(self.status, Status::Failed | Status::Fixed);
        if !(has_status && !self.check.is_empty()
            || self.status == Status::Reminder && self.not_after.is_some())
        {
            return Err("it is neither about a check nor about the end of a certificate");
        }
        for text in
            [&mut self.config_rule_name, &mut self.api_name, &mut self.owner, &mut self.certificate_id]
        {
            *text = shown(text, MAX_TEXT);
        }
        if !what_to_do::is_known(&self.what_to_do) {
            // Another version of the function has sent it, or someone else.
            let check = Check::from_code(&self.check).unwrap_or(Check::CertificateExpiry);
            check.advice().what_to_do.clone_into(&mut self.what_to_do);
        }
        self.stage_list = shown(&self.stage_list, MAX_LIST);
        Ok(self)
    }
}

impl Notice {
    /// Whether the resource is an API or a domain in the notice's Region.
    fn is_about_front_door(&self) -> bool {
        if self.resource_type == DOMAIN_NAME {
            let domain = domain(&self.resource_id);
            let (prefix, is_name) = (self.resource_id.strip_suffix(domain), |byte: u8| {
                byte.is_ascii_alphanumeric() || b".-*+".contains(&byte)
            });
            let in_region = |arn: &str| {
                let fields: Vec<&str> = arn.split(':').collect();
                matches!(fields.as_slice(), ["arn", _, "apigateway", region, _, "/domainnames/"] if *region == self.aws_region)
            };
            return !domain.is_empty()
                && domain.len() <= MAX_DOMAIN
                && domain.bytes().all(is_name)
                && prefix.is_some_and(|prefix| prefix.is_empty() || in_region(prefix));
        }
        ApiArn::parse(&self.resource_id).is_ok_and(|arn| {
            arn.region() == self.aws_region && arn.api_type().resource_type() == self.resource_type
        })
    }
}

/// The domain in AWS Config's id, which is an ARN or the domain itself.
fn domain(id: &str) -> &str {
    id.rsplit_once("/domainnames/").map_or(id, |(_, domain)| domain)
}

fn is_code(text: &str) -> bool {
    text.len() <= MAX_CODE && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// Text from an event: printable, cut, and without the scheme of a URL.
fn shown(text: &str, max: usize) -> String {
    brief(text, max).replace("://", ":??")
}

fn null_is_empty<'d, D: serde::Deserializer<'d>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
