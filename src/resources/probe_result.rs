//! The results of probes: whether a backend answers without API Gateway's certificate.

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account_region::AccountRegion;
use super::stage_arn::StageArn;

/// Whether a backend enforces the client certificate, as far as the probed path shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProbeVerdict {
    /// It answered without a certificate.
    Open,
    /// It refused a request without a certificate, but accepted a self-signed one with API
    /// Gateway's subject.
    Forgeable,
    /// It is called over HTTP, which has no certificates.
    Plaintext,
    /// It can't be reached, or may not be contacted.
    Unreachable,
    /// The responses don't show whether the certificate is the reason for them.
    Inconclusive,
    /// It refused each request without API Gateway's certificate.
    Enforced,
}

impl ProbeVerdict {
    /// All verdicts, the most urgent first.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Forgeable, Self::Plaintext, Self::Unreachable, Self::Inconclusive, Self::Enforced];

    /// The verdict's name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Forgeable => "forgeable",
            Self::Plaintext => "plaintext",
            Self::Unreachable => "unreachable",
            Self::Inconclusive => "inconclusive",
            Self::Enforced => "enforced",
        }
    }

    /// Whether the backend can be called without API Gateway's certificate.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Open | Self::Forgeable | Self::Plaintext)
    }

    /// Whether the probe showed anything about the backend.
    #[must_use]
    pub const fn is_conclusive(self) -> bool {
        !matches!(self, Self::Unreachable | Self::Inconclusive)
    }
}

impl fmt::Display for ProbeVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A TLS version that is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TlsVersion {
    /// TLS 1.3.
    #[serde(rename = "TLSv1.3")]
    Tls13,
    /// TLS 1.2.
    #[serde(rename = "TLSv1.2")]
    Tls12,
}

impl TlsVersion {
    /// The versions in the order in which they are probed.
    pub const ALL: [Self; 2] = [Self::Tls13, Self::Tls12];
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls13 => "TLS 1.3",
            Self::Tls12 => "TLS 1.2",
        })
    }
}

/// What one request showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// An HTTP response that does not refuse the request.
    Answered,
    /// The server requested a certificate and refused the request because of it.
    Refused,
    /// A response or an end of the connection that may have another reason than the certificate.
    Unclear,
    /// The server does not offer this TLS version, or no cipher suite that the probe supports.
    NotOffered,
    /// The connection failed, or no complete response was received in time.
    Failed,
    /// There was no TCP connection.
    Unreachable,
    /// The server's certificate does not verify, so no request was sent.
    Untrusted,
}

/// One request over one TLS version with one credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbeAttempt {
    /// What the request showed.
    pub outcome: Outcome,
    /// Whether the server requested a client certificate in this connection.
    pub asked: bool,
    /// The status of the HTTP response, if there was one.
    pub status: Option<u16>,
    /// The number of the TLS alert that ended the connection, if one did.
    pub alert: Option<u8>,
    /// What was observed. It contains untrusted text from the server.
    pub detail: String,
}

/// The requests with one credential, by TLS version; `None` for one that was not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeAttempts {
    /// The request over TLS 1.3.
    pub tls13: Option<ProbeAttempt>,
    /// The request over TLS 1.2.
    pub tls12: Option<ProbeAttempt>,
    /// The request that API Gateway made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<ProbeAttempt>,
}

impl ProbeAttempts {
    /// The request over a TLS version.
    #[must_use]
    pub const fn of(&self, version: TlsVersion) -> Option<&ProbeAttempt> {
        match version {
            TlsVersion::Tls13 => self.tls13.as_ref(),
            TlsVersion::Tls12 => self.tls12.as_ref(),
        }
    }
}

/// A stage that calls a backend.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbedStage {
    /// The account of the stage.
    pub account_id: String,
    /// The Region of the stage.
    pub aws_region: String,
    /// The stage as `apiId/stageName`.
    pub stage: String,
    /// The ARN of the stage.
    pub resource_id: String,
}

impl ProbedStage {
    /// The stage of an account and Region.
    #[must_use]
    pub fn new(account_region: &AccountRegion, arn: &StageArn) -> Self {
        Self {
            account_id: account_region.account.clone(),
            aws_region: account_region.region.clone(),
            stage: arn.label(),
            resource_id: arn.as_str().to_owned(),
        }
    }
}

/// A backend that was not probed. All texts in it are untrusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotProbed {
    /// The URL, as far as it is known.
    pub url: String,
    /// Why it was not probed.
    pub reason: String,
    /// The stages that call the backend.
    pub stages: Vec<ProbedStage>,
}

/// The result of probing one backend. All texts in it are untrusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// The URL that was requested.
    pub url: String,
    /// The host of the URL.
    pub host: String,
    /// The port of the URL.
    pub port: u16,
    /// The address that was contacted; `None` if none was.
    pub address: Option<IpAddr>,
    /// Whether the host's addresses may be contacted; `false` if nothing was sent for that reason.
    #[serde(default = "permitted")]
    pub permitted: bool,
    /// Whether the backend enforces the certificate.
    pub verdict: ProbeVerdict,
    /// What was sent and what was observed.
    pub text: String,
    /// What else is wrong, such as a server certificate that does not verify.
    pub problems: Vec<String>,
    /// Whether the server requested a client certificate; `None` if no handshake got that far.
    pub asked: Option<bool>,
    /// The subjects of the authorities that the server named in its request, at most 20.
    pub hints: Vec<String>,
    /// The number of all authorities that the server named.
    pub hint_count: usize,
    /// The newest TLS version in which a handshake succeeded; `None` if none did.
    pub protocol: Option<TlsVersion>,
    /// The `Server` header of a response, if there was one.
    pub server: Option<String>,
    /// The requests without a certificate.
    pub without_certificate: ProbeAttempts,
    /// The requests with a self-signed certificate that has API Gateway's subject; `None` if none
    /// was sent.
    pub impostor: Option<ProbeAttempts>,
    /// The request that API Gateway made with the stage's certificate, if it made one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_certificate: Option<ProbeAttempts>,
    /// The stages that call the backend, as far as they are known.
    pub stages: Vec<ProbedStage>,
    /// When the probe was made.
    pub at: Timestamp,
}

/// Whether the addresses of a result of an earlier version may be contacted: it doesn't say so.
const fn permitted() -> bool {
    true
}
