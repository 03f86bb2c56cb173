use super::*;

fn stage(name: &str, certificate: Option<&str>, uris: &[&str]) -> StageBackends {
    let backend = |uri: &&str| Backend {
        server: Server::of(uri),
        vpc_link: None,
        insecure_skip_verification: false,
        methods: 1,
        paths: 1,
        unresolved: BTreeSet::new(),
    };
    StageBackends {
        stage: StageArn::of_rest_api("aws", "eu-west-1", "a1", name).unwrap(),
        certificate: certificate.map(|id| CertificateId::new(id.into())),
        backends: uris.iter().map(backend).collect(),
        gaps: Vec::new(),
    }
}

fn home() -> AccountRegion {
    AccountRegion::in_region("111122223333", "eu-west-1")
}

/// `STAGE SERVER flags… shared=…`
fn shown(stages: &[StageBackends], own: &[&str]) -> Vec<String> {
    let own: Vec<Pattern> = own.iter().map(|glob| Pattern::new(glob).unwrap()).collect();
    let home = home();
    let shown = |it: &ListedBackend<'_>| {
        let flags: Vec<&str> = it.flags.iter().map(|flag| <&str>::from(*flag)).collect();
        let flags = [&[""], flags.as_slice()].concat().join(" ");
        let shared: Vec<&str> = it.shared_with.iter().map(|stage| stage.stage_name()).collect();
        assert_eq!(shared.len(), it.shared_count);
        format!("{} {}{flags} shared={}", it.stage.stage_name(), it.backend.server, shared.join(","))
    };
    listed([(&home, stages)], &own).iter().map(shown).collect()
}

#[test]
fn a_server_is_shared_by_host_and_port_and_flagged_if_certificates_differ() {
    let stages = [
        stage("a", Some("c1"), &["https://h.example.com/x", "https://h.example.com:8443/"]),
        stage("b", Some("c2"), &["http://h.example.com:443/", "https://i.example.com"]),
        stage("c", Some("c2"), &["https://i.example.com"]),
        stage("d", None, &["https://h.example.com:8443/"]),
    ];
    assert_eq!(
        shown(&stages, &[]),
        [
            "a h.example.com:443 different-certificates shared=b",
            "a h.example.com:8443 different-certificates shared=d",
            "b h.example.com:443 plain-http different-certificates shared=a",
            "b i.example.com:443 shared=c",
            "c i.example.com:443 shared=b",
            "d h.example.com:8443 different-certificates shared=a",
        ]
    );
}

#[test]
fn a_host_that_is_not_known_is_not_shared() {
    let unknown = ["https://${stageVariables.h}/", "", "https://{h}/"];
    let stages = [stage("a", Some("c1"), &unknown), stage("b", Some("c2"), &unknown)];
    assert!(shown(&stages, &["*.example.com"]).iter().all(|it| it.ends_with(" shared=")));
    let listener = ["arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/l/1/2"];
    let stages = [stage("a", Some("c1"), &listener), stage("b", Some("c2"), &listener)];
    assert!(shown(&stages, &[])[0].ends_with(" different-certificates shared=b"));
}

#[test]
fn only_public_hosts_outside_the_own_domains_are_flagged() {
    let stages = [stage(
        "a",
        None,
        &["https://API.example.com", "https://example.com", "https://example.org", "https://10.0.0.1"],
    )];
    let flagged = |own: &[&str]| {
        let shown = shown(&stages, own);
        let flagged = shown.iter().filter(|it| it.contains(" other-domain "));
        flagged.map(|it| it.split(' ').nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(flagged(&[]), Vec::<String>::new());
    assert_eq!(flagged(&["*.Example.com"]), ["example.com:443", "example.org:443"]);
    assert_eq!(flagged(&["*.example.com", "example.*"]), Vec::<String>::new());
    let mut private = stage("a", None, &["https://example.org"]);
    private.backends[0].vpc_link = Some("v1".into());
    assert_eq!(shown(&[private], &["*.example.com"]), ["a example.org:443 private shared="]);
}

#[test]
fn hosts_with_most_stages_come_first_and_have_all_certificates() {
    let stages = [
        stage("a", Some("c1"), &["https://z.example.com", "https://${stageVariables.h}"]),
        stage("b", None, &["https://z.example.com/x", "https://${stageVariables.h}"]),
        stage("c", Some("c1"), &["https://y.example.com"]),
    ];
    let home = home();
    let listed = listed([(&home, stages.as_slice())], &[]);
    let hosts: Vec<_> = hosts(&listed)
        .iter()
        .map(|host| (host.server.to_string(), host.stages().len(), host.certificates.len()))
        .collect();
    let unknown = || ("${stageVariables.h}".to_owned(), 1, 1);
    assert_eq!(
        hosts,
        [
            ("z.example.com:443".to_owned(), 2, 2),
            unknown(),
            unknown(),
            ("y.example.com:443".to_owned(), 1, 1)
        ]
    );
}
