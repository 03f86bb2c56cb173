use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Failure;

/// The key of a redaction. Whoever has it can find out whether a name that they guess is in the file; whoever has not,
/// can't. It has no `Debug`.
#[derive(Clone)]
pub struct RedactionKey(Vec<u8>);

/// The shortest key that is taken, in bytes.
const SHORTEST_KEY: usize = 16;

impl RedactionKey {
    /// A key of these bytes.
    ///
    /// # Errors
    /// `Malformed`, naming the shortest length that is allowed.
    pub fn new(bytes: Vec<u8>) -> Result<Self, Failure> {
        if bytes.len() < SHORTEST_KEY {
            let problem = format!("{} bytes; allowed: {SHORTEST_KEY} random ones or more", bytes.len());
            return Err(Failure::malformed("redaction key", problem));
        }
        Ok(Self(bytes))
    }
}

/// What a text is, for its replacement to have the same form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// Twelve digits.
    Account,
    /// The id of an API: letters and digits.
    Api,
    /// The name of a stage.
    StageName,
    /// The id of a deployment: letters and digits.
    Deployment,
    /// The id of a generated certificate: letters and digits.
    Certificate,
    /// The last part of an ACM certificate's ARN.
    AcmCertificate,
    /// What neither API Gateway nor ACM would call a certificate's id.
    Unrecognized,
    /// The value of a tag.
    TagValue,
    /// The name of a partition that AWS does not have.
    Partition,
    /// The name of a Region that AWS can't have.
    Region,
}

/// One replacement for each text of each form, by a keyed hash.
pub(crate) struct Pseudonyms<'k> {
    key: &'k RedactionKey,
    given: HashMap<(Form, String), String>,
    taken: HashSet<(Form, String)>,
}

impl<'k> Pseudonyms<'k> {
    pub(crate) fn new(key: &'k RedactionKey) -> Self {
        Self { key, given: HashMap::new(), taken: HashSet::new() }
    }

    /// The text that stands for `original`: the same for the same, and never the same for another.
    pub(crate) fn of(&mut self, form: Form, original: &str) -> String {
        let entry = (form, original.to_owned());
        if let Some(known) = self.given.get(&entry) {
            return known.clone();
        }
        let mut attempt = 0_u32;
        let pseudonym = loop {
            let pseudonym = form.spell(&self.hash(form, original, attempt));
            // Two certificates that became one would be a finding that isn't there.
            if pseudonym != original && self.taken.insert((form, pseudonym.clone())) {
                break pseudonym;
            }
            attempt += 1;
        };
        self.given.insert(entry, pseudonym.clone());
        pseudonym
    }

    fn hash(&self, form: Form, original: &str, attempt: u32) -> Vec<u8> {
        // A key of any length is a key to HMAC.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key.0) else { return Vec::new() };
        mac.update(&[form as u8]);
        mac.update(&attempt.to_be_bytes());
        mac.update(original.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
}

impl Form {
    fn spell(self, hash: &[u8]) -> String {
        // Without vowels no word comes out by chance, least of all one that was to be replaced.
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
            Self::Api | Self::Deployment | Self::Certificate => of(LETTERS, 10),
            Self::StageName => format!("stage-{}", of(LETTERS, 10)),
            Self::AcmCertificate => {
                hash.iter().take(16).enumerate().fold(String::new(), |mut id, (at, byte)| {
                    let hyphen = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
                    let _ = write!(id, "{hyphen}{byte:02x}");
                    id
                })
            }
            Self::Unrecognized => format!("unrecognised-{}", of(LETTERS, 10)),
            Self::TagValue => format!("value-{}", of(LETTERS, 10)),
            Self::Partition => format!("aws-{}", of(LETTERS_ONLY, 10)),
            Self::Region => format!("region-{}", of(LETTERS, 10)),
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

    const ALL: [Form; 10] = [
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
    ];

    fn key(byte: u8) -> RedactionKey {
        RedactionKey::new(vec![byte; 32]).unwrap()
    }

    #[test]
    fn the_same_text_has_one_replacement_a_key_and_a_form() {
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
    fn many_texts_have_as_many_replacements() {
        let key = key(1);
        let mut names = Pseudonyms::new(&key);
        for form in ALL {
            let given: HashSet<String> = (0..5_000).map(|n| names.of(form, &n.to_string())).collect();
            assert_eq!(given.len(), 5_000, "{form:?}");
        }
    }

    #[test]
    fn replacements_have_the_form_of_what_they_replace() {
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
    fn a_short_key_is_refused() {
        let refused = RedactionKey::new(vec![7; 15]).err().unwrap();
        assert_eq!(refused.to_string(), "redaction key: 15 bytes; allowed: 16 random ones or more");
        assert!(RedactionKey::new(vec![7; 16]).is_ok());
    }
}
