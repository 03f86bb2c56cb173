//! The exemption documents that the process has read.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::Failure;
use crate::parameters::exemptions::{ExemptionDocument, S3Location};

/// How long a document that was read is used.
const TTL: SignedDuration = SignedDuration::from_secs(60);

/// The documents by location.
#[derive(Debug, Default)]
pub(crate) struct Documents(HashMap<S3Location, CachedDocument>);

/// A document, or what is wrong with it.
#[derive(Clone, Debug)]
struct CachedDocument {
    read_at: Timestamp,
    document: Result<Arc<ExemptionDocument>, String>,
}

impl Documents {
    /// The document at `location` if it was read less than a minute before `now`.
    pub(crate) fn get(
        &self,
        location: &S3Location,
        now: Timestamp,
    ) -> Option<Result<Arc<ExemptionDocument>, Failure>> {
        let cached = self.0.get(location).filter(|it| now.duration_since(it.read_at) < TTL)?;
        let malformed = |problem| Failure::malformed(location.to_string(), problem);
        Some(cached.document.clone().map_err(malformed))
    }

    /// Keeps what was read at `now`: a document, or what is wrong with it.
    pub(crate) fn insert(
        &mut self,
        location: &S3Location,
        document: Result<ExemptionDocument, String>,
        now: Timestamp,
    ) {
        let document = document.map(Arc::new);
        self.0.insert(location.clone(), CachedDocument { read_at: now, document });
    }
}
