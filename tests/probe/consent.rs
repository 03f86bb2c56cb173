//! What is contacted only on request, or never.

use std::net::TcpListener;

use serde_json::json;

use crate::certificates::Certificates;
use crate::command::probe;
use crate::server::{BOTH, ClientAuth, Server, config, respond};

#[test]
fn addresses_that_may_not_be_contacted_are_not() {
    let server = Server::tcp(|_| {});
    let port = server.port;
    let name =
        |addresses: &str| (format!("https://api.test:{port}/"), format!("api.test:{port}:{addresses}"));
    let literal = |host: &str| (format!("https://{host}:{port}/"), "other.test:1:1.1.1.1".to_owned());
    for ((url, resolve), allow_private, says) in [
        (literal("127.0.0.1"), false, "a loopback address, which is contacted only with --allow-private"),
        (literal("localhost"), false, "a loopback address"),
        (literal("[::ffff:127.0.0.1]"), false, "a loopback address"),
        (literal("169.254.169.254"), true, "a link-local address, which is never contacted"),
        (literal("[fd00:ec2::254]"), true, "a metadata address, which is never contacted"),
        (literal("[::ffff:169.254.169.254]"), true, "a link-local address"),
        (literal("0.0.0.0"), true, "an unspecified address, which is never contacted"),
        (literal("[::]"), true, "an unspecified address"),
        (name("127.0.0.1"), false, "only with --allow-private"),
        (name("169.254.169.254"), true, "never contacted"),
        (name("127.0.0.1,1.1.1.1"), true, "both public and private addresses"),
        (name("127.0.0.1,169.254.169.254"), true, "never contacted"),
    ] {
        let mut arguments = vec!["--url", &url, "--resolve", &resolve, "--format", "json", "--timeout", "5s"];
        arguments.extend(allow_private.then_some("--allow-private"));
        let ran = probe(&arguments);
        let result = &ran.probes()[0];
        assert_eq!((&result["verdict"], ran.status), (&json!("unreachable"), 2), "{url} {resolve}");
        assert_eq!((&result["permitted"], &result["address"]), (&json!(false), &json!(null)));
        assert!(result["problems"][0].as_str().unwrap().contains(says), "{result:#}");
        assert!(ran.err.contains(says), "{}", ran.err);
    }
    assert_eq!(server.accepted(), 0);
}

#[test]
fn a_backend_that_may_not_be_contacted_is_an_error_even_if_another_enforces() {
    let certificates = Certificates::new();
    let server = Server::tls(config(&certificates, ClientAuth::Required, BOTH), |_, _| {});
    let bundle = certificates.path("ca.pem").display().to_string();
    let ran = probe(&[
        "--url",
        &server.url(),
        "--url",
        "https://169.254.169.254/",
        "--allow-private",
        "--ca-bundle",
        &bundle,
    ]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.out.ends_with("2 backends: 1 unreachable, 1 enforced\n"), "{}", ran.out);
    assert!(ran.err.starts_with("error: https://169.254.169.254/: nothing was sent"), "{}", ran.err);
}

#[test]
fn the_connection_goes_to_the_given_address() {
    let certificates = Certificates::for_addresses(["127.0.0.9".parse().unwrap()]);
    let server =
        Server::tls(config(&certificates, ClientAuth::None, BOTH), |tls, _| respond(tls, "200 OK", ""));
    let bundle = certificates.path("ca.pem").display().to_string();
    let resolve = format!("localhost:{}:127.0.0.7", server.port);
    let url = server.url();
    let arguments = ["--url", &url, "--resolve", &resolve, "--allow-private", "--ca-bundle", &bundle];
    let result = probe(&[&arguments[..], &["--format", "json"]].concat()).probes().remove(0);
    assert_eq!((&result["verdict"], &result["address"]), (&json!("open"), &json!("127.0.0.7")));
}

#[test]
fn a_redirect_is_not_followed() {
    let certificates = Certificates::new();
    let target = Server::tcp(|_| {});
    let location = format!("302 Found\r\nLocation: https://127.0.0.1:{}/", target.port);
    let server = Server::tls(config(&certificates, ClientAuth::None, BOTH), move |tls, _| {
        respond(tls, &location, "");
    });
    let bundle = certificates.path("ca.pem").display().to_string();
    let url = server.url();
    let ran = probe(&["--url", &url, "--allow-private", "--ca-bundle", &bundle, "--format", "json"]);
    assert_eq!((&ran.probes()[0]["verdict"], ran.status), (&json!("open"), 1));
    assert_eq!((server.accepted(), target.accepted()), (2, 0));
}

#[test]
fn a_dry_run_sends_nothing() {
    let server = Server::tcp(|_| {});
    let url = server.url();
    let ran = probe(&["--dry-run", "--allow-private", "--url", &url, "--url", "http://x.test/"]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains(&format!("contacted    {url}\n")), "{}", ran.out);
    assert!(ran.out.contains("plaintext    http://x.test/\n"), "{}", ran.out);
    assert_eq!(server.accepted(), 0);
}

#[test]
fn a_backend_without_a_listener_is_unreachable_and_gets_one_attempt() {
    // The port of a listener that is closed again.
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let url = format!("https://127.0.0.1:{port}/");
    let ran = probe(&["--url", &url, "--allow-private", "--format", "json"]);
    let result = &ran.probes()[0];
    assert_eq!((&result["verdict"], ran.status), (&json!("unreachable"), 2), "{result:#}");
    assert_eq!(result["withoutCertificate"]["tls12"], json!(null));
    assert!(ran.err.contains("no backend got a verdict: 1 backend: 1 unreachable"), "{}", ran.err);
}

#[test]
fn invalid_options_are_refused_and_say_what_is_allowed() {
    for (arguments, says) in [
        (&["--url", "ftp://x/"][..], "the scheme is not http or https"),
        (&["--url", "https://2130706433/"], "the host is not an IPv4 address of four decimal numbers"),
        (&["--url", "https://127.1/"], "the host is not an IPv4 address of four decimal numbers"),
        (&["--url", "https://user:secret@x/"], "a user name or password in the URL"),
        (&["--url", "https://x/", "--resolve", "x:443"], "expected HOST:PORT:ADDRESS"),
        (&["--url", "https://x/", "--timeout", "10"], "expected a duration, such as 90s, 15m or 24h"),
        (&["--url", "https://x/", "--timeout", "1h"], "allowed: up to 10m"),
        (&["--url", "https://x/", "--ca-bundle", "no-such-file.pem"], "no-such-file.pem: No such file"),
        (&["--url", "https://x/", "--ca-bundle", "Cargo.toml"], "--ca-bundle Cargo.toml: no certificate"),
    ] {
        let ran = probe(arguments);
        assert_eq!(ran.status, 2, "{arguments:?}");
        assert!(ran.err.contains(says), "{arguments:?}: {}", ran.err);
    }
}
