//! Servers in this process: one thread per connection.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
    ServerConnection, SignatureScheme, StreamOwned, SupportedProtocolVersion,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::certificates::Certificates;

/// A TLS connection with a client.
pub(crate) type Tls = StreamOwned<ServerConnection, TcpStream>;

/// A server on all loopback addresses.
pub(crate) struct Server {
    pub(crate) port: u16,
    accepted: Arc<AtomicUsize>,
}

impl Server {
    /// Runs `handle` with each connection.
    pub(crate) fn tcp(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        let handle = Arc::new(handle);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                // A test that has ended doesn't wait for its servers.
                stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
                stream.set_write_timeout(Some(Duration::from_secs(30))).unwrap();
                stream.set_nodelay(true).unwrap();
                let handle = Arc::clone(&handle);
                thread::spawn(move || handle(stream));
            }
        });
        Self { port, accepted }
    }

    /// Completes handshakes, and runs `handle` with each connection and whether the client
    /// presented a certificate. A failed handshake ends with the alert of rustls.
    pub(crate) fn tls(config: Arc<ServerConfig>, handle: impl Fn(Tls, bool) + Send + Sync + 'static) -> Self {
        Self::tcp(move |stream| {
            let Some(tls) = handshake(&config, stream) else { return };
            let has_certificate = tls.conn.peer_certificates().is_some();
            handle(tls, has_certificate);
        })
    }

    /// The number of connections so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/", self.port)
    }
}

/// How a server handles client certificates in the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientAuth {
    /// It requests none.
    None,
    /// It requests one, and accepts none.
    Optional,
    /// It requires one that its authorities issued, of which the only one is API Gateway's.
    Required,
    /// It requires any certificate with API Gateway's subject.
    SubjectOnly,
    /// It requires API Gateway's certificate, byte for byte.
    Pinned,
    /// It requires any certificate.
    Any,
}

pub(crate) const BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
pub(crate) const ONLY_13: &[&SupportedProtocolVersion] = &[&TLS13];
pub(crate) const ONLY_12: &[&SupportedProtocolVersion] = &[&TLS12];

/// The configuration of a server that requests a certificate and names this many authorities.
pub(crate) fn with_hints(certificates: &Certificates, count: usize) -> Arc<ServerConfig> {
    // C=US, CN=Authority number.
    let hint = |number: usize| {
        let mut der = b"\x30\x26\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02US\x31\x17\x30\x15\x06\x03\x55\x04\x03\x13\x0e".to_vec();
        der.extend(format!("Authority {number:04}").as_bytes());
        DistinguishedName::from(der)
    };
    let verifier = Verifier {
        rule: ClientAuth::Optional,
        gateway: certificates.gateway.clone(),
        hints: (0..count).map(hint).collect(),
    };
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_protocol_versions(BOTH).unwrap().with_client_cert_verifier(Arc::new(verifier));
    Arc::new(builder.with_single_cert(vec![certificates.server.clone()], certificates.server_key()).unwrap())
}

/// The configuration of a server.
pub(crate) fn config(
    certificates: &Certificates,
    auth: ClientAuth,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ServerConfig> {
    let provider = Arc::new(default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_protocol_versions(versions).unwrap();
    let web_pki = || {
        let mut roots = RootCertStore::empty();
        roots.add(certificates.gateway.clone()).unwrap();
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
    };
    let custom = |rule| -> Arc<dyn ClientCertVerifier> {
        Arc::new(Verifier { rule, gateway: certificates.gateway.clone(), hints: Vec::new() })
    };
    let builder = match auth {
        ClientAuth::None => builder.with_no_client_auth(),
        ClientAuth::Optional => {
            builder.with_client_cert_verifier(web_pki().allow_unauthenticated().build().unwrap())
        }
        ClientAuth::Required => builder.with_client_cert_verifier(web_pki().build().unwrap()),
        rule => builder.with_client_cert_verifier(custom(rule)),
    };
    let chain = vec![certificates.server.clone()];
    Arc::new(builder.with_single_cert(chain, certificates.server_key()).unwrap())
}

/// Verifies client certificates as careless servers do.
#[derive(Debug)]
struct Verifier {
    rule: ClientAuth,
    gateway: CertificateDer<'static>,
    hints: Vec<DistinguishedName>,
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn client_auth_mandatory(&self) -> bool {
        self.rule != ClientAuth::Optional
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let is_accepted = match self.rule {
            ClientAuth::SubjectOnly => {
                let (_, certificate) = X509Certificate::from_der(certificate).unwrap();
                certificate.subject().to_string() == "C=US, L=Seattle, CN=ApiGateway"
            }
            ClientAuth::Pinned => *certificate == self.gateway,
            _ => true,
        };
        if is_accepted {
            return Ok(ClientCertVerified::assertion());
        }
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Completes a handshake. `None` if it fails, after the alert was sent.
pub(crate) fn handshake(config: &Arc<ServerConfig>, stream: TcpStream) -> Option<Tls> {
    let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), stream);
    while tls.conn.is_handshaking() {
        if tls.conn.complete_io(&mut tls.sock).is_err() {
            // A close with unread data would reset the connection.
            let _ = tls.sock.shutdown(Shutdown::Write);
            let _ = tls.sock.read(&mut [0; 1024]);
            return None;
        }
    }
    Some(tls)
}

/// Reads the head of a request; returns it.
pub(crate) fn request(tls: &mut Tls) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && tls.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Writes a response and closes the connection in order.
pub(crate) fn respond(mut tls: Tls, status: &str, body: &str) {
    request(&mut tls);
    let response = format!(
        "HTTP/1.1 {status}\r\nServer: test\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = tls.write_all(response.as_bytes());
    close(tls);
}

/// Closes a connection in order, after the client has read everything.
pub(crate) fn close(mut tls: Tls) {
    tls.conn.send_close_notify();
    let _ = tls.flush();
    let _ = tls.sock.shutdown(Shutdown::Write);
    while tls.sock.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {}
}

/// Resets a connection: the kernel does that if unread data is dropped.
pub(crate) fn reset(stream: TcpStream) {
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let _ = stream.peek(&mut [0]);
    drop(stream);
}
