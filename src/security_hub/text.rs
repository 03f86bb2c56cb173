use super::asff::{Recommendation, Remediation};
use crate::checks::Check;
use crate::quote::brief;

/// Of Security Hub's taxonomy of finding types.
pub(crate) const TYPE: &str = "Software and Configuration Checks/AWS Security Best Practices";

/// The title of the finding about what could not be judged.
pub(crate) const INCOMPLETE: &str = "All API Gateway stages should be judged by stagecert";

/// What should be: Security Hub groups findings by their title, so it is the check's and never a stage's.
pub(crate) fn title(check: Check) -> &'static str {
    match check {
        Check::CertificateAttached => {
            "API Gateway stages with HTTP backends should present a client certificate that exists"
        }
        Check::CertificateExpiry => {
            "Client certificates of API Gateway stages should be valid for longer than the expiry window"
        }
        Check::CertificateUnique => "API Gateway stages should not share a client certificate",
        Check::OwnerTag => "API Gateway stages and their client certificates should carry an owner tag",
    }
}

/// The requirements that Security Hub's own control APIGateway.2 is related to. It asks about certificates, not owners.
pub(crate) fn related_requirements(check: Check) -> Vec<String> {
    const NIST_800_53_R5: [&str; 12] = [
        "AC-17(2)", "AC-4", "IA-5(1)", "SC-12(3)", "SC-13", "SC-23", "SC-23(3)", "SC-7(4)", "SC-8",
        "SC-8(1)", "SC-8(2)", "SI-7(6)",
    ];
    match check {
        Check::CertificateAttached | Check::CertificateExpiry | Check::CertificateUnique => {
            let revision_5 = NIST_800_53_R5.iter().map(|control| format!("NIST.800-53.r5 {control}"));
            revision_5.chain(["NIST.800-171.r2 3.13.15".to_owned()]).collect()
        }
        Check::OwnerTag => vec![],
    }
}

const CERTIFICATES: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html";

/// Where the check does not apply.
pub(crate) fn nothing_to_do() -> Remediation {
    let text = "Nothing: the check does not apply to this stage.".into();
    Remediation { recommendation: Recommendation { text, url: CERTIFICATES } }
}

/// Where it isn't known whether the stage can have a certificate at all.
pub(crate) fn record_api() -> Remediation {
    let text = "Have AWS Config record AWS::ApiGatewayV2::Api: only then is it known whether this stage belongs to a WebSocket or \
                an HTTP API. The stages of HTTP APIs need no client certificate.";
    let url = "https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html";
    Remediation { recommendation: Recommendation { text: text.into(), url } }
}

/// What to do, in at most 512 characters, and AWS's page about it.
pub(crate) fn remediation(check: Check) -> Remediation {
    const TAGS: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging.html";
    let (text, url) = match check {
        Check::CertificateAttached => (
            "Generate a client certificate, make the backend trust it and attach it to the stage. See requests arrive with it before \
             the backend demands it; AWS's pages disagree on whether the API has to be redeployed first: if they don't, redeploy it \
             after review.",
            CERTIFICATES,
        ),
        Check::CertificateExpiry => (
            "Generate the next certificate, make the backend trust the old and the new one, attach the new one to the stage and \
             redeploy the API. When the backend accepts it, delete the old one.",
            CERTIFICATES,
        ),
        Check::CertificateUnique => (
            "Generate a certificate for each stage, make each backend trust its own stage's beside the shared one, attach them \
             and redeploy stage by stage. Then delete the shared one.",
            CERTIFICATES,
        ),
        Check::OwnerTag => (
            "Tag the stage and its client certificate with their owner. A tag on the API alone does not count: \
             API Gateway does not pass it on to the stage.",
            TAGS,
        ),
    };
    let text = format!("{text} `stagecert explain {check}` shows the commands.");
    Remediation { recommendation: Recommendation { text, url } }
}

/// The first `most` characters, printable, and marked where there were more.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let fits = text.chars().nth(most).is_none();
    brief(text, if fits { most } else { most.saturating_sub(3) })
}
