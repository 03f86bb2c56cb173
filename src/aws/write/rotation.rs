//! The calls of a rotation: to API Gateway and to an event bus.

use aws_sdk_apigateway::config::Builder;
use aws_sdk_apigateway::config::retry::RetryConfig;
use aws_sdk_apigateway::types::{ClientCertificate, Op, PatchOperation};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Failure;
use crate::aws::LiveApi;
use crate::aws::connect::call::Call;
use crate::aws::connect::rotation::LiveRotation;
use crate::aws::connect::service::Operation;
use crate::aws::read::gateway::escaped;
use crate::aws::read::rotation::generated;
use crate::probe::through::{Invocation, Invoke, Invoked};
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::{StageArn, StageType};
use crate::rotate::inventory::GeneratedCertificate;
use crate::rotate::operations::{Operations, StepEvent};

const PUT_EVENTS: Operation = Operation { name: "PutEvents", path: "/", target: Some("AWSEvents.PutEvents") };
const NOT_FOUND: &str = "NotFoundException";
impl Operations for LiveRotation {
    async fn generate(
        &self,
        description: &str,
        tags: &[(String, String)],
    ) -> Result<GeneratedCertificate, Failure> {
        let call = self.account.call("GenerateClientCertificate", "a new certificate");
        let request = self.account.clients.apigateway.generate_client_certificate();
        let request = request.description(description).set_tags(Some(tags.iter().cloned().collect()));
        let once = Builder::new().retry_config(RetryConfig::disabled());
        let made = call.send(request.customize().config_override(once).send()).await?;
        let item = ClientCertificate::builder()
            .set_client_certificate_id(made.client_certificate_id)
            .set_description(made.description)
            .set_pem_encoded_certificate(made.pem_encoded_certificate)
            .set_created_date(made.created_date)
            .set_expiration_date(made.expiration_date)
            .set_tags(made.tags)
            .build();
        generated(item).ok_or_else(|| call.invalid_response("the response has no clientCertificateId".into()))
    }

    async fn tag(&self, certificate: &CertificateId, tags: &[(String, String)]) -> Result<(), Failure> {
        let arn = self.certificate_arn(certificate);
        let request = self.account.clients.apigateway.tag_resource().resource_arn(&arn);
        let sent = request.set_tags(Some(tags.iter().cloned().collect())).send();
        self.account.call("TagResource", &arn).send(sent).await.map(|_| ())
    }

    async fn untag(&self, certificate: &CertificateId, keys: &[String]) -> Result<(), Failure> {
        let arn = self.certificate_arn(certificate);
        let request = self.account.clients.apigateway.untag_resource().resource_arn(&arn);
        let sent = request.set_tag_keys(Some(keys.to_vec())).send();
        self.account.call("UntagResource", &arn).send(sent).await.map(|_| ())
    }

    async fn attach(&self, stage: &StageArn, certificate: &CertificateId) -> Result<(), Failure> {
        let call = self.account.call("UpdateStage", stage.as_str());
        if stage.stage_type() == StageType::ApiV2 {
            let path = format!("/v2/apis/{}/stages/{}", stage.api_id(), escaped(stage.stage_name()));
            let input = json!({"clientCertificateId": certificate.as_str()});
            let limiter = Some(&self.account.clients.apigateway_limiter);
            let service = &self.account.clients.apigateway_v2;
            let sent = service.patch::<serde::de::IgnoredAny>("UpdateStage", &path, &input, limiter);
            return call.send(sent).await.map(|_| ());
        }
        let operation = PatchOperation::builder()
            .op(Op::Replace)
            .path("/clientCertificateId")
            .value(certificate.as_str())
            .build();
        let request = self.account.clients.apigateway.update_stage();
        let request = request.rest_api_id(stage.api_id()).stage_name(stage.stage_name());
        call.send(request.patch_operations(operation).send()).await.map(|_| ())
    }

    async fn delete(&self, certificate: &CertificateId) -> Result<(), Failure> {
        let call = self.account.call("DeleteClientCertificate", certificate.as_str());
        let request = self.account.clients.apigateway.delete_client_certificate();
        match call.send(request.client_certificate_id(certificate.as_str()).send()).await {
            Ok(_) => Ok(()),
            // An attempt whose response was lost had deleted it.
            Err(failure) if failure.code() == Some(NOT_FOUND) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    async fn invoke(&self, stage: &StageArn, invocation: &Invocation<'_>) -> Result<Invoked, Failure> {
        LiveApi::of(&self.account, stage).invoke(invocation).await
    }

    async fn send(&self, event: &StepEvent) -> Result<(), Failure> {
        let Some(bus) = &self.bus else { return Ok(()) };
        let call = Call {
            operation: PUT_EVENTS.name,
            resource: &bus.arn,
            account_region: &bus.account_region,
            limit: None,
        };
        let detail =
            serde_json::to_string(event).map_err(|error| call.invalid_response(error.to_string()))?;
        let entry = EventEntry {
            source: "stagecert",
            detail_type: StepEvent::DETAIL_TYPE,
            detail,
            event_bus_name: &bus.arn,
        };
        let input = json!({"Entries": [entry]});
        let output = call.send(bus.service.send::<PutEventsOutput>(PUT_EVENTS, &input, None)).await?;
        match output.entries.first() {
            Some(ResultEntry { error_code: None }) if output.failed_entry_count == 0 => Ok(()),
            Some(ResultEntry { error_code: Some(code) }) => Err(Failure::NotTaken {
                operation: PUT_EVENTS.name,
                what: vec![code.clone()],
                location: (&bus.account_region).into(),
            }),
            _ => Err(call.invalid_response("the response has no result for the event".into())),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EventEntry<'a> {
    source: &'static str,
    detail_type: &'static str,
    detail: String,
    event_bus_name: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEventsOutput {
    #[serde(default)]
    failed_entry_count: usize,
    #[serde(default)]
    entries: Vec<ResultEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResultEntry {
    #[serde(default)]
    error_code: Option<String>,
}
