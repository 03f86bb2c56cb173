//! The verdict for each way in which a server handles client certificates.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::certificates::Certificates;
use crate::command::probe;
use crate::server::{BOTH, ClientAuth, ONLY_12, ONLY_13, Server, close, config, handshake, request, respond};

/// Arguments that let a probe reach the test servers.
pub(crate) fn reaching(certificates: &Certificates) -> Vec<String> {
    let bundle = certificates.path("ca.pem").display().to_string();
    ["--allow-private", "--ca-bundle", &bundle, "--format", "json"].map(String::from).to_vec()
}

/// Probes one server; returns the result and the exit status.
pub(crate) fn probe_one(certificates: &Certificates, url: &str, options: &[&str]) -> (Value, i32) {
    let mut arguments = reaching(certificates);
    arguments.extend(["--url", url].map(String::from));
    arguments.extend(options.iter().map(|it| (*it).to_owned()));
    let ran = probe(&arguments);
    let mut probes = ran.probes();
    assert_eq!(probes.len(), 1);
    (probes.remove(0), ran.status)
}

/// What an application answers, by whether the client presented a certificate.
type Application = fn(bool) -> (&'static str, &'static str);

const OK: Application = |_| ("200 OK", "hello");
const NOT_FOUND: Application = |_| ("404 Not Found", "");
const REDIRECT: Application = |_| ("302 Found", "");
const FORBIDDEN: Application = |_| ("403 Forbidden", "Forbidden");
const FAULT: Application = |_| ("503 Service Unavailable", "");
const NGINX: Application = |has_certificate| {
    let title =
        if has_certificate { "The SSL certificate error" } else { "No required SSL certificate was sent" };
    ("400 Bad Request", title)
};
/// It refuses a missing certificate, but accepts any.
const ANY: Application = |has_certificate| if has_certificate { OK(true) } else { NGINX(false) };
/// As `ANY`, with a page that doesn't say why.
const ANY_SILENTLY: Application = |has_certificate| if has_certificate { OK(true) } else { FORBIDDEN(false) };

#[test]
fn each_configuration_has_its_verdict_with_and_without_an_impostor() {
    use ClientAuth::{Any, None, Optional, Pinned, Required, SubjectOnly};
    let certificates = Certificates::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (auth, versions, application, without, with) in [
        (None, BOTH, OK, "open", "open"),
        (None, ONLY_12, OK, "open", "open"),
        (None, ONLY_13, OK, "open", "open"),
        (None, BOTH, NOT_FOUND, "open", "open"),
        (None, BOTH, REDIRECT, "open", "open"),
        (None, BOTH, FORBIDDEN, "inconclusive", "inconclusive"),
        (None, BOTH, FAULT, "inconclusive", "inconclusive"),
        // Without a request for a certificate, the page may be about anything.
        (None, BOTH, NGINX, "inconclusive", "inconclusive"),
        (Optional, BOTH, OK, "open", "open"),
        (Optional, ONLY_12, OK, "open", "open"),
        (Optional, BOTH, FORBIDDEN, "inconclusive", "inconclusive"),
        (Optional, BOTH, NGINX, "enforced", "enforced"),
        (Required, BOTH, OK, "enforced", "enforced"),
        (Required, ONLY_12, OK, "enforced", "enforced"),
        (Required, ONLY_13, OK, "enforced", "enforced"),
        (Pinned, BOTH, OK, "enforced", "enforced"),
        (Pinned, ONLY_12, OK, "enforced", "enforced"),
        (SubjectOnly, BOTH, OK, "enforced", "forgeable"),
        (SubjectOnly, ONLY_12, OK, "enforced", "forgeable"),
        (SubjectOnly, ONLY_13, OK, "enforced", "forgeable"),
        (Any, BOTH, OK, "enforced", "forgeable"),
        (Any, BOTH, FORBIDDEN, "enforced", "inconclusive"),
        (Any, BOTH, NGINX, "enforced", "enforced"),
        (Any, BOTH, ANY, "enforced", "forgeable"),
    ] {
        let server = Server::tls(config(&certificates, auth, versions), move |tls, has_certificate| {
            let (status, body) = application(has_certificate);
            respond(tls, status, body);
        });
        for (options, expected) in [(&[][..], without), (&["--impostor"], with)] {
            let before = server.accepted();
            let (result, status) = probe_one(&certificates, &server.url(), options);
            let expected_status = match expected {
                "enforced" => 0,
                "inconclusive" => 2,
                _ => 1,
            };
            assert_eq!(
                (&result["verdict"], status),
                (&json!(expected), expected_status),
                "{auth:?}: {result:#}"
            );
            assert!(
                server.accepted() - before <= 2 + 2 * options.len(),
                "one request per version and credential"
            );
            assert_eq!(result["asked"], json!(auth != None), "{result:#}");
            *counts.entry(format!("{auth:?} {expected}")).or_default() += 1;
        }
    }
    println!("{counts:#?}");
}

#[test]
fn a_certificate_that_makes_the_difference_is_forgeable_whatever_the_page_says() {
    let certificates = Certificates::new();
    let server = Server::tls(config(&certificates, ClientAuth::Any, BOTH), |tls, has_certificate| {
        let (status, body) = ANY_SILENTLY(has_certificate);
        respond(tls, status, body);
    });
    assert_eq!(probe_one(&certificates, &server.url(), &["--impostor"]).0["verdict"], "forgeable");
}

#[test]
fn one_open_version_is_enough_for_open() {
    let certificates = Certificates::new();
    let enforcing = config(&certificates, ClientAuth::Required, ONLY_13);
    let open = config(&certificates, ClientAuth::None, ONLY_12);
    // A load balancer with another policy for each version: the first bytes name the versions.
    let server = Server::tcp(move |stream| {
        let mut hello = [0; 2048];
        let read = stream.peek(&mut hello).unwrap();
        // The extension `supported_versions`, with only TLS 1.3.
        let is_13 = hello[..read].windows(7).any(|it| it == [0, 0x2b, 0, 3, 2, 3, 4]);
        let config = if is_13 { &enforcing } else { &open };
        let Some(tls) = handshake(config, stream) else { return };
        respond(tls, "200 OK", "");
    });
    let (result, status) = probe_one(&certificates, &server.url(), &[]);
    assert_eq!((&result["verdict"], status), (&json!("open"), 1), "{result:#}");
    assert_eq!(result["withoutCertificate"]["tls13"]["outcome"], "refused", "{result:#}");
    assert_eq!(result["withoutCertificate"]["tls12"]["outcome"], "answered", "{result:#}");
}

#[test]
fn a_request_is_one_get_that_says_who_sends_it() {
    let certificates = Certificates::new();
    let (sender, heads) = std::sync::mpsc::channel();
    let server = Server::tls(config(&certificates, ClientAuth::None, BOTH), move |mut tls, _| {
        sender.send(request(&mut tls)).unwrap();
        close(tls);
    });
    let url = format!("{}health?deep=1", server.url());
    let (result, _) = probe_one(&certificates, &url, &["--impostor"]);
    assert_eq!(result["url"], url);
    let heads: Vec<String> = heads.try_iter().collect();
    assert_eq!(heads.len(), 2);
    for head in heads {
        assert!(head.starts_with("GET /health?deep=1 HTTP/1.1\r\n"), "{head}");
        let head = head.to_lowercase();
        for line in [
            format!("host: localhost:{}", server.port),
            format!("user-agent: stagecert/{} probe", env!("CARGO_PKG_VERSION")),
            "accept: */*".into(),
            "connection: close".into(),
        ] {
            assert!(head.contains(&format!("\r\n{line}\r\n")), "{head}");
        }
    }
}

#[test]
fn the_result_has_the_names_that_the_server_sent() {
    let certificates = Certificates::new();
    let server =
        Server::tls(config(&certificates, ClientAuth::Optional, BOTH), |tls, _| respond(tls, "200 OK", ""));
    let (result, _) = probe_one(&certificates, &server.url(), &[]);
    assert_eq!(result["hints"], json!(["C=US, L=Seattle, CN=ApiGateway"]));
    assert_eq!((&result["hintCount"], &result["server"]), (&json!(1), &json!("test")));
    assert_eq!((&result["protocol"], &result["address"]), (&json!("TLSv1.3"), &json!("127.0.0.1")));
}

#[test]
fn a_server_certificate_that_does_not_verify_gets_no_request_unless_insecure() {
    let certificates = Certificates::new();
    let (sender, heads) = std::sync::mpsc::channel();
    let server = Server::tls(config(&certificates, ClientAuth::Optional, BOTH), move |mut tls, _| {
        sender.send(request(&mut tls)).unwrap();
        let _ = std::io::Write::write_all(&mut tls, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        close(tls);
    });
    let run = |options: &[&str]| {
        let url = server.url();
        let mut arguments = vec!["--url", url.as_str(), "--allow-private", "--format", "json"];
        arguments.extend(options);
        let ran = probe(&arguments);
        (ran.probes().remove(0), ran.status)
    };
    let problem = "the server's certificate does not verify: invalid peer certificate: UnknownIssuer";
    let (result, status) = run(&[]);
    assert_eq!((&result["verdict"], status), (&json!("inconclusive"), 2), "{result:#}");
    assert_eq!((&result["problems"], &result["asked"]), (&json!([problem]), &json!(true)));
    assert!(heads.try_iter().all(|head| head.is_empty()), "no request was sent");
    let (result, status) = run(&["--insecure"]);
    assert_eq!((&result["verdict"], status), (&json!("open"), 1), "{result:#}");
    assert_eq!(result["problems"], json!([problem]));
    assert_eq!(heads.try_iter().filter(|head| head.starts_with("GET / ")).count(), 2);
    // A required certificate is refused, but who refused it is not known.
    let server = Server::tls(config(&certificates, ClientAuth::Required, BOTH), |tls, _| close(tls));
    let url = server.url();
    let ran = probe(&["--url", &url, "--allow-private", "--format", "json"]);
    assert_eq!((&ran.probes()[0]["verdict"], ran.status), (&json!("inconclusive"), 2));
}

#[test]
fn plain_http_is_reported_and_nothing_is_sent() {
    let server = Server::tcp(|_| panic!("contacted"));
    let url = format!("http://127.0.0.1:{}/", server.port);
    let ran = probe(&["--url", &url, "--allow-private", "--format", "json"]);
    assert_eq!((&ran.probes()[0]["verdict"], ran.status), (&json!("plaintext"), 1));
    assert_eq!(server.accepted(), 0);
}

#[test]
fn results_are_in_the_order_of_the_urls_in_every_format() {
    let certificates = Certificates::new();
    let open =
        Server::tls(config(&certificates, ClientAuth::None, BOTH), |tls, _| respond(tls, "200 OK", ""));
    let enforced = Server::tls(config(&certificates, ClientAuth::Required, BOTH), |tls, _| close(tls));
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("probes.csv").display().to_string();
    let bundle = certificates.path("ca.pem").display().to_string();
    let (open, enforced) = (open.url(), enforced.url());
    let urls =
        ["--allow-private", "--ca-bundle", &bundle, "--url", &open, "--url", &enforced, "--url", &open];
    let table = probe(&urls);
    assert_eq!((table.status, table.err.as_str()), (1, ""));
    assert!(table.out.starts_with(&format!("open          {open}\n")), "{}", table.out);
    assert!(table.out.contains(&format!("\nenforced      {enforced}\n")), "{}", table.out);
    assert!(table.out.ends_with("\n2 backends: 1 open, 1 enforced\n"), "{}", table.out);
    let mut arguments = urls.to_vec();
    arguments.extend(["--output", &written]);
    let csv = probe(&arguments);
    assert_eq!(csv.out, format!("{written}: 2 backends: 1 open, 1 enforced\n"));
    let text = std::fs::read_to_string(&written).unwrap();
    let verdicts: Vec<&str> = text.lines().map(|line| line.split(',').nth(3).unwrap()).collect();
    assert_eq!(verdicts, ["verdict", "open", "enforced"]);
}
