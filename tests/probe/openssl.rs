//! Servers of `openssl s_server`. Skipped if it isn't installed.

use crate::certificates::Certificates;
use crate::child::ChildServer;
use crate::configurations::probe_one;

#[test]
fn each_configuration_of_s_server_has_its_verdict() {
    let certificates = Certificates::new();
    let file = |name: &str| certificates.path(name).display().to_string();
    let start = |options: &str| {
        let arguments = |port: u16| {
            let files = ["-cert", &file("server.pem"), "-key", &file("server.key")].map(String::from);
            let options = options.replace("GATEWAY", &file("gateway.pem"));
            let accept = format!("s_server -accept 127.0.0.1:{port}");
            let words = accept.split(' ').chain(options.split_whitespace()).map(String::from);
            words.chain(files).collect()
        };
        ChildServer::start("openssl", arguments)
    };
    let mut probed = 0;
    for (options, without, with) in [
        ("-www", "open", "open"),
        ("-www -verify 1 -CAfile GATEWAY", "open", "open"),
        // Any certificate is accepted, unless errors are returned.
        ("-www -Verify 1 -CAfile GATEWAY", "enforced", "forgeable"),
        ("-www -Verify 1 -CAfile GATEWAY -verify_return_error", "enforced", "enforced"),
        ("-www -Verify 1 -CAfile GATEWAY -verify_return_error -tls1_2", "enforced", "enforced"),
        ("-www -Verify 1 -CAfile GATEWAY -verify_return_error -tls1_3", "enforced", "enforced"),
        ("-www -tls1_3", "open", "open"),
        ("-www -tls1_2", "open", "open"),
        // No cipher suite in common in TLS 1.2, and no TLS 1.3.
        ("-www -tls1_2 -cipher AES128-SHA", "inconclusive", "inconclusive"),
    ] {
        let Some(server) = start(options) else { return println!("skipped: openssl is not installed") };
        for (flags, expected) in [(&[][..], without), (&["--impostor"], with)] {
            let (result, _) = probe_one(&certificates, &server.url(), flags);
            assert_eq!(result["verdict"], expected, "{options}: {result:#}");
        }
        probed += 1;
    }
    println!("{probed} configurations");
}
