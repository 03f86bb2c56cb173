//! The exemption document in S3.

use std::sync::{Arc, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::Failure;
use crate::aws::Aws;
use crate::aws::connect::call::Call;
use crate::aws::connect::content::{Content, GET_OBJECT};
use crate::aws::connect::documents::Documents;
use crate::aws::connect::service::{Service, ServiceResult};
use crate::aws::connect::service_endpoint::S3;
use crate::deadline::Deadline;
use crate::parameters::exemptions::{ExemptionDocument, S3Location};
use crate::resources::account_region::AccountRegion;

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
        let mut content = call.send(self.object(location, None)).await?;
        if let Some(region) = content.other_region {
            content = call.send(self.object(location, Some(region))).await?;
            if content.other_region.is_some() {
                return Err(call.invalid_response("S3 names another Region for the bucket again".into()));
            }
        }
        let mut documents = self.documents();
        documents.insert(location, parse(content.bytes), now);
        documents.get(location, now).unwrap_or_else(|| Err(call.invalid_response("no document".into())))
    }

    fn documents(&self) -> MutexGuard<'_, Documents> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn object(&self, location: &S3Location, region: Option<String>) -> ServiceResult<Content> {
        let service = Service::new(S3, &self.base, None, &self.counter);
        let service = region.map_or(service.clone(), |region| service.in_region(&region));
        // The location has only characters that need no encoding.
        let path = format!("/{}/{}", location.bucket, location.key);
        service.get_object(&path, MAX_BYTES.saturating_add(1)).await
    }
}

/// The document, or what is wrong with it, in one line.
fn parse(bytes: Vec<u8>) -> Result<ExemptionDocument, String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!("too large; allowed: up to {} MB", MAX_BYTES >> 20));
    }
    let text = String::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned())?;
    ExemptionDocument::parse(&text).map_err(|failure| failure.to_string())
}
