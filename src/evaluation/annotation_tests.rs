use super::*;
use crate::checks::owner_tag;
use crate::checks::stage::certificate_attached::{self, Undetermined};
use crate::checks::stage::{certificate_expiry, certificate_unique};
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::DeploymentId;

fn id() -> CertificateId {
    CertificateId::new("abc123".into())
}

fn expired() -> Finding {
    let not_after = "2026-11-20T00:00:00Z".parse().unwrap();
    Finding::CertificateExpiry(certificate_expiry::Answer::Expired {
        certificate: id(),
        not_after,
        pem_unreadable: false,
        backends: Backends::NotAsked,
    })
}

fn shared(peers: usize, name_length: usize) -> Finding {
    let peers: Vec<String> = (0..peers).map(|n| format!("a{n}/{}", "s".repeat(name_length))).collect();
    let peer_count = peers.len();
    Finding::CertificateUnique(certificate_unique::Answer::Shared { certificate: id(), peers, peer_count })
}

fn unowned(keys: &[&str]) -> Finding {
    let unowned = vec![owner_tag::Unowned {
        on: owner_tag::OwnerTagOn::Stage,
        unmatched_keys: vec![],
        near_misses: vec![],
    }];
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    Finding::OwnerTag(owner_tag::Answer::Unowned { unowned, keys })
}

#[test]
fn the_most_urgent_code_is_first() {
    let annotation = Annotation::from_findings(&[
        Finding::CertificateAttached(certificate_attached::Answer::Attached {
            certificate: id(),
            after_deployment: None,
        }),
        unowned(&["owner"]),
        shared(1, 4),
        expired(),
    ]);
    assert_eq!(
        annotation.as_str(),
        "certificate-expiry, certificate-unique, owner-tag: client certificate abc123 expired 2026-11-20T00:00:00Z; \
         abc123 is shared with stage a0/ssss; stage has no tag owner"
    );
}

#[test]
fn broken_now_comes_before_exposed_and_exposed_before_about_to_break() {
    let not_after = "2026-12-20T00:00:00Z".parse().unwrap();
    let (certificate, window_days, pem_unreadable) = (id(), 60, false);
    let expiring = certificate_expiry::Answer::Expiring {
        certificate,
        not_after,
        window_days,
        pem_unreadable,
        backends: Backends::NotAsked,
    };
    let backends = Backends::NotAsked;
    let not_allowed = certificate_attached::Answer::NotAllowed { certificate: id(), backends };
    let exposed = Finding::CertificateAttached(not_allowed);
    for (expiry, start) in [
        (Finding::CertificateExpiry(expiring), "certificate-attached, certificate-expiry: "),
        (expired(), "certificate-expiry, certificate-attached: "),
    ] {
        let annotation = Annotation::from_findings(&[exposed.clone(), expiry]);
        assert!(annotation.as_str().starts_with(start), "{annotation}");
    }
}

#[test]
fn exactly_256_characters_are_kept_and_257_are_cut_at_a_word_boundary() {
    let fixed = Annotation::fit("owner-tag: ", "", "").as_str().len();
    let words = |length: usize| format!("{}{}", "word ".repeat(10), "x".repeat(length - 50));
    let whole = Annotation::fit("owner-tag: ", &words(MAX_LENGTH - fixed), "");
    assert_eq!(whole.as_str().len(), 256);
    assert!(!whole.as_str().ends_with(ELLIPSIS));
    let cut = Annotation::fit("owner-tag: ", &words(MAX_LENGTH - fixed + 1), "");
    assert_eq!(cut.as_str(), format!("owner-tag: {}...", "word ".repeat(10)));
}

#[test]
fn a_word_that_ends_at_the_cut_is_kept() {
    let body = format!("{} {}", "a".repeat(MAX_LENGTH - ELLIPSIS.len()), "b".repeat(20));
    let cut = Annotation::fit("", &body, "");
    assert_eq!(cut.as_str().len(), MAX_LENGTH);
    assert!(cut.as_str().ends_with("aa ..."));
}

#[test]
fn ten_peers_with_names_of_maximum_length_do_not_cut_the_codes() {
    let annotation = Annotation::from_findings(&[expired(), shared(10, 128), unowned(&["owner"])]);
    let text = annotation.as_str();
    assert!(text.len() <= MAX_LENGTH, "{}", text.len());
    assert!(
        text.starts_with(
            "certificate-expiry, certificate-unique, owner-tag: client certificate abc123 expired "
        ),
        "{text}"
    );
    assert!(text.ends_with(ELLIPSIS), "{text}");
}

#[test]
fn evidence_about_the_deployment_is_never_cut() {
    let deployment = DeploymentId::new("d1".into());
    let backends = Backends::no_http(deployment);
    let evidence = Finding::CertificateAttached(certificate_attached::Answer::NoHttpIntegration { backends });
    let annotation = Annotation::from_findings(&[evidence, expired(), shared(10, 128), unowned(&["owner"])]);
    let text = annotation.as_str();
    assert!(
        text.len() <= MAX_LENGTH
            && text
                .starts_with("certificate-expiry, certificate-unique, owner-tag: client certificate abc123")
    );
    assert!(text.ends_with(" ...; no HTTP integration in deployment d1"), "{text}");
}

fn expired_in_front_of(backends: Backends) -> Finding {
    let not_after = "2026-11-20T00:00:00Z".parse().unwrap();
    let answer =
        certificate_expiry::Answer::Expired { certificate: id(), not_after, pem_unreadable: false, backends };
    Finding::CertificateExpiry(answer)
}

#[test]
fn evidence_of_every_form_is_kept_and_the_cut_is_elsewhere() {
    let deployment = || DeploymentId::new("d1".into());
    let attached = |backends: &Backends| {
        let (certificate, backends) = (id(), backends.clone());
        let answer = match backends {
            Backends::NoHttp { .. } => certificate_attached::Answer::NoHttpIntegration { backends },
            _ => certificate_attached::Answer::NotAllowed { certificate, backends },
        };
        Finding::CertificateAttached(answer)
    };
    for backends in [
        Backends::http(deployment()),
        Backends::Http { deployment: deployment(), private: true, current: false },
        Backends::no_http(deployment()),
        Backends::NoHttp { deployment: deployment(), canary: DeploymentId::new("d2".into()), current: false },
        Backends::Undetermined {
            why: Undetermined::NotExportable,
            deployment: deployment(),
            refusal: Some("Unable to build exporter".into()),
        },
    ] {
        let evidence = backends.evidence().unwrap();
        let long = [shared(10, 128), unowned(&["owner"; 20])];
        for findings in [
            [vec![attached(&backends)], long.to_vec()].concat(),
            [vec![expired_in_front_of(backends.clone())], long.to_vec()].concat(),
            [vec![attached(&backends), expired_in_front_of(backends.clone())], long.to_vec()].concat(),
        ] {
            let annotation = Annotation::from_findings(&findings);
            let text = annotation.as_str();
            assert!(text.len() <= MAX_LENGTH && text.ends_with(&format!(" ...; {evidence}")), "{text}");
            assert_eq!(text.matches(&evidence).count(), 1, "{text}");
            let read = Backends::from_annotation(text, &deployment().unwrap());
            assert_eq!(read.and_then(|read| read.evidence()), Some(evidence.clone()), "{text}");
        }
    }
}

#[test]
fn an_attachment_after_the_deployment_is_kept_if_another_check_failed() {
    let d1 = DeploymentId::new("d1".into());
    let attached = certificate_attached::Answer::Attached { certificate: id(), after_deployment: d1.clone() };
    let attached = Finding::CertificateAttached(attached);
    let short = Annotation::from_findings(&[attached.clone(), unowned(&["owner"])]);
    assert_eq!(short.as_str(), "owner-tag: stage has no tag owner; abc123 attached after deployment d1");
    let expired = expired_in_front_of(Backends::http(d1.clone()));
    let long = Annotation::from_findings(&[attached, expired, shared(10, 128)]);
    let tail = " ...; HTTP backends in deployment d1; abc123 attached after deployment d1";
    assert!(long.as_str().ends_with(tail) && long.as_str().len() <= MAX_LENGTH, "{long}");
    assert!(certificate_attached::was_attached_after(long.as_str(), &id(), &d1.unwrap()));
}

#[test]
fn backends_that_two_findings_have_in_common_are_mentioned_once() {
    let http = || Backends::http(DeploymentId::new("d1".into()));
    let not_allowed = certificate_attached::Answer::NotAllowed { certificate: id(), backends: http() };
    let annotation =
        Annotation::from_findings(&[Finding::CertificateAttached(not_allowed), expired_in_front_of(http())]);
    assert_eq!(
        annotation.as_str(),
        "certificate-expiry, certificate-attached: client certificate abc123 expired 2026-11-20T00:00:00Z, HTTP backends in deployment d1; \
         abc123 is not in certificateIds"
    );
}

#[test]
fn a_word_longer_than_an_annotation_is_cut() {
    let annotation = Annotation::from_findings(&[unowned(&[&"k".repeat(1000)])]);
    assert!(annotation.as_str().len() <= MAX_LENGTH);
    assert!(annotation.as_str().starts_with("owner-tag: stage has no tag"));
    assert_eq!(Annotation::fit("", &"k".repeat(1000), "").as_str().len(), MAX_LENGTH);
}

#[test]
fn characters_other_than_printable_ascii_become_question_marks() {
    let annotation = Annotation::from_findings(&[unowned(&["Besitzer\u{e4}\n\u{0}\u{1F980}"])]);
    assert_eq!(annotation.as_str(), "owner-tag: stage has no tag Besitzer????");
}
