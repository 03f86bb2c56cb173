//! The exemption document in S3.

use std::sync::{Arc, MutexGuard, PoisonError};

use aws_config::Region;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use jiff::Timestamp;

use crate::Failure;
use crate::aws::Aws;
use crate::aws::connect::call::Call;
use crate::aws::connect::documents::Documents;
use crate::aws::connect::form::element;
use crate::aws::connect::service::{Parsed, Service, ServiceError, ServiceResult};
use crate::aws::connect::service_endpoint::S3;
use crate::deadline::Deadline;
use crate::parameters::exemptions::{ExemptionDocument, S3Location};
use crate::resources::account_region::{AccountRegion, is_region};

const GET_OBJECT: &str = "GetObject";
/// The maximum size of a document, in bytes. One with 10,000 long exemptions takes 4 MB.
const MAX_BYTES: usize = 8 << 20;

impl Aws {
    /// The document at `location`, read with the process's own credentials, whichever account is
    /// evaluated. It is read at most once a minute.
    ///
    /// `now` is the start of the invocation, and `account_region` is named by failures.
    ///
    /// # Errors
    /// `Failure::Operation` of `GetObject`, or `Failure::Malformed`.
    pub async fn exemption_document(
        &self,
        location: &S3Location,
        account_region: &AccountRegion,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<Arc<ExemptionDocument>, Failure> {
        let cached = self.documents().get(location, now);
        if let Some(document) = cached {
            return document;
        }
        let resource = location.to_string();
        let call =
            Call { operation: GET_OBJECT, resource: &resource, account_region, limit: deadline.reads() };
        let bytes = match call.send(self.object(location, None)).await? {
            Object::Bytes(bytes) => bytes,
            Object::InRegion(region) => match call.send(self.object(location, Some(region))).await? {
                Object::Bytes(bytes) => bytes,
                Object::InRegion(_) => {
                    return Err(call.invalid_response("S3 names another Region for the bucket again".into()));
                }
            },
        };
        let mut documents = self.documents();
        documents.insert(location, parse(bytes), now);
        documents.get(location, now).unwrap_or_else(|| Err(call.invalid_response("no document".into())))
    }

    fn documents(&self) -> MutexGuard<'_, Documents> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn object(&self, location: &S3Location, region: Option<String>) -> ServiceResult<Object> {
        let mut config = self.base.clone();
        if let Some(region) = region {
            config = config.to_builder().region(Region::new(region)).build();
        }
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_method("GET").map_err(SdkError::construction_failure)?;
        // The location has only characters that need no encoding.
        let path = format!("/{}/{}", location.bucket, location.key);
        request.set_uri(path).map_err(SdkError::construction_failure)?;
        request.headers_mut().insert("range", format!("bytes=0-{MAX_BYTES}"));
        let service = Service::new(S3, &config, None, &self.counter);
        service.invoke(GET_OBJECT, request, object, None).await
    }
}

/// S3's answer: the object, or the Region of its bucket if that is another one.
#[derive(Debug)]
enum Object {
    Bytes(Vec<u8>),
    InRegion(String),
}

fn object(_: &'static str, response: &HttpResponse) -> Parsed<Object> {
    let body = response.body().bytes().unwrap_or_default();
    let status = response.status();
    if status.is_success() {
        return Ok(Object::Bytes(body.to_vec()));
    }
    let region = response.headers().get("x-amz-bucket-region");
    if let Some(region) =
        region.filter(|region| matches!(status.as_u16(), 301 | 307 | 400) && is_region(region))
    {
        return Ok(Object::InRegion(region.to_owned()));
    }
    let text = std::str::from_utf8(body).unwrap_or_default();
    Err(OrchestratorError::operation(ServiceError::new(element(text, "Code"), element(text, "Message"))))
}

/// The document, or what is wrong with it, in one line.
fn parse(bytes: Vec<u8>) -> Result<ExemptionDocument, String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!("too large; allowed: up to {} MB", MAX_BYTES >> 20));
    }
    let text = String::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned())?;
    ExemptionDocument::parse(&text).map_err(|failure| failure.to_string())
}
