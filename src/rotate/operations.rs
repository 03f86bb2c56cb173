//! The seams to API Gateway and EventBridge: what a rotation reads, and the seven calls that it
//! makes.

use serde::Serialize;

use crate::Failure;
use crate::probe::through::resource::ResourceMethod;
use crate::probe::through::{Invocation, Invoked};
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::StageArn;
use crate::rotate::inventory::{GeneratedCertificate, Inventory, LiveStage};

/// What a rotation reads. A read that fails is never taken as an empty list.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Reads {
    /// All generated certificates.
    async fn certificates(&self) -> Result<Vec<GeneratedCertificate>, Failure>;

    /// All stages of REST and WebSocket APIs.
    async fn stages(&self) -> Result<Vec<LiveStage>, Failure>;

    /// The certificate of a stage; `None` if the stage doesn't exist.
    async fn attached(&self, stage: &StageArn) -> Result<Option<Option<CertificateId>>, Failure>;

    /// The methods of the current resources of a REST stage's API.
    async fn methods(&self, stage: &StageArn) -> Result<Vec<ResourceMethod>, Failure>;

    /// All certificates and all stages.
    async fn inventory(&self) -> Result<Inventory, Failure> {
        Ok(Inventory { certificates: self.certificates().await?, stages: self.stages().await? })
    }
}

/// The calls that write, and those that reach a backend. Each is bound to exact ids.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Operations {
    /// `GenerateClientCertificate`, sent once: a retry could generate a second certificate.
    async fn generate(
        &self,
        description: &str,
        tags: &[(String, String)],
    ) -> Result<GeneratedCertificate, Failure>;

    /// `TagResource` on a certificate.
    async fn tag(&self, certificate: &CertificateId, tags: &[(String, String)]) -> Result<(), Failure>;

    /// `UntagResource` on a certificate.
    async fn untag(&self, certificate: &CertificateId, keys: &[String]) -> Result<(), Failure>;

    /// `UpdateStage`: attaches a certificate.
    async fn attach(&self, stage: &StageArn, certificate: &CertificateId) -> Result<(), Failure>;

    /// `DeleteClientCertificate`. One that no longer exists is no failure.
    async fn delete(&self, certificate: &CertificateId) -> Result<(), Failure>;

    /// `TestInvokeMethod`, sent once.
    async fn invoke(&self, stage: &StageArn, invocation: &Invocation<'_>) -> Result<Invoked, Failure>;

    /// `PutEvents` with one event.
    async fn send(&self, event: &StepEvent) -> Result<(), Failure>;
}

/// A step that was done, as the detail of an event.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepEvent {
    /// The account of the stages.
    pub account_id: String,
    /// The Region of the stages.
    pub aws_region: String,
    /// The step, such as `switch`.
    pub step: &'static str,
    /// The stages as `API/STAGE`.
    pub stages: Vec<String>,
    /// The old certificate.
    pub old_certificate: CertificateId,
    /// The new certificate.
    pub new_certificate: CertificateId,
}

impl StepEvent {
    /// The event's detail type.
    pub const DETAIL_TYPE: &'static str = "Certificate Rotation Step";
}
