use std::sync::Arc;

use crate::Failure;
use crate::account::Account;
use crate::deadline::Deadline;
use crate::event::ensure_equal;
use crate::failure::Unsupported;
use crate::parameters::Parameters;
use crate::parameters::exemptions::{ExemptionDocument, S3Location};
use crate::resources::account_region::AccountRegion;
use crate::rule::connect::Connect;
use crate::snapshot::account::{RecordedResults, SnapshotAccount};

/// A [`Connect`] that opens a snapshot for events of the snapshot's account and Region.
#[derive(Debug)]
pub struct SnapshotConnection<'a> {
    /// The snapshot that is read.
    pub account: SnapshotAccount<'a>,
    /// The recorder of the results.
    pub results: &'a RecordedResults,
    /// The exemption document, which a snapshot doesn't include.
    pub exemptions: Option<Arc<ExemptionDocument>>,
}

impl<'a> Connect for SnapshotConnection<'a> {
    type Account = SnapshotAccount<'a>;
    type Results = &'a RecordedResults;

    async fn connect(
        &self,
        account_region: &AccountRegion,
        _parameters: &Parameters,
        _deadline: Deadline,
    ) -> Result<(Self::Account, Self::Results), Failure> {
        let shown = self.account.account_region();
        ensure_equal("configRuleArn", &account_region.account, "the snapshot's accountId", &shown.account)?;
        ensure_equal("configRuleArn", &account_region.region, "the snapshot's awsRegion", &shown.region)?;
        ensure_equal(
            "configRuleArn",
            &account_region.partition,
            "the snapshot's partition",
            &shown.partition,
        )?;
        Ok((self.account, self.results))
    }

    async fn exemption_document(
        &self,
        location: &S3Location,
        _account_region: &AccountRegion,
        _deadline: Deadline,
    ) -> Result<Arc<ExemptionDocument>, Failure> {
        self.exemptions.clone().ok_or_else(|| {
            let text = format!("reading {location} for a snapshot: pass the document with --exemptions");
            Failure::NotSupported(Unsupported::Other(text))
        })
    }
}
