//! The commands of the AWS CLI that do what a step does.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage_arn::{StageArn, StageType};
use stagecert::rotate::start::Generation;
use stagecert::rotate::test::TestedStage;

use crate::commands::report::shell::{AwsCommand, ascii_json, quoted};

pub(super) fn generate(home: &AccountRegion, generation: &Generation, folder: &str, out: &mut String) {
    let command = AwsCommand::new("apigateway generate-client-certificate", &home.region)
        .option("--description", &generation.description)
        .option("--tags", &tags(&generation.tags))
        .literal("--query clientCertificateId --output text");
    let _ = writeln!(out, "NEW=$({})", command.text());
    let show = AwsCommand::new("apigateway get-client-certificate", &home.region)
        .literal("--client-certificate-id \"${NEW:?}\"")
        .literal("--query pemEncodedCertificate --output text");
    let _ = writeln!(out, "{} > {}/\"$NEW\".pem", show.text(), quoted(folder));
}

pub(super) fn tag(home: &AccountRegion, id: &CertificateId, pair: (&str, &str), out: &mut String) {
    let tags = tags(&[(pair.0.to_owned(), pair.1.to_owned())]);
    let command = AwsCommand::new("apigateway tag-resource", &home.region)
        .option("--resource-arn", &certificate_arn(home, id))
        .option("--tags", &tags);
    let _ = writeln!(out, "{}", command.text());
}

pub(super) fn untag(home: &AccountRegion, id: &CertificateId, keys: &[String], out: &mut String) {
    let command = AwsCommand::new("apigateway untag-resource", &home.region)
        .option("--resource-arn", &certificate_arn(home, id));
    let keys: Vec<String> = keys.iter().map(|key| quoted(key)).collect();
    let _ = writeln!(out, "{} \\\n  --tag-keys {}", command.text(), keys.join(" "));
}

pub(super) fn attach(stage: &StageArn, id: &CertificateId, out: &mut String) {
    let command = match stage.stage_type() {
        StageType::RestApi => AwsCommand::new("apigateway update-stage", stage.region())
            .option("--rest-api-id", stage.api_id())
            .option("--stage-name", stage.stage_name())
            .option(
                "--patch-operations",
                &format!("op=replace,path=/clientCertificateId,value={}", id.as_str()),
            ),
        StageType::ApiV2 => AwsCommand::new("apigatewayv2 update-stage", stage.region())
            .option("--api-id", stage.api_id())
            .option("--stage-name", stage.stage_name())
            .option("--client-certificate-id", id.as_str()),
    };
    let _ = writeln!(out, "{}", command.text());
}

pub(super) fn delete(home: &AccountRegion, id: &CertificateId, out: &mut String) {
    let command = AwsCommand::new("apigateway delete-client-certificate", &home.region)
        .option("--client-certificate-id", id.as_str());
    let _ = writeln!(out, "{}", command.text());
}

pub(super) fn invoke(stage: &TestedStage, certificates: &[Option<&CertificateId>], out: &mut String) {
    for certificate in certificates {
        let mut command = AwsCommand::new("apigateway test-invoke-method", stage.arn.region())
            .option("--rest-api-id", stage.arn.api_id())
            .option("--resource-id", &stage.resource_id)
            .option("--http-method", stage.method.as_ref())
            .option("--path-with-query-string", &stage.path);
        if let Some(id) = certificate {
            command = command.option("--client-certificate-id", id.as_str());
        }
        if stage.has_variables() {
            // Their values can be secrets.
            command = command.literal("--stage-variables \"${STAGE_VARIABLES:?}\"");
        }
        let _ = writeln!(out, "{}", command.text());
    }
}

fn tags(pairs: &[(String, String)]) -> String {
    let map: Map<String, Value> =
        pairs.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
    let pairs: Vec<String> = map
        .iter()
        .map(|(key, value)| format!("{}:{}", ascii_json(key), ascii_json(value.as_str().unwrap_or_default())))
        .collect();
    format!("{{{}}}", pairs.join(","))
}

fn certificate_arn(home: &AccountRegion, id: &CertificateId) -> String {
    format!("arn:{}:apigateway:{}::/clientcertificates/{id}", home.partition, home.region)
}
