//! What to do about the problems of an API or a domain, with the commands.

use stagecert::checks::finding::Finding;
use stagecert::checks::front_door::Reason;
use stagecert::evaluation::front_door::{EvaluatedResource, Expires, FrontDoorSubject};
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::api::{ApiArn, ApiType};
use stagecert::resources::domain_name::DomainKey;
use stagecert::resources::entry_point::EntryPointKind;

use crate::commands::report::shell::AwsCommand;
use crate::front_door_words::of;

/// The number of domains and listeners for which commands are shown; the rest are only counted.
const MAX_COMMANDS: usize = 5;
/// A change of the API that callers don't notice yet.
const TAKES_EFFECT: &str = "It takes effect with the next deployment of each stage, which also deploys every other change of the API.";

/// A step, and its commands.
#[derive(Debug)]
pub(in crate::commands) struct FixStep {
    pub(in crate::commands) text: String,
    pub(in crate::commands) commands: Vec<AwsCommand>,
}

impl FixStep {
    fn new(text: impl Into<String>, commands: Vec<AwsCommand>) -> Self {
        Self { text: text.into(), commands }
    }
}

/// The steps for these failed findings, one per reason.
pub(in crate::commands) fn steps(
    resource: &EvaluatedResource,
    failed: &[&Finding],
    account_region: &AccountRegion,
) -> Vec<FixStep> {
    let mut reasons: Vec<Reason> = Vec::new();
    for problem in failed.iter().flat_map(|finding| of(finding)) {
        if !reasons.contains(&problem.reason) {
            reasons.push(problem.reason);
        }
    }
    // Until these are solved, API Gateway accepts no other change of the domain.
    reasons.sort_by_key(|reason| {
        !matches!(reason, Reason::PendingReimport | Reason::PendingOwnershipVerification)
    });
    let context = Context { resource, region: &account_region.region };
    let mut steps: Vec<FixStep> = Vec::new();
    for step in reasons.into_iter().map(|reason| context.step(reason)) {
        // Several reasons may have one step.
        if !steps.iter().any(|known| known.text == step.text) {
            steps.push(step);
        }
    }
    steps
}

struct Context<'a> {
    resource: &'a EvaluatedResource,
    region: &'a str,
}

impl Context<'_> {
    fn step(&self, reason: Reason) -> FixStep {
        match &self.resource.subject {
            FrontDoorSubject::Api(arn) => self.of_api(arn, reason),
            FrontDoorSubject::DomainName(key) => self.of_domain(key, reason),
        }
    }

    fn of_api(&self, arn: &ApiArn, reason: Reason) -> FixStep {
        match reason {
            Reason::Missing => FixStep::new(
                "Put a custom domain name that requires a certificate in front of the API, or for a private API a load \
                 balancer that verifies. Then close every other way. A WebSocket API can't have mutual TLS: leave it \
                 out of requireMutualTls.",
                vec![],
            ),
            Reason::DefaultEndpoint => self.disable_default_endpoint(arn),
            Reason::OtherDomain | Reason::OtherRoute => self.guard_domains(),
            Reason::ListenerOpen => FixStep::new(
                "Make each listener that forwards to the API verify certificates over HTTPS; delete those that \
                 can't, such as one on port 80, or let them redirect.",
                self.guard_listeners(),
            ),
            Reason::IgnoresExpiry => FixStep::new(
                "Make the listener refuse expired certificates: modify it with IgnoreClientCertificateExpiry=false.",
                vec![],
            ),
            Reason::TrustStoreRemoved => FixStep::new(
                "Share the trust store with this account again, or associate another one with the listener.",
                vec![],
            ),
            Reason::CrlExpired => {
                FixStep::new("Publish a current revocation list, and replace it in the trust store.", vec![])
            }
            Reason::PolicyOpen => FixStep::new(
                format!(
                    "Limit the resource policy to the VPC endpoint behind the load balancer: an Allow, and a Deny \
                     with StringNotEquals for aws:SourceVpce. {TAKES_EFFECT}"
                ),
                vec![
                    self.aws("apigateway get-rest-api")
                        .option("--rest-api-id", arn.id())
                        .literal("--query policy"),
                ],
            ),
            Reason::EndpointOpen => FixStep::new(
                "Admit only the load balancer's security group to the VPC endpoint, on port 443: remove ranges of \
                 addresses, prefix lists and other groups, and give the group to nothing else.",
                vec![],
            ),
            Reason::NoLoadBalancer => FixStep::new(
                "Register the current addresses of the VPC endpoint as targets of the load balancer, or remove the \
                 endpoint from the resource policy.",
                vec![],
            ),
            // The trust store of a listener.
            Reason::CaExpired
            | Reason::CaExpiring
            | Reason::IncompleteChain
            | Reason::ChainTooLong
            | Reason::WeakAlgorithm
            | Reason::PublicCa => FixStep::new(
                "Correct the bundle of the listener's trust store: it needs your own current CAs, each with its \
                 issuers, and no others.",
                vec![
                    self.aws("elbv2 modify-trust-store")
                        .literal("--trust-store-arn \"${TRUST_STORE_ARN:?}\"")
                        .literal("--ca-certificates-bundle-s3-bucket \"${BUCKET:?}\"")
                        .literal("--ca-certificates-bundle-s3-key \"${KEY:?}\""),
                ],
            ),
            _ => unknown(),
        }
    }

    fn of_domain(&self, key: &DomainKey, reason: Reason) -> FixStep {
        let current = || self.domain("apigateway get-domain-name", key);
        match reason {
            Reason::CaExpired | Reason::CaExpiring | Reason::IncompleteChain | Reason::ChainTooLong
            | Reason::WeakAlgorithm | Reason::PublicCa | Reason::Warnings => FixStep::new(
                "Upload a corrected truststore as a new version: your own current CAs, each with its issuers, and no \
                 others; keep an old CA for as long as clients use it. Then pin that version: an upload alone \
                 changes nothing.",
                vec![
                    current().literal("--query mutualTlsAuthentication"),
                    self.aws("s3api put-object")
                        .literal("--bucket \"${BUCKET:?}\" --key \"${KEY:?}\" --body truststore.pem")
                        .literal("--query VersionId --output text")
                        .into_new(),
                    self.pin(key),
                ],
            ),
            Reason::NotNewest | Reason::Unpinned => FixStep::new(
                "Review the newest version of the truststore in S3, and pin the one that you want, as $NEW. A bucket \
                 without versions has to get them first.",
                vec![
                    current().literal("--query mutualTlsAuthentication"),
                    self.aws("s3api list-object-versions")
                        .literal("--bucket \"${BUCKET:?}\" --prefix \"${KEY:?}\""),
                    self.pin(key),
                ],
            ),
            Reason::Unreadable => FixStep::new(
                "Allow stagecert to read the truststore. Until then, nothing is known about its CAs.",
                vec![],
            ),
            Reason::Expired | Reason::Expiring | Reason::NotIssued => FixStep::new(
                "Renew the certificate, or import a new one under the same ARN. If ACM renews it, fix what \
                 RenewalSummary shows.",
                self.certificates(),
            ),
            Reason::PendingReimport => FixStep::new(
                "Import a server certificate again that covers the domain and that the ownership verification \
                 certificate covers.",
                self.certificates(),
            ),
            Reason::PendingOwnershipVerification => FixStep::new(
                "Get a new ownership verification certificate from ACM, and attach it. Until then, the domain \
                 can't be changed.",
                vec![
                    self.domain("apigateway update-domain-name", key).literal(
                        "--patch-operations \"op=replace,path=/ownershipVerificationCertificateArn,value=${CERTIFICATE_ARN:?}\"",
                    ),
                ],
            ),
            Reason::DomainFailed => FixStep::new(
                "Find out why the domain failed, and create it again if necessary.",
                vec![current().literal("--query '[domainNameStatus,domainNameStatusMessage]'")],
            ),
            // An enhanced policy would rule out mutual TLS.
            Reason::Tls10 => FixStep::new(
                "Set the security policy TLS_1_2, once no client needs TLS 1.0. The change takes about 15 minutes.",
                vec![
                    self.domain("apigateway update-domain-name", key)
                        .literal("--patch-operations op=replace,path=/securityPolicy,value=TLS_1_2"),
                ],
            ),
            _ => unknown(),
        }
    }

    fn disable_default_endpoint(&self, arn: &ApiArn) -> FixStep {
        let text = "Disable the default endpoint, once no caller uses it.";
        match arn.api_type() {
            ApiType::Rest => FixStep::new(
                format!("{text} {TAKES_EFFECT}"),
                vec![
                    self.aws("apigateway update-rest-api")
                        .option("--rest-api-id", arn.id())
                        .literal("--patch-operations op=replace,path=/disableExecuteApiEndpoint,value=true"),
                ],
            ),
            ApiType::V2 => FixStep::new(
                format!("{text} Without automatic deployment, it takes effect with the next deployment."),
                vec![
                    self.aws("apigatewayv2 update-api")
                        .option("--api-id", arn.id())
                        .literal("--disable-execute-api-endpoint"),
                ],
            ),
        }
    }

    /// Mutual TLS for the domains that require no certificate.
    fn guard_domains(&self) -> FixStep {
        let mut domains: Vec<&str> = Vec::new();
        for way in self.resource.entry_points.iter().filter(|it| !it.requires_certificate) {
            if let EntryPointKind::Mapping { domain, .. } | EntryPointKind::RoutingRule { domain, .. } =
                &way.kind
                && !domains.contains(&domain.as_str())
            {
                domains.push(domain);
            }
        }
        let command = |domain: &&str| {
            self.aws("apigateway update-domain-name").option("--domain-name", domain).literal(
                "--patch-operations \"op=replace,path=/mutualTlsAuthentication/truststoreUri,value=${TRUSTSTORE_URI:?}\" \\\n  \
                 \"op=replace,path=/mutualTlsAuthentication/truststoreVersion,value=${VERSION:?}\"",
            )
        };
        FixStep::new(
            "Require a certificate at the other domains too, or delete what leads from them to the API. Mutual TLS \
             needs a Regional domain with the security policy TLS_1_2.",
            domains.iter().take(MAX_COMMANDS).map(command).collect(),
        )
    }

    /// Verification for the listeners that don't verify.
    fn guard_listeners(&self) -> Vec<AwsCommand> {
        let open = self.resource.entry_points.iter().filter(|it| !it.requires_certificate);
        let listeners = open.filter_map(|it| match &it.kind {
            EntryPointKind::Listener { listener, .. } => Some(listener),
            _ => None,
        });
        let command = |listener: &String| {
            self.aws("elbv2 modify-listener").option("--listener-arn", listener).literal(
                "--mutual-authentication \"Mode=verify,TrustStoreArn=${TRUST_STORE_ARN:?},IgnoreClientCertificateExpiry=false\"",
            )
        };
        listeners.take(MAX_COMMANDS).map(command).collect()
    }

    /// Shows the state of the domain's certificates.
    fn certificates(&self) -> Vec<AwsCommand> {
        let certificates = self.resource.dates.iter().filter(|date| date.what != Expires::Ca);
        let command = |arn: &String| {
            // The certificate of an edge-optimized domain is in another Region.
            let region = arn.split(':').nth(3).unwrap_or(self.region);
            AwsCommand::new("acm describe-certificate", region)
                .option("--certificate-arn", arn)
                .literal("--query 'Certificate.[Status,Type,NotAfter,RenewalEligibility,RenewalSummary]'")
        };
        certificates.map(|date| command(&date.certificate)).collect()
    }

    /// Pins the version in the shell variable `NEW`.
    fn pin(&self, key: &DomainKey) -> AwsCommand {
        self.domain("apigateway update-domain-name", key).literal(
            "--patch-operations \"op=replace,path=/mutualTlsAuthentication/truststoreVersion,value=${NEW:?}\"",
        )
    }

    fn domain(&self, operation: &'static str, key: &DomainKey) -> AwsCommand {
        let command = self.aws(operation).option("--domain-name", &key.name);
        match &key.id {
            // Without the id, the command is about the public domain of the same name.
            Some(id) => command.option("--domain-name-id", id),
            None => command,
        }
    }

    fn aws(&self, operation: &'static str) -> AwsCommand {
        AwsCommand::new(operation, self.region)
    }
}

fn unknown() -> FixStep {
    FixStep::new(
        "Allow stagecert to read what it could not, or check by hand what the problem names: until then, it doesn't \
         count as passed.",
        vec![],
    )
}
