//! Servers that do not behave. Each gets a result in bounded time and memory, and none gets
//! `enforced`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};
use serde_json::json;

use crate::certificates::Certificates;
use crate::command::{Ran, probe};
use crate::configurations::{probe_one, reaching};
use crate::server::{
    BOTH, ClientAuth, ONLY_12, ONLY_13, Server, Tls, close, config, request, reset, respond,
};

/// The limit for a request in these tests. A result has two requests, and up to two more with an
/// impostor.
const TIMEOUT: Duration = Duration::from_secs(1);
/// The most time that a result may take: two requests, and what a busy machine adds.
const MAX_DURATION: Duration = Duration::from_secs(8);
/// The most memory that a result may take, in kB.
const MAX_PEAK: u64 = 64_000;

/// What a server does after the handshake.
type Misbehavior = fn(Tls);
/// What a server does instead of a handshake.
type TcpMisbehavior = fn(TcpStream);

const INCONCLUSIVE: &str = "inconclusive";
const REFUSAL: &str = "No required SSL certificate was sent";
const PLAIN_HTTP: &[u8] = b"HTTP/1.1 400 No required SSL certificate was sent\r\n\r\n";

#[test]
fn a_server_that_misbehaves_after_the_handshake_is_never_enforced() {
    let certificates = Certificates::new();
    let cases: [(&str, Misbehavior, &str); 15] = [
        (
            "never answers",
            |mut tls| while tls.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {},
            INCONCLUSIVE,
        ),
        (
            "one byte per 200 ms",
            |tls| slowly(tls, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            INCONCLUSIVE,
        ),
        (
            "1 GB of headers",
            |tls| endlessly(tls, b"HTTP/1.1 200 OK\r\n", b"X-Header: aaaaaaa\r\n"),
            INCONCLUSIVE,
        ),
        ("1 GB in one header", |tls| endlessly(tls, b"HTTP/1.1 200 OK\r\nX-Header: ", b"a"), INCONCLUSIVE),
        ("an endless body", |tls| endlessly(tls, b"HTTP/1.1 200 OK\r\n\r\n", b"a"), "open"),
        ("an endless page", |tls| endlessly(tls, b"HTTP/1.1 403 No\r\n\r\n", b"a"), INCONCLUSIVE),
        (
            "endless interim responses",
            |tls| endlessly(tls, b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
            INCONCLUSIVE,
        ),
        ("bad chunks", |tls| answer(tls, "Transfer-Encoding: chunked\r\n\r\nzz\r\n", REFUSAL), INCONCLUSIVE),
        ("half a page that refuses", |tls| answer(tls, "Content-Length: 999\r\n\r\n", REFUSAL), INCONCLUSIVE),
        ("half a head that refuses", |tls| answer(tls, "Content-Length: 999\r\n", REFUSAL), INCONCLUSIVE),
        ("half a status line", |tls| write_and_close(tls, b"HTTP/1.1 40"), INCONCLUSIVE),
        ("half a status line, then a reset", half_then_reset, INCONCLUSIVE),
        ("no HTTP", |tls| write_and_close(tls, b"220 mail.example.com ESMTP\r\n"), INCONCLUSIVE),
        ("an orderly close", |tls| write_and_close(tls, b""), INCONCLUSIVE),
        ("a reset", |tls| reset(tls.sock), INCONCLUSIVE),
    ];
    for auth in [ClientAuth::None, ClientAuth::Optional] {
        for (name, misbehavior, expected) in cases {
            let server = Server::tls(config(&certificates, auth, BOTH), move |tls, _| misbehavior(tls));
            let ran = bounded(name, &certificates, &server, &["--impostor"]);
            let verdict = &ran.probes()[0]["verdict"];
            // A certificate is not what changes the result, so `forgeable` would be wrong too.
            assert_eq!(verdict, expected, "{auth:?}, {name}: {}", ran.out);
        }
    }
}

#[test]
fn a_server_that_misbehaves_in_the_handshake_is_never_enforced() {
    let certificates = Certificates::new();

    let cases: [(&str, TcpMisbehavior); 7] = [
        ("never answers the handshake", |tcp| read_and_write(tcp, b"")),
        ("resets before the handshake", reset),
        ("closes at once", drop),
        ("answers in plain HTTP", |tcp| read_and_write(tcp, PLAIN_HTTP)),
        ("sends an alert without having asked", |tcp| read_and_write(tcp, &[21, 3, 3, 0, 2, 2, 116])),
        ("sends an invalid alert", |tcp| read_and_write(tcp, &[21, 3, 3, 0, 5, 9, 250, 1, 2, 3])),
        ("sends garbage endlessly", |mut tcp| while tcp.write_all(&[22; 4096]).is_ok() {}),
    ];
    for (name, misbehavior) in cases {
        let server = Server::tcp(misbehavior);
        let ran = bounded(name, &certificates, &server, &["--impostor"]);
        assert_eq!(ran.probes()[0]["verdict"], INCONCLUSIVE, "{name}: {}", ran.out);
    }
}

#[test]
fn a_server_that_resets_a_request_after_it_accepted_the_handshake_is_never_enforced() {
    let certificates = Certificates::new();
    for versions in [ONLY_12, ONLY_13] {
        let server = Server::tls(config(&certificates, ClientAuth::Optional, versions), |mut tls, _| {
            request(&mut tls);
            drop(tls.sock);
        });
        let ran = bounded("resets the request", &certificates, &server, &[]);
        assert_eq!(ran.probes()[0]["verdict"], INCONCLUSIVE, "{}", ran.out);
        // Even without the session ticket that shows that it accepted.
        let mut config = config(&certificates, ClientAuth::Optional, versions).as_ref().clone();
        config.send_tls13_tickets = 0;
        let server = Server::tls(Arc::new(config), |mut tls, _| {
            request(&mut tls);
            drop(tls.sock);
        });
        let ran = bounded("resets the request, without a ticket", &certificates, &server, &[]);
        assert_eq!(ran.probes()[0]["verdict"], INCONCLUSIVE, "{}", ran.out);
    }
}

#[test]
fn a_server_that_asks_and_resets_before_it_has_the_reply_is_never_enforced() {
    let certificates = Certificates::new();
    for versions in [ONLY_12, ONLY_13] {
        let config = config(&certificates, ClientAuth::Optional, versions);
        let server = Server::tcp(move |mut tcp| {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let _ = connection.read_tls(&mut tcp);
            let _ = connection.process_new_packets();
            let mut flight = Vec::new();
            while connection.wants_write() {
                connection.write_tls(&mut flight).unwrap();
            }
            // Without the last bytes, it is not the client's turn.
            let _ = tcp.write_all(&flight[..flight.len() - 4]);
        });
        let ran = bounded("asks and resets in its own flight", &certificates, &server, &[]);
        assert_eq!(ran.probes()[0]["verdict"], INCONCLUSIVE, "{}", ran.out);
    }
}

#[test]
fn a_server_that_refuses_the_name_is_inconclusive() {
    let certificates = Certificates::new();
    let server = Server::tcp(|tcp| read_and_write(tcp, &[21, 3, 3, 0, 2, 2, 112]));
    let (result, status) = probe_one(&certificates, &server.url(), &[]);
    assert_eq!((&result["verdict"], status), (&json!(INCONCLUSIVE), 2));
    assert!(result["text"].as_str().unwrap().contains("alert 112 (unrecognized_name)"), "{result:#}");
}

#[test]
fn a_redirect_to_instance_metadata_is_not_followed() {
    let certificates = Certificates::new();
    let server = Server::tls(config(&certificates, ClientAuth::Optional, BOTH), |tls, _| {
        respond(tls, "307 Temporary Redirect\r\nLocation: https://169.254.169.254/latest/meta-data/", "");
    });
    let ran = bounded("redirects to instance metadata", &certificates, &server, &[]);
    assert_eq!(ran.probes()[0]["verdict"], "open");
    assert_eq!(server.accepted(), 2);
}

#[test]
fn what_a_server_sends_is_escaped_in_every_format() {
    let certificates = Certificates::new();
    let server = Server::tls(config(&certificates, ClientAuth::Optional, BOTH), |tls, _| {
        respond(
            tls,
            "403 Forbidden\r\nServer: =\u{9b}31m\u{202e}x",
            "<title>=\u{1b}[31m\u{202e}\",\r\n</title>",
        );
    });
    let mut arguments = reaching(&certificates);
    let url = server.url();
    arguments.extend(["--url", &url].map(String::from));
    for format in ["table", "csv", "json"] {
        arguments[4] = format.into();
        assert_eq!(arguments[3], "--format");
        let ran = probe(&arguments);
        for raw in ['\u{1b}', '\u{9b}', '\u{202e}', '\r'] {
            assert!(!ran.out.contains(raw), "{format}: {raw:?}");
        }
        assert!(ran.out.contains("HTTP 403"), "{format}");
    }
}

#[test]
fn many_authorities_in_a_request_are_bounded() {
    let certificates = Certificates::new();
    // 60 kB is about what a handshake message may have.
    let server =
        Server::tls(crate::server::with_hints(&certificates, 1500), |tls, _| respond(tls, "200 OK", ""));
    let ran = bounded("60 kB of authorities", &certificates, &server, &[]);
    let result = &ran.probes()[0];
    assert_eq!((&result["verdict"], &result["hintCount"]), (&json!("open"), &json!(1500)));
    assert_eq!(result["hints"].as_array().unwrap().len(), 20);
    // Servers of rustls can't send more, but a hostile one can: a CertificateRequest of 100 kB.
    let server = Server::tcp(|mut tcp| {
        let _ = tcp.read(&mut [0; 1024]);
        let message = [&[13, 1, 134, 160][..], &vec![0; 100_000]].concat();
        for part in message.chunks(16_000) {
            let length = u16::try_from(part.len()).unwrap().to_be_bytes();
            let _ = tcp.write_all(&[&[22, 3, 3], &length[..], part].concat());
        }
        let _ = tcp.read(&mut [0; 1024]);
    });
    let ran = bounded("100 kB of authorities", &certificates, &server, &[]);
    assert_eq!(ran.probes()[0]["verdict"], INCONCLUSIVE, "{}", ran.out);
}

/// Probes a server, within the limits of time and memory.
fn bounded(name: &str, certificates: &Certificates, server: &Server, options: &[&str]) -> Ran {
    let mut arguments = reaching(certificates);
    let (url, timeout) = (server.url(), format!("{}s", TIMEOUT.as_secs()));
    arguments.extend(["--url", &url, "--timeout", &timeout].map(String::from));
    arguments.extend(options.iter().map(|it| (*it).to_owned()));
    let ran = probe(&arguments);
    let verdict = ran.probes()[0]["verdict"].clone();
    println!("{name}: {verdict}, {} ms, {} MB", ran.duration.as_millis(), ran.peak / 1000);
    assert!(ran.duration < MAX_DURATION, "{name}: {:?}", ran.duration);
    assert!(ran.peak < MAX_PEAK, "{name}: {} kB", ran.peak);
    assert_ne!(verdict, "enforced", "{name}: {}", ran.out);
    ran
}

/// Reads once, writes, and waits until the client closes.
fn read_and_write(mut tcp: TcpStream, bytes: &[u8]) {
    let _ = tcp.read(&mut [0; 2048]);
    let _ = tcp.write_all(bytes);
    while tcp.read(&mut [0; 2048]).is_ok_and(|read| read > 0) {}
}

/// Writes a response of status 400 and closes in order.
fn answer(tls: Tls, headers: &str, body: &str) {
    write_and_close(tls, format!("HTTP/1.1 400 Bad\r\n{headers}{body}").as_bytes());
}

/// Reads a request, writes this, and closes in order.
fn write_and_close(mut tls: Tls, response: &[u8]) {
    request(&mut tls);
    let _ = tls.write_all(response);
    close(tls);
}

fn half_then_reset(mut tls: Tls) {
    tls.write_all(b"HTTP/1.1 40").unwrap();
    tls.flush().unwrap();
    reset(tls.sock);
}

/// Writes one byte at a time, until the client gives up.
fn slowly(mut tls: Tls, response: &[u8]) {
    request(&mut tls);
    for byte in response {
        if tls.write_all(&[*byte]).and_then(|()| tls.flush()).is_err() {
            return;
        }
        // As long as the client waits: a fifth of its time limit.
        let _ = tls.sock.set_read_timeout(Some(TIMEOUT / 5));
        let _ = tls.sock.peek(&mut [0]);
    }
}

/// Writes 1 GB, or as much as the client takes.
fn endlessly(mut tls: StreamOwned<ServerConnection, TcpStream>, head: &[u8], part: &[u8]) {
    request(&mut tls);
    let parts = part.repeat((64 << 10) / part.len());
    let mut written = 0;
    let mut result = tls.write_all(head);
    while result.is_ok() && written < 1 << 30 {
        result = tls.write_all(&parts);
        written += parts.len();
    }
}
