//! The content of the trust stores of load balancers, which AWS returns through presigned URLs.

use aws_smithy_runtime_api::client::result::SdkError;

use super::load_balancers::{about, list};
use super::responses::{AWS_QUERY, items, required, response};
use super::truststores::{MAX_BYTES, too_large, unreadable};
use crate::Failure;
use crate::aws::LiveAccount;
use crate::aws::connect::call::Call;
use crate::aws::connect::content::{Content, GET_OBJECT};
use crate::aws::connect::form::Form;
use crate::aws::connect::xml::Element;
use crate::resources::private_network::Unreadable;
use crate::resources::trust_store::{Crl, TrustStoreContent};

/// How much of a revocation list is read, which can have 50 MB: its dates are at its start.
const CRL_BYTES: usize = 64 << 10;

impl LiveAccount {
    /// The certificates of a trust store.
    pub(super) async fn trust_store_content(
        &self,
        trust_store: &str,
    ) -> Result<Result<TrustStoreContent, Unreadable>, Failure> {
        let call = self.call("GetTrustStoreCaCertificatesBundle", trust_store);
        let form = about(call.operation, "TrustStoreArn", trust_store);
        let bytes = self.located(&call, form, MAX_BYTES.saturating_add(1)).await?;
        Ok(bytes.and_then(|bytes| {
            if bytes.len() > MAX_BYTES {
                return Err(too_large());
            }
            Ok(TrustStoreContent::parse(&bytes))
        }))
    }

    /// The revocation lists of a trust store.
    pub(super) async fn revocation_lists_of(
        &self,
        trust_store: &str,
    ) -> Result<Result<Vec<Crl>, Unreadable>, Failure> {
        let call = self.call("DescribeTrustStoreRevocations", trust_store);
        let form = list(call.operation).with("TrustStoreArn", trust_store);
        let id = |item: &Element| required(item, "RevocationId");
        let ids = items(&call, &self.load_balancing(), AWS_QUERY, &form, "TrustStoreRevocations", id).await;
        let ids = match ids {
            Ok(ids) => ids,
            Err(failure) => return unreadable_or(failure, call.operation),
        };
        let call = self.call("GetTrustStoreRevocationContent", trust_store);
        let mut lists = Vec::new();
        for id in ids {
            let form = about(call.operation, "TrustStoreArn", trust_store).with("RevocationId", &id);
            let bytes = match self.located(&call, form, CRL_BYTES).await? {
                Ok(bytes) => bytes,
                Err(unreadable) => return Ok(Err(unreadable)),
            };
            let is_complete = bytes.len() < CRL_BYTES;
            let crl = if is_complete { Crl::parse(&id, &bytes) } else { Crl::parse_head(&id, &bytes) };
            let Some(crl) = crl else {
                return Ok(Err(unreadable(format!("revocation list {id} can't be parsed"))));
            };
            lists.push(crl);
        }
        Ok(Ok(lists))
    }

    /// At most `max_bytes` of the content whose presigned URL is the response to `form`. The URL is
    /// a secret: no text shows it.
    async fn located(
        &self,
        call: &Call<'_>,
        form: Form,
        max_bytes: usize,
    ) -> Result<Result<Vec<u8>, Unreadable>, Failure> {
        let service = self.load_balancing();
        let location = match response(call, &service, AWS_QUERY, form).await {
            Ok(found) => required(&found, "Location"),
            Err(failure) => return unreadable_or(failure, call.operation),
        };
        let location = location.ok_or_else(|| call.invalid_response("a response without a URL".into()))?;
        let Some(url) = service.presigned(&location).await else {
            return Ok(Err(unreadable("its presigned URL does not lead to S3, and was not followed")));
        };
        let call = Call { operation: GET_OBJECT, ..*call };
        match call.send_raw(service.download(&url, max_bytes)).await? {
            Ok(Content { other_region: Some(_), .. }) => Ok(Err(redirected())),
            Ok(content) => Ok(Ok(content.bytes)),
            Err(error) => {
                let status = error.raw_response().map_or(0, |response| response.status().as_u16());
                match status {
                    300..400 => Ok(Err(redirected())),
                    // A timeout and throttling.
                    408 | 429 => Err(failed(&call, &error)),
                    400..500 => {
                        let why = format!("S3 refused the download by its presigned URL (status {status})");
                        Ok(Err(unreadable(why)))
                    }
                    _ => Err(failed(&call, &error)),
                }
            }
        }
    }
}

fn redirected() -> Unreadable {
    unreadable("its presigned URL leads to a redirect, which was not followed")
}

/// The failure of a download. The SDK's error could show the URL.
fn failed<E, R>(call: &Call<'_>, error: &SdkError<E, R>) -> Failure
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    call.failure_as(error, "S3 did not return the content of the trust store")
}

/// Why the trust store can't be read, if that is AWS's answer, or else the failure of the call.
fn unreadable_or<T>(failure: Failure, operation: &str) -> Result<Result<T, Unreadable>, Failure> {
    let why = match failure.code() {
        Some("TrustStoreNotFound") => "the trust store does not exist".to_owned(),
        Some("CaCertificatesBundleNotFound") => "the trust store has no bundle".to_owned(),
        Some("RevocationIdNotFound") => "a revocation list does not exist".to_owned(),
        Some("AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation") => {
            format!("elasticloadbalancing:{operation} is denied")
        }
        _ => return Err(failure),
    };
    Ok(Err(unreadable(why)))
}
