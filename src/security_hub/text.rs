use crate::checks::Check;
use crate::quote::brief;
use crate::security_hub::asff::{Recommendation, Remediation};

/// The finding type, from Security Hub's taxonomy.
pub(crate) const TYPE: &str = "Software and Configuration Checks/AWS Security Best Practices";

/// The title of the finding about what could not be evaluated.
pub(crate) const INCOMPLETE: &str = "All API Gateway stages should be evaluated by stagecert";

const CERTIFICATES: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html";

/// What to do if the check does not apply.
pub(crate) fn nothing_to_do(check: Check) -> Remediation {
    if check.is_of_front_door() {
        return remediation(check, "Nothing: the check does not apply to this resource.");
    }
    let text = "Nothing: the check does not apply to this stage.".into();
    Remediation { recommendation: Recommendation { text, url: CERTIFICATES } }
}

/// What to do if an exemption is in force for the check.
pub(crate) fn exempt() -> Remediation {
    let text = "Nothing until the exemption ends: see the description.".into();
    Remediation { recommendation: Recommendation { text, url: CERTIFICATES } }
}

/// What to do if it is unknown whether the stage can have a certificate at all.
pub(crate) fn record_api() -> Remediation {
    let text = "Have AWS Config record AWS::ApiGatewayV2::Api: only then is it known whether this stage belongs to a WebSocket or \
                an HTTP API. The stages of HTTP APIs need no client certificate.";
    let url = "https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html";
    Remediation { recommendation: Recommendation { text: text.into(), url } }
}

/// What to do about a check, and AWS's page with the steps.
pub(crate) fn remediation(check: Check, what_to_do: &str) -> Remediation {
    let url = check.advice().steps;
    Remediation { recommendation: Recommendation { text: what_to_do.into(), url } }
}

/// The first `most` characters, printable, and marked where there were more.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let fits = text.chars().nth(most).is_none();
    brief(text, if fits { most } else { most.saturating_sub(3) })
}

/// The requirements to which Security Hub relates its own control APIGateway.2.
pub(crate) fn requirements(check: Check) -> Vec<String> {
    check.advice().requirements.iter().map(|requirement| (*requirement).to_owned()).collect()
}
