//! Servers of Node.js.

use crate::certificates::Certificates;
use crate::child::ChildServer;
use crate::configurations::probe_one;

/// A server that answers 200. Its options are the third argument.
const SERVER: &str = r#"
const fs = require("node:fs"), https = require("node:https");
const [folder, port, options] = process.argv.slice(1);
const read = (name) => fs.readFileSync(`${folder}/${name}`);
const files = { cert: read("server.pem"), key: read("server.key"), ca: read("gateway.pem") };
https.createServer({ ...files, ...JSON.parse(options) }, (request, response) => {
  const subject = request.socket.getPeerCertificate().subject;
  if (request.url === "/named" && subject?.CN !== "ApiGateway") response.writeHead(403);
  response.end("ok\n");
}).listen(Number(port), "127.0.0.1");
"#;

#[test]
fn each_configuration_of_node_has_its_verdict() {
    let certificates = Certificates::new();
    let folder = certificates.path("").display().to_string();
    for (options, path, without, with) in [
        ("", "", "open", "open"),
        // Without `requestCert`, it has no effect.
        (r#""rejectUnauthorized": true"#, "", "open", "open"),
        (r#""requestCert": true, "rejectUnauthorized": false"#, "", "open", "open"),
        (r#""requestCert": true, "rejectUnauthorized": true"#, "", "enforced", "enforced"),
        // The name of any certificate is checked: the 403 alone says nothing.
        (r#""requestCert": true, "rejectUnauthorized": false"#, "named", "inconclusive", "forgeable"),
    ] {
        for versions in
            [r#""minVersion": "TLSv1.2""#, r#""maxVersion": "TLSv1.2""#, r#""minVersion": "TLSv1.3""#]
        {
            let separator = if options.is_empty() { "" } else { ", " };
            let options = format!("{{{options}{separator}{versions}}}");
            let arguments = |port: u16| {
                vec![
                    "-e".into(),
                    SERVER.into(),
                    "--".into(),
                    folder.clone(),
                    port.to_string(),
                    options.clone(),
                ]
            };
            let server = ChildServer::start("node", arguments).expect("node is installed");
            let url = format!("{}{path}", server.url());
            for (flags, expected) in [(&[][..], without), (&["--impostor"], with)] {
                let (result, _) = probe_one(&certificates, &url, flags);
                assert_eq!(result["verdict"], expected, "{options} {path}: {result:#}");
            }
        }
    }
}
