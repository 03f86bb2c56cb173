use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::types::{Account, AccountState, AccountStatus};

use crate::Failure;
use crate::aws::Reached;
use crate::aws::connect::call::Call;
use crate::resources::account_region::is_account_id;

/// The accounts of an organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organization {
    /// The ids of those that can be read, in their order.
    pub active: Vec<String>,
    /// How many are suspended, closed, or not there yet.
    pub inactive: usize,
}

/// The most that a page holds (botocore).
const PAGE: i32 = 20;

impl Reached<'_> {
    /// The accounts of the organization, as its management account or a delegated administrator sees them.
    ///
    /// # Errors
    /// `Operation` of `ListAccounts`.
    pub async fn organization(&self) -> Result<Organization, Failure> {
        let call = Call {
            operation: "ListAccounts",
            resource: "the organization",
            account_region: &self.account_region,
            limit: None,
        };
        let client = aws_sdk_organizations::Client::new(&self.config);
        let mut pages = client.list_accounts().max_results(PAGE).into_paginator().send();
        let (mut organization, mut last) = (Organization::default(), None);
        while let Some(page) = call.page(pages.next(), ListAccountsOutput::next_token, &mut last).await? {
            for account in page.accounts.unwrap_or_default() {
                if is_inactive(&account) {
                    organization.inactive += 1;
                    continue;
                }
                let id = account.id.filter(|id| is_account_id(id));
                organization
                    .active
                    .push(id.ok_or_else(|| call.unreadable("an account without its twelve digits".into()))?);
            }
        }
        organization.active.sort();
        organization.active.dedup();
        Ok(organization)
    }
}

/// `Status` is retired since September 2026, and `State` is not everywhere yet. An account of which neither says anything
/// known is tried: better an error than an account that is missing.
fn is_inactive(account: &Account) -> bool {
    use AccountState as State;
    match &account.state {
        Some(State::Closed | State::PendingActivation | State::PendingClosure | State::Suspended) => true,
        Some(_) => false,
        None => matches!(account.status, Some(AccountStatus::PendingClosure | AccountStatus::Suspended)),
    }
}
