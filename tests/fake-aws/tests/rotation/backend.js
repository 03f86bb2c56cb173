// An HTTPS backend that requires API Gateway's client certificate.
//
//     node backend.js bundle|pinned FOLDER
//
// bundle: trusts the certificates in FOLDER/trusted.pem, as in AWS's sample for Node.js.
// pinned: accepts the certificates whose SHA-256 fingerprints are in FOLDER/trusted.txt.
//
// Prints its port. Reads what it trusts again after each line on standard input, prints `reloaded`,
// and ends when standard input ends.
"use strict";

const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const https = require("node:https");
const { createInterface } = require("node:readline");

const [mode, folder] = process.argv.slice(2);
const read = (name) => readFileSync(`${folder}/${name}`, "utf8");
const identity = { key: read("server-key.pem"), cert: read("server.pem") };
const bundle = () => ({ ...identity, ca: read("trusted.pem") });
const fingerprints = () => new Set(read("trusted.txt").split("\n").filter(Boolean));

let pinned = mode === "pinned" ? fingerprints() : null;
const server = https.createServer(
  mode === "bundle"
    ? { ...bundle(), requestCert: true, rejectUnauthorized: true }
    : { ...identity, requestCert: true, rejectUnauthorized: false },
  (request, response) => {
    const { raw } = request.socket.getPeerCertificate();
    const accepted = !pinned || (raw && pinned.has(createHash("sha256").update(raw).digest("hex")));
    response.writeHead(accepted ? 200 : 403, { connection: "close", "content-length": 0 });
    response.end();
  },
);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));

createInterface({ input: process.stdin })
  .on("line", () => {
    if (mode === "bundle") server.setSecureContext(bundle());
    else pinned = fingerprints();
    console.log("reloaded");
  })
  .on("close", () => process.exit());
