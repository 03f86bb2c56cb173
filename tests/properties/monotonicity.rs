use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use stagecert::account::listing::Listing;
use stagecert::checks::Check;
use stagecert::checks::owner_tag::{self, OwnerTagOn, owner};
use stagecert::checks::stage::certificate_attached::{self, AppliesTo, Backends};
use stagecert::checks::stage::certificate_unique::{self, CertificateSharing};
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::compliance::ComplianceType;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::evaluation::facts::{Reads, SubjectReads};
use stagecert::evaluation::stage::evaluate;
use stagecert::parameters::Parameters;
use stagecert::reads::sharers;
use stagecert::resources::api::Protocol;
use stagecert::resources::certificate::{Certificate, DatesFrom};
use stagecert::resources::certificate_id::{CertificateId, CertificateKind};
use stagecert::resources::stage::Stage;
use stagecert::resources::stage_arn::StageArn;
use stagecert::resources::subject::Subject;
use stagecert::resources::tags::Tags;

use crate::cases::cases;
use crate::findings::{backends, certificate_id};

const STAGE: &str = "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3/stages/prod";
const WEBSOCKET: &str = "arn:aws:apigateway:eu-west-1::/apis/a1b2c3/stages/prod";
const PEERS: [&str; 3] = [
    "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3/stages/dev",
    "arn:aws:apigateway:eu-west-1::/restapis/other1/stages/prod",
    "arn:aws:apigateway:eu-west-1::/apis/other2/stages/live",
];

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// One stage and everything that can be read for it.
#[derive(Debug)]
struct World {
    stage: Stage,
    peers: Vec<Stage>,
    known: Option<Certificate>,
    backends: Backends,
    own_tags: Tags,
    tags_of_certificate: Tags,
    parameters: Parameters,
}

prop_compose! {
    fn parameters()(
        checks in subsequence(Check::STAGE.to_vec(), 1..=4),
        on in subsequence(vec![OwnerTagOn::Stage, OwnerTagOn::Certificate], 1..=2),
        (same_api, acm, everywhere, only_others) in any::<(bool, bool, bool, bool)>(),
    ) -> Parameters {
        Parameters {
            checks: checks.into_iter().collect(),
            owner_tag: owner_tag::Settings { on: on.into_iter().collect(), ..owner_tag::Settings::default() },
            certificate_unique: certificate_unique::Settings {
                sharing: CertificateSharing { same_api, acm },
            },
            certificate_attached: certificate_attached::Settings {
                applies_to: if everywhere { AppliesTo::AllStages } else { AppliesTo::HttpIntegrations },
                certificate_ids: only_others.then(|| vec!["other1".into()]),
            },
            ..Parameters::default()
        }
    }
}

fn tags() -> impl Strategy<Value = Tags> {
    let value = select(vec!["team-orders", " ", ""]).prop_map(str::to_owned);
    prop::collection::btree_map("owner|Owner|team", value, 0..3).prop_map(|tags| tags.into_iter().collect())
}

prop_compose! {
    fn certificate(id: CertificateId)(
        (days, exists) in (-30_i64..400, prop::bool::weighted(0.8)),
        (dated, renews) in (prop::bool::weighted(0.9), any::<bool>()),
        status in select(vec!["ISSUED", "ISSUED", "REVOKED", "issued"]),
        tags in tags(),
    ) -> Option<Certificate> {
        exists.then(|| Certificate {
            id: id.clone(),
            not_before: None,
            not_after: dated.then(|| now() + SignedDuration::from_hours(24 * days)),
            dates_from: DatesFrom::X509,
            acm_status: (id.kind() == CertificateKind::Acm).then(|| status.to_owned()),
            renews_automatically: renews,
            tags,
        })
    }
}

fn world() -> impl Strategy<Value = World> {
    let attached = prop::option::weighted(0.8, certificate_id());
    attached
        .prop_flat_map(|id| {
            let known = certificate(id.clone().unwrap_or_else(|| CertificateId::new("abc123".into())));
            let peers = subsequence(PEERS.to_vec(), 0..=3);
            (Just(id), known, peers, any::<bool>(), backends(), (tags(), tags()), parameters())
        })
        .prop_map(|(id, known, peers, websocket, backends, (own_tags, tags_of_certificate), parameters)| {
            let with = |text: &str| {
                let arn = StageArn::parse(text).unwrap();
                Stage {
                    arn,
                    certificate: id.clone(),
                    deployment: None,
                    canary: None,
                    created: None,
                    captured: None,
                }
            };
            let stage = with(if websocket { WEBSOCKET } else { STAGE });
            let peers = peers.into_iter().map(with).collect();
            World { stage, peers, known, backends, own_tags, tags_of_certificate, parameters }
        })
}

fn listing(stages: Vec<Stage>) -> Listing {
    Listing { stages, ..Listing::default() }
}

impl World {
    fn reads(&self) -> Reads {
        let id = self.stage.certificate.iter();
        let of_certificate = id.clone().map(|id| (id.as_str().to_owned(), self.tags_of_certificate.clone()));
        let own = (self.stage.arn.as_str().to_owned(), self.own_tags.clone());
        let sharing: Vec<Stage> = self.peers.iter().chain([&self.stage]).cloned().collect();
        let backends = SubjectReads { backends: Some(self.backends.clone()), ..SubjectReads::default() };
        Reads {
            exemptions: None,
            certificates: id.map(|id| (id.clone(), self.known.clone())).collect(),
            tags: of_certificate.chain([own]).collect(),
            protocols: [(self.stage.arn.api_arn().to_owned(), Protocol::WebSocket)].into(),
            sharers: sharers(&listing(sharing)),
            subjects: [(Subject::from(&self.stage.arn), backends)].into(),
            failures: Vec::new(),
        }
    }

    fn evaluated(&self, reads: &Reads) -> Option<EvaluatedStage> {
        evaluate(&self.stage, reads, &self.parameters, now()).ok()
    }

    fn with(&self, change: impl FnOnce(&mut Reads)) -> Option<EvaluatedStage> {
        let mut reads = self.reads();
        change(&mut reads);
        self.evaluated(&reads)
    }

    fn with_certificate(&self, change: impl Fn(&mut Certificate)) -> Option<EvaluatedStage> {
        self.with(|reads| reads.certificates.values_mut().flatten().for_each(change))
    }

    /// The evaluations of the stage with one additional problem, for each possible problem.
    fn with_each_failing_fact(&self) -> Vec<Option<EvaluatedStage>> {
        let other = StageArn::parse("arn:aws:apigateway:eu-west-1::/restapis/zzzzzz/stages/zz").unwrap();
        let one_more = Stage { arn: other, ..self.stage.clone() };
        let day = SignedDuration::from_hours(24);
        vec![
            self.with_certificate(|known| known.not_after = None),
            self.with_certificate(|known| known.not_after = Some(now() - day)),
            self.with_certificate(|known| {
                known.not_after = known.not_after.map(|date| date.min(now() + day));
            }),
            self.with_certificate(|known| known.not_before = Some(now() + day)),
            self.with_certificate(|known| known.renews_automatically = false),
            self.with_certificate(|known| {
                known.acm_status = known.acm_status.as_ref().map(|_| "REVOKED".into());
            }),
            self.with_certificate(|known| known.tags = Tags::default()),
            self.with(|reads| reads.tags.values_mut().for_each(|tags| *tags = Tags::default())),
            self.with(|reads| reads.sharers = sharers(&listing(vec![self.stage.clone(), one_more]))),
            self.with(|reads| {
                reads.subjects.values_mut().for_each(|read| read.backends = Some(Backends::http(None)));
            }),
        ]
    }

    /// The evaluations of the stage with one fact less, for each known fact.
    fn with_each_read_missing(&self) -> Vec<Option<EvaluatedStage>> {
        let reads = self.reads();
        let mut evaluated = vec![
            self.with(|reads| reads.certificates.clear()),
            self.with(|reads| reads.protocols.clear()),
            self.with(|reads| reads.sharers.clear()),
            self.with(|reads| reads.subjects.clear()),
        ];
        evaluated.extend(reads.tags.keys().map(|key| self.with(|reads| _ = reads.tags.remove(key))));
        evaluated
    }
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn an_additional_problem_never_makes_a_stage_compliant(world in world()) {
        let Some(before) = world.evaluated(&world.reads()) else { return Ok(()) };
        for after in world.with_each_failing_fact().into_iter().flatten() {
            if before.compliance_type() == ComplianceType::NonCompliant {
                prop_assert_eq!(after.compliance_type(), before.compliance_type(), "{:?}", after);
            }
        }
    }

    #[test]
    fn a_deleted_certificate_fails_if_there_are_backends_and_affects_no_other_check(world in world()) {
        let before = world.evaluated(&world.reads()).unwrap();
        let gone = world.with(|reads| reads.certificates.values_mut().for_each(|known| *known = None));
        let after = gone.unwrap();
        let has_failed = |stage: &EvaluatedStage, check| {
            let findings = stage.result.as_ref().unwrap();
            findings.iter().any(|finding| finding.check() == check && finding.verdict() == Verdict::Failed)
        };
        let has_backends = world.parameters.certificate_attached.applies_to == AppliesTo::AllStages
            || !matches!(world.backends, Backends::NoHttp { .. });
        if world.parameters.asks(Check::CertificateAttached) && has_backends && world.stage.certificate.is_some() {
            prop_assert!(has_failed(&after, Check::CertificateAttached), "{:?}", after);
        }
        for check in [Check::CertificateAttached, Check::CertificateUnique] {
            prop_assert!(!has_failed(&before, check) || has_failed(&after, check), "{:?}", after);
        }
        if world.parameters.owner_tag.on.contains(&OwnerTagOn::Stage) && owner(Some(&world.own_tags), None, &world.parameters.owner_tag).is_none() {
            prop_assert_eq!(has_failed(&before, Check::OwnerTag), has_failed(&after, Check::OwnerTag));
        }
    }

    #[test]
    fn a_missing_fact_never_changes_a_result(world in world()) {
        let Some(whole) = world.evaluated(&world.reads()) else { return Ok(()) };
        for less in world.with_each_read_missing().into_iter().flatten() {
            prop_assert_eq!(less.compliance_type(), whole.compliance_type());
            prop_assert_eq!(less.annotation(), whole.annotation());
        }
    }

    #[test]
    fn everything_read_is_enough_for_a_verdict(world in world()) {
        prop_assert!(world.evaluated(&world.reads()).is_some());
    }

    #[test]
    fn a_stage_that_passes_has_no_failure_code_in_its_annotation(world in world()) {
        let evaluated = world.evaluated(&world.reads()).unwrap();
        let annotation = evaluated.annotation();
        let codes = Check::ALL.iter().map(|check| check.code()).chain(["api-not-recorded"]);
        let leads = codes.into_iter().any(|code| annotation.as_str().starts_with(code));
        prop_assert_eq!(leads, evaluated.compliance_type() == ComplianceType::NonCompliant, "{}", annotation);
    }
}
