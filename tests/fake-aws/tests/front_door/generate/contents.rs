//! The contents of truststores, and the buckets that they are in.

use fake_aws::front_door::contents::{
    CaCertificate, Content, KeyKind, PUBLIC_CA, PemEntry, RSA1024_CA, RevocationList, SHA1_CA,
};
use fake_aws::front_door::domains::MutualTls;
use jiff::SignedDuration;

use super::{Generator, REGION, TRUSTSTORE_WINDOW_DAYS};

const MARGIN: SignedDuration = SignedDuration::from_hours(2);
const OTHER_ACCOUNT: &str = "999988887777";

impl Generator {
    pub(super) fn buckets(&mut self) {
        let (account, region) = self.place();
        let place = (account.as_str(), region);
        self.world.add_bucket(place, "trust-a", true);
        self.world.add_bucket(place, "trust-b", true).lists = false;
        self.world.add_bucket(place, "trust-plain", false);
        self.world.add_bucket(place, "trust-denied", true).denied = true;
        self.world.add_bucket((OTHER_ACCOUNT, region), "trust-foreign", true);
        self.world.add_bucket((OTHER_ACCOUNT, region), "trust-shared", true).readers.insert(account.clone());
        self.world.add_bucket((&account, "us-west-2"), "trust-far", true);
    }

    /// The mutual TLS of a domain name, with an object for it.
    pub(super) fn mutual_tls(&mut self) -> MutualTls {
        let bucket = match self.random.below(32) {
            0..=10 => "trust-a",
            11..=22 => "trust-b",
            23 | 24 => "trust-plain",
            25..=27 => "trust-shared",
            28 => "trust-denied",
            29 | 30 => "trust-foreign",
            _ => "trust-far",
        };
        self.contents += 1;
        let key = format!("stores/{}.pem", self.contents);
        let content = self.content();
        let mut version = self.world.put_object(bucket, &key, Some(content));
        match self.random.below(20) {
            0 | 1 => {
                let newer = self.content();
                self.world.put_object(bucket, &key, Some(newer));
            }
            2 => drop(self.world.put_object(bucket, &key, None)),
            3 if bucket != "trust-plain" => version = "0123456789abcdef0123456789abcdef".into(),
            _ => {}
        }
        let pinned = bucket != "trust-plain" && !self.chance(6);
        self.versions += 1;
        let warning = format!("Certificate with subject CN=Root {} is not a CA certificate.", self.versions);
        MutualTls {
            truststore_uri: format!("s3://{bucket}/{key}"),
            truststore_version: pinned.then_some(version),
            truststore_warnings: if self.chance(6) { vec![warning] } else { Vec::new() },
        }
    }

    /// A PEM file: good more often than not; otherwise with one problem, seldom two.
    pub(super) fn content(&mut self) -> Content {
        self.contents += 1;
        match self.random.below(40) {
            0 => return Content::text("<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>"),
            1 => return Content::text(""),
            _ => {}
        }
        let mut entries = self.chain();
        if self.chance(12) {
            entries.extend(self.chain());
        }
        Content::Certificates(entries)
    }

    fn chain(&mut self) -> Vec<PemEntry> {
        self.contents += 1;
        let name = format!("Root {}", self.contents);
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        let root = CaCertificate::root(&name, self.now);
        let mut chain = match self.random.below(34) {
            0 => vec![root.until(self.now - days(3))],
            1 => vec![root.until(self.now - MARGIN)],
            2 => vec![root.until(self.now + MARGIN)],
            3 => vec![root.until(self.now + days(TRUSTSTORE_WINDOW_DAYS) - MARGIN)],
            4 => vec![root.until(self.now + days(TRUSTSTORE_WINDOW_DAYS) + MARGIN)],
            5 | 6 => self.issued(&root, 1),
            7 => {
                // The root has the issuer's name, but another key.
                let mut all = self.issued(&root, 1);
                all.push(CaCertificate {
                    key: format!("{name} again"),
                    issuer_key: format!("{name} again"),
                    ..root
                });
                all
            }
            8 | 9 => [self.issued(&root, 4), vec![root]].concat(),
            10 => return vec![PemEntry::Fixed(SHA1_CA.into())],
            11 => return vec![PemEntry::Fixed(RSA1024_CA.into())],
            12 => vec![CaCertificate { kind: KeyKind::Ed25519, ..root }],
            13 | 14 => return vec![PemEntry::Fixed(PUBLIC_CA.into())],
            15 => {
                let mut all = self.issued(&root, 1);
                all[0].not_after = self.now - days(30);
                [all, vec![root]].concat()
            }
            16..=18 => [self.issued(&root, 3), vec![root]].concat(),
            19..=23 => [self.issued(&root, 1), vec![root]].concat(),
            _ => vec![root],
        };
        if self.chance(50) {
            chain.reverse();
        }
        chain.into_iter().map(PemEntry::Generated).collect()
    }

    /// A chain of CAs below a root, without the root, the lowest one first.
    fn issued(&self, root: &CaCertificate, length: usize) -> Vec<CaCertificate> {
        let mut chain = vec![root.clone()];
        for n in 0..length {
            let name = format!("{} / {n}", root.subject);
            chain.push(CaCertificate::issued_by(&name, &chain[n], self.now));
        }
        chain.reverse();
        chain.truncate(length);
        chain
    }

    /// A trust store of a load balancer, perhaps with CRLs; returns its ARN.
    pub(super) fn trust_store(&mut self) -> String {
        let content = self.content();
        let name = format!("store-{}", self.contents);
        let arn = self.world.add_trust_store((&self.account, REGION), &name, content);
        for _ in 0..[0, 0, 1, 1, 2][self.random.below(5)] {
            let left = if self.chance(25) { -MARGIN } else { SignedDuration::from_hours(24 * 5) };
            let list = RevocationList {
                issuer: name.clone(),
                issuer_key: name.clone(),
                this_update: self.now - SignedDuration::from_hours(24 * 7),
                next_update: self.now + left,
                revoked: 3,
                der: self.chance(50),
            };
            self.world.add_revocation((&self.account, REGION), &arn, Content::Revocations(list), 3);
        }
        arn
    }
}
