//! The evaluation of one custom domain name from the facts that were read.

use std::sync::Arc;

use jiff::Timestamp;

use crate::checks::Check;
use crate::checks::domain_name::{domain_certificate, tls_policy};
use crate::checks::finding::Finding;
use crate::checks::front_door::Answer;
use crate::checks::truststore::{self, Truststore, Version};
use crate::evaluation::facts::MissingFact;
use crate::evaluation::front_door::{EvaluatedResource, Expires, ExpiryDate, FrontDoorSubject};
use crate::evaluation::front_door_facts::FrontDoorFacts;
use crate::parameters::Parameters;
use crate::resources::certificate::Certificate;
use crate::resources::domain_name::DomainName;
use crate::resources::resource::Resource;

/// The chosen checks that apply to domains.
pub(crate) const CHECKS: [Check; 3] = [Check::Truststore, Check::DomainCertificate, Check::TlsPolicy];
/// Config's name of the resource type.
pub const RESOURCE_TYPE: &str = "AWS::ApiGateway::DomainName";

/// Evaluates a domain at the instant `now`.
///
/// # Errors
/// Returns `MissingFact::Fact` if something that a chosen check depends on was not read.
pub fn evaluate(
    domain: &DomainName,
    facts: &FrontDoorFacts,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<EvaluatedResource, MissingFact> {
    let recorded = facts.recorded.as_ref().ok_or(MissingFact::Fact)?;
    // Config's ids don't say which of two domains with one name is meant.
    let recorded = recorded.get(&domain.domain_name).filter(|_| !domain.is_private());
    let subject = DomainFacts { domain, facts, parameters, now };
    let mut findings = Vec::new();
    for check in parameters.checks.iter().filter(|check| CHECKS.contains(check)) {
        findings.push(subject.finding(*check)?);
    }
    let id: Arc<str> = match (recorded, &domain.domain_name_arn) {
        (Some(id), _) => id.as_str().into(),
        (None, Some(arn)) => arn.as_str().into(),
        (None, None) => domain.key().to_string().into(),
    };
    let apis = facts.apis.iter().flatten();
    let behind = facts.apis_behind(domain).unwrap_or_default();
    Ok(EvaluatedResource {
        subject: FrontDoorSubject::DomainName(domain.key()),
        resource: Resource::new(RESOURCE_TYPE.to_owned(), id),
        name: None,
        findings,
        entry_points: Vec::new(),
        dates: subject.dates(),
        leads_to: apis.filter(|api| behind.contains(api.arn.id())).map(|api| api.arn.clone()).collect(),
        is_recorded: recorded.is_some(),
    })
}

struct DomainFacts<'a> {
    domain: &'a DomainName,
    facts: &'a FrontDoorFacts,
    parameters: &'a Parameters,
    now: Timestamp,
}

impl DomainFacts<'_> {
    fn finding(&self, check: Check) -> Result<Finding, MissingFact> {
        Ok(match check {
            Check::Truststore => Finding::Truststore(self.truststore()?),
            Check::DomainCertificate => {
                let certificates = domain_certificate::Certificates {
                    server: self.certificate(self.domain.server_certificate())?,
                    ownership: self
                        .certificate(self.domain.ownership_verification_certificate_arn.as_deref())?,
                };
                let window = self.parameters.certificate_expiry.expiry_window_days;
                Finding::DomainCertificate(domain_certificate::check(
                    self.domain,
                    certificates,
                    window,
                    self.now,
                ))
            }
            _ => Finding::TlsPolicy(tls_policy::check(self.domain)),
        })
    }

    fn truststore(&self) -> Result<Answer, MissingFact> {
        let Some(mutual_tls) = self.domain.mutual_tls() else {
            let text = format!("{}: no mutual TLS", self.domain.key());
            return Ok(Answer::NotApplicable("no-mutual-tls", text));
        };
        let uri = mutual_tls.truststore_uri.clone().unwrap_or_default();
        let newest = self.facts.newest_versions.get(&uri).ok_or(MissingFact::Fact)?;
        let pinned = mutual_tls.truststore_version.as_deref();
        let key = (uri, mutual_tls.truststore_version.clone());
        let stored = self.facts.truststores.get(&key).ok_or(MissingFact::Fact)?;
        let name = format!("{}: {}", self.domain.key(), key.0);
        let truststore = Truststore {
            name: &name,
            content: stored.as_ref().map(|stored| &stored.content),
            version: Some(Version { pinned, newest: newest.as_ref().map(Option::as_deref) }),
            warnings: &mutual_tls.truststore_warnings,
        };
        Ok(truststore::check(&[truststore], self.parameters.truststore, self.now))
    }

    #[expect(clippy::option_option, reason = "the domain has none, and ACM has none")]
    fn certificate(&self, arn: Option<&str>) -> Result<Option<Option<&Certificate>>, MissingFact> {
        let Some(arn) = arn else { return Ok(None) };
        Ok(Some(self.facts.certificates.get(arn).ok_or(MissingFact::Fact)?.as_ref()))
    }

    fn dates(&self) -> Vec<ExpiryDate> {
        let of_certificate = |what: Expires, arn: Option<&str>| {
            let arn = arn?;
            let certificate = self.facts.certificates.get(arn)?.as_ref()?;
            let (not_after, renews_automatically) =
                (certificate.not_after?, certificate.renews_automatically);
            Some(ExpiryDate { not_after, what, certificate: arn.to_owned(), renews_automatically })
        };
        let server = of_certificate(Expires::ServerCertificate, self.domain.server_certificate());
        let ownership = of_certificate(
            Expires::OwnershipCertificate,
            self.domain.ownership_verification_certificate_arn.as_deref(),
        );
        let mut dates: Vec<ExpiryDate> = server.into_iter().chain(ownership).collect();
        let key = self.domain.mutual_tls().map(|mutual_tls| {
            let uri = mutual_tls.truststore_uri.clone().unwrap_or_default();
            (uri, mutual_tls.truststore_version.clone())
        });
        let stored = key.and_then(|key| self.facts.truststores.get(&key)?.as_ref().ok());
        dates.extend(
            stored.into_iter().flat_map(|stored| &stored.content.certificates).filter_map(ExpiryDate::of_ca),
        );
        dates.sort();
        dates.dedup();
        dates
    }
}
