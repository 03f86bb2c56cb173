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

/// What a server does after it has read a request.
type Misbehavior = fn(Tls);

#[test]
fn a_server_that_misbehaves_after_the_handshake_is_never_enforced() {
    let certificates = Certificates::new();
    let cases: [(&str, Misbehavior, &str); 14] = [
        (
            "never answers",
            |mut tls| while tls.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {},
            "inconclusive",
        ),
        (
            "one byte per 200 ms",
            |tls| slowly(tls, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            "inconclusive",
        ),
        (
            "1 GB of headers",
            |tls| endlessly(tls, b"HTTP/1.1 200 OK\r\n", b"X-Header: aaaaaaaaaaaaaaaaaaaaaa\r\n"),
            "inconclusive",
        ),
        (
            "1 GB in one header",
            |tls| endlessly(tls, b"HTTP/1.1 200 OK\r\nX-Header: ", &[b'a'; 1024]),
            "inconclusive",
        ),
        ("an endless body", |tls| endlessly(tls, b"HTTP/1.1 200 OK\r\n\r\n", &[b'a'; 1024]), "open"),
        (
            "an endless page that refuses",
            |tls| {
                endlessly(tls, b"HTTP/1.1 403 Forbidden\r\n\r\n", &[b'a'; 1024]);
            },
            "inconclusive",
        ),
        (
            "bad chunks",
            |tls| {
                answer(tls, b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nNo required SSL certificate was sent")
            },
            "inconclusive",
        ),
        (
            "half a page that refuses",
            |tls| {
                answer(
                    tls,
                    b"HTTP/1.1 400 Bad\r\nContent-Length: 999\r\n\r\nNo required SSL certificate was sent",
                )
            },
            "inconclusive",
        ),
        ("half a status line", |tls| answer(tls, b"HTTP/1.1 40"), "inconclusive"),
        (
            "half a status line, then a reset",
            |mut tls| {
                tls.write_all(b"HTTP/1.1 40").unwrap();
                tls.flush().unwrap();
                reset(tls.sock);
            },
            "inconclusive",
        ),
        ("no HTTP", |tls| answer(tls, b"220 mail.example.com ESMTP\r\n"), "inconclusive"),
        (
            "an orderly close",
            |mut tls| {
                request(&mut tls);
                close(tls);
            },
            "inconclusive",
        ),
        ("a reset", |tls| reset(tls.sock), "inconclusive"),
        (
            "endless interim responses",
            |tls| endlessly(tls, b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
            "inconclusive",
        ),
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
    let cases: [(&str, fn(TcpStream)); 7] = [
        (
            "never answers the handshake",
            |mut tcp| while tcp.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {},
        ),
        ("resets before the handshake", reset),
        ("closes at once", drop),
        ("answers in plain HTTP", |mut tcp| {
            let _ = tcp.read(&mut [0; 1024]);
            let _ = tcp
                .write_all(b"HTTP/1.1 400 No required SSL certificate was sent\r\nContent-Length: 0\r\n\r\n");
        }),
        ("sends an alert without having asked", |mut tcp| {
            let _ = tcp.read(&mut [0; 1024]);
            let _ = tcp.write_all(&[21, 3, 3, 0, 2, 2, 116]);
        }),
        ("sends an invalid alert", |mut tcp| {
            let _ = tcp.read(&mut [0; 1024]);
            let _ = tcp.write_all(&[21, 3, 3, 0, 5, 9, 250, 1, 2, 3]);
        }),
        ("sends garbage endlessly", |mut tcp| while tcp.write_all(&[22; 4096]).is_ok() {}),
    ];
    for (name, misbehavior) in cases {
        let server = Server::tcp(misbehavior);
        let ran = bounded(name, &certificates, &server, &["--impostor"]);
        assert_eq!(ran.probes()[0]["verdict"], "inconclusive", "{name}: {}", ran.out);
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
        assert_eq!(ran.probes()[0]["verdict"], "inconclusive", "{}", ran.out);
    }
}

#[test]
fn a_server_that_refuses_the_name_is_inconclusive() {
    let certificates = Certificates::new();
    let server = Server::tcp(|mut tcp| {
        let _ = tcp.read(&mut [0; 1024]);
        let _ = tcp.write_all(&[21, 3, 3, 0, 2, 2, 112]);
        let _ = tcp.read(&mut [0; 1024]);
    });
    let (result, status) = probe_one(&certificates, &server.url(), &[]);
    assert_eq!((&result["verdict"], status), (&json!("inconclusive"), 2));
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
        let message = [&[13, 1, 134, 160][..], &[0; 100_000]].concat();
        for part in message.chunks(16_000) {
            let length = u16::try_from(part.len()).unwrap().to_be_bytes();
            let _ = tcp.write_all(&[&[22, 3, 3], &length[..], part].concat());
        }
        let _ = tcp.read(&mut [0; 1024]);
    });
    let ran = bounded("100 kB of authorities", &certificates, &server, &[]);
    assert_eq!(ran.probes()[0]["verdict"], "inconclusive", "{}", ran.out);
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

/// Writes a response and closes in order.
fn answer(mut tls: Tls, response: &[u8]) {
    request(&mut tls);
    let _ = tls.write_all(response);
    close(tls);
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
