//! The certificates of the test servers and their clients.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, DnValue, IsCa, KeyPair,
    SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;

/// An authority, a server's certificate, and API Gateway's certificate, in memory and as files.
pub(crate) struct Certificates {
    folder: TempDir,
    pub(crate) server: CertificateDer<'static>,
    key: KeyPair,
    /// The certificate that the servers expect.
    pub(crate) gateway: CertificateDer<'static>,
}

impl Certificates {
    /// New certificates; the server's is valid for `localhost` and these addresses.
    pub(crate) fn for_addresses(addresses: impl IntoIterator<Item = IpAddr>) -> Arc<Self> {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.subject_alt_names.extend(addresses.into_iter().map(SanType::IpAddress));
        let key = KeyPair::generate().unwrap();
        let server = params.signed_by(&key, &authority).unwrap();
        let gateway_key = KeyPair::generate().unwrap();
        let gateway = gateway().self_signed(&gateway_key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, label: &str, der: &[u8]| {
            std::fs::write(folder.path().join(name), pem(label, der)).unwrap();
        };
        write("ca.pem", "CERTIFICATE", authority.der());
        write("server.pem", "CERTIFICATE", server.der());
        write("server.key", "PRIVATE KEY", &key.serialize_der());
        write("gateway.pem", "CERTIFICATE", gateway.der());
        Arc::new(Self { server: server.der().clone(), key, gateway: gateway.der().clone(), folder })
    }

    /// New certificates for `localhost` and `127.0.0.1`.
    pub(crate) fn new() -> Arc<Self> {
        Self::for_addresses(["127.0.0.1".parse().unwrap()])
    }

    pub(crate) fn server_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }

    /// The path of one of the files.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The parameters of a certificate with API Gateway's subject.
fn gateway() -> CertificateParams {
    let mut subject = DistinguishedName::new();
    for (kind, value) in
        [(DnType::CountryName, "US"), (DnType::LocalityName, "Seattle"), (DnType::CommonName, "ApiGateway")]
    {
        subject.push(kind, DnValue::PrintableString(value.try_into().unwrap()));
    }
    let mut params = CertificateParams::default();
    params.distinguished_name = subject;
    params
}
