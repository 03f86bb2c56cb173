//! Organizations' `ListAccounts` and Account Management's `ListRegions`.

use serde_json::{Value, json};

use super::Call;
use super::config::next;
use crate::faults::Fault;
use crate::items::seconds;
use crate::wire::{Output, Refusal};
use crate::world::World;

/// Regions that no account has opted in to.
const DISABLED: [&str; 2] = ["af-south-1", "me-south-1"];

pub(super) fn list_accounts(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let Some(organization) = call.world.organization.clone() else {
        let message = "Your account is not a member of an organization.";
        return Err(Refusal::new("AWSOrganizationsNotInUseException", message));
    };
    if call.key.account != organization.management && !organization.delegated.contains(&call.key.account) {
        let message = "You don't have permissions to access this resource.";
        return Err(Refusal::new("AccessDeniedException", message));
    }
    let limit = limit(call, 20, "InvalidInputException")?;
    let after = after(call, "ListAccounts", "InvalidInputException")?;
    let management = &organization.management;
    let arn = |partition: &str, id: &str| {
        format!("arn:{partition}:organizations::{management}:account/o-fakeaws/{id}")
    };
    let joined = seconds(call.world.clock.real());
    let account = |account: &crate::world::Account| {
        let state = organization.states.get(&account.id).map_or("ACTIVE", String::as_str);
        let mut row = json!({
            "Id": account.id, "Arn": arn(&account.partition, &account.id), "Email": format!("{}@example.com", account.id),
            "Name": format!("account {}", account.id), "State": state, "JoinedMethod": "CREATED", "JoinedTimestamp": joined,
        });
        if organization.returns_status {
            row["Status"] = state.into();
        }
        (account.id.clone(), row)
    };
    let accounts = call.world.accounts().map(account).collect();
    let list = page(call, "ListAccounts", accounts, after.as_deref(), limit);
    Ok(Output::Json(200, list.into_response("Accounts")))
}

pub(super) fn list_regions(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let invalid = |message: &str| Refusal::new("ValidationException", message);
    let known = ["ENABLED", "ENABLING", "DISABLING", "DISABLED", "ENABLED_BY_DEFAULT"];
    let wanted: Vec<String> = match &call.input["RegionOptStatusContains"] {
        Value::Null => known.map(Into::into).to_vec(),
        list => serde_json::from_value(list.clone()).map_err(|_| invalid("RegionOptStatusContains"))?,
    };
    if wanted.iter().any(|status| !known.contains(&status.as_str())) {
        return Err(invalid("RegionOptStatusContains"));
    }
    let limit = limit(call, 50, "ValidationException")?;
    let named = format!("ListRegions {wanted:?}");
    let after = after(call, &named, "ValidationException")?;
    let regions = regions(call.world, &call.key.account).into_iter();
    let regions = regions.filter(|(_, status)| wanted.iter().any(|wanted| wanted == status));
    let row = |(name, status): (String, &str)| {
        let region = json!({"RegionName": name, "RegionOptStatus": status});
        (name, region)
    };
    let list = page(call, &named, regions.map(row).collect(), after.as_deref(), limit);
    Ok(Output::Json(200, list.into_response("Regions")))
}

/// The Regions of the account (the first is enabled by default), and some that it hasn't opted in
/// to.
fn regions(world: &World, account: &str) -> Vec<(String, &'static str)> {
    let names = world.accounts[account].regions.keys().cloned();
    let status = |at: usize| if at == 0 { "ENABLED_BY_DEFAULT" } else { "ENABLED" };
    let mut regions: Vec<_> = names.enumerate().map(|(at, name)| (name, status(at))).collect();
    regions.extend(DISABLED.map(|name| (name.to_owned(), "DISABLED")));
    regions.sort();
    regions
}

pub(super) fn limit(call: &Call<'_>, most: u64, code: &str) -> Result<usize, Refusal> {
    match &call.input["MaxResults"] {
        Value::Null => Ok(usize::try_from(most).expect("it fits")),
        value => value
            .as_u64()
            .filter(|limit| (1..=most).contains(limit))
            .and_then(|limit| usize::try_from(limit).ok())
            .ok_or_else(|| Refusal::new(code, format!("MaxResults must be 1 to {most}"))),
    }
}

pub(super) fn after(call: &mut Call<'_>, named: &str, code: &str) -> Result<Option<String>, Refusal> {
    let invalid = || Refusal::new(code, "The token is invalid");
    if matches!(call.fault, Some(Fault::ExpiredPageToken)) {
        return Err(invalid());
    }
    let Some(token) = call.text("NextToken").map(str::to_owned) else { return Ok(None) };
    let page = call.global_home().page(&token, named).map(|page| page.after.clone());
    page.map(Some).ok_or_else(invalid)
}

pub(super) struct List {
    shown: Vec<Value>,
    next: Option<String>,
}

impl List {
    pub(super) fn into_response(self, name: &str) -> Value {
        let mut response = json!({ name: self.shown });
        if let Some(next) = self.next {
            response["NextToken"] = next.into();
        }
        response
    }
}

pub(super) fn page(
    call: &mut Call<'_>,
    named: &str,
    all: Vec<(String, Value)>,
    after: Option<&str>,
    limit: usize,
) -> List {
    let mut left: Vec<_> =
        all.into_iter().filter(|(key, _)| after.is_none_or(|after| key.as_str() > after)).collect();
    let more = left.len() > limit;
    left.truncate(limit);
    let last = left.last().map(|(key, _)| key.clone());
    let next = last.filter(|_| more).map(|last| next(call, named, &last));
    List { shown: left.into_iter().map(|(_, value)| value).collect(), next }
}
