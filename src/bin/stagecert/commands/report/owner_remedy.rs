//! Tagging a stage and its certificate with their owner.

use stagecert::checks::Check;
use stagecert::checks::owner_tag::{self, OwnerTagOn};
use stagecert::resources::certificate_id::CertificateKind;
use stagecert::resources::stage_arn::StageType;

use super::remedy::Problem;
use super::shell::{AwsCommand, tag_list, tag_map};
use super::step::{Remedy, Step};

const OWNER: &[Check] = &[Check::OwnerTag];

impl Problem<'_> {
    /// Adds what to do about missing owner tags.
    pub(super) fn owner(&self, remedies: &mut Vec<Remedy>) {
        let Some(owner_tag::Answer::Unowned { unowned, .. }) = self.failed.owner else { return };
        let (key, value) = self.tag();
        let on = |resource: OwnerTagOn| unowned.iter().any(|it| it.on == resource);
        let mut push = |title, text: &str, command: AwsCommand| {
            let general = format!("{text}{}", self.general_value_note());
            let step = Step::specific(format!("{text}{}", self.value_note()), general, vec![command]);
            remedies.push(Remedy { title, checks: OWNER, steps: vec![step], backends: None });
        };
        let arn = &self.evaluated.stage.arn;
        if on(OwnerTagOn::Stage) {
            let (title, tag) = match arn.stage_type() {
                StageType::RestApi => ("Tag the stage", "apigateway tag-resource"),
                StageType::ApiV2 => ("Tag the stage (WebSocket API)", "apigatewayv2 tag-resource"),
            };
            let tag = self.aws(tag).variable("--resource-arn", "ARN", arn.as_str());
            let tag = tag.variable("--tags", "TAGS", &tag_map(key, value));
            push(title, "Tag the stage with its owner.", tag);
        }
        // A new certificate is tagged when it is created.
        let certificate = self.evaluated.certificate().filter(|id| {
            on(OwnerTagOn::Certificate) && id.is_recognized() && !self.failed.needs_certificate()
        });
        if let Some(id) = certificate {
            let (title, tag) = if id.kind() == CertificateKind::Acm {
                let tag = self.aws("acm add-tags-to-certificate");
                let tag = tag.variable("--certificate-arn", "CERTIFICATE", id.as_str());
                let tag = tag.variable("--tags", "TAGS", &tag_list(key, value));
                ("Tag the ACM certificate", tag)
            } else {
                let (partition, region) = (arn.partition(), arn.region());
                let arn = format!("arn:{partition}:apigateway:{region}::/clientcertificates/{id}");
                let tag = self.aws("apigateway tag-resource");
                let tag = tag.variable("--resource-arn", "CERTIFICATE", &arn);
                ("Tag the certificate", tag.variable("--tags", "TAGS", &tag_map(key, value)))
            };
            push(title, "Tag the certificate with its owner.", tag);
        }
    }
}
