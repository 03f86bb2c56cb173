//! Any text as `ruleParameters`, and any text as the value of one key; the first byte selects the
//! key.
#![no_main]
#![allow(dead_code, reason = "the properties' modules serve more than one target")]

#[path = "../../tests/properties/validity.rs"]
mod validity;

use libfuzzer_sys::fuzz_target;
use stagecert::Failure;
use stagecert::checks::owner_tag::{self, CertificateTags, Tagged};
use stagecert::evaluation::annotation::Annotation;
use stagecert::evaluation::scope::excluded;
use stagecert::parameters::{KEYS, Parameters, RawParameters};
use stagecert::resources::stage_arn::StageArn;
use stagecert::resources::tags::Tags;
use validity::{assert_annotation, assert_no_control_characters};

fuzz_target!(|text: &str| {
    check(Parameters::parse(Some(text)));
    let mut rest = text.chars();
    let Some(first) = rest.next() else { return };
    let key = KEYS[first as usize % KEYS.len()];
    let pair = (key.to_owned(), rest.as_str().into());
    check(RawParameters::from_pairs([pair]).and_then(|raw| raw.validate()));
});

fn check(read: Result<Parameters, Failure>) {
    let parameters = match read {
        Ok(parameters) => parameters,
        Err(failure) => {
            assert!(matches!(failure, Failure::Parameter { .. }));
            return assert_no_control_characters(&failure.to_string());
        }
    };
    assert!(!parameters.checks.is_empty() && !parameters.owner_tag.on.is_empty());
    assert!((1..=365).contains(&parameters.certificate_expiry.expiry_window_days));
    assert!((1..=365).contains(&parameters.certificate_expiry.managed_renewal_window_days));
    assert!(parameters.owner_tag.keys.iter().all(|key| (1..=128).contains(&key.chars().count())));
    let stage =
        StageArn::parse("arn:aws:apigateway:eu-west-1::/restapis/a1b2c3/stages/prod-aaaaaaaaaaaaaaaa")
            .unwrap();
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    if let Some(reason) = excluded(&stage, &parameters, now) {
        assert_annotation(Annotation::from_reason(&reason).as_str());
    }
    let keys = parameters.owner_tag.keys.iter().cloned();
    let tags: Tags =
        keys.map(|key| (key, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".into())).collect();
    let answer = owner_tag::check(Tagged { stage: &tags, certificate: CertificateTags::NoCertificate }, &parameters);
    let finding = stagecert::checks::finding::Finding::OwnerTag(answer);
    assert_annotation(Annotation::from_findings(&[finding]).as_str());
}
