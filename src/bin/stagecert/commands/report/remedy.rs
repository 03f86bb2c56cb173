//! What to do about a stage's findings: commands for that stage, in an order in which no request is refused on the way.

use stagecert::checks::finding::Finding;
use stagecert::checks::owner_tag::{self, OwnerTagOn};
use stagecert::checks::stage::{certificate_attached, certificate_expiry, certificate_unique};
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::parameters::Parameters;
use stagecert::resources::certificate_id::{CertificateId, CertificateKind};
use stagecert::resources::stage_arn::StageType;

use super::failed::Failed;
use super::shell::{AwsCommand, tag_list, tag_map};
use super::stage_commands::OnStage;

/// One step: what to do, and the commands that do it.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) text: String,
    pub(super) commands: Vec<String>,
}

impl Step {
    fn new(text: impl Into<String>, commands: Vec<String>) -> Self {
        Self { text: text.into(), commands }
    }
}

/// The steps for a stage, or none where nothing failed.
pub(super) fn steps(evaluated: &EvaluatedStage, parameters: &Parameters) -> Vec<Step> {
    let failed = Failed::of(evaluated);
    let remedy = Remedy { evaluated, parameters, failed: &failed };
    let mut steps = Vec::new();
    if failed.is_of_unknown_api() {
        let text = "Have AWS Config record AWS::ApiGatewayV2::Api and scan again: the stages of HTTP APIs need no certificate.";
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
        let note =
            "Generate a certificate for this stage alone and note its id: the steps below call it $NEW.";
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
            let text = "See what ACM says of the certificate: its type decides what comes next.";
            steps.push(Step::new(format!("{text}{}", self.early()), vec![look.text()]));
        }
        // What else is wrong with it stays wrong under the same ARN.
        let in_account_region =
            self.failed.attached.is_none() && !self.failed.unique && self.failed.may_exist();
        if in_account_region {
            let import = of("acm import-certificate")
                .literal("--certificate fileb://certificate.pem")
                .literal("--private-key fileb://private-key.pem")
                .literal("--certificate-chain fileb://chain.pem");
            steps.push(Step::new(
                "Is the type IMPORTED: have every HTTP backend of this stage trust the next certificate beside the present one, \
                 then import it under the same ARN. Neither the stage changes nor has it to be deployed, and the steps below fall away.",
                vec![import.text()],
            ));
            steps.push(Step::new(
                "Is it PRIVATE and eligible, and its renewal stuck: mend what RenewalSummary says, then renew it. It keeps its ARN, \
                 and the steps below fall away.",
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
                "{} a certificate for this stage alone from your private CA (set DOMAIN and CA_ARN to yours), or \
                 import one, and note its ARN: the steps below call it $NEW.{}",
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

    /// What an answer has to say before anything is done.
    fn early(&self) -> String {
        match self.failed.expiry {
            Some(certificate_expiry::Answer::Expired { .. }) => {
                " Backends that enforce the present one refuse every request now.".into()
            }
            Some(certificate_expiry::Answer::NotYetValid { not_before, .. }) => {
                format!(" The present one becomes valid at {not_before}: waiting for that is the other way.")
            }
            _ => String::new(),
        }
    }

    fn trust(&self, commands: Vec<String>) -> Step {
        let beside = if self.evaluated.certificate().is_some() {
            "beside the one that they trust now; don't take that away yet"
        } else {
            "without demanding one yet"
        };
        Step::new(format!("Have every HTTP backend of this stage trust it, {beside}."), commands)
    }

    /// A certificate that is newer than what is deployed may not be presented yet.
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
                    "The certificate was attached after deployment {deployment}. AWS's pages disagree on whether the API has to be \
                     redeployed before it is presented: verify at the backend that it arrives. If it doesn't, review what else has \
                     changed in the API, since all of it is deployed, and redeploy."
                ),
                vec![self.stage().deploy()],
            ));
        }
    }

    /// Attach, deploy, watch.
    fn switch(&self, old: Option<&CertificateId>, steps: &mut Vec<Step>) {
        let mut attach = String::from("Attach it to the stage.");
        if self.parameters.certificate_attached.certificate_ids.is_some() {
            attach.push_str(" Add it to the rule parameter certificateIds, or it does not count.");
        }
        steps.push(Step::new(attach, vec![self.stage().attach_new()]));
        let mut deploy = String::from(
            "Deploy the API to the stage again: API Gateway's documentation says that for an API that was deployed before, the \
             change takes effect only then. What is deployed is the API as it is now, so see first that nothing unfinished is in it.",
        );
        if self.evaluated.stage.has_canary() {
            deploy.push_str(" This stage has a canary: promote or end it first.");
        }
        steps.push(Step::new(deploy, vec![self.stage().deploy()]));
        let mut watch = String::from(
            "Watch until all is quiet: the backends' TLS logs show the new certificate, and the stage's 5XX errors stay where they \
             were.",
        );
        let mut commands = vec![self.stage().show()];
        if let Some(old) = old.filter(|id| id.is_recognized() && self.failed.may_exist()) {
            watch.push_str(" The second command is the way back; deploy after it, too.");
            commands.push(self.stage().attach(old));
        }
        steps.push(Step::new(watch, commands));
    }

    fn finish(&self, delete: Option<AwsCommand>) -> Step {
        let (Some(delete), true) = (delete, self.evaluated.certificate().is_some()) else {
            return Step::new(
                "Let the backends demand the certificate: from now on they refuse whoever comes past the gateway.",
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
                format!(" Not before each of these has another one, too: {}{more}.", peers.join(", "))
            }
            _ => " Not before no other stage presents it, either.".into(),
        };
        Step::new(
            format!(
                "When nothing comes with the old certificate any more, let the backends forget it, and delete it.{shared}"
            ),
            vec![delete.text()],
        )
    }

    fn owner(&self, steps: &mut Vec<Step>) {
        let Some(owner_tag::Answer::Unowned { unowned, .. }) = self.failed.owner else { return };
        let (key, value) = self.tag();
        let on = |asked: OwnerTagOn| unowned.iter().any(|it| it.on == asked);
        let arn = &self.evaluated.stage.arn;
        if on(OwnerTagOn::Stage) {
            let tag = match arn.stage_type() {
                StageType::RestApi => "apigateway tag-resource",
                StageType::ApiV2 => "apigatewayv2 tag-resource",
            };
            let tag =
                self.aws(tag).option("--resource-arn", arn.as_str()).option("--tags", &tag_map(key, value));
            steps.push(Step::new(format!("Say who owns the stage.{}", self.value_note()), vec![tag.text()]));
        }
        // The new certificate is tagged when it is made.
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
                format!("Say who owns the certificate.{}", self.value_note()),
                vec![tag.text()],
            ));
        }
    }

    /// The tag to put: the first key that counts, and the owner that is known, or a word to be replaced.
    fn tag(&self) -> (&str, &str) {
        let key = self.parameters.owner_tag.keys.first().map_or("owner", String::as_str);
        (key, self.evaluated.owner.as_deref().unwrap_or("TEAM"))
    }

    fn value_note(&self) -> &'static str {
        match (&self.evaluated.owner, &self.parameters.owner_tag.pattern) {
            (Some(_), _) => "",
            (None, None) => " TEAM stands for the owner.",
            (None, Some(_)) => " TEAM stands for the owner, a value that ownerTagPattern matches.",
        }
    }

    fn aws(&self, operation: &'static str) -> AwsCommand {
        AwsCommand::new(operation, self.evaluated.stage.arn.region())
    }

    fn stage(&self) -> OnStage<'_> {
        OnStage(&self.evaluated.stage.arn)
    }
}
