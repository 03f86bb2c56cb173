//! The advice for each check: what should be true, what to do if it isn't, and the severity of a
//! failure.
//!
//! `stagecert explain`, `docs/checks.md`, Security Hub findings, reminders, and the CDK app's
//! emails use these texts. `make docs` exports them for the CDK app.

use serde::Serialize;

use crate::checks::Check;

/// The advice about a failed check, the same for every resource and reason.
/// [`Finding::what_to_do`](super::finding::Finding::what_to_do) is more specific.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// What should be true. Security Hub groups findings by title, so it never names a resource.
    pub title: &'static str,
    /// What to do, in one sentence for people who have access to neither the command line nor this
    /// repository. Security Hub accepts at most 512 characters.
    pub what_to_do: &'static str,
    /// The severity of each kind of failure, for people. [`severity`](super::severity) determines
    /// the severity of a finding.
    pub severity: &'static str,
    /// The URL of the AWS documentation with the steps.
    pub steps: &'static str,
    /// The requirements that Security Hub lists for its control APIGateway.2. They concern
    /// certificates, not owners.
    #[serde(skip)]
    pub requirements: &'static [&'static str],
}

impl Check {
    /// The advice for this check.
    #[must_use]
    pub const fn advice(self) -> Advice {
        match self {
            Self::CertificateAttached => CERTIFICATE_ATTACHED,
            Self::CertificateExpiry => CERTIFICATE_EXPIRY,
            Self::CertificateUnique => CERTIFICATE_UNIQUE,
            Self::OwnerTag => OWNER_TAG,
            Self::MutualTls => MUTUAL_TLS,
            Self::Truststore => TRUSTSTORE,
            Self::DomainCertificate => DOMAIN_CERTIFICATE,
            Self::TlsPolicy => TLS_POLICY,
            Self::PrivateFrontDoor => PRIVATE_FRONT_DOOR,
        }
    }
}

const CLIENT_CERTIFICATES: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html";
const TAGS: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging.html";

const MUTUAL_TLS_STEPS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html";

const CERTIFICATE_REQUIREMENTS: &[&str] = &[
    "NIST.800-53.r5 AC-17(2)",
    "NIST.800-53.r5 AC-4",
    "NIST.800-53.r5 IA-5(1)",
    "NIST.800-53.r5 SC-12(3)",
    "NIST.800-53.r5 SC-13",
    "NIST.800-53.r5 SC-23",
    "NIST.800-53.r5 SC-23(3)",
    "NIST.800-53.r5 SC-7(4)",
    "NIST.800-53.r5 SC-8",
    "NIST.800-53.r5 SC-8(1)",
    "NIST.800-53.r5 SC-8(2)",
    "NIST.800-53.r5 SI-7(6)",
    "NIST.800-171.r2 3.13.15",
];

const CERTIFICATE_ATTACHED: Advice = Advice {
    title: "API Gateway stages with HTTP backends should present a client certificate that exists",
    what_to_do: "Generate a client certificate, make the backend trust it, attach it to the stage, \
                 check that requests arrive with it (if they don't, redeploy the API after \
                 review), and then make the backend require it.",
    severity: "CRITICAL if the certificate does not exist or is not issued, HIGH if no certificate is \
               attached, MEDIUM if the certificate is not allowed, LOW without an HTTP backend",
    steps: CLIENT_CERTIFICATES,
    requirements: CERTIFICATE_REQUIREMENTS,
};

const CERTIFICATE_EXPIRY: Advice = Advice {
    title: "Client certificates of API Gateway stages should be valid for longer than the expiry window",
    what_to_do: "If AWS Certificate Manager issued the certificate, find out there why it was not \
                 renewed and fix that; otherwise generate a new client certificate, make the backend \
                 trust it, attach it to the stage, redeploy the API, and delete the old one once \
                 the backend accepts the new one.",
    severity: "CRITICAL if the certificate has expired or is not yet valid, HIGH if it expires within \
               7 days, MEDIUM if it expires within the window, LOW without an HTTP backend",
    steps: CLIENT_CERTIFICATES,
    requirements: CERTIFICATE_REQUIREMENTS,
};

const CERTIFICATE_UNIQUE: Advice = Advice {
    title: "API Gateway stages should not share a client certificate",
    what_to_do: "Generate a separate client certificate for each stage, make each backend trust the \
                 certificate of its stage as well as the shared one, attach the new \
                 certificates and redeploy the APIs one stage at a time, and then delete the \
                 shared one.",
    severity: "MEDIUM, or LOW without an HTTP backend",
    steps: CLIENT_CERTIFICATES,
    requirements: CERTIFICATE_REQUIREMENTS,
};

const OWNER_TAG: Advice = Advice {
    title: "API Gateway stages and their client certificates should have an owner tag",
    what_to_do: "Tag the stage and its client certificate with the team that owns them; a tag on \
                 the API alone does not count, because API Gateway does not pass it on to the stage.",
    severity: "LOW",
    steps: TAGS,
    requirements: &[],
};

const MUTUAL_TLS: Advice = Advice {
    title: "APIs should require a client certificate at every entry point if they do at one",
    what_to_do: "Disable the default endpoint and deploy the API, and remove every mapping and routing rule \
                 of a domain without mutual TLS that leads to the API, or enable mutual TLS on that domain.",
    severity: "HIGH",
    steps: MUTUAL_TLS_STEPS,
    requirements: &[],
};

const TRUSTSTORE: Advice = Advice {
    title: "Truststores for mutual TLS should be complete, current and limited to private CAs",
    what_to_do: "Upload a truststore with the complete chain of each of your CAs, and then update the domain \
                 name to its new version, or for a load balancer replace the bundle of the trust store.",
    severity: "CRITICAL if a CA has expired, HIGH for a CA of the public web, LOW if no version is pinned, \
               otherwise MEDIUM",
    steps: MUTUAL_TLS_STEPS,
    requirements: &[],
};

const DOMAIN_CERTIFICATE: Advice = Advice {
    title: "Certificates of custom domain names should be issued and valid for longer than the expiry window",
    what_to_do: "Find out in AWS Certificate Manager why the certificate is not renewed or not issued and fix \
                 that; import the successor of an imported certificate, with the same issuer, under the same \
                 ARN; without a valid ownership verification certificate, API Gateway refuses all updates of \
                 the domain.",
    severity: "CRITICAL if the status of the domain is FAILED, otherwise MEDIUM",
    steps: MUTUAL_TLS_STEPS,
    requirements: &[],
};

const TLS_POLICY: Advice = Advice {
    title: "Custom domain names should not accept TLS 1.0",
    what_to_do: "Set the security policy of the domain to TLS_1_2, after checking in the access logs that no \
                 caller needs an older version.",
    severity: "LOW",
    steps: "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html",
    requirements: &[],
};

const PRIVATE_FRONT_DOOR: Advice = Advice {
    title: "Private APIs should be reachable only through a load balancer that verifies client certificates",
    what_to_do: "Limit the resource policy to the VPC endpoint and deploy the API, let the endpoint's security \
                 group admit only the security group of the load balancer, and let every listener that \
                 forwards there verify client certificates.",
    severity: "CRITICAL if the trust store was removed, HIGH for every bypass, otherwise MEDIUM",
    steps: "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html",
    requirements: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_one_sentence_that_fits_security_hub() {
        for check in Check::ALL {
            let Advice { title, what_to_do, steps, .. } = check.advice();
            assert!(!title.ends_with('.') && title.len() <= 256, "{check}");
            assert!(what_to_do.len() <= 512 && what_to_do.ends_with('.'), "{check}");
            assert_eq!(what_to_do.matches(". ").count(), 0, "{check}: one sentence");
            assert!(steps.starts_with("https://docs.aws.amazon.com/"), "{check}");
        }
    }
}
