use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Failure;

/// The secret key of a redaction.
///
/// Anyone who has the key can check whether a guessed name is in the redacted file; without the
/// key, this is not possible. The type has no `Debug`, so that the key can't be logged.
#[derive(Clone)]
pub struct RedactionKey(Vec<u8>);

/// The minimum length of a key in bytes.
const MIN_KEY_LENGTH: usize = 16;

impl RedactionKey {
    /// A key with these bytes.
    ///
    /// # Errors
    /// `Malformed` for a key of fewer than 16 bytes.
    pub fn new(bytes: Vec<u8>) -> Result<Self, Failure> {
        if bytes.len() < MIN_KEY_LENGTH {
            let problem = format!("{} bytes; allowed: {MIN_KEY_LENGTH} or more random bytes", bytes.len());
            return Err(Failure::malformed("redaction key", problem));
        }
        Ok(Self(bytes))
    }
}

/// The kind of a replaced text, which determines the form of its pseudonym.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// An account id, replaced by 12 digits.
    Account,
    /// An API id, replaced by 10 letters and digits.
    Api,
    /// A stage name, replaced by `stage-` and 10 letters and digits.
    StageName,
    /// A deployment id, replaced by 10 letters and digits.
    Deployment,
    /// The id of a generated certificate, replaced by 10 letters and digits.
    Certificate,
    /// The last part of an ACM certificate's ARN, replaced by text in the form of a UUID.
    AcmCertificate,
    /// A certificate id in neither API Gateway's nor ACM's form, or an id that is not a stage's
    /// ARN, replaced by `unrecognized-` and 10 letters and digits.
    Unrecognized,
    /// A tag value, replaced by `value-` and 10 letters and digits.
    TagValue,
    /// A partition that AWS does not have, replaced by `aws-` and 10 letters.
    Partition,
    /// A Region whose name AWS would not use, replaced by `region-` and 10 letters
    /// and digits.
    Region,
    /// An API name, replaced by `api-` and 10 letters and digits.
    ApiName,
    /// A host name or an IP address, replaced by `host-` and 10 letters and digits.
    Host,
    /// The ID of a VPC link, replaced by 10 letters and digits.
    VpcLink,
    /// The name of a stage variable, replaced by `variable_` and 10 letters and digits.
    Variable,
    /// A domain name, replaced by `domain-`, 10 letters and digits and `.example.com`.
    Domain,
    /// The id of a private domain, replaced by 10 letters and digits.
    DomainId,
    /// A path of a mapping, replaced by `path-` and 10 letters and digits.
    Path,
    /// A bucket, replaced by `bucket-` and 10 letters and digits.
    Bucket,
    /// The key of an object, replaced by `key-` and 10 letters and digits.
    Key,
    /// The version of an object, replaced by `version-` and 10 letters and digits.
    Version,
    /// The subject or issuer of a CA, replaced by `CN=ca-` and 10 letters and digits.
    Subject,
    /// A warning about a truststore, replaced by `warning-` and 10 letters and digits.
    Warning,
    /// What follows the prefix of a VPC resource's id, replaced by 16 hexadecimal digits.
    ResourceId,
    /// A part of a load balancer's ARN, replaced by 10 letters and digits.
    LoadBalancer,
    /// An IPv4 address, replaced by a private one.
    Ipv4,
    /// An IPv6 address, replaced by a private one.
    Ipv6,
}

/// The pseudonyms of one redaction: a keyed hash (HMAC-SHA-256) for each text of each form.
pub(crate) struct Pseudonyms<'k> {
    key: &'k RedactionKey,
    assigned: HashMap<(Form, String), String>,
    used: HashSet<(Form, String)>,
}

impl<'k> Pseudonyms<'k> {
    pub(crate) fn new(key: &'k RedactionKey) -> Self {
        Self { key, assigned: HashMap::new(), used: HashSet::new() }
    }

    /// The pseudonym of `original`: always the same for the same text, and never the same for two
    /// texts of one form.
    pub(crate) fn of(&mut self, form: Form, original: &str) -> String {
        let entry = (form, original.to_owned());
        if let Some(known) = self.assigned.get(&entry) {
            return known.clone();
        }
        let mut attempt = 0_u32;
        let pseudonym = loop {
            let pseudonym = form.render(&self.hash(form, original, attempt));
            // Two certificates with the same pseudonym would cause a false finding.
            if pseudonym != original && self.used.insert((form, pseudonym.clone())) {
                break pseudonym;
            }
            attempt += 1;
        };
        self.assigned.insert(entry, pseudonym.clone());
        pseudonym
    }

    fn hash(&self, form: Form, original: &str, attempt: u32) -> Vec<u8> {
        // This never fails, because HMAC accepts keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key.0) else { return Vec::new() };
        mac.update(&[form as u8]);
        mac.update(&attempt.to_be_bytes());
        mac.update(original.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
}

impl Form {
    fn render(self, hash: &[u8]) -> String {
        // Without vowels, a pseudonym can't contain a word by chance, such as a replaced one.
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz0123456789";
        const LETTERS_ONLY: &[u8] = b"bcdfghjklmnpqrstvwxz";
        let of = |alphabet: &[u8], length: usize| -> String {
            let picked = hash.iter().take(length).filter_map(|byte| {
                let at = usize::from(*byte) % alphabet.len().max(1);
                alphabet.get(at).copied().map(char::from)
            });
            picked.collect()
        };
        match self {
            Self::Account => of(b"0123456789", 12),
            Self::Api
            | Self::Deployment
            | Self::Certificate
            | Self::VpcLink
            | Self::DomainId
            | Self::LoadBalancer => of(LETTERS, 10),
            Self::StageName => format!("stage-{}", of(LETTERS, 10)),
            Self::AcmCertificate => {
                hash.iter().take(16).enumerate().fold(String::new(), |mut id, (at, byte)| {
                    let hyphen = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
                    let _ = write!(id, "{hyphen}{byte:02x}");
                    id
                })
            }
            Self::Unrecognized => format!("unrecognized-{}", of(LETTERS, 10)),
            Self::TagValue => format!("value-{}", of(LETTERS, 10)),
            Self::Partition => format!("aws-{}", of(LETTERS_ONLY, 10)),
            Self::Region => format!("region-{}", of(LETTERS, 10)),
            Self::ApiName => format!("api-{}", of(LETTERS, 10)),
            Self::Host => format!("host-{}", of(LETTERS, 10)),
            Self::Variable => format!("variable_{}", of(LETTERS, 10)),
            Self::Domain => format!("domain-{}.example.com", of(LETTERS, 10)),
            Self::Path => format!("path-{}", of(LETTERS, 10)),
            Self::Bucket => format!("bucket-{}", of(LETTERS, 10)),
            Self::Key => format!("key-{}", of(LETTERS, 10)),
            Self::Version => format!("version-{}", of(LETTERS, 10)),
            Self::Subject => format!("CN=ca-{}", of(LETTERS, 10)),
            Self::Warning => format!("warning-{}", of(LETTERS, 10)),
            Self::ResourceId => of(b"0123456789abcdef", 16),
            Self::Ipv4 => {
                let bytes = hash.iter().take(3).map(u8::to_string);
                format!("10.{}", bytes.collect::<Vec<_>>().join("."))
            }
            Self::Ipv6 => {
                let bytes = hash.iter().take(7).map(|byte| format!("{byte:x}"));
                format!("fd00:{}", bytes.collect::<Vec<_>>().join(":"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::account_region::{is_account_id, is_partition, is_region};
    use crate::resources::certificate_id::CertificateId;
    use crate::resources::certificate_id::CertificateKind;
    use crate::resources::stage_arn::StageArn;

    const ALL: [Form; 26] = [
        Form::Account,
        Form::Api,
        Form::StageName,
        Form::Deployment,
        Form::Certificate,
        Form::AcmCertificate,
        Form::Unrecognized,
        Form::TagValue,
        Form::Partition,
        Form::Region,
        Form::ApiName,
        Form::Host,
        Form::VpcLink,
        Form::Variable,
        Form::Domain,
        Form::DomainId,
        Form::Path,
        Form::Bucket,
        Form::Key,
        Form::Version,
        Form::Subject,
        Form::Warning,
        Form::ResourceId,
        Form::LoadBalancer,
        Form::Ipv4,
        Form::Ipv6,
    ];

    fn key(byte: u8) -> RedactionKey {
        RedactionKey::new(vec![byte; 32]).unwrap()
    }

    #[test]
    fn a_text_has_one_pseudonym_per_key_and_form() {
        let (one, other) = (key(1), key(2));
        let (mut names, mut again, mut elsewhere) =
            (Pseudonyms::new(&one), Pseudonyms::new(&one), Pseudonyms::new(&other));
        for form in ALL {
            let name = names.of(form, "orders");
            assert_eq!(name, names.of(form, "orders"));
            assert_eq!(name, again.of(form, "orders"));
            assert_ne!(name, elsewhere.of(form, "orders"));
            assert_ne!(name, names.of(form, "payments"));
        }
        assert_ne!(names.of(Form::Api, "orders"), names.of(Form::Deployment, "orders"));
    }

    #[test]
    fn different_texts_have_different_pseudonyms() {
        let key = key(1);
        let mut names = Pseudonyms::new(&key);
        for form in ALL {
            let pseudonyms: HashSet<String> = (0..5_000).map(|n| names.of(form, &n.to_string())).collect();
            assert_eq!(pseudonyms.len(), 5_000, "{form:?}");
        }
    }

    #[test]
    fn pseudonyms_have_the_form_of_the_original() {
        let key = key(1);
        let mut names = Pseudonyms::new(&key);
        assert!(is_account_id(&names.of(Form::Account, "111122223333")));
        assert!(is_partition(&names.of(Form::Partition, "aws-acme")));
        assert!(is_region(&names.of(Form::Region, "acme-1")));
        let (api, stage) = (names.of(Form::Api, "a1"), names.of(Form::StageName, "$default"));
        assert!(StageArn::of_rest_api("aws", "eu-west-1", &api, &stage).is_ok());
        for (form, kind) in [
            (Form::Certificate, CertificateKind::Generated),
            (Form::Unrecognized, CertificateKind::Unrecognized),
        ] {
            assert_eq!(CertificateId::new(names.of(form, "x")).kind(), kind);
        }
        let id = names.of(Form::AcmCertificate, "x");
        let arn = format!("arn:aws:acm:eu-west-1:111122223333:certificate/{id}");
        assert_eq!((CertificateId::new(arn).kind(), id.len()), (CertificateKind::Acm, 36));
    }

    #[test]
    fn a_short_key_is_rejected() {
        let failure = RedactionKey::new(vec![7; 15]).err().unwrap();
        assert_eq!(failure.to_string(), "redaction key: 15 bytes; allowed: 16 or more random bytes");
        assert!(RedactionKey::new(vec![7; 16]).is_ok());
    }
}
