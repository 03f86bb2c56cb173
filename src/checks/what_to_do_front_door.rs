//! What to do about a failed front-door check, in one sentence for each reason.

use crate::checks::front_door::{Answer, Reason};

/// The sentence for the most severe problem; `None` if the advice of the check is all there is to
/// say.
pub(crate) fn what_to_do(answer: &Answer) -> Option<&'static str> {
    let reason = answer.problems().first()?.reason;
    TEXTS.iter().find_map(|(it, text)| (*it == reason).then_some(*text))
}

/// Whether this is one of the sentences.
pub(crate) fn is_known(text: &str) -> bool {
    TEXTS.iter().any(|(_, it)| *it == text)
}

const TEXTS: [(Reason, &str); 27] = [
    (
        Reason::Missing,
        "Give the API a custom domain name with mutual TLS and disable its default endpoint, or for a private API \
         put a load balancer in front of its VPC endpoint that verifies client certificates; a WebSocket API can't \
         have mutual TLS, so authorize its callers in another way and leave it out of requireMutualTls.",
    ),
    (
        Reason::DefaultEndpoint,
        "Disable the default endpoint (execute-api) of the API and deploy the API to every stage, because the \
         setting takes effect only with a deployment, after checking in the access logs that no caller uses it.",
    ),
    (
        Reason::OtherDomain,
        "Remove the mapping of the domain without mutual TLS that leads to the API, or enable mutual TLS on that \
         domain.",
    ),
    (
        Reason::OtherRoute,
        "Remove the routing rule of the domain without mutual TLS that leads to the API, or enable mutual TLS on \
         that domain.",
    ),
    (
        Reason::CaExpired,
        "Replace the expired CA in the truststore: upload a file with its successor as a new version and set that \
         version on the domain (for a load balancer, replace the bundle of its trust store), because clients with \
         certificates of the expired CA are rejected; if it has no successor, remove it.",
    ),
    (
        Reason::CaExpiring,
        "Add the successor of the CA that expires to the truststore, next to the old one: upload the file as a new \
         version and set that version on the domain (for a load balancer, replace the bundle of its trust store), \
         and have clients get certificates from the new CA before the old one expires.",
    ),
    (
        Reason::IncompleteChain,
        "Add the missing issuers to the truststore, up to the root, upload the file as a new version, and set that \
         version on the domain (for a load balancer, replace the bundle of its trust store): API Gateway needs the \
         complete chain.",
    ),
    (
        Reason::ChainTooLong,
        "Issue client certificates from a CA that is closer to the root: API Gateway and load balancers accept \
         chains of at most four certificates.",
    ),
    (
        Reason::WeakAlgorithm,
        "Replace the CA by one with an RSA key of at least 2048 bits or a P-256, P-384 or P-521 key, signed with \
         SHA-256 or stronger, and issue new client certificates from it.",
    ),
    (
        Reason::PublicCa,
        "Remove the CA of the public web from the truststore and issue client certificates from your own CA, such \
         as one of AWS Private CA: everyone who has a certificate of the public CA gets in; until then, authorize \
         callers by the subject of their certificate.",
    ),
    (
        Reason::Warnings,
        "Fix what AWS warns of in the truststore, upload the file as a new version, and set that version on the \
         domain: some clients may not be able to access the API.",
    ),
    (
        Reason::NotNewest,
        "Set the newest version of the truststore on the domain if it is meant to be used (an upload to S3 alone \
         changes nothing), or delete that version from the bucket.",
    ),
    (
        Reason::Unpinned,
        "Turn on versioning for the bucket of the truststore, upload the file again, and set its version on the \
         domain, so that nothing but an update of the domain changes who gets in.",
    ),
    (
        Reason::Unreadable,
        "Let the role that evaluates the account read the truststore: add its bucket to truststoreBuckets of the \
         deployment, or permit the role in the policies of the bucket and of its KMS key; until then, check the \
         truststore yourself.",
    ),
    (
        Reason::Expired,
        "Replace the expired certificate of the domain: fix in AWS Certificate Manager what made its renewal fail, \
         or import its successor under the same ARN with the same issuer.",
    ),
    (
        Reason::NotIssued,
        "Find out in AWS Certificate Manager why the certificate of the domain is not issued and fix that, or set \
         an issued certificate for the same name on the domain.",
    ),
    (
        Reason::PendingReimport,
        "Import a certificate again that covers the domain, with the same issuer and names that the ownership \
         verification certificate covers: until then, the domain and its truststore can't be updated.",
    ),
    (
        Reason::PendingOwnershipVerification,
        "Renew the ownership verification certificate in AWS Certificate Manager (usually its DNS validation \
         record is missing), or set another issued one on the domain: until then, the domain and its truststore \
         can't be updated.",
    ),
    (
        Reason::DomainFailed,
        "Find the cause in the status message of the domain in API Gateway, fix it, and update the domain again.",
    ),
    (
        Reason::PolicyOpen,
        "Limit the resource policy of the API to the VPC endpoint behind the load balancer, with a Deny for every \
         other aws:SourceVpce, and deploy the API to every stage.",
    ),
    (
        Reason::EndpointOpen,
        "Give the VPC endpoint a security group that admits port 443 only from the security group of the load \
         balancer, and take that group off everything else.",
    ),
    (
        Reason::ListenerOpen,
        "Set the listener that forwards to the VPC endpoint to HTTPS with mutual authentication in mode verify, or \
         remove it or its rule.",
    ),
    (
        Reason::IgnoresExpiry,
        "Stop ignoring the expiry of client certificates on the listener, after replacing the client certificates \
         that have expired.",
    ),
    (
        Reason::TrustStoreRemoved,
        "Set another trust store on the listener, or have the account that owns the trust store share it again.",
    ),
    (
        Reason::CrlExpired,
        "Add the current revocation list of the CA to the trust store of the load balancer and remove the old \
         one, and repeat this before each next update.",
    ),
    (
        Reason::NoLoadBalancer,
        "Register the current addresses of the VPC endpoint as targets of a load balancer whose listeners verify \
         client certificates: the addresses change when the endpoint's subnets do.",
    ),
    (
        Reason::Undetermined,
        "Let the role that evaluates the account read what the reason names, replace what is damaged, or write the \
         quoted statement of the policy in the form that AWS documents for VPC endpoints; until then, check it \
         yourself, because it may let callers in.",
    ),
];

#[cfg(test)]
#[path = "what_to_do_front_door_tests.rs"]
mod tests;
