//! Organizational units: their accounts and the units below them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_organizations::operation::list_accounts_for_parent::ListAccountsForParentOutput;
use aws_sdk_organizations::operation::list_aws_service_access_for_organization::ListAwsServiceAccessForOrganizationOutput;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;

use crate::Failure;
use crate::aws::AssumedAccount;
use crate::aws::connect::call::Call;
use crate::aws::connect::organization::is_inactive;
use crate::resources::account_region::is_account_id;
use crate::scan::coverage::deployment::is_unit;
use crate::scan::coverage::targets::UnitAccounts;

/// The maximum page size of Organizations (botocore).
const PAGE_SIZE: i32 = 20;

/// An organizational unit or a root: what is directly in it.
#[derive(Debug, Default)]
struct Unit {
    active: BTreeSet<String>,
    inactive: BTreeSet<String>,
    units: Vec<String>,
}

impl AssumedAccount<'_> {
    /// The accounts in each of these units and in all units below it; this account must be the
    /// organization's management account or a delegated administrator. Each unit is read once, one
    /// after the other: Organizations throttles early.
    ///
    /// # Errors
    /// `Operation` of `ListAccountsForParent` or `ListOrganizationalUnitsForParent`.
    pub async fn accounts_of_units(&self, units: &BTreeSet<String>) -> Result<UnitAccounts, Failure> {
        let mut read: BTreeMap<String, Unit> = BTreeMap::new();
        let mut accounts = UnitAccounts::default();
        for unit in units {
            let (mut waiting, mut within) = (vec![unit.clone()], BTreeSet::new());
            let mut active = BTreeSet::new();
            while let Some(next) = waiting.pop() {
                // A unit within itself would be followed forever.
                if !within.insert(next.clone()) {
                    continue;
                }
                if !read.contains_key(&next) {
                    let unit = self.unit(&next).await?;
                    read.insert(next.clone(), unit);
                }
                if let Some(unit) = read.get(&next) {
                    active.extend(unit.active.iter().cloned());
                    accounts.inactive.extend(unit.inactive.iter().cloned());
                    waiting.extend(unit.units.iter().cloned());
                }
            }
            within.remove(unit);
            accounts.active.insert(unit.clone(), active);
            accounts.below.insert(unit.clone(), within);
        }
        Ok(accounts)
    }

    async fn unit(&self, id: &str) -> Result<Unit, Failure> {
        let client = aws_sdk_organizations::Client::new(&self.config);
        let mut unit = Unit::default();
        let call = self.organization_call("ListAccountsForParent", id);
        let request = client.list_accounts_for_parent().parent_id(id).max_results(PAGE_SIZE);
        let (mut pages, mut seen) = (request.into_paginator().send(), None);
        while let Some(page) =
            call.page(pages.next(), ListAccountsForParentOutput::next_token, &mut seen).await?
        {
            for account in page.accounts.unwrap_or_default() {
                let inactive = is_inactive(&account);
                let id = account.id.filter(|id| is_account_id(id));
                let id = id.ok_or_else(|| call.invalid_response("an account has no 12-digit id".into()))?;
                if inactive {
                    unit.inactive.insert(id)
                } else {
                    unit.active.insert(id)
                };
            }
        }
        let call = self.organization_call("ListOrganizationalUnitsForParent", id);
        let request = client.list_organizational_units_for_parent().parent_id(id).max_results(PAGE_SIZE);
        let (mut pages, mut seen) = (request.into_paginator().send(), None);
        while let Some(page) =
            call.page(pages.next(), ListOrganizationalUnitsForParentOutput::next_token, &mut seen).await?
        {
            for child in page.organizational_units.unwrap_or_default() {
                let id = child.id.filter(|id| is_unit(id));
                unit.units.push(id.ok_or_else(|| call.invalid_response("a unit has no id".into()))?);
            }
        }
        Ok(unit)
    }

    /// The service principals that have trusted access to the organization.
    ///
    /// # Errors
    /// `Operation` of `ListAWSServiceAccessForOrganization`.
    pub async fn trusted_services(&self) -> Result<BTreeSet<String>, Failure> {
        let client = aws_sdk_organizations::Client::new(&self.config);
        let call = self.organization_call("ListAWSServiceAccessForOrganization", "the organization");
        let request = client.list_aws_service_access_for_organization().max_results(PAGE_SIZE);
        let (mut pages, mut seen, mut services) = (request.into_paginator().send(), None, BTreeSet::new());
        while let Some(page) =
            call.page(pages.next(), ListAwsServiceAccessForOrganizationOutput::next_token, &mut seen).await?
        {
            let enabled = page.enabled_service_principals.unwrap_or_default();
            services.extend(enabled.into_iter().filter_map(|service| service.service_principal));
        }
        Ok(services)
    }

    fn organization_call<'a>(&'a self, operation: &'static str, resource: &'a str) -> Call<'a> {
        Call { operation, resource, account_region: &self.account_region, limit: None }
    }
}
