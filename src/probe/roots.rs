//! The certificate authorities that a server's certificate is verified with.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use crate::Failure;

/// How servers' certificates are verified.
#[derive(Debug)]
pub struct Verification {
    provider: Arc<CryptoProvider>,
    /// `None` without any authority.
    verifier: Option<Arc<WebPkiServerVerifier>>,
}

impl Verification {
    /// With the authorities that this machine trusts and those of a PEM file, given as its name and
    /// content.
    ///
    /// # Errors
    /// `Malformed`, naming the file, if it has no certificate or one that can't be read.
    pub fn new(bundle: Option<(&str, &[u8])>) -> Result<Self, Failure> {
        let mut roots = RootCertStore::empty();
        // The machine's list may contain certificates that can't be parsed.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some((name, pem)) = bundle {
            add(&mut roots, pem).map_err(|problem| Failure::malformed(name, problem))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        // Fails only without authorities.
        Ok(Self { provider, verifier: builder.build().ok() })
    }

    pub(crate) const fn provider(&self) -> &Arc<CryptoProvider> {
        &self.provider
    }

    /// Verifies a certificate for a host.
    ///
    /// # Errors
    /// Returns why it does not verify.
    pub(crate) fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<(), String> {
        let Some(verifier) = &self.verifier else {
            return Err("this machine has no trusted authorities (see --ca-bundle)".into());
        };
        let result = verifier.verify_server_cert(end_entity, intermediates, host, ocsp_response, now);
        result.map(|_| ()).map_err(|error| error.to_string())
    }
}

fn add(roots: &mut RootCertStore, pem: &[u8]) -> Result<(), String> {
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| format!("not PEM: {error}"))?;
        roots
            .add(certificate)
            .map_err(|error| format!("certificate {}: {error}", roots.len() - before + 1))?;
    }
    if roots.len() == before { Err("no certificate; allowed: PEM certificates".into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_without_a_usable_certificate_is_refused() {
        for (pem, problem) in [
            ("", "no certificate; allowed: PEM certificates"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate 1: "),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n", "not PEM: "),
        ] {
            let failure = Verification::new(Some(("ca.pem", pem.as_bytes()))).unwrap_err().to_string();
            assert!(failure.starts_with(&format!("ca.pem: {problem}")), "{failure}");
        }
    }
}
