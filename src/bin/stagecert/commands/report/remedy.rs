//! Remediation steps for a stage: commands in an order that never causes a backend to reject
//! requests.

use stagecert::checks::finding::Finding;
use stagecert::checks::owner_tag::{self, OwnerTagOn};
use stagecert::checks::stage::{certificate_attached, certificate_expiry, certificate_unique};
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::parameters::Parameters;
use stagecert::resources::certificate_id::{CertificateId, CertificateKind};
use stagecert::resources::stage_arn::StageType;

use super::failed::Failed;
use super::shell::{AwsCommand, tag_list, tag_map};
use super::stage_commands::StageCommands;

/// A remediation step: an instruction and its commands.
#[derive(Debug)]
pub(in crate::commands) struct Step {
    pub(in crate::commands) text: String,
    pub(in crate::commands) commands: Vec<String>,
}

impl Step {
    fn new(text: impl Into<String>, commands: Vec<String>) -> Self {
        Self { text: text.into(), commands }
    }
}

/// The steps for a stage; empty if no check failed.
pub(in crate::commands) fn steps(evaluated: &EvaluatedStage, parameters: &Parameters) -> Vec<Step> {
    let failed = Failed::of(evaluated);
    let remedy = Remedy { evaluated, parameters, failed: &failed };
    let mut steps = Vec::new();
    if failed.is_of_unknown_api() {
        let text = "Record AWS::ApiGatewayV2::Api in AWS Config and scan again: stages of HTTP APIs need no certificate.";
        steps.push(Step::new(text, vec![]));
    } else if failed.needs_certificate() {
        match evaluated.certificate() {
            Some(arn) if arn.kind() == CertificateKind::Acm => remedy.acm(arn, &mut steps),
            old => remedy.generated(old, &mut steps),
        }
    }
    remedy.attached_after(&mut steps);
    remedy.owner(&mut steps);
    steps
}

struct Remedy<'a> {
    evaluated: &'a EvaluatedStage,
    parameters: &'a Parameters,
    failed: &'a Failed<'a>,
}

impl Remedy<'_> {
    fn generated(&self, old: Option<&CertificateId>, steps: &mut Vec<Step>) {
        let (key, value) = self.tag();
        let generate = self
            .aws("apigateway generate-client-certificate")
            .option("--description", &self.evaluated.stage.arn.label())
            .option("--tags", &tag_map(key, value))
            .literal("--query clientCertificateId --output text")
            .into_new();
        let note = "Generate a certificate for this stage only and note its ID, which the following steps use as $NEW.";
        steps.push(Step::new(format!("{note}{}{}", self.early(), self.value_note()), vec![generate]));
        let fetch = self
            .aws("apigateway get-client-certificate")
            .literal("--client-certificate-id \"${NEW:?}\"")
            .literal("--query pemEncodedCertificate --output text > client-certificate.pem");
        steps.push(self.trust(vec![fetch.text()]));
        self.switch(old, steps);
        let old = old.filter(|id| id.kind() == CertificateKind::Generated && self.failed.may_exist());
        steps.push(self.finish(old.map(|id| {
            self.aws("apigateway delete-client-certificate").option("--client-certificate-id", id.as_str())
        })));
    }

    fn acm(&self, arn: &CertificateId, steps: &mut Vec<Step>) {
        let of = |operation| self.aws(operation).option("--certificate-arn", arn.as_str());
        if self.failed.may_exist() {
            let look = of("acm describe-certificate").literal(
                "--query 'Certificate.[Status,Type,NotAfter,RenewalEligibility,RenewalSummary,InUseBy]'",
            );
            let text = "Check the certificate in ACM: its type determines the next step.";
            steps.push(Step::new(format!("{text}{}", self.early()), vec![look.text()]));
        }
        // A renewal under the same ARN fixes only the expiry.
        let in_account_region =
            self.failed.attached.is_none() && !self.failed.unique && self.failed.may_exist();
        if in_account_region {
            let import = of("acm import-certificate")
                .literal("--certificate fileb://certificate.pem")
                .literal("--private-key fileb://private-key.pem")
                .literal("--certificate-chain fileb://chain.pem");
            steps.push(Step::new(
                "If the type is IMPORTED: configure every HTTP backend of this stage to trust the new certificate in addition to \
                 the current one, then import it under the same ARN. The stage does not change, no deployment is needed, and \
                 you can skip the steps below.",
                vec![import.text()],
            ));
            steps.push(Step::new(
                "If the type is PRIVATE, and the certificate is eligible for renewal but its renewal is stuck: fix the problem that \
                 RenewalSummary shows, then renew the certificate. It keeps its ARN, and you can skip the steps below.",
                vec![of("acm renew-certificate").text()],
            ));
        }
        let (key, value) = self.tag();
        let request = self
            .aws("acm request-certificate")
            .literal("--domain-name \"${DOMAIN:?}\" --certificate-authority-arn \"${CA_ARN:?}\"")
            .option("--tags", &tag_list(key, value))
            .literal("--query CertificateArn --output text")
            .into_new();
        steps.push(Step::new(
            format!(
                "{} a certificate for this stage only from your private CA (set DOMAIN and CA_ARN first), or import \
                 one, and note its ARN, which the following steps use as $NEW.{}",
                if in_account_region { "Otherwise request" } else { "Request" },
                self.value_note()
            ),
            vec![request],
        ));
        let fetch = self
            .aws("acm get-certificate")
            .literal("--certificate-arn \"${NEW:?}\"")
            .literal("--query Certificate --output text > client-certificate.pem");
        steps.push(self.trust(vec![fetch.text()]));
        self.switch(Some(arn), steps);
        let old = self.failed.may_exist().then(|| of("acm delete-certificate"));
        steps.push(self.finish(old));
    }

    /// A note for the first step about the current certificate.
    fn early(&self) -> String {
        match self.failed.expiry {
            Some(certificate_expiry::Answer::Expired { .. }) => {
                " Backends that require the current certificate reject all requests now.".into()
            }
            Some(certificate_expiry::Answer::NotYetValid { not_before, .. }) => {
                format!(
                    " The current certificate becomes valid at {not_before}; alternatively, wait until then."
                )
            }
            _ => String::new(),
        }
    }

    fn trust(&self, commands: Vec<String>) -> Step {
        let text = if self.evaluated.certificate().is_some() {
            "Configure every HTTP backend of this stage to trust the new certificate in addition to the current one. Do not \
             remove the current one yet."
        } else {
            "Configure every HTTP backend of this stage to trust the certificate, but not to require it yet."
        };
        Step::new(text, commands)
    }

    /// Adds a step if the certificate was attached after the deployment: it may not be presented
    /// yet.
    fn attached_after(&self, steps: &mut Vec<Step>) {
        let after = self.evaluated.result.iter().flatten().find_map(|finding| match finding {
            Finding::CertificateAttached(certificate_attached::Answer::Attached {
                after_deployment, ..
            }) => after_deployment.as_ref(),
            _ => None,
        });
        if let Some(deployment) = after.filter(|_| !self.failed.needs_certificate()) {
            steps.push(Step::new(
                format!(
                    "The certificate was attached after deployment {deployment}. AWS's documentation is contradictory about \
                     whether the API has to be redeployed before the certificate is presented: verify at the backend that the \
                     certificate arrives. If it does not, review all other changes to the API, because they are deployed as well, \
                     and redeploy."
                ),
                vec![self.stage().deploy()],
            ));
        }
    }

    /// Adds the steps that attach the certificate, deploy the API and monitor the result.
    fn switch(&self, old: Option<&CertificateId>, steps: &mut Vec<Step>) {
        let mut attach = String::from("Attach the certificate to the stage.");
        if self.parameters.certificate_attached.certificate_ids.is_some() {
            attach.push_str(" Add it to the rule parameter certificateIds: otherwise the check still fails.");
        }
        steps.push(Step::new(attach, vec![self.stage().attach_new()]));
        let mut deploy = String::from(
            "Redeploy the API to the stage: according to API Gateway's documentation, if the API has been deployed before, the change \
             takes effect only after redeployment. This deploys the current state of the API, so first make sure that it contains \
             no unfinished changes.",
        );
        if self.evaluated.stage.has_canary() {
            deploy.push_str(" This stage has a canary: promote or delete it first.");
        }
        steps.push(Step::new(deploy, vec![self.stage().deploy()]));
        let mut watch = String::from(
            "Monitor the stage until the backends' TLS logs show the new certificate and the rate of 5XX errors has stayed at its \
             previous level.",
        );
        let mut commands = vec![self.stage().show()];
        if let Some(old) = old.filter(|id| id.is_recognized() && self.failed.may_exist()) {
            watch.push_str(" To roll back, run the second command and redeploy.");
            commands.push(self.stage().attach(old));
        }
        steps.push(Step::new(watch, commands));
    }

    fn finish(&self, delete: Option<AwsCommand>) -> Step {
        let (Some(delete), true) = (delete, self.evaluated.certificate().is_some()) else {
            return Step::new(
                "Configure the backends to require the certificate. From then on, they reject traffic that bypasses API Gateway.",
                vec![],
            );
        };
        let unique = self.evaluated.result.iter().flatten().find_map(|finding| match finding {
            Finding::CertificateUnique(answer) => Some(answer),
            _ => None,
        });
        let shared = match unique {
            Some(certificate_unique::Answer::Unique { .. }) => String::new(),
            Some(certificate_unique::Answer::Shared { peers, peer_count, .. }) => {
                let more = match peer_count.saturating_sub(peers.len()) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!(" First replace it on the other stages that present it: {}{more}.", peers.join(", "))
            }
            _ => " First make sure that no other stage presents it.".into(),
        };
        Step::new(
            format!(
                "When no requests with the old certificate arrive anymore, remove it from the backends' trust stores and delete \
                 it.{shared}"
            ),
            vec![delete.text()],
        )
    }

    fn owner(&self, steps: &mut Vec<Step>) {
        let Some(owner_tag::Answer::Unowned { unowned, .. }) = self.failed.owner else { return };
        let (key, value) = self.tag();
        let on = |resource: OwnerTagOn| unowned.iter().any(|it| it.on == resource);
        let arn = &self.evaluated.stage.arn;
        if on(OwnerTagOn::Stage) {
            let tag = match arn.stage_type() {
                StageType::RestApi => "apigateway tag-resource",
                StageType::ApiV2 => "apigatewayv2 tag-resource",
            };
            let tag =
                self.aws(tag).option("--resource-arn", arn.as_str()).option("--tags", &tag_map(key, value));
            steps.push(Step::new(
                format!("Tag the stage with its owner.{}", self.value_note()),
                vec![tag.text()],
            ));
        }
        // A new certificate is tagged when it is created.
        let certificate = self.evaluated.certificate().filter(|id| {
            on(OwnerTagOn::Certificate) && id.is_recognized() && !self.failed.needs_certificate()
        });
        if let Some(id) = certificate {
            let tag = match id.kind() {
                CertificateKind::Acm => self
                    .aws("acm add-tags-to-certificate")
                    .option("--certificate-arn", id.as_str())
                    .option("--tags", &tag_list(key, value)),
                _ => self
                    .aws("apigateway tag-resource")
                    .option(
                        "--resource-arn",
                        &format!(
                            "arn:{}:apigateway:{}::/clientcertificates/{id}",
                            arn.partition(),
                            arn.region()
                        ),
                    )
                    .option("--tags", &tag_map(key, value)),
            };
            steps.push(Step::new(
                format!("Tag the certificate with its owner.{}", self.value_note()),
                vec![tag.text()],
            ));
        }
    }

    /// The tag to set: the first of ownerTagKeys, and the known owner or a placeholder.
    fn tag(&self) -> (&str, &str) {
        let key = self.parameters.owner_tag.keys.first().map_or("owner", String::as_str);
        (key, self.evaluated.owner.as_deref().unwrap_or("TEAM"))
    }

    fn value_note(&self) -> &'static str {
        match (&self.evaluated.owner, &self.parameters.owner_tag.pattern) {
            (Some(_), _) => "",
            (None, None) => " Replace TEAM with the owner.",
            (None, Some(_)) => " Replace TEAM with the owner, as a value that matches ownerTagPattern.",
        }
    }

    fn aws(&self, operation: &'static str) -> AwsCommand {
        AwsCommand::new(operation, self.evaluated.stage.arn.region())
    }

    fn stage(&self) -> StageCommands<'_> {
        StageCommands(&self.evaluated.stage.arn)
    }
}
