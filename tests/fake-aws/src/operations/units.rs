//! Organizations' operations on organizational units and trusted access.

use serde_json::json;

use super::Call;
use super::organization::{after, limit, page};
use crate::wire::{Output, Refusal};
use crate::world::Organization;

pub(super) fn list_accounts_for_parent(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (organization, parent) = parent(call)?;
    let account = |id: &String| {
        let state = organization.states.get(id).map_or("ACTIVE", String::as_str);
        (id.clone(), json!({"Id": id, "Name": format!("account {id}"), "State": state}))
    };
    let accounts = organization.units[&parent].accounts.iter().map(account).collect();
    listed(call, &format!("ListAccountsForParent {parent}"), "Accounts", accounts)
}

pub(super) fn list_units_for_parent(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (organization, parent) = parent(call)?;
    let children = organization.units.iter().filter(|(_, unit)| unit.parent.as_ref() == Some(&parent));
    let units = children.map(|(id, _)| (id.clone(), json!({"Id": id, "Name": id}))).collect();
    listed(call, &format!("ListOrganizationalUnitsForParent {parent}"), "OrganizationalUnits", units)
}

pub(super) fn list_service_access(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let services = organization(call)?.trusted_services;
    let services =
        services.into_iter().map(|name| (name.clone(), json!({"ServicePrincipal": name}))).collect();
    listed(call, "ListAWSServiceAccessForOrganization", "EnabledServicePrincipals", services)
}

fn listed(
    call: &mut Call<'_>,
    query: &str,
    name: &str,
    all: Vec<(String, serde_json::Value)>,
) -> Result<Output, Refusal> {
    let limit = limit(call, 20, "InvalidInputException")?;
    let after = after(call, query, "InvalidInputException")?;
    let list = page(call, query, all, after.as_deref(), limit);
    Ok(Output::Json(200, list.into_response(name)))
}

fn parent(call: &Call<'_>) -> Result<(Organization, String), Refusal> {
    let organization = organization(call)?;
    let parent = call.required("ParentId")?.to_owned();
    if !organization.units.contains_key(&parent) {
        let message = "You specified a root or organizational unit that doesn't exist.";
        return Err(Refusal::new("ParentNotFoundException", message));
    }
    Ok((organization, parent))
}

fn organization(call: &Call<'_>) -> Result<Organization, Refusal> {
    let organization = call.world.organization.clone();
    let reads = |organization: &Organization| {
        call.key.account == organization.management || organization.delegated.contains(&call.key.account)
    };
    organization.filter(reads).ok_or_else(|| {
        Refusal::new("AccessDeniedException", "You don't have permissions to access this resource.")
    })
}
