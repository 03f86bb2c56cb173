//! Which exemptions there are, which stages they select, and which of them need attention.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::account::listing::Listing;
use crate::checks::exemption::{Exemption, ExemptionSource};
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::exemptions::TagExemption;
use crate::parameters::Parameters;
use crate::parameters::exemptions::AccountExemptions;
use crate::resources::stage::Stage;

/// An exemption, and how many of the stages it selects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExemptionUse {
    /// Where the exemption is written.
    pub source: ExemptionSource,
    /// The glob that selects the stages, or for a tag the stage as `apiId/stageName`.
    pub selects: String,
    /// The account in a document; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The Region in a document; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The exemption; `None` for a tag whose value is not an exemption.
    #[serde(serialize_with = "serialize")]
    pub exemption: Option<Arc<Exemption>>,
    /// The number of listed stages that it selects.
    pub stages: usize,
    /// Whether it has ended.
    pub has_lapsed: bool,
}

impl ExemptionUse {
    /// Why the exemption needs attention; `None` if it doesn't. Values of tags are left out.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let source = self.source.parameter();
        let name = match self.source {
            ExemptionSource::Tag => format!("the {source} of {}", self.selects),
            _ => format!("{source} {}", self.selects),
        };
        let until = self.exemption.as_ref().and_then(|exemption| exemption.until);
        match until.filter(|_| self.has_lapsed) {
            _ if self.exemption.is_none() => {
                Some(format!("{name} is not an exemption, so it exempts nothing"))
            }
            Some(until) if self.source != ExemptionSource::Tag => Some(format!("{name} has lapsed: {until}")),
            Some(_) => Some(format!("{name} has lapsed")),
            None if self.stages == 0 => Some(format!("{name} matches no stage")),
            None => None,
        }
    }

    fn of(exemption: &Arc<Exemption>, stages: usize, now: Timestamp) -> Self {
        Self {
            source: exemption.source,
            selects: exemption.stages.clone(),
            account: None,
            region: None,
            exemption: Some(Arc::clone(exemption)),
            stages,
            has_lapsed: exemption.has_lapsed(now),
        }
    }
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn serialize<S: Serializer>(exemption: &Option<Arc<Exemption>>, serializer: S) -> Result<S::Ok, S::Error> {
    exemption.as_deref().serialize(serializer)
}

/// A line for people: what is exempt, from which checks, until when and why.
impl fmt::Display for ExemptionUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.source.parameter(), self.selects)?;
        let places = [("account", &self.account), ("Region", &self.region)];
        let mut places = places.into_iter().filter_map(|(name, place)| Some((name, place.as_ref()?)));
        places.try_for_each(|(name, place)| write!(f, ", {name} {place}"))?;
        let Some(exemption) = &self.exemption else { return f.write_str(": not an exemption") };
        match &exemption.checks {
            None => f.write_str(": all checks")?,
            Some(checks) => {
                let codes: Vec<&str> = checks.iter().map(|check| check.code()).collect();
                write!(f, ": {}", codes.join(", "))?;
            }
        }
        match exemption.until {
            Some(until) if self.has_lapsed => write!(f, ", lapsed {until}")?,
            Some(until) => write!(f, ", until {until}")?,
            None => f.write_str(", no end")?,
        }
        exemption.reason.iter().try_for_each(|reason| write!(f, ", because {reason}"))?;
        exemption.approved_by.iter().try_for_each(|name| write!(f, ", approved by {name}"))?;
        write!(f, " ({} {})", self.stages, if self.stages == 1 { "stage" } else { "stages" })
    }
}

/// The exemptions of the parameters and of the document, in their order.
#[must_use]
pub fn exemption_uses(
    listing: &Listing,
    parameters: &Parameters,
    document: Option<&AccountExemptions>,
    now: Timestamp,
) -> Vec<ExemptionUse> {
    if parameters.exempts_nothing() {
        return Vec::new();
    }
    let labels: Vec<String> = listing.stages.iter().map(|stage| stage.arn.label()).collect();
    let of_parameter = parameters.exclude_stages.iter().map(|it| {
        let stages = labels.iter().filter(|label| it.glob.matches(label)).count();
        ExemptionUse::of(&it.exemption, stages, now)
    });
    let mut uses: Vec<ExemptionUse> = of_parameter.collect();
    if let Some(document) = document {
        let apis = listing.stages.iter().map(|stage: &Stage| stage.arn.api_id());
        let counts = document.count_stages(apis.zip(labels.iter().map(String::as_str)));
        uses.extend(document.entries.iter().zip(counts).map(|(entry, stages)| ExemptionUse {
            account: entry.account.clone(),
            region: entry.region.clone(),
            ..ExemptionUse::of(&entry.stages.exemption, stages, now)
        }));
    }
    uses
}

/// What the exemption tag of a stage says; `None` if the stage has no such tag.
#[must_use]
pub fn tag_exemption_use(stage: &EvaluatedStage, now: Timestamp) -> Option<ExemptionUse> {
    let exemption = match &**stage.tag_exemption.as_ref()? {
        TagExemption::Valid(exemption) => Some(Arc::new(exemption.clone())),
        TagExemption::Invalid => None,
    };
    Some(ExemptionUse {
        source: ExemptionSource::Tag,
        selects: stage.stage.arn.label(),
        account: None,
        region: None,
        has_lapsed: exemption.as_ref().is_some_and(|it| it.has_lapsed(now)),
        exemption,
        stages: 1,
    })
}
