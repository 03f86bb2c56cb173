//! The names and units of the metrics.

use strum::{IntoStaticStr, VariantArray};

/// A metric of a sweep. A variant's name is the name in CloudWatch. In addition, there is one
/// metric per operation: `Calls` followed by the operation's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
pub enum Metric {
    /// 1 if the sweep succeeded completely, otherwise 0.
    SweepsSucceeded,
    /// The number of stages with a result.
    StagesEvaluated,
    /// The number of `NON_COMPLIANT` stages.
    StagesNonCompliant,
    /// The number of `NOT_APPLICABLE` stages.
    StagesNotApplicable,
    /// The number of stages that fail `certificate-attached`.
    NonCompliantCertificateAttached,
    /// The number of stages that fail `certificate-expiry`.
    NonCompliantCertificateExpiry,
    /// The number of stages that fail `certificate-unique`.
    NonCompliantCertificateUnique,
    /// The number of stages that fail `owner-tag`.
    NonCompliantOwnerTag,
    /// The number of stages that pass `certificate-attached` with a certificate that is valid now.
    StagesWithValidCertificate,
    /// The number of stages to which `certificate-attached` applies, but without a certificate that
    /// passes it and is valid now.
    StagesWithoutValidCertificate,
    /// The share of stages with a valid certificate, of those to which `certificate-attached`
    /// applies.
    ShareWithValidCertificate,
    /// The number of stages with a valid owner tag on the stage.
    StagesWithOwner,
    /// The share of stages with a valid owner tag on the stage, of those evaluated by `owner-tag`.
    ShareWithOwner,
    /// The number of expired certificates. Each certificate counts once, no matter how many stages
    /// use it.
    CertificatesExpired,
    /// The number of valid certificates that expire within 30 days of 24 hours.
    CertificatesWithin30Days,
    /// The number of valid certificates that expire within 60 days, including those within 30 days.
    CertificatesWithin60Days,
    /// The number of valid certificates that expire within 90 days, including those within 60 days.
    CertificatesWithin90Days,
    /// The whole days until the first certificate that is still valid expires, rounded down.
    /// Expired certificates are only in [`Self::CertificatesExpired`]: one that is never
    /// replaced would hide all others.
    DaysToNextExpiry,
    /// The number of APIs with a result, if one of the checks is about APIs.
    ApisEvaluated,
    /// The number of custom domain names with a result, if one of the checks is about domains.
    DomainNamesEvaluated,
    /// The number of APIs and domains that are `NON_COMPLIANT`.
    FrontDoorNonCompliant,
    /// The number of APIs and domains that are `NOT_APPLICABLE`.
    FrontDoorNotApplicable,
    /// The number of APIs that fail `mutual-tls`.
    NonCompliantMutualTls,
    /// The number of APIs and domains that fail `truststore`.
    NonCompliantTruststore,
    /// The number of APIs and domains that fail `domain-certificate`.
    NonCompliantDomainCertificate,
    /// The number of APIs and domains that fail `tls-policy`.
    NonCompliantTlsPolicy,
    /// The number of APIs that fail `private-front-door`.
    NonCompliantPrivateFrontDoor,
    /// The whole days until the first CA of a truststore that is still valid expires, rounded down.
    DaysToNextTruststoreExpiry,
    /// The number of evaluations that Config accepted.
    EvaluationsPut,
    /// The number of findings that Security Hub accepted.
    FindingsImported,
    /// 1 if findings should be imported but Security Hub isn't enabled, otherwise 0.
    SecurityHubNotEnabled,
    /// The number of responses that reported throttling.
    Throttles,
    /// The duration of the invocation.
    Duration,
}

impl Metric {
    /// All metrics.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The metrics that a sweep writes if only a few are wanted: those that the alarms and the key
    /// figures need.
    pub const FEW: [Self; 9] = [
        Self::SweepsSucceeded,
        Self::StagesEvaluated,
        Self::StagesNonCompliant,
        Self::StagesWithValidCertificate,
        Self::StagesWithoutValidCertificate,
        Self::CertificatesExpired,
        Self::CertificatesWithin30Days,
        Self::DaysToNextExpiry,
        Self::SecurityHubNotEnabled,
    ];

    /// Returns the name in CloudWatch.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the unit in CloudWatch.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Duration => "Milliseconds",
            Self::DaysToNextExpiry | Self::DaysToNextTruststoreExpiry => "None",
            Self::ShareWithValidCertificate | Self::ShareWithOwner => "Percent",
            _ => COUNT,
        }
    }
}

pub(crate) const COUNT: &str = "Count";
