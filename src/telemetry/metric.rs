use strum::{IntoStaticStr, VariantArray};

/// A metric of a sweep, under its name in CloudWatch. Beside these there is `Calls` + the operation's name for each operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
pub enum Metric {
    /// 1, or 0 where something kept it from doing the whole.
    SweepsSucceeded,
    /// Stages with a result.
    StagesEvaluated,
    /// Of them `NON_COMPLIANT`.
    StagesNonCompliant,
    /// Of them `NOT_APPLICABLE`.
    StagesNotApplicable,
    /// Stages that fail `certificate-attached`.
    NonCompliantCertificateAttached,
    /// Stages that fail `certificate-expiry`.
    NonCompliantCertificateExpiry,
    /// Stages that fail `certificate-unique`.
    NonCompliantCertificateUnique,
    /// Stages that fail `owner-tag`.
    NonCompliantOwnerTag,
    /// Stages that pass `certificate-attached`.
    StagesWithCertificate,
    /// The same, of those to which that check applies.
    ShareWithCertificate,
    /// Stages with an owner tag of their own that counts.
    StagesWithOwner,
    /// The same, of those that were asked about.
    ShareWithOwner,
    /// Certificates whose not-after has passed. Each certificate counts once, however many stages name it.
    CertificatesExpired,
    /// Certificates that are valid and end within 30 days of 24 hours.
    CertificatesWithin30Days,
    /// The same within 60 days, those of 30 among them.
    CertificatesWithin60Days,
    /// The same within 90 days, those of 60 among them.
    CertificatesWithin90Days,
    /// Whole days to the first not-after, rounded down: below 0 once a certificate has expired.
    MinDaysToExpiry,
    /// Evaluations that Config took.
    EvaluationsPut,
    /// Findings that Security Hub took.
    FindingsImported,
    /// 1 where Security Hub was to be told and is not enabled, else 0.
    SecurityHubNotEnabled,
    /// Answers by which AWS asked for fewer requests.
    Throttles,
    /// How long the invocation took.
    Duration,
}

impl Metric {
    /// All of them.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The name in CloudWatch.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// CloudWatch's unit of it.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Duration => "Milliseconds",
            Self::MinDaysToExpiry => "None",
            Self::ShareWithCertificate | Self::ShareWithOwner => "Percent",
            _ => COUNT,
        }
    }
}

pub(crate) const COUNT: &str = "Count";
