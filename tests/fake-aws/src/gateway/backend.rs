//! A request of API Gateway to a real backend, over a new TLS connection.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{AlertDescription, ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// API Gateway's integration timeout.
const TIMEOUT: Duration = Duration::from_secs(29);

/// A request to a backend, and the certificate to present.
#[derive(Debug)]
pub(crate) struct BackendRequest {
    pub(crate) method: String,
    /// The whole URL.
    pub(crate) url: String,
    /// The PEM of the CA that signed the backend's certificate.
    pub(crate) ca: String,
    /// `None` if no certificate is presented.
    pub(crate) identity: Option<CertifiedKey>,
}

/// How a backend answers; the error is the text that API Gateway writes to the execution log.
pub(crate) type Answer = Result<BackendResponse, String>;

/// A backend's response.
#[derive(Debug)]
pub(crate) struct BackendResponse {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl BackendRequest {
    /// Calls the backend.
    pub(crate) async fn send(self) -> Answer {
        let sent = tokio::time::timeout(TIMEOUT, self.exchange()).await;
        sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(|error| {
            let alert = alert_in(&error).map(|alert| format!("Received fatal alert: {}", java_name(alert)));
            alert.unwrap_or_else(|| "Network error communicating with endpoint".into())
        })
    }

    async fn exchange(self) -> io::Result<BackendResponse> {
        let uri: Uri = self.url.parse().map_err(io::Error::other)?;
        let authority = uri.authority().ok_or_else(|| io::Error::other("a URL without a host"))?;
        let (host, port) = (authority.host().to_owned(), authority.port_u16().unwrap_or(443));
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let request =
            format!("{} {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n", self.method);
        let config = config(&self.ca, self.identity).map_err(io::Error::other)?;
        let tcp = TcpStream::connect((host.as_str(), port)).await?;
        tcp.set_nodelay(true)?;
        let name = ServerName::try_from(host).map_err(io::Error::other)?;
        let mut tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
        // In TLS 1.3, the server refuses a certificate after the client's handshake, so the write
        // can fail although the alert can still be read.
        let written = tls.write_all(request.as_bytes()).await;
        let mut response = Vec::new();
        match tls.read_to_end(&mut response).await {
            // A server that closes the connection without close_notify.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !response.is_empty() => {}
            read => drop(read?),
        }
        written?;
        parsed(&response).ok_or_else(|| io::Error::other("the backend's response is incomplete"))
    }
}

fn config(ca: &str, identity: Option<CertifiedKey>) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca.as_bytes()) {
        roots.add(certificate.map_err(|error| rustls::Error::General(error.to_string()))?)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let mut config = match identity {
        Some(own) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own))),
        None => config.with_no_client_auth(),
    };
    // A resumed session would not present the certificate.
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn parsed(response: &[u8]) -> Option<BackendResponse> {
    let text = String::from_utf8_lossy(response);
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some(BackendResponse { status: head.split(' ').nth(1)?.parse().ok()?, body: body.into() })
}

/// The alert that the backend sent, if that is why the request failed.
fn alert_in(error: &io::Error) -> Option<AlertDescription> {
    let mut source: Option<&(dyn Error + 'static)> = error.get_ref().map(|error| error as _);
    while let Some(error) = source {
        if let Some(rustls::Error::AlertReceived(alert)) = error.downcast_ref() {
            return Some(*alert);
        }
        source = error.source();
    }
    None
}

/// The name of an alert in Java, which API Gateway's log shows: `HandshakeFailure` is
/// `handshake_failure`.
fn java_name(alert: AlertDescription) -> String {
    let mut name = String::new();
    let mut after_lower_case = false;
    for letter in format!("{alert:?}").chars() {
        if letter.is_uppercase() && after_lower_case {
            name.push('_');
        }
        after_lower_case = letter.is_lowercase();
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_have_the_names_of_java() {
        let names = [
            AlertDescription::HandshakeFailure,
            AlertDescription::UnknownCA,
            AlertDescription::CertificateRequired,
        ]
        .map(java_name);
        assert_eq!(names, ["handshake_failure", "unknown_ca", "certificate_required"]);
    }
}
