//! Probes a backend through API Gateway, which is the only way to reach private ones.
//!
//! `TestInvokeMethod` makes API Gateway itself call the backend of a method, with a certificate or
//! without one. The call is real and bypasses authorizers, so only a method without side effects
//! and a path that a person names are called. It uses the API's current resources, which can
//! differ from what is deployed on the stage.

pub mod observed;
pub mod resource;
pub mod verdict;

use std::collections::BTreeMap;

use crate::Failure;
use crate::probe::through::observed::{Observed, observed};
use crate::probe::through::verdict::{Requests, needs_repetition};
use crate::resources::certificate_id::CertificateId;
use crate::resources::safe_method::SafeMethod;

/// A request to a backend through API Gateway.
#[derive(Clone, Debug)]
pub struct Invocation<'a> {
    /// The id of the resource in the API's current resources.
    pub resource_id: &'a str,
    /// The HTTP method.
    pub method: SafeMethod,
    /// The path and query, starting with `/`.
    pub path: &'a str,
    /// The stage's variables.
    pub stage_variables: &'a BTreeMap<String, String>,
    /// The certificate that API Gateway presents; `None` for no certificate.
    pub certificate: Option<&'a CertificateId>,
}

/// API Gateway's description of a call that it made.
#[derive(Clone, Debug, Default)]
pub struct Invoked {
    /// The body of the method's response.
    pub body: String,
    /// The execution log. It contains headers and the body, so it is never shown.
    pub log: String,
}

/// Calls a method of an API, as `TestInvokeMethod` does.
#[expect(async_fn_in_trait, reason = "the runtime is current-thread: no future crosses threads")]
pub trait Invoke {
    /// Makes API Gateway call the backend once. The call is never retried.
    async fn invoke(&self, invocation: &Invocation<'_>) -> Result<Invoked, Failure>;
}

/// Calls the backend without a certificate, then with the stage's, if it has one, and once more
/// without if the verdict depends on the difference.
///
/// # Errors
/// `Operation` of `TestInvokeMethod`.
pub async fn requests(
    api: &impl Invoke,
    invocation: &Invocation<'_>,
    certificate: Option<&CertificateId>,
) -> Result<Requests, Failure> {
    let call = async |certificate| -> Result<Observed, Failure> {
        let invoked = api.invoke(&Invocation { certificate, ..invocation.clone() }).await?;
        Ok(observed(&invoked))
    };
    let mut requests = Requests { without: call(None).await?, with: None, again: None };
    if requests.without.is_answer() {
        return Ok(requests);
    }
    if certificate.is_some() {
        requests.with = Some(call(certificate).await?);
    }
    if needs_repetition(&requests) {
        requests.again = Some(call(None).await?);
    }
    Ok(requests)
}
