//! Real backends that require API Gateway's client certificate, and whose owner changes what they
//! trust.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection};

use crate::nginx::{self, Nginx};
use crate::tls::ServerIdentity;

/// How a backend verifies the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Node with a bundle of trusted certificates. OpenSSL verifies only the first of two with the
    /// same subject, so old and new can't overlap.
    NodeBundle,
    /// Node with a list of fingerprints.
    NodePinned,
    /// rustls with the certificates as trust anchors.
    Rustls,
    /// nginx with a list of fingerprints.
    Nginx,
}

/// The kinds that accept two certificates at the same time, and can run here.
pub fn kinds_that_overlap() -> Vec<Kind> {
    let nginx = nginx::path().map(|_| Kind::Nginx);
    [Kind::NodePinned, Kind::Rustls].into_iter().chain(nginx).collect()
}

/// A running backend. It stops when dropped.
pub struct Backend {
    pub url: String,
    server: Server,
    /// The PEMs of the trusted certificates.
    trusted: Vec<String>,
}

enum Server {
    Node(Node),
    Rustls(Rustls),
    Nginx(Nginx),
}

impl Backend {
    /// Starts a backend that trusts these certificates, given as PEMs. `folder` is empty and its
    /// own.
    pub fn spawn(kind: Kind, identity: &Arc<ServerIdentity>, folder: &Path, trusted: Vec<String>) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("server.pem"), &identity.certificate).unwrap();
        std::fs::write(folder.join("server-key.pem"), &identity.key).unwrap();
        let (port, server) = match kind {
            Kind::NodeBundle | Kind::NodePinned => {
                let (port, node) = Node::spawn(kind, folder, &trusted);
                (port, Server::Node(node))
            }
            Kind::Rustls => {
                let (port, rustls) = Rustls::spawn(Arc::clone(identity), &trusted);
                (port, Server::Rustls(rustls))
            }
            Kind::Nginx => {
                let (port, nginx) = Nginx::spawn(folder, &trusted);
                (port, Server::Nginx(nginx))
            }
        };
        Self { url: format!("https://localhost:{port}"), server, trusted }
    }

    /// The owner adds a certificate; returns when it is trusted.
    pub fn trust(&mut self, pem: &str) {
        if !self.trusted.iter().any(|one| one == pem) {
            self.trusted.push(pem.into());
            self.reload();
        }
    }

    /// The owner removes a certificate; returns when it is no longer trusted.
    pub fn distrust(&mut self, pem: &str) {
        self.trusted.retain(|one| one != pem);
        self.reload();
    }

    fn reload(&mut self) {
        match &mut self.server {
            Server::Node(node) => node.reload(&self.trusted),
            Server::Rustls(rustls) => rustls.reload(&self.trusted),
            Server::Nginx(nginx) => nginx.reload(&self.trusted),
        }
    }
}

struct Node {
    child: Child,
    lines: BufReader<ChildStdout>,
    kind: Kind,
    folder: PathBuf,
}

impl Node {
    fn spawn(kind: Kind, folder: &Path, trusted: &[String]) -> (u16, Self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rotation/backend.js");
        write_trust(kind, folder, trusted);
        let mode = if kind == Kind::NodeBundle { "bundle" } else { "pinned" };
        let mut child = Command::new("node")
            .args([script.as_os_str(), mode.as_ref(), folder.as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut node = Self { child, lines, kind, folder: folder.into() };
        (node.line().parse().unwrap(), node)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn reload(&mut self, trusted: &[String]) {
        write_trust(self.kind, &self.folder, trusted);
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        assert_eq!(self.line(), "reloaded");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_trust(kind: Kind, folder: &Path, trusted: &[String]) {
    if kind == Kind::NodeBundle {
        std::fs::write(folder.join("trusted.pem"), trusted.join("\n")).unwrap();
    } else {
        let all: Vec<String> = trusted.iter().map(|pem| fingerprint("sha256", pem)).collect();
        std::fs::write(folder.join("trusted.txt"), all.join("\n")).unwrap();
    }
}

/// The fingerprint of a certificate in hexadecimal, in lower case and without colons.
pub fn fingerprint(algorithm: &str, pem: &str) -> String {
    let mut openssl = Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", &format!("-{algorithm}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    openssl.stdin.take().unwrap().write_all(pem.as_bytes()).unwrap();
    let printed = String::from_utf8(openssl.wait_with_output().unwrap().stdout).unwrap();
    printed.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase()
}

struct Rustls {
    identity: Arc<ServerIdentity>,
    config: Arc<Mutex<Arc<ServerConfig>>>,
    stopped: Arc<AtomicBool>,
    port: u16,
    thread: Option<JoinHandle<()>>,
}

impl Rustls {
    fn spawn(identity: Arc<ServerIdentity>, trusted: &[String]) -> (u16, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Arc::new(Mutex::new(Arc::new(identity.config(trusted))));
        let stopped = Arc::new(AtomicBool::new(false));
        let (current, stop) = (Arc::clone(&config), Arc::clone(&stopped));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(stream), config) = (stream, Arc::clone(&current.lock().unwrap())) else { continue };
                // A refused certificate is an error here.
                std::thread::spawn(move || serve(stream, config).ok());
            }
        });
        (port, Self { identity, config, stopped, port, thread: Some(thread) })
    }

    fn reload(&self, trusted: &[String]) {
        *self.config.lock().unwrap() = Arc::new(self.identity.config(trusted));
    }
}

impl Drop for Rustls {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Wakes the thread up.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.thread.take().unwrap().join();
    }
}

fn serve(mut stream: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut tls = rustls::Stream::new(&mut connection, &mut stream);
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"\r\n\r\n") {
        let read = tls.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(&buffer[..read]);
    }
    tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
    connection.send_close_notify();
    rustls::Stream::new(&mut connection, &mut stream).flush()
}
