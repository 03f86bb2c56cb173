//! `tls-policy`: the domain refuses TLS 1.0.

use stagecert::checks::domain_name::tls_policy::check;
use stagecert::checks::front_door::Answer;
use stagecert::resources::api::EndpointConfiguration;
use stagecert::resources::domain_name::{DomainName, MutualTlsAuthentication};

use crate::answers::{codes, only};

fn domain(policy: Option<&str>) -> DomainName {
    DomainName {
        domain_name: "api.example.com".into(),
        security_policy: policy.map(str::to_owned),
        ..DomainName::default()
    }
}

#[test]
fn only_tls_1_0_fails() {
    for (policy, code) in [
        (None, "no-policy"),
        (Some("TLS_1_0"), "tls-1-0"),
        (Some("TLS_1_2"), "passed"),
        (Some("SecurityPolicy_TLS13_1_3_2025_09"), "passed"),
        (Some("SecurityPolicy_TLS13_1_2_2021_06"), "passed"),
        (Some("SecurityPolicy_TLS12_2018_EDGE"), "passed"),
        (Some("SecurityPolicy_TLS10_2030"), "unknown-policy"),
        (Some("TLS13_1_3_2025_09"), "unknown-policy"),
        (Some("tls_1_0"), "unknown-policy"),
        (Some(""), "unknown-policy"),
    ] {
        assert_eq!(codes(&check(&domain(policy))), [code], "{policy:?}");
    }
    let answer = check(&domain(Some("TLS_1_0")));
    assert_eq!(only(&answer), "tls-1-0: api.example.com accepts TLS 1.0");
}

#[test]
fn with_mutual_tls_no_enhanced_policy_is_advised() {
    let truststore_uri = Some("s3://bucket/key".to_owned());
    let mutual_tls = MutualTlsAuthentication { truststore_uri, ..MutualTlsAuthentication::default() };
    let domain = DomainName { mutual_tls_authentication: Some(mutual_tls), ..domain(Some("TLS_1_2")) };
    let text = "api.example.com: TLS_1_2; with mutual TLS, an enhanced policy is impossible";
    assert_eq!(check(&domain), Answer::Passed(text.into()));
}

#[test]
fn a_private_domain_is_not_evaluated() {
    let endpoint_configuration =
        EndpointConfiguration { types: vec!["PRIVATE".into()], ..EndpointConfiguration::default() };
    for policy in [None, Some("TLS_1_0"), Some("TLS_1_2"), Some("?")] {
        let domain = DomainName { endpoint_configuration: endpoint_configuration.clone(), ..domain(policy) };
        assert_eq!(codes(&check(&domain)), ["private"]);
    }
}
