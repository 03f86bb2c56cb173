//! The identifiers of findings, and of the rule on whose behalf they are imported.

use crate::checks::Check;
use crate::checks::finding::Finding;
use crate::checks::front_door;
use crate::checks::stage::certificate_expiry::Answer;
use crate::quote::brief;
use crate::resources::account_region::AccountRegion;
use crate::resources::certificate_id::CertificateId;
use crate::security_hub::MAX_ID;
use crate::security_hub::text::cut;

/// What every `GeneratorId` starts with.
pub const GENERATOR_PREFIX: &str = "stagecert/";
/// Stands for a part of an `Id` that a finding doesn't have.
pub(crate) const NO_PART: &str = "-";
/// The number of characters of a certificate id of unknown form in an `Id`.
const MAX_UNRECOGNIZED: usize = 100;

/// The origin of findings: a rule of a deployment, or a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name of the deployment.
    pub deployment: String,
    /// The name of the rule.
    pub rule: String,
}

impl Source {
    /// The deployment in the findings of a scan. It is too long to be the name of a real one.
    pub const SCAN: &'static str = "stagecert-scan";

    /// Returns a rule of a deployment.
    #[must_use]
    pub fn new(deployment: &str, rule: &str) -> Self {
        /// The maximum length of the name of a Config rule.
        const MAX_RULE: usize = 128;
        Self { deployment: deployment.to_owned(), rule: brief(rule, MAX_RULE) }
    }

    /// Returns the origin of a scan's findings, which no rule updates.
    #[must_use]
    pub fn scan() -> Self {
        Self::new(Self::SCAN, NO_PART)
    }
}

/// The `Id` of the finding about a resource with this certificate, in this phase of the check.
#[must_use]
pub(crate) fn id(
    account_region: &AccountRegion,
    resource: &str,
    certificate: Option<&CertificateId>,
    (phase, check): (&str, Check),
) -> String {
    let certificate = certificate.map_or_else(
        || NO_PART.to_owned(),
        |id| {
            if id.is_recognized() { id.as_str().to_owned() } else { brief(&id.to_string(), MAX_UNRECOGNIZED) }
        },
    );
    cut(&format!("{}{resource}/{certificate}/{phase}/{check}", id_prefix(account_region)), MAX_ID)
}

/// The phase of a certificate in the `Id` of a finding: one that has expired is a new problem, even
/// for people who know that it was about to expire.
pub(crate) fn phase(finding: &Finding) -> &'static str {
    match finding {
        Finding::CertificateExpiry(Answer::Expired { .. }) => "expired",
        Finding::CertificateExpiry(Answer::Expiring { .. }) => "expiring",
        _ => finding.front_door().map_or(NO_PART, front_door_phase),
    }
}

fn front_door_phase(answer: &front_door::Answer) -> &'static str {
    use front_door::Reason;
    let has = |reasons: [Reason; 2]| answer.problems().iter().any(|it| reasons.contains(&it.reason));
    if has([Reason::Expired, Reason::CaExpired]) {
        "expired"
    } else if has([Reason::Expiring, Reason::CaExpiring]) {
        "expiring"
    } else {
        NO_PART
    }
}

/// The `GeneratorId` of a deployment's findings of one kind, such as those of a check.
#[must_use]
pub fn generator_id(deployment: &str, code: &str) -> String {
    format!("{GENERATOR_PREFIX}{deployment}/{code}")
}

/// The `ProductArn` of an account's default product.
#[must_use]
pub fn product_arn(account_region: &AccountRegion) -> String {
    let AccountRegion { partition, account, region } = account_region;
    format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default")
}

pub(crate) fn id_prefix(account_region: &AccountRegion) -> String {
    let AccountRegion { partition, account, region } = account_region;
    format!("stagecert/{partition}/{account}/{region}/")
}

/// The id of an account as a resource.
pub(crate) fn account_id(account_region: &AccountRegion) -> String {
    format!("{ACCOUNT_PREFIX}{}", account_region.account)
}

pub(crate) const ACCOUNT_PREFIX: &str = "AWS::::Account:";
