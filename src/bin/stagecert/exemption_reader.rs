//! Reads the exemption documents that the parameters of a scan name.

use std::sync::Arc;

use jiff::Timestamp;
use stagecert::Failure;
use stagecert::aws::Aws;
use stagecert::deadline::Deadline;
use stagecert::parameters::Parameters;
use stagecert::parameters::exemptions::ExemptionDocument;
use stagecert::resources::account_region::AccountRegion;
use tokio::sync::Mutex;

/// Reads each document once, with the credentials of the scan.
pub(crate) struct ExemptionReader<'a> {
    pub(crate) aws: &'a Aws,
    /// The document to use instead of the one that the parameters name.
    pub(crate) given: Option<Arc<ExemptionDocument>>,
    pub(crate) now: Timestamp,
    /// Held while a document is read.
    pub(crate) reading: Mutex<()>,
}

impl ExemptionReader<'_> {
    /// Adds the document to the parameters. Returns the failure to read it, if there is one: stages
    /// that no exemption could change are evaluated even without it.
    pub(crate) async fn add_to(
        &self,
        parameters: &mut Parameters,
        account_region: &AccountRegion,
    ) -> Option<Failure> {
        parameters.exemption_document.clone_from(&self.given);
        let location = parameters.exemptions.as_ref().filter(|_| self.given.is_none())?;
        let _reading = self.reading.lock().await;
        let read = self.aws.exemption_document(location, account_region, self.now, Deadline::none()).await;
        match read {
            Ok(document) => {
                parameters.exemption_document = Some(document);
                None
            }
            Err(failure) => Some(failure),
        }
    }
}
