//! `mutual-tls`: every entry point requires a certificate if one does or if it must.

use glob::Pattern;
use proptest::prelude::*;
use stagecert::checks::api::mutual_tls::{Answer, Settings, check};
use stagecert::resources::api::{Api, ApiArn, ApiProtocol, ApiType};
use stagecert::resources::entry_point::{EntryPoint, EntryPointKind, SettingSource};

use crate::answers::{codes, only, rank};
use crate::cases::cases;

fn api(protocol: ApiProtocol, endpoint_type: &str) -> Api {
    let kind = if protocol == ApiProtocol::Rest { ApiType::Rest } else { ApiType::V2 };
    Api {
        arn: ApiArn::new("aws", "eu-west-1", kind, "abc123").unwrap(),
        name: None,
        protocol,
        endpoint_types: if endpoint_type.is_empty() { vec![] } else { vec![endpoint_type.to_owned()] },
        disables_default_endpoint: false,
        policy: None,
    }
}

fn regional() -> Api {
    api(ApiProtocol::Rest, "REGIONAL")
}

fn guarded(kind: EntryPointKind) -> EntryPoint {
    EntryPoint { kind, requires_certificate: true }
}

fn open(kind: EntryPointKind) -> EntryPoint {
    EntryPoint { kind, requires_certificate: false }
}

fn default_endpoint(source: SettingSource, stages: &[&str]) -> EntryPoint {
    open(EntryPointKind::DefaultEndpoint { source, stages: stages.iter().map(|it| (*it).into()).collect() })
}

fn mapping(domain: &str, path: &str) -> EntryPointKind {
    EntryPointKind::Mapping { domain: domain.into(), path: path.into(), stage: None }
}

fn rule(domain: &str, priority: i32) -> EntryPointKind {
    EntryPointKind::RoutingRule { domain: domain.into(), priority, stage: None }
}

fn listener() -> EntryPointKind {
    let listener = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/front/1/2".into();
    EntryPointKind::Listener { listener, port: Some(443) }
}

const CURRENT: Option<SettingSource> = Some(SettingSource::Current);
const DEPLOYED: Option<SettingSource> = Some(SettingSource::Deployed);

#[test]
fn each_entry_point_without_a_certificate_is_named() {
    let tls = || guarded(mapping("api.example.com", "v1"));
    for (other, code, text) in [
        (
            default_endpoint(SettingSource::Deployed, &["prod", "dev"]),
            "default-endpoint",
            "default-endpoint: execute-api is enabled (deployed on prod, dev)",
        ),
        (
            default_endpoint(SettingSource::Current, &[]),
            "default-endpoint",
            "default-endpoint: execute-api is enabled (current setting; deployed value unknown)",
        ),
        (
            open(mapping("old.example.com", "")),
            "other-domain",
            "other-domain: old.example.com requires no client certificate",
        ),
        (
            open(rule("old.example.com", 7)),
            "other-route",
            "other-route: old.example.com (routing rule 7) requires no client certificate",
        ),
        (
            open(listener()),
            "listener-open",
            "listener-open: app/front/1/2 (port 443) does not verify client certificates",
        ),
    ] {
        let disabled = if code == "default-endpoint" { None } else { CURRENT };
        for is_required in [false, true] {
            let answer = check(&regional(), &[tls(), other.clone()], disabled, is_required);
            assert_eq!((codes(&answer), only(&answer).as_str()), (vec![code], text));
        }
    }
    let all = [
        default_endpoint(SettingSource::Current, &[]),
        open(mapping("old.example.com", "")),
        tls(),
        open(rule("old.example.com", 7)),
    ];
    let answer = check(&regional(), &all, None, false);
    assert_eq!(codes(&answer), ["default-endpoint", "other-domain", "other-route"]);
}

#[test]
fn an_api_passes_if_every_entry_point_requires_a_certificate() {
    let all = [guarded(mapping("api.example.com", "v1")), guarded(rule("b.example.com", 1))];
    for (disabled, text) in
        [(CURRENT, "disabled (current setting)"), (DEPLOYED, "disabled in what is deployed on their stages")]
    {
        for protocol in [ApiProtocol::Rest, ApiProtocol::Http, ApiProtocol::WebSocket] {
            let answer = check(&api(protocol, ""), &all, disabled, true);
            let evidence = format!(
                "a client certificate is required by api.example.com/v1, b.example.com (routing rule 1); \
                 execute-api is {text}"
            );
            assert_eq!(answer, Answer::Passed(evidence));
        }
    }
}

#[test]
fn an_unknown_default_endpoint_is_no_pass() {
    let answer = check(&regional(), &[guarded(mapping("api.example.com", ""))], None, false);
    assert_eq!(codes(&answer), ["undetermined"]);
}

#[test]
fn without_any_certificate_it_depends_on_the_parameter() {
    let all = [default_endpoint(SettingSource::Current, &[]), open(mapping("old.example.com", ""))];
    for (api, detail) in [
        (regional(), "execute-api, old.example.com"),
        (api(ApiProtocol::Rest, "EDGE"), "execute-api, old.example.com"),
        (api(ApiProtocol::Http, ""), "execute-api, old.example.com"),
        (api(ApiProtocol::WebSocket, ""), "API Gateway has no mutual TLS for WebSocket APIs"),
    ] {
        assert_eq!(codes(&check(&api, &all, None, false)), ["none"]);
        let answer = check(&api, &all, None, true);
        assert_eq!(
            only(&answer),
            format!("missing: abc123: no entry point requires a client certificate ({detail})")
        );
        assert_eq!(codes(&check(&api, &[], CURRENT, true)), ["missing"]);
        assert_eq!(codes(&check(&api, &[], CURRENT, false)), ["none"]);
    }
}

#[test]
fn a_private_api_needs_a_load_balancer_that_verifies_if_it_is_named() {
    let api = api(ApiProtocol::Rest, "PRIVATE");
    let (default, domain) = (default_endpoint(SettingSource::Current, &[]), open(mapping("a.example", "")));
    for (all, is_required, code) in [
        (vec![], false, "private"),
        (vec![default.clone(), domain.clone()], false, "private"),
        (vec![default.clone(), domain, guarded(listener())], false, "private"),
        (vec![default.clone(), guarded(listener())], true, "private"),
        (vec![default.clone(), open(listener())], true, "missing"),
        (vec![default, guarded(mapping("a.example", ""))], true, "missing"),
        (vec![], true, "missing"),
    ] {
        assert_eq!(codes(&check(&api, &all, None, is_required)), [code], "{all:?}");
    }
}

#[test]
fn the_parameter_names_ids_and_domains() {
    let settings = |globs: &[&str]| Settings {
        required: globs.iter().map(|glob| Pattern::new(glob).unwrap()).collect(),
    };
    for (globs, expected) in [
        (&[][..], false),
        (&["abc123"], true),
        (&["abc*"], true),
        (&["*.example.com"], true),
        (&["API.example.COM"], true),
        (&["ABC123"], true),
        (&["other", "api.example.com"], true),
        (&["*.example.org"], false),
        (&["bc12"], false),
    ] {
        assert_eq!(settings(globs).names(&regional(), ["api.example.com"]), expected, "{globs:?}");
    }
    assert!(!settings(&["*.example.com"]).names(&regional(), []));
}

fn entry_point() -> impl Strategy<Value = EntryPoint> {
    let kind = prop_oneof![
        Just(EntryPointKind::DefaultEndpoint { source: SettingSource::Current, stages: vec![] }),
        (0..3).prop_map(|n| mapping(&format!("{n}.example.com"), "v1")),
        (0..3).prop_map(|n| rule(&format!("{n}.example.com"), n)),
        Just(listener()),
    ];
    (kind, any::<bool>()).prop_map(|(kind, tls)| {
        let tls = tls && !matches!(kind, EntryPointKind::DefaultEndpoint { .. });
        EntryPoint { kind, requires_certificate: tls }
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn one_more_way_without_a_certificate_never_improves_the_answer(
        all in prop::collection::vec(entry_point(), 0..5),
        added in entry_point(),
        is_required in any::<bool>(),
        endpoint_type in prop::sample::select(vec!["REGIONAL", "EDGE", "PRIVATE"]),
        source in prop::sample::select(vec![None, CURRENT, DEPLOYED]),
    ) {
        let api = api(ApiProtocol::Rest, endpoint_type);
        let before = check(&api, &all, source, is_required);
        let added = EntryPoint { requires_certificate: false, ..added };
        let after = check(&api, &[all, vec![added]].concat(), source, is_required);
        prop_assert!(rank(&after) <= rank(&before), "{before:?} {after:?}");
        let has_passed = |answer: &Answer| matches!(answer, Answer::Passed(_));
        prop_assert!(!has_passed(&after));
    }

    #[test]
    fn a_pass_has_no_way_without_a_certificate(
        all in prop::collection::vec(entry_point(), 0..5),
        is_required in any::<bool>(),
    ) {
        let answer = check(&regional(), &all, CURRENT, is_required);
        let is_guarded = !all.is_empty() && all.iter().all(|it| it.requires_certificate);
        prop_assert_eq!(matches!(answer, Answer::Passed(_)), is_guarded);
    }
}
