//! The evaluation of one stage from the facts that were read.

use jiff::Timestamp;

use crate::checks::Check;
use crate::checks::finding::Finding;
use crate::checks::owner_tag::{self, CertificateTags, OwnerTagOn, Tagged};
use crate::checks::stage::certificate_attached::{self, Backends, Undetermined};
use crate::checks::stage::{Attached, certificate_expiry, certificate_unique};
use crate::checks::subjects::SubjectTypeRow;
use crate::checks::verdict::Verdict;
use crate::evaluation::evaluated::EvaluatedStage;
use crate::evaluation::exemptions::StageExemptions;
use crate::evaluation::facts::{MissingFact, Reads};
use crate::evaluation::scope::{NotEvaluated, not_evaluated};
use crate::parameters::Parameters;
use crate::resources::api::Protocol;
use crate::resources::certificate::Certificate;
use crate::resources::stage::Stage;
use crate::resources::subject::SubjectType;
use crate::resources::tags::Tags;

/// The evaluation of one stage from what was read, at the instant `now`.
///
/// # Errors
/// [`MissingFact`] if anything that the chosen checks need is missing. Missing facts are never
/// guessed.
pub fn evaluate(
    stage: &Stage,
    reads: &Reads,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<EvaluatedStage, MissingFact> {
    let facts = Facts { stage, reads, parameters, now, awaits_export: true };
    let reason = not_evaluated(stage, reads, parameters)?;
    // An event must not name the wrong owner, even if no check asks for the owner.
    if parameters.events && reason != Some(NotEvaluated::Vanished) && !facts.is_owner_read() {
        return Err(MissingFact::Fact);
    }
    if let Some(reason) = reason {
        let owner = facts.owner().filter(|_| parameters.events).map(Into::into);
        return Ok(EvaluatedStage { owner, ..EvaluatedStage::new(stage.clone(), Err(reason)) });
    }
    let exemptions = StageExemptions::of(stage, reads, parameters, now);
    let mut findings = Vec::with_capacity(parameters.checks.len());
    let (mut backends_unread, mut peers_unread) = (false, false);
    let applicable = SubjectTypeRow::of(SubjectType::Stage(stage.arn.stage_type())).checks;
    for check in parameters.checks.iter().filter(|check| applicable.contains(check)) {
        match facts.finding(*check) {
            Ok(Some(finding)) => findings.push(exemptions.apply(finding)?),
            Ok(None) => peers_unread = true,
            // Don't return yet: if another fact is missing too, an export would be wasted.
            Err(MissingFact::Backends) => backends_unread = true,
            Err(MissingFact::Fact) => return Err(MissingFact::Fact),
        }
    }
    if backends_unread {
        return Err(MissingFact::Backends);
    }
    // A stage that fails another check is noncompliant regardless of which stages share its
    // certificate.
    if peers_unread && !findings.iter().any(|finding| finding.verdict() == Verdict::Failed) {
        return Err(MissingFact::Fact);
    }
    let certificate = facts.certificate().ok().flatten();
    Ok(EvaluatedStage {
        stage: stage.clone(),
        result: Ok(findings),
        not_before: certificate.and_then(|certificate| certificate.not_before),
        not_after: certificate.and_then(|certificate| certificate.not_after),
        renews_automatically: certificate.map(|certificate| certificate.renews_automatically),
        owner: facts.owner().map(Into::into),
        tag_exemption: exemptions.tag,
    })
}

/// The findings of those checks of a stage whose facts were read, at the instant `now`. If
/// [`evaluate`] fails, they are not the stage's result.
#[must_use]
pub fn evaluate_available(
    stage: &Stage,
    reads: &Reads,
    parameters: &Parameters,
    now: Timestamp,
) -> EvaluatedStage {
    let mut evaluated = EvaluatedStage::new(stage.clone(), Ok(Vec::new()));
    match not_evaluated(stage, reads, parameters) {
        Err(_) => return evaluated,
        Ok(Some(reason)) => return EvaluatedStage { result: Err(reason), ..evaluated },
        Ok(None) => {}
    }
    let facts = Facts { stage, reads, parameters, now, awaits_export: false };
    let applicable = SubjectTypeRow::of(SubjectType::Stage(stage.arn.stage_type())).checks;
    let checks = parameters.checks.iter().filter(|check| applicable.contains(check));
    let exemptions = StageExemptions::of(stage, reads, parameters, now);
    let finding = |check: &Check| exemptions.apply(facts.finding(*check).ok().flatten()?).ok();
    evaluated.result = Ok(checks.filter_map(finding).collect());
    let certificate = facts.certificate().ok().flatten();
    evaluated.not_after = certificate.and_then(|certificate| certificate.not_after);
    evaluated.renews_automatically = certificate.map(|certificate| certificate.renews_automatically);
    evaluated.owner = facts.owner().map(Into::into);
    evaluated
}

/// One stage with everything that was read.
struct Facts<'a> {
    stage: &'a Stage,
    reads: &'a Reads,
    parameters: &'a Parameters,
    now: Timestamp,
    /// Whether an export that only determines a severity is still to come.
    awaits_export: bool,
}

impl Facts<'_> {
    /// The finding of a check; `None` if it depends on stages that could not be read.
    fn finding(&self, check: Check) -> Result<Option<Finding>, MissingFact> {
        Ok(Some(match check {
            Check::CertificateAttached => {
                let attached = self.attached()?;
                let backends = self.backends(attached)?;
                let answer =
                    certificate_attached::check(attached, backends, &self.parameters.certificate_attached);
                let read = self.reads.stage(&self.stage.arn);
                let is_after = read.is_some_and(|read| read.attached_after_deployment);
                let deployment = self.stage.deployment.as_ref().filter(|_| is_after);
                Finding::CertificateAttached(answer.attached_after(deployment.cloned()))
            }
            Check::CertificateExpiry => {
                let attached = self.attached()?;
                let settings = self.parameters.certificate_expiry;
                let backends = if certificate_expiry::depends_on_backends(attached, self.now, settings) {
                    self.backends_if_known()?
                } else {
                    &Backends::NotAsked
                };
                let answer = certificate_expiry::check(attached, backends, self.now, settings);
                Finding::CertificateExpiry(answer)
            }
            Check::CertificateUnique => {
                let id = self.stage.certificate.as_ref();
                let none = certificate_unique::Sharers::default();
                let sharers = match id {
                    Some(id) => self.reads.sharers.get(id).ok_or(MissingFact::Fact)?,
                    None => &none,
                };
                let answer = certificate_unique::check(
                    &self.stage.arn,
                    id,
                    sharers,
                    self.parameters.certificate_unique,
                );
                return Ok(answer.map(Finding::CertificateUnique));
            }
            Check::OwnerTag => Finding::OwnerTag(self.owner_tag()?),
            // They do not apply to stages.
            Check::MutualTls
            | Check::Truststore
            | Check::DomainCertificate
            | Check::TlsPolicy
            | Check::PrivateFrontDoor => return Ok(None),
        }))
    }

    /// The backends for `certificate-expiry`, where they only determine the severity: a stage whose
    /// export failed still fails.
    fn backends_if_known(&self) -> Result<&Backends, MissingFact> {
        let was_attempted = self.reads.export_attempted(&self.stage.arn);
        let unknown = if was_attempted || !self.awaits_export {
            Ok(&Backends::NotAsked)
        } else {
            Err(MissingFact::Backends)
        };
        let backends = self.reads.backends(&self.stage.arn).map_or(unknown, Ok)?;
        Ok(self.of_known_protocol(backends))
    }

    fn certificate(&self) -> Result<Option<&Certificate>, MissingFact> {
        match &self.stage.certificate {
            Some(id) => Ok(self.reads.certificates.get(id).ok_or(MissingFact::Fact)?.as_ref()),
            None => Ok(None),
        }
    }

    fn attached(&self) -> Result<Attached<'_>, MissingFact> {
        Ok(match (&self.stage.certificate, self.certificate()?) {
            (None, _) => Attached::Nothing,
            (Some(_), Some(certificate)) => Attached::Certificate(certificate),
            (Some(id), None) => Attached::Dangling(id),
        })
    }

    /// What is deployed on the stage, if the answer depends on it.
    fn backends(&self, attached: Attached<'_>) -> Result<&Backends, MissingFact> {
        let backends =
            if certificate_attached::depends_on_backends(attached, &self.parameters.certificate_attached) {
                self.reads.backends(&self.stage.arn).ok_or(MissingFact::Backends)?
            } else {
                &Backends::NotAsked
            };
        Ok(self.of_known_protocol(backends))
    }

    /// The backends, or undetermined backends if the API's protocol is not recorded. A stage
    /// without HTTP backends needs no certificate, whatever the protocol.
    fn of_known_protocol<'b>(&self, backends: &'b Backends) -> &'b Backends {
        const API_NOT_RECORDED: &Backends = &Backends::undetermined(Undetermined::ApiNotRecorded);
        let protocol = self.reads.protocols.get(self.stage.arn.api_arn());
        match backends {
            Backends::NoHttp { .. } => backends,
            _ if protocol == Some(&Protocol::NotRecorded) => API_NOT_RECORDED,
            _ => backends,
        }
    }

    fn owner_tag(&self) -> Result<owner_tag::Answer, MissingFact> {
        let none = Tags::default();
        let is_required = |on| self.parameters.owner_tag.on.contains(&on);
        let stage =
            if is_required(OwnerTagOn::Stage) { self.stage_tags().ok_or(MissingFact::Fact)? } else { &none };
        let certificate = match &self.stage.certificate {
            Some(id) if is_required(OwnerTagOn::Certificate) => match self.certificate()? {
                Some(known) => CertificateTags::Tags(self.certificate_tags(known).ok_or(MissingFact::Fact)?),
                None => CertificateTags::Dangling(id),
            },
            _ => CertificateTags::NoCertificate,
        };
        Ok(owner_tag::check(Tagged { stage, certificate }, &self.parameters.owner_tag))
    }

    fn stage_tags(&self) -> Option<&Tags> {
        self.reads.tags.get(self.stage.arn.as_str())
    }

    /// The tags of a certificate: read by ARN for ACM certificates, and included in generated ones.
    fn certificate_tags<'c>(&'c self, certificate: &'c Certificate) -> Option<&'c Tags> {
        match certificate.acm_status {
            Some(_) => self.reads.tags.get(certificate.id.as_str()),
            None => Some(&certificate.tags),
        }
    }

    /// Whether the tags were read that name the owner.
    fn is_owner_read(&self) -> bool {
        let Some(tags) = self.stage_tags() else { return false };
        let is_on_stage = owner_tag::owner(Some(tags), None, &self.parameters.owner_tag).is_some();
        let is_on_certificate = || match self.certificate() {
            Ok(certificate) => certificate.is_none_or(|known| self.certificate_tags(known).is_some()),
            Err(_) => false,
        };
        is_on_stage || is_on_certificate()
    }

    fn owner(&self) -> Option<&str> {
        let certificate = self.certificate().ok().flatten();
        let certificate = certificate.and_then(|certificate| self.certificate_tags(certificate));
        owner_tag::owner(self.stage_tags(), certificate, &self.parameters.owner_tag)
    }
}
