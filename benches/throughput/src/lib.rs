//! Accounts of any size, already read and parsed, so that only the evaluation is measured.

use std::collections::HashMap;
use std::ops::Range;

use jiff::Timestamp;
use stagecert::account::listing::Listing;
use stagecert::checks::stage::certificate_attached::{Backends, Undetermined};
use stagecert::evaluation::compliance::Evaluation;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::evaluation::facts::Reads;
use stagecert::evaluation::stage::evaluate;
use stagecert::parameters::Parameters;
use stagecert::reads::sharers;
use stagecert::resources::api::Protocol;
use stagecert::resources::certificate::{AcmDetail, Certificate};
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage::{DeploymentId, Stage};
use stagecert::resources::stage_arn::StageArn;
use stagecert::resources::tags::Tags;

const PEM: &str = include_str!("../../../tests/certificates/leap-day.pem");

/// API Gateway's quota of generated client certificates for an account and Region.
const GENERATED: u64 = 60;

/// Roughly AWS's quota of stages per account and Region: 1,320 APIs with ten stages each.
const MAX_STAGES: u64 = 10_000;

/// Returns this many stages, in accounts of the maximum size: a hundred for a million stages.
#[must_use]
pub fn fleet(count: u64) -> Vec<Account> {
    (0..count)
        .step_by(MAX_STAGES as usize)
        .map(|first| Account::mixed(first..count.min(first + MAX_STAGES)))
        .collect()
}

/// An account with everything that an evaluation reads.
#[derive(Debug)]
pub struct Account {
    stages: Vec<Stage>,
    reads: Reads,
    parameters: Parameters,
    now: Timestamp,
}

impl Account {
    /// Returns an account with a bit of everything: certificates of one stage and of thousands, of
    /// ACM, dangling, and none; stages with and without owners; names from short to the maximum
    /// length; and what is deployed.
    ///
    /// The proportions are the same at any size, so the cost per stage should be, too. `numbers`
    /// distinguishes accounts.
    #[must_use]
    pub fn mixed(numbers: Range<u64>) -> Self {
        Self::of(numbers.map(Described::mixed).collect())
    }

    /// Returns an account whose stages all have the same certificate.
    #[must_use]
    pub fn peers(count: u64) -> Self {
        let present = |n| Described { certificate: Some("h4t0vz".into()), ..Described::mixed(n) };
        Self::of((0..count).filter(|n| !Described::mixed(*n).is_v2).map(present).collect())
    }

    /// Returns the number of stages.
    #[must_use]
    pub fn count(&self) -> usize {
        self.stages.len()
    }

    /// Evaluates all stages. Keeps no evaluation, as a sweep drops those that Config already has.
    pub fn evaluations(&self) -> impl Iterator<Item = Evaluation> {
        self.evaluated().map(|stage| stage.evaluation(self.now))
    }

    /// Evaluates all stages; returns their findings, before these become evaluations.
    pub fn evaluated(&self) -> impl Iterator<Item = EvaluatedStage> {
        self.stages.iter().map(|stage| {
            evaluate(stage, &self.reads, &self.parameters, self.now).expect("everything is read")
        })
    }

    fn of(described: Vec<Described>) -> Self {
        let mut reads = Reads::default();
        let mut stages = Vec::with_capacity(described.len());
        for it in described {
            let stage = it.stage();
            if let Some(id) = stage.certificate.as_ref().filter(|id| !reads.certificates.contains_key(id)) {
                reads.tags.insert(id.as_str().to_owned(), tags(&it.api, "team"));
                reads.certificates.insert(id.clone(), certificate(id, it.draw));
            }
            reads.tags.insert(stage.arn.as_str().to_owned(), tags(&it.api, it.owner));
            if it.is_v2 {
                let protocol = if it.draw.is_multiple_of(3) { Protocol::Http } else { Protocol::WebSocket };
                reads.protocols.insert(stage.arn.api_arn().to_owned(), protocol);
            }
            reads.stage_mut(&stage.arn).backends = Some(it.backends());
            stages.push(stage);
        }
        let listing = Listing { stages, ..Listing::default() };
        reads.sharers = sharers(&listing);
        let parameters = r#"{"excludeStages":"*/test-*","ownerTagKeys":"owner,Owner,team"}"#;
        Self {
            stages: listing.stages,
            reads,
            parameters: Parameters::parse(Some(parameters)).expect("valid"),
            // Within the validity of the PEM.
            now: "2027-06-01T12:00:00Z".parse().expect("valid"),
        }
    }
}

/// The description that a stage is made from.
struct Described {
    api: String,
    name: String,
    is_v2: bool,
    certificate: Option<String>,
    owner: &'static str,
    draw: u64,
}

impl Described {
    /// Returns the stage with this number, which is the same each time.
    fn mixed(n: u64) -> Self {
        let draw = scattered(n);
        let of_hundred = draw % 100;
        let shared_acm = draw / 100 % 40;
        let certificate = match draw / 100 % 100 {
            // Most stages share a few generated certificates, as in accounts that grew over time.
            0..30 => Some(format!("gen{:03}", draw / 10_000 % 6)),
            30..45 => Some(format!("gen{:03}", draw / 10_000 % GENERATED)),
            45..60 => {
                Some(format!("arn:aws:acm:eu-west-1:111122223333:certificate/{n:08x}-90ab-cdef-{draw:016x}"))
            }
            60..68 => Some(format!(
                "arn:aws:acm:eu-west-1:111122223333:certificate/{shared_acm:08x}-90ab-cdef-1234"
            )),
            68..71 => Some(format!("gone{n}")),
            71 => Some("no such form".into()),
            _ => None,
        };
        let name = match of_hundred {
            0..60 => ["prod", "staging", "dev"][(draw / 7 % 3) as usize].to_owned(),
            60..70 => format!("test-{n}"),
            70..90 => format!("{:x>1$}", n, 8 + (draw / 11 % 56) as usize),
            _ => format!("{n:0>128}"),
        };
        let owner = match draw / 1_000_000 % 10 {
            0..7 => "team",
            7 => " ",
            _ => "",
        };
        Self {
            api: format!("api{n:07}"),
            name,
            is_v2: (draw / 13).is_multiple_of(20),
            certificate,
            owner,
            draw,
        }
    }

    fn stage(&self) -> Stage {
        let collection = if self.is_v2 { "apis" } else { "restapis" };
        let arn = format!("arn:aws:apigateway:eu-west-1::/{collection}/{}/stages/{}", self.api, self.name);
        Stage {
            arn: StageArn::parse(&arn).expect("valid"),
            certificate: self.certificate.clone().map(CertificateId::new),
            deployment: self.deployment(),
            canary: None,
            created: None,
            captured: None,
        }
    }

    fn deployment(&self) -> Option<DeploymentId> {
        DeploymentId::new(format!("d{:05x}", self.draw & 0xf_ffff))
    }

    fn backends(&self) -> Backends {
        let deployment = self.deployment();
        match self.draw / 17 % 10 {
            0..5 => Backends::no_http(deployment),
            5..9 => Backends::http(deployment),
            _ => Backends::undetermined(Undetermined::NotExportable),
        }
    }
}

/// Returns the certificate as AWS describes it. The X.509 certificate of a generated one is parsed
/// once, here.
fn certificate(id: &CertificateId, draw: u64) -> Option<Certificate> {
    let text = id.as_str();
    if text.starts_with("gone") || !id.is_recognized() {
        return None;
    }
    let date =
        ["2027-05-01T00:00:00Z", "2027-07-04T12:00:00Z", "2027-12-01T08:30:00Z", "2028-02-01T00:00:00Z"];
    let not_after = date[(draw / 19 % 4) as usize].parse().ok();
    if text.starts_with("arn:") {
        let status = if draw.is_multiple_of(23) { "REVOKED" } else { "ISSUED" };
        let eligible = draw.is_multiple_of(2).then(|| "ELIGIBLE".into());
        let not_before = draw.is_multiple_of(31).then(|| "2027-06-02T00:00:00Z".parse().expect("valid"));
        let detail = AcmDetail {
            status: Some(status.into()),
            renewal_eligibility: eligible,
            not_before,
            not_after: not_after.filter(|_| !draw.is_multiple_of(37)),
            ..AcmDetail::default()
        };
        return Some(Certificate::acm(id.clone(), detail));
    }
    let pem = if draw.is_multiple_of(29) { "not a certificate" } else { PEM };
    Some(Certificate::generated(id.clone(), Some(pem), not_after, tags("generated", "team")))
}

/// Returns the tags of a resource: some that don't matter, and an owner if there is one.
fn tags(name: &str, owner: &str) -> Tags {
    let mut tags =
        HashMap::from([("cost-center".to_owned(), "4711".to_owned()), ("Name".to_owned(), name.to_owned())]);
    if !owner.is_empty() {
        tags.insert("owner".into(), owner.into());
    }
    tags.into_iter().collect()
}

/// Returns a pseudorandom number that depends only on `n` (SplitMix64).
fn scattered(n: u64) -> u64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
