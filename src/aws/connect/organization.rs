use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::types::{Account, AccountState, AccountStatus};

use crate::Failure;
use crate::aws::AssumedAccount;
use crate::aws::connect::call::Call;
use crate::resources::account_region::is_account_id;

/// The accounts of an organization, as `ListAccounts` returns them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organization {
    /// The sorted ids of the accounts that can be read.
    pub active: Vec<String>,
    /// The number of accounts that are suspended, closed or not yet activated.
    pub inactive: usize,
}

/// The maximum page size of `ListAccounts` (botocore).
const PAGE_SIZE: i32 = 20;

impl AssumedAccount<'_> {
    /// The accounts of the organization; this account must be its management account or a
    /// delegated administrator.
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
        let mut pages = client.list_accounts().max_results(PAGE_SIZE).into_paginator().send();
        let (mut organization, mut seen) = (Organization::default(), None);
        while let Some(page) = call.page(pages.next(), ListAccountsOutput::next_token, &mut seen).await? {
            for account in page.accounts.unwrap_or_default() {
                if is_inactive(&account) {
                    organization.inactive += 1;
                    continue;
                }
                let id = account.id.filter(|id| is_account_id(id));
                organization
                    .active
                    .push(id.ok_or_else(|| call.invalid_response("an account has no 12-digit id".into()))?);
            }
        }
        organization.active.sort();
        organization.active.dedup();
        Ok(organization)
    }
}

/// Whether an account can't be read.
///
/// `Status` was retired in September 2026, and not every response has `State` yet. An account with
/// no known value in either field counts as active: an error is better than a missing account.
pub(crate) fn is_inactive(account: &Account) -> bool {
    use AccountState as State;
    match &account.state {
        Some(State::Closed | State::PendingActivation | State::PendingClosure | State::Suspended) => true,
        Some(_) => false,
        None => matches!(account.status, Some(AccountStatus::PendingClosure | AccountStatus::Suspended)),
    }
}
