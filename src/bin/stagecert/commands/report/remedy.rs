//! Remediation steps for a stage: commands in an order that never causes a backend to reject
//! requests.

use stagecert::checks::Check;
use stagecert::checks::finding::Finding;
use stagecert::checks::stage::{certificate_attached, certificate_expiry, certificate_unique};
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::parameters::Parameters;
use stagecert::resources::backend::StageBackends;
use stagecert::resources::certificate_id::{CertificateId, CertificateKind};
use stagecert::resources::stage_arn::StageType;

use super::failed::Failed;
use super::named_backends::Named;
use super::shell::{AwsCommand, tag_list, tag_map};
use super::stage_commands::StageCommands;
use super::step::{Remedy, Step};

/// The checks about a certificate. A new certificate has an owner tag too.
const CERTIFICATE: &[Check] =
    &[Check::CertificateAttached, Check::CertificateExpiry, Check::CertificateUnique, Check::OwnerTag];

/// The remedies for a stage; empty if there is nothing to do.
///
/// `backends` are those of the stage, if they are known.
pub(in crate::commands) fn remedies(
    evaluated: &EvaluatedStage,
    backends: Option<&StageBackends>,
    parameters: &Parameters,
) -> Vec<Remedy> {
    let failed = Failed::of(evaluated);
    let problem = Problem { evaluated, parameters, failed: &failed, backends: Named::of(backends) };
    let mut remedies = Vec::new();
    if failed.is_of_unknown_api() {
        let text = "Record AWS::ApiGatewayV2::Api in AWS Config and scan again: stages of HTTP APIs need no certificate.";
        let steps = vec![Step::new(text, vec![])];
        let title = "Record the API in AWS Config";
        remedies.push(Remedy { title, checks: CERTIFICATE, steps, backends: None });
    } else if failed.needs_certificate() {
        let mut steps = Vec::new();
        let title = match evaluated.certificate() {
            Some(arn) if arn.kind() == CertificateKind::Acm => problem.acm(arn, &mut steps),
            old => problem.generated(old, &mut steps),
        };
        remedies.push(Remedy { title, checks: CERTIFICATE, steps, backends: problem.backends.listed() });
    }
    remedies.extend(problem.attached_after());
    problem.owner(&mut remedies);
    remedies
}

/// What failed for a stage.
pub(super) struct Problem<'a> {
    pub(super) evaluated: &'a EvaluatedStage,
    parameters: &'a Parameters,
    pub(super) failed: &'a Failed<'a>,
    backends: Named,
}

impl Problem<'_> {
    fn generated(&self, old: Option<&CertificateId>, steps: &mut Vec<Step>) -> &'static str {
        let (key, value) = self.tag();
        let generate = self
            .aws("apigateway generate-client-certificate")
            .variable("--description", "NAME", &self.evaluated.stage.arn.label())
            .variable("--tags", "TAGS", &tag_map(key, value))
            .literal("--query clientCertificateId --output text")
            .into_new();
        let note = "Generate a certificate for this stage only and note its ID, which the following steps use as $NEW.";
        let text = format!("{note}{}{}", self.early(), self.value_note());
        steps.push(Step::specific(text, format!("{note}{}", self.general_value_note()), vec![generate]));
        let fetch = self
            .aws("apigateway get-client-certificate")
            .literal("--client-certificate-id \"${NEW:?}\"")
            .literal("--query pemEncodedCertificate --output text > client-certificate.pem");
        steps.push(self.trust(vec![fetch]));
        self.switch(old, steps);
        let old = old.filter(|id| id.kind() == CertificateKind::Generated && self.failed.may_exist());
        steps.push(self.finish(old.map(|id| {
            self.aws("apigateway delete-client-certificate").variable(
                "--client-certificate-id",
                "OLD",
                id.as_str(),
            )
        })));
        match (self.evaluated.certificate().is_some(), self.evaluated.stage.arn.stage_type()) {
            (false, StageType::RestApi) => "Attach a certificate",
            (true, StageType::RestApi) => "Replace the certificate",
            (false, StageType::ApiV2) => "Attach a certificate (WebSocket API)",
            (true, StageType::ApiV2) => "Replace the certificate (WebSocket API)",
        }
    }

    fn acm(&self, arn: &CertificateId, steps: &mut Vec<Step>) -> &'static str {
        let of = |operation| self.aws(operation).variable("--certificate-arn", "OLD", arn.as_str());
        if self.failed.may_exist() {
            let look = of("acm describe-certificate").literal(
                "--query 'Certificate.[Status,Type,NotAfter,RenewalEligibility,RenewalSummary,InUseBy]'",
            );
            let text = "Check the certificate in ACM: its type determines the next step.";
            steps.push(Step::specific(format!("{text}{}", self.early()), text, vec![look]));
        }
        // A renewal under the same ARN fixes only the expiry.
        let in_account_region =
            self.failed.attached.is_none() && !self.failed.unique && self.failed.may_exist();
        if in_account_region {
            let import = of("acm import-certificate")
                .literal("--certificate fileb://certificate.pem")
                .literal("--private-key fileb://private-key.pem")
                .literal("--certificate-chain fileb://chain.pem");
            let text = |make: &str| {
                format!(
                    "If the type is IMPORTED: {make} trust the new certificate in addition to the current one, then import it \
                     under the same ARN. The stage does not change, no deployment is needed, and you can skip the steps below."
                )
            };
            let make = format!("make {}", self.backends);
            steps.push(Step::specific(
                text(&make),
                text("configure every HTTP backend of this stage to"),
                vec![import],
            ));
            steps.push(Step::new(
                "If the type is PRIVATE, and the certificate is eligible for renewal but its renewal is stuck: fix the problem that \
                 RenewalSummary shows, then renew the certificate. It keeps its ARN, and you can skip the steps below.",
                vec![of("acm renew-certificate")],
            ));
        }
        let (key, value) = self.tag();
        let request = self
            .aws("acm request-certificate")
            .literal("--domain-name \"${DOMAIN:?}\" --certificate-authority-arn \"${CA_ARN:?}\"")
            .variable("--tags", "TAGS", &tag_list(key, value))
            .literal("--query CertificateArn --output text")
            .into_new();
        let text = format!(
            "{} a certificate for this stage only from your private CA (set DOMAIN and CA_ARN first), or import \
             one, and note its ARN, which the following steps use as $NEW.",
            if in_account_region { "Otherwise request" } else { "Request" },
        );
        let general = format!("{text}{}", self.general_value_note());
        steps.push(Step::specific(format!("{text}{}", self.value_note()), general, vec![request]));
        let fetch = self
            .aws("acm get-certificate")
            .literal("--certificate-arn \"${NEW:?}\"")
            .literal("--query Certificate --output text > client-certificate.pem");
        steps.push(self.trust(vec![fetch]));
        self.switch(Some(arn), steps);
        let old = self.failed.may_exist().then(|| of("acm delete-certificate"));
        steps.push(self.finish(old));
        match self.evaluated.stage.arn.stage_type() {
            StageType::RestApi if in_account_region => "Renew or replace the ACM certificate",
            StageType::RestApi => "Replace the ACM certificate",
            StageType::ApiV2 if in_account_region => "Renew or replace the ACM certificate (WebSocket API)",
            StageType::ApiV2 => "Replace the ACM certificate (WebSocket API)",
        }
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

    fn trust(&self, commands: Vec<AwsCommand>) -> Step {
        let rest = if self.evaluated.certificate().is_some() {
            "trust the new certificate in addition to the current one. Do not remove the current one yet."
        } else {
            "trust the certificate, but not require it yet."
        };
        let text = format!("Make {} {rest}{}", self.backends, self.backends.without_tls());
        Step::specific(text, format!("Make every HTTP backend of this stage {rest}"), commands)
    }

    /// What to do if the certificate was attached after the deployment: it may not be presented.
    fn attached_after(&self) -> Option<Remedy> {
        let after = self.evaluated.result.iter().flatten().find_map(|finding| match finding {
            Finding::CertificateAttached(certificate_attached::Answer::Attached {
                after_deployment, ..
            }) => after_deployment.as_ref(),
            _ => None,
        });
        let deployment = after.filter(|_| !self.failed.needs_certificate())?;
        let rest = "AWS's documentation is contradictory about whether the API has to be redeployed before the certificate is \
                    presented: verify at the backend that the certificate arrives. If it does not, review all other changes to \
                    the API, because they are deployed as well, and redeploy.";
        let step = Step::specific(
            format!("The certificate was attached after deployment {deployment}. {rest}"),
            format!("The certificate was attached after the stage's deployment. {rest}"),
            vec![self.stage().deploy()],
        );
        let title = "Verify that the certificate is presented";
        Some(Remedy { title, checks: &[], steps: vec![step], backends: self.backends.listed() })
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
        let general = format!("{deploy} If the stage has a canary, promote or delete it first.");
        if self.evaluated.stage.has_canary() {
            deploy.push_str(" This stage has a canary: promote or delete it first.");
        }
        steps.push(Step::specific(deploy, general, vec![self.stage().deploy()]));
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
            let text = |backends: &str| {
                format!(
                    "Make {backends} require the certificate. From then on, traffic that bypasses API Gateway is rejected."
                )
            };
            return Step::specific(text(&self.backends.to_string()), text("the backends"), vec![]);
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
        let text = "When no requests with the old certificate arrive anymore, remove it from the backends' trust stores and delete it.";
        let general = format!("{text} First replace it on every other stage that presents it.");
        Step::specific(format!("{text}{shared}"), general, vec![delete])
    }

    /// The tag to set: the first of ownerTagKeys, and the known owner or a placeholder.
    pub(super) fn tag(&self) -> (&str, &str) {
        let key = self.parameters.owner_tag.keys.first().map_or("owner", String::as_str);
        (key, self.evaluated.owner.as_deref().unwrap_or("TEAM"))
    }

    pub(super) fn value_note(&self) -> &'static str {
        match (&self.evaluated.owner, &self.parameters.owner_tag.pattern) {
            (Some(_), _) => "",
            (None, None) => " Replace TEAM with the owner.",
            (None, Some(_)) => " Replace TEAM with the owner, as a value that matches ownerTagPattern.",
        }
    }

    pub(super) fn general_value_note(&self) -> &'static str {
        match self.parameters.owner_tag.pattern {
            None => " If TAGS has the value TEAM, replace it with the owner.",
            Some(_) => {
                " If TAGS has the value TEAM, replace it with the owner, as a value that matches ownerTagPattern."
            }
        }
    }

    pub(super) fn aws(&self, operation: &'static str) -> AwsCommand {
        AwsCommand::of_stage(operation, self.evaluated.stage.arn.region())
    }

    fn stage(&self) -> StageCommands<'_> {
        StageCommands(&self.evaluated.stage.arn)
    }
}
