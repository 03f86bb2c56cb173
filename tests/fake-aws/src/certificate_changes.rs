//! Changes to certificates. None of them creates a configuration item.

use jiff::{SignedDuration, Timestamp};

use crate::certificates::{AcmCertificate, ClientCertificate, Signed, Tags, VALID_FOR};
use crate::world::World;

impl World {
    /// Generates a client certificate, valid for 365 days from now, and returns its ID.
    pub fn generate_certificate(&mut self, account: &str, region: &str, tags: Tags) -> String {
        self.generate_certificate_valid_from(account, region, SignedDuration::ZERO, tags)
    }

    /// Like [`World::generate_certificate`], with not-before shifted from now: `-366 days` creates
    /// an expired certificate.
    pub fn generate_certificate_valid_from(
        &mut self,
        account: &str,
        region: &str,
        from_now: SignedDuration,
        tags: Tags,
    ) -> String {
        let id = self.word(6);
        let not_before = self.clock.certificates_now() + from_now;
        let number = self.generated;
        self.generated += 1;
        let region = self.region_mut(account, region);
        let arn = region.apigateway_arn(&format!("/clientcertificates/{id}"));
        if !tags.is_empty() {
            region.tags.insert(arn.clone(), tags);
        }
        let certificate = ClientCertificate {
            id: id.clone(),
            description: None,
            not_before,
            not_after: not_before + VALID_FOR,
            pem_override: None,
            expiration_override: None,
            arn,
            own_key: region.options.own_keys.then_some(number),
            signed: Signed::default(),
        };
        region.certificates.insert(id.clone(), certificate);
        id
    }

    /// Deletes a client certificate; stages that use it keep its ID, which is then dangling.
    pub fn delete_certificate(&mut self, account: &str, region: &str, id: &str) {
        let region = self.region_mut(account, region);
        if let Some(gone) = region.certificates.remove(id) {
            region.tags.remove(&gone.arn);
        }
    }

    /// Adds an ACM certificate and returns its ARN. It is valid for `valid_for`, starting now
    /// (shifted by `from_now`). `kind` is `IMPORTED`, `PRIVATE` or `AMAZON_ISSUED`; ACM renews all
    /// but `IMPORTED` ones automatically.
    pub fn add_acm_certificate(
        &mut self,
        account: &str,
        region: &str,
        kind: &str,
        from_now: SignedDuration,
        valid_for: SignedDuration,
        tags: Tags,
    ) -> String {
        let uuid = self.uuid();
        let not_before = whole_seconds(self.clock.certificates_now() + from_now);
        let region = self.region_mut(account, region);
        let arn =
            format!("arn:{}:acm:{}:{}:certificate/{uuid}", region.partition, region.name, region.account);
        if !tags.is_empty() {
            region.tags.insert(arn.clone(), tags);
        }
        let certificate = AcmCertificate {
            arn: arn.clone(),
            status: "ISSUED".into(),
            kind: kind.into(),
            renewal_eligibility: if kind == "IMPORTED" { "INELIGIBLE" } else { "ELIGIBLE" }.into(),
            renewal_status: None,
            not_before,
            not_after: not_before + valid_for,
        };
        region.acm.insert(arn.clone(), certificate);
        arn
    }

    /// Renews or reimports an ACM certificate: same ARN, same length of validity, starting now. No
    /// item is created.
    pub fn renew_acm_certificate(&mut self, account: &str, region: &str, arn: &str) {
        let now = whole_seconds(self.clock.certificates_now());
        let certificate = self.region_mut(account, region).acm.get_mut(arn).expect("the certificate exists");
        let valid_for = certificate.not_after.duration_since(certificate.not_before);
        (certificate.not_before, certificate.not_after) = (now, now + valid_for);
    }
}

/// Without the fraction, which certificates don't have.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).expect("the seconds of an instant are in range")
}
