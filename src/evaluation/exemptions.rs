//! The exemptions of one stage, from the parameters, its tag and the document.

use std::sync::Arc;

use jiff::Timestamp;

use crate::checks::exemption::Exemption;
use crate::checks::finding::{Exempted, Finding};
use crate::checks::verdict::Verdict;
use crate::evaluation::facts::{MissingFact, Reads};
use crate::parameters::Parameters;
use crate::parameters::exemptions::{ExemptStages, of_tag};
use crate::resources::stage::Stage;

/// What the exemption tag of a stage says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagExemption {
    /// An exemption, in force or lapsed.
    Valid(Exemption),
    /// A value that is no exemption, so it exempts nothing.
    Invalid,
}

/// The exemptions of a stage that are in force.
#[derive(Debug, Default)]
pub(crate) struct StageExemptions {
    in_force: Vec<Arc<Exemption>>,
    /// Whether others may be in force that could not be read.
    is_incomplete: bool,
    /// What the stage's tag says.
    pub(crate) tag: Option<Box<TagExemption>>,
}

impl StageExemptions {
    /// The exemptions at the instant `now`: those of the parameters first, then the tag's, then the
    /// document's.
    pub(crate) fn of(stage: &Stage, reads: &Reads, parameters: &Parameters, now: Timestamp) -> Self {
        let mut exemptions = Self::default();
        if parameters.exempts_nothing() {
            return exemptions;
        }
        let label = stage.arn.label();
        let matching = parameters.exclude_stages.iter().filter(|it| it.glob.matches(&label));
        exemptions.add(matching, now);
        if let Some(key) = &parameters.exemption_tag {
            match reads.tags.get(stage.arn.as_str()) {
                Some(tags) => exemptions.add_tag(key, tags.value(key), now),
                None => exemptions.is_incomplete = true,
            }
        }
        if parameters.uses_document() {
            match &reads.exemptions {
                Some(document) => {
                    let entries = document.of_stage(stage.arn.api_id(), &label);
                    exemptions.add(entries.into_iter().map(|entry| &entry.stages), now);
                }
                None => exemptions.is_incomplete = true,
            }
        }
        exemptions
    }

    /// The finding, as an exempt one if an exemption is in force for its check.
    ///
    /// A check that does not apply needs no exemption.
    ///
    /// # Errors
    /// `MissingFact::Fact` if the check failed and an exemption that could not be read may be in
    /// force.
    pub(crate) fn apply(&self, finding: Finding) -> Result<Finding, MissingFact> {
        let verdict = finding.verdict();
        if verdict == Verdict::NotApplicable {
            return Ok(finding);
        }
        match self.in_force.iter().find(|exemption| exemption.covers(finding.check())) {
            Some(exemption) => {
                let exemption = Arc::clone(exemption);
                Ok(Finding::Exempt(Box::new(Exempted { finding, exemption })))
            }
            None if self.is_incomplete && verdict == Verdict::Failed => Err(MissingFact::Fact),
            None => Ok(finding),
        }
    }

    fn add<'e>(&mut self, stages: impl Iterator<Item = &'e ExemptStages>, now: Timestamp) {
        let in_force = stages.filter(|it| !it.exemption.has_lapsed(now));
        self.in_force.extend(in_force.map(|it| Arc::clone(&it.exemption)));
    }

    fn add_tag(&mut self, key: &str, value: Option<&str>, now: Timestamp) {
        let Some(value) = value else { return };
        let tag = of_tag(key, value).map_or(TagExemption::Invalid, TagExemption::Valid);
        if let TagExemption::Valid(exemption) = &tag
            && !exemption.has_lapsed(now)
        {
            self.in_force.push(Arc::new(exemption.clone()));
        }
        self.tag = Some(Box::new(tag));
    }
}
