//! The TLS configuration of one request, and what the handshake shows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{
    ClientSessionStore, ResolvesClientCert, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, DigitallySignedStruct, NamedGroup, SignatureScheme};
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use crate::probe::roots::Verification;
use crate::quote::brief;
use crate::resources::probe_result::TlsVersion;

/// The number of authorities that are kept.
const MAX_HINTS: usize = 20;
/// The maximum length of an authority's name, in characters.
const MAX_HINT: usize = 200;

/// What a handshake shows about a server.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact, and all combinations occur")]
pub(crate) struct Witnessed {
    /// Whether the server requested a certificate.
    pub(crate) asked: bool,
    /// The first authorities that the server named in its request.
    pub(crate) hints: Vec<String>,
    /// The number of all authorities that the server named.
    pub(crate) hint_count: usize,
    /// Whether a certificate was given to the TLS library to present.
    pub(crate) presented: bool,
    /// Whether the server's part of a TLS 1.2 handshake was received up to the client's turn.
    pub(crate) is_clients_turn: bool,
    /// Whether the server sent a session ticket of TLS 1.3.
    pub(crate) has_ticket: bool,
    /// Why the server's certificate does not verify.
    pub(crate) certificate_problem: Option<String>,
}

/// Observes one handshake. It verifies the server's certificate, but lets the handshake go on if
/// that fails, to see whether the server requests a certificate. It keeps no session: a resumed one
/// doesn't request a certificate again.
#[derive(Debug)]
pub(crate) struct Witness {
    verification: Arc<Verification>,
    identity: Option<Arc<CertifiedKey>>,
    witnessed: Mutex<Witnessed>,
}

impl Witness {
    pub(crate) fn new(verification: Arc<Verification>, identity: Option<Arc<CertifiedKey>>) -> Arc<Self> {
        Arc::new(Self { verification, identity, witnessed: Mutex::default() })
    }

    /// What the handshake has shown so far.
    pub(crate) fn witnessed(&self) -> Witnessed {
        self.lock().clone()
    }

    /// The configuration of a connection that this witness observes.
    ///
    /// # Errors
    /// Returns the message of the TLS library if it doesn't support the version.
    pub(crate) fn config(self: &Arc<Self>, version: TlsVersion) -> Result<ClientConfig, String> {
        let version = match version {
            TlsVersion::Tls13 => &TLS13,
            TlsVersion::Tls12 => &TLS12,
        };
        let mut config = ClientConfig::builder_with_provider(Arc::clone(self.verification.provider()))
            .with_protocol_versions(&[version])
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::<Self>::clone(self))
            .with_client_cert_resolver(Arc::<Self>::clone(self));
        config.resumption = Resumption::store(Arc::<Self>::clone(self));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn lock(&self) -> MutexGuard<'_, Witnessed> {
        self.witnessed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesClientCert for Witness {
    fn resolve(&self, hints: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let identity = self.identity.as_ref().filter(|it| it.key.choose_scheme(schemes).is_some());
        let mut witnessed = self.lock();
        witnessed.asked = true;
        witnessed.hints = hints.iter().take(MAX_HINTS).map(|hint| name(hint)).collect();
        witnessed.hint_count = hints.len();
        witnessed.presented = identity.is_some();
        identity.cloned()
    }

    fn has_certs(&self) -> bool {
        self.identity.is_some()
    }
}

/// The name of an authority, such as `C=US, L=Seattle, CN=ApiGateway`.
fn name(der: &[u8]) -> String {
    let name = X509Name::from_der(der).map(|(_, name)| name.to_string());
    brief(&name.unwrap_or_else(|_| "not a distinguished name".into()), MAX_HINT)
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.verification.verify(end_entity, intermediates, server_name, ocsp_response, now);
        self.lock().certificate_problem = verified.err();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.verification.provider().signature_verification_algorithms;
        let valid = rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)?;
        self.lock().is_clients_turn = true;
        Ok(valid)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.verification.provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verification.provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Stores nothing, so no connection resumes another.
impl ClientSessionStore for Witness {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {
        self.lock().has_ticket = true;
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_a_short_printable_name() {
        // C=US, CN=ApiGateway, both printable strings.
        let der = b"\x30\x22\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02US\x31\x13\x30\x11\x06\x03\x55\x04\x03\x13\x0aApiGateway";
        assert_eq!(name(der), "C=US, CN=ApiGateway");
        assert_eq!(name(b"\x30\x82\xff\xff"), "not a distinguished name");
        assert_eq!(name(b""), "not a distinguished name");
    }
}
