//! CloudFormation's operations on StackSets.

use std::fmt::Write;
use std::ops::Bound;

use serde_json::Value;

use super::config::next;
use super::{Call, page_start};
use crate::stack_sets::{StackInstance, StackSet};
use crate::wire::{Output, Refusal, escaped};

const NAMESPACE: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

pub(super) fn list_stack_sets(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (after, size) = page(call, "ListStackSets")?;
    let sets = call.world.stack_sets.iter().filter(|(_, set)| administers(call, set));
    let names =
        sets.map(|(name, _)| name.clone()).filter(|name| after.as_ref().is_none_or(|after| name > after));
    let mut names: Vec<String> = names.take(size + 1).collect();
    let token = next_token(call, "ListStackSets", &mut names, size, String::clone);
    let mut summaries = String::new();
    for name in names {
        write!(
            summaries,
            "<member><StackSetName>{0}</StackSetName><StackSetId>{0}:1</StackSetId><Status>ACTIVE</Status>\
             <PermissionModel>SERVICE_MANAGED</PermissionModel></member>",
            escaped(&name)
        )
        .expect("writing to a String never fails");
    }
    Ok(result("ListStackSets", &format!("<Summaries>{summaries}</Summaries>{token}")))
}

pub(super) fn describe_stack_set(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let name = call.required("StackSetName")?.to_owned();
    let mut tags = String::new();
    for (key, value) in &stack_set(call, &name)?.tags {
        let (key, value) = (escaped(key), escaped(value));
        write!(tags, "<member><Key>{key}</Key><Value>{value}</Value></member>")
            .expect("writing to a String never fails");
    }
    let set = format!("<StackSetName>{}</StackSetName><Status>ACTIVE</Status>", escaped(&name));
    Ok(result("DescribeStackSet", &format!("<StackSet>{set}<Tags>{tags}</Tags></StackSet>")))
}

pub(super) fn list_stack_instances(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let name = call.required("StackSetName")?.to_owned();
    let query = format!("ListStackInstances {name}");
    let (after, size) = page(call, &query)?;
    let after = after.as_deref().and_then(|after| after.split_once(' '));
    let after = after.map(|(account, region)| (account.to_owned(), region.to_owned()));
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let rows = stack_set(call, &name)?.instances.range((from, Bound::Unbounded)).take(size + 1);
    let mut rows: Vec<_> = rows.map(|(place, instance)| (place.clone(), instance.clone())).collect();
    let token =
        next_token(call, &query, &mut rows, size, |((account, region), _)| format!("{account} {region}"));
    let mut summaries = String::new();
    for ((account, region), StackInstance { status, detailed_status, reason }) in rows {
        let reason =
            reason.as_ref().map(|reason| format!("<StatusReason>{}</StatusReason>", escaped(reason)));
        write!(
            summaries,
            "<member><StackSetId>{name}:1</StackSetId><Region>{region}</Region><Account>{account}</Account>\
             <Status>{status}</Status>{}<StackInstanceStatus><DetailedStatus>{detailed_status}</DetailedStatus>\
             </StackInstanceStatus>{}<DriftStatus>NOT_CHECKED</DriftStatus></member>",
            reason.unwrap_or_default(),
            unit_of(call, &account)
        )
        .expect("writing to a String never fails");
    }
    Ok(result("ListStackInstances", &format!("<Summaries>{summaries}</Summaries>{token}")))
}

fn unit_of(call: &Call<'_>, account: &str) -> String {
    let units = call.world.organization.as_ref().into_iter().flat_map(|organization| &organization.units);
    let mut of_account = units.filter(|(_, unit)| unit.accounts.contains(account));
    let unit = of_account.next().map(|(id, _)| format!("<OrganizationalUnitId>{id}</OrganizationalUnitId>"));
    unit.unwrap_or_default()
}

/// `UpdateStackInstances` and `CreateStackInstances`: the stack instances are current afterward.
pub(super) fn deploy_stack_instances(
    call: &mut Call<'_>,
    operation: &'static str,
) -> Result<Output, Refusal> {
    let name = call.required("StackSetName")?.to_owned();
    stack_set(call, &name)?;
    let invalid = |message: &str| Refusal::new("ValidationError", message);
    let (regions, units) =
        (members(call, "Regions"), members(call, "DeploymentTargets.OrganizationalUnitIds"));
    if regions.is_empty() {
        return Err(invalid("Regions must not be empty"));
    }
    if units.is_empty() {
        return Err(invalid("a service-managed StackSet needs organizational units"));
    }
    if call.text("DeploymentTargets.AccountFilterType") != Some("INTERSECTION") {
        return Err(invalid("Accounts need an AccountFilterType"));
    }
    let (accounts, input) = (members(call, "DeploymentTargets.Accounts"), call.input.clone());
    let id = call.required("OperationId")?.to_owned();
    let set = call.world.stack_sets.get_mut(&name).expect("it was just found");
    for account in &accounts {
        for region in &regions {
            let place = (account.clone(), region.clone());
            if operation == "UpdateStackInstances" && !set.instances.contains_key(&place) {
                let message = format!("Stack instance not found for StackSet {name}");
                return Err(Refusal::with_status(404, "StackInstanceNotFoundException", message));
            }
            set.instances.insert(place, StackInstance::default());
        }
    }
    set.operations.push((operation, input));
    Ok(result(operation, &format!("<OperationId>{id}</OperationId>")))
}

fn result(operation: &str, content: &str) -> Output {
    Output::Xml(format!(
        "<{operation}Response xmlns=\"{NAMESPACE}\"><{operation}Result>{content}</{operation}Result>\
         <ResponseMetadata><RequestId>fake_aws</RequestId></ResponseMetadata></{operation}Response>"
    ))
}

fn stack_set<'c>(call: &'c Call<'_>, name: &str) -> Result<&'c StackSet, Refusal> {
    let found = call.world.stack_sets.get(name).filter(|set| administers(call, set));
    let missing =
        || Refusal::with_status(404, "StackSetNotFoundException", format!("StackSet {name} not found"));
    found.ok_or_else(missing)
}

/// Whether the caller sees a StackSet. A delegated administrator sees those of the organization
/// only with `CallAs=DELEGATED_ADMIN`.
fn administers(call: &Call<'_>, set: &StackSet) -> bool {
    let delegated = call.text("CallAs") == Some("DELEGATED_ADMIN");
    set.administrator == call.key.account && set.region == call.region && set.delegated == delegated
}

fn members(call: &Call<'_>, name: &str) -> Vec<String> {
    let member = |number: usize| call.text(&format!("{name}.member.{number}")).map(str::to_owned);
    (1..).map_while(member).collect()
}

/// The key after which the requested page starts, and its size.
fn page(call: &mut Call<'_>, query: &str) -> Result<(Option<String>, usize), Refusal> {
    let invalid = || Refusal::new("ValidationError", "the token or MaxResults is invalid");
    let size = match &call.input["MaxResults"] {
        Value::Null => Some(100),
        value => value.as_str().and_then(|text| text.parse().ok()).filter(|size| (1..=100).contains(size)),
    };
    let after = page_start(call, query).map_err(|()| invalid())?;
    Ok((after, size.ok_or_else(invalid)?))
}

/// Cuts rows to a page, and returns the element with the next page's token.
fn next_token<T>(
    call: &mut Call<'_>,
    query: &str,
    rows: &mut Vec<T>,
    size: usize,
    key: impl Fn(&T) -> String,
) -> String {
    let more = rows.len() > size;
    rows.truncate(size);
    match rows.last().map(key).filter(|_| more) {
        Some(last) => format!("<NextToken>{}</NextToken>", next(call, query, &last)),
        None => String::new(),
    }
}
