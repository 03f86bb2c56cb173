//! AWS CLI commands for a stage, for either of API Gateway's two APIs.

use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage_arn::{StageArn, StageType};

use super::shell::AwsCommand;

/// The commands for one stage.
pub(super) struct StageCommands<'a>(pub(super) &'a StageArn);

impl StageCommands<'_> {
    /// Attaches the certificate whose ID is in the shell variable `NEW`. If the variable is empty,
    /// the command is not run: it would detach the certificate.
    pub(super) fn attach_new(&self) -> String {
        let option = match self.0.stage_type() {
            StageType::RestApi => {
                "--patch-operations \"op=replace,path=/clientCertificateId,value=${NEW:?}\""
            }
            StageType::ApiV2 => "--client-certificate-id \"${NEW:?}\"",
        };
        self.update().literal(option).text()
    }

    /// Attaches this certificate.
    pub(super) fn attach(&self, id: &CertificateId) -> String {
        let id = id.as_str();
        let update = match self.0.stage_type() {
            StageType::RestApi => self
                .update()
                .option("--patch-operations", &format!("op=replace,path=/clientCertificateId,value={id}")),
            StageType::ApiV2 => self.update().option("--client-certificate-id", id),
        };
        update.text()
    }

    /// Deploys the current state of the API to the stage.
    pub(super) fn deploy(&self) -> String {
        self.of("apigateway create-deployment", "apigatewayv2 create-deployment").text()
    }

    /// Shows the stage's certificate.
    pub(super) fn show(&self) -> String {
        let query = match self.0.stage_type() {
            StageType::RestApi => "--query clientCertificateId",
            StageType::ApiV2 => "--query ClientCertificateId",
        };
        self.of("apigateway get-stage", "apigatewayv2 get-stage").literal(query).text()
    }

    fn update(&self) -> AwsCommand {
        self.of("apigateway update-stage", "apigatewayv2 update-stage")
    }

    fn of(&self, rest: &'static str, v2: &'static str) -> AwsCommand {
        let (operation, api) = match self.0.stage_type() {
            StageType::RestApi => (rest, "--rest-api-id"),
            StageType::ApiV2 => (v2, "--api-id"),
        };
        AwsCommand::new(operation, self.0.region())
            .option(api, self.0.api_id())
            .option("--stage-name", self.0.stage_name())
    }
}
