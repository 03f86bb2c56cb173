//! AWS CLI commands for a stage, for either of API Gateway's two APIs.

use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage_arn::{StageArn, StageType};

use super::shell::AwsCommand;

/// The commands for one stage.
pub(super) struct StageCommands<'a>(pub(super) &'a StageArn);

impl StageCommands<'_> {
    /// Attaches the certificate whose ID is in the shell variable `NEW`. If the variable is empty,
    /// the command is not run: it would detach the certificate.
    pub(super) fn attach_new(&self) -> AwsCommand {
        let option = match self.0.stage_type() {
            StageType::RestApi => {
                "--patch-operations \"op=replace,path=/clientCertificateId,value=${NEW:?}\""
            }
            StageType::ApiV2 => "--client-certificate-id \"${NEW:?}\"",
        };
        self.update().literal(option)
    }

    /// Attaches this certificate.
    pub(super) fn attach(&self, id: &CertificateId) -> AwsCommand {
        let id = id.as_str();
        match self.0.stage_type() {
            StageType::RestApi => self.update().prefixed(
                "--patch-operations",
                "op=replace,path=/clientCertificateId,value=",
                "OLD",
                id,
            ),
            StageType::ApiV2 => self.update().variable("--client-certificate-id", "OLD", id),
        }
    }

    /// Deploys the current state of the API to the stage.
    pub(super) fn deploy(&self) -> AwsCommand {
        self.of("apigateway create-deployment", "apigatewayv2 create-deployment")
    }

    /// Shows the stage's certificate.
    pub(super) fn show(&self) -> AwsCommand {
        let query = match self.0.stage_type() {
            StageType::RestApi => "--query clientCertificateId",
            StageType::ApiV2 => "--query ClientCertificateId",
        };
        self.of("apigateway get-stage", "apigatewayv2 get-stage").literal(query)
    }

    fn update(&self) -> AwsCommand {
        self.of("apigateway update-stage", "apigatewayv2 update-stage")
    }

    fn of(&self, rest: &'static str, v2: &'static str) -> AwsCommand {
        let (operation, api) = match self.0.stage_type() {
            StageType::RestApi => (rest, "--rest-api-id"),
            StageType::ApiV2 => (v2, "--api-id"),
        };
        AwsCommand::of_stage(operation, self.0.region()).variable(api, "API", self.0.api_id()).variable(
            "--stage-name",
            "STAGE",
            self.0.stage_name(),
        )
    }
}
