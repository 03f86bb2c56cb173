//! `PutEvaluations`, which stores results, and the operations that list them: by rule, or by
//! resource.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::config::next;
use super::history::instant;
use super::recorded::DOMAIN_NAME;
use super::{Call, config_limit};
use crate::faults::{Fault, Refused};
use crate::front_door::ConfigDomainNames;
use crate::items::seconds;
use crate::model::StoredEvaluation;
use crate::wire::{Output, Refusal};

/// botocore's `ResourceType`, and the account itself.
static RESOURCE_TYPES: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| include_str!("../../resource-types.txt").lines().chain(["AWS::::Account"]).collect());
const COMPLIANCE_TYPES: [&str; 4] = ["COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE", "INSUFFICIENT_DATA"];

pub(super) fn put_evaluations(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let recorded = call.home().front_door.options.config_domain_names;
    let lists_domain_names = recorded != ConfigDomainNames::Unlisted;
    let none = Vec::new();
    let evaluations = match &call.input["Evaluations"] {
        Value::Null => &none,
        value => value.as_array().ok_or_else(|| Refusal::new("SerializationException", "Evaluations"))?,
    };
    let token = call.required("ResultToken")?;
    if evaluations.len() > 100 {
        return Err(invalid("evaluations", "Member must have length less than or equal to 100"));
    }
    let read = evaluations
        .iter()
        .map(|one| evaluation(call, one, lists_domain_names))
        .collect::<Result<Vec<_>, _>>()?;
    if call.input["TestMode"] == true {
        return Ok(Output::Json(200, json!({"FailedEvaluations": []})));
    }
    let bad_token = || Refusal::new("InvalidResultTokenException", "The Result Token provided is invalid.");
    let good_for = call.world.tokens.get(token).filter(|token| token.live);
    let good_for = good_for.filter(|of| of.account == call.key.account && of.region == call.region);
    if matches!(call.fault, Some(Fault::ExpiredResultToken)) {
        return Err(bad_token());
    }
    let good_for = good_for.ok_or_else(bad_token)?;
    let (rule, invoked) = (good_for.rule.clone(), good_for.issued);
    let fault = call.fault;
    let refused = |at: usize, id: &str| match fault {
        Some(Fault::FailedEvaluations(Refused::First)) => at == 0,
        Some(Fault::FailedEvaluations(Refused::All)) => true,
        Some(Fault::FailedEvaluations(Refused::Ids(ids))) => ids.iter().any(|refused| refused == id),
        _ => false,
    };
    let process = call.process().to_owned();
    let bases: Vec<_> = read.iter().map(|((_, id), _)| call.world.basis(&process, id)).collect();
    let region = call.home();
    let ignores_older = region.options.ignores_older_results;
    let gone = || Refusal::new("NoSuchConfigRuleException", "The ConfigRule provided does not exist.");
    let rule = region.rules.get_mut(&rule).ok_or_else(gone)?;
    let (mut failed, mut put) = (Vec::new(), Vec::new());
    for (at, ((kind, id), mut stored)) in read.into_iter().enumerate() {
        (stored.invoked, stored.basis) = (invoked, bases[at]);
        if refused(at, &id) {
            failed.push(evaluations[at].clone());
            continue;
        }
        rule.accepted += 1;
        let kept = rule.evaluations.get(&(kind.clone(), id.clone()));
        if kind.ends_with("::Stage") {
            put.push((id.clone(), kept.cloned(), stored.clone()));
        }
        if !ignores_older || kept.is_none_or(|kept| kept.ordering_timestamp <= stored.ordering_timestamp) {
            rule.evaluations.insert((kind, id), stored);
        }
    }
    let parameters = rule.parameters.clone();
    call.world.put(&process, (&call.key.account, call.region), parameters.as_deref(), put);
    Ok(Output::Json(200, json!({"FailedEvaluations": failed})))
}

type Read = ((String, String), StoredEvaluation);

fn evaluation(call: &Call<'_>, one: &Value, lists_domain_names: bool) -> Result<Read, Refusal> {
    let sized = |name: &str, most: usize, required: bool| match &one[name] {
        Value::Null if !required => Ok(None),
        Value::String(text) if (1..=most).contains(&text.chars().count()) => Ok(Some(text.clone())),
        Value::Null => Err(invalid(name, "Member must not be null")),
        _ => Err(invalid(name, &format!("Member must have length between 1 and {most}"))),
    };
    let kind = sized("ComplianceResourceType", 256, true)?.unwrap_or_default();
    let id = sized("ComplianceResourceId", 768, true)?.unwrap_or_default();
    let compliance_type = sized("ComplianceType", 256, true)?.unwrap_or_default();
    let annotation = sized("Annotation", 256, false)?;
    let ordering_timestamp = match &one["OrderingTimestamp"] {
        Value::Null => return Err(invalid("OrderingTimestamp", "Member must not be null")),
        value => instant(value).ok_or_else(|| Refusal::new("SerializationException", "OrderingTimestamp"))?,
    };
    if !COMPLIANCE_TYPES.contains(&compliance_type.as_str()) {
        let allowed = COMPLIANCE_TYPES.join(", ");
        return Err(invalid("complianceType", &format!("Member must satisfy enum value set: [{allowed}]")));
    }
    if compliance_type == "INSUFFICIENT_DATA" {
        return Err(Refusal::new(
            "InvalidParameterValueException",
            "INSUFFICIENT_DATA is not accepted from PutEvaluations.",
        ));
    }
    let is_listed = lists_domain_names && kind == DOMAIN_NAME;
    if !is_listed && !RESOURCE_TYPES.contains(kind.as_str()) {
        let message =
            format!("The resource type {kind} is invalid. Only the following values are permitted: …");
        return Err(Refusal::new("InvalidParameterValueException", message));
    }
    let put_by = (call.key.account.clone(), call.key_id.to_owned());
    let recorded = call.world.clock.real();
    let (invoked, basis) = (recorded, None);
    let stored = StoredEvaluation {
        compliance_type,
        annotation,
        ordering_timestamp,
        recorded,
        invoked,
        basis,
        put_by,
    };
    Ok(((kind, id), stored))
}

fn invalid(name: &str, constraint: &str) -> Refusal {
    let message =
        format!("1 validation error detected: Value at '{name}' failed to satisfy constraint: {constraint}");
    Refusal::new("ValidationException", message)
}

pub(super) fn get_compliance_details(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let name = call.required("ConfigRuleName")?.to_owned();
    if name.chars().count() > 64 {
        return Err(invalid("configRuleName", "Member must have length less than or equal to 64"));
    }
    let limit = config_limit(call, "Limit", 10)?;
    let types = wanted_types(call)?;
    let invalid_token = || Refusal::new("InvalidNextTokenException", "The nextToken provided is invalid");
    if matches!(call.fault, Some(Fault::ExpiredPageToken)) {
        return Err(invalid_token());
    }
    let query = format!("GetComplianceDetailsByConfigRule {name} {types:?}");
    let token = call.text("NextToken").map(str::to_owned);
    let region = call.home();
    let after = match token {
        None => None,
        Some(token) => {
            let after = region.page(&token, &query).ok_or_else(invalid_token)?.after.clone();
            after.split_once(' ').map(|(kind, id)| (kind.to_owned(), id.to_owned()))
        }
    };
    let gone = || Refusal::new("NoSuchConfigRuleException", "The ConfigRule provided does not exist.");
    let rule = region.rules.get(&name).ok_or_else(gone)?;
    let lists_not_applicable = region.options.lists_not_applicable;
    let wanted = |stored: &StoredEvaluation| is_wanted(stored, &types, lists_not_applicable);
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let results = rule.evaluations.range((from, Bound::Unbounded)).filter(|(_, stored)| wanted(stored));
    let mut page: Vec<_> = results.take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let listed: Vec<Value> = page.iter().map(|(of, stored)| listed(&name, of, stored)).collect();
    let last = page.last().map(|((kind, id), _)| format!("{kind} {id}"));
    let mut response = json!({ "EvaluationResults": listed });
    if let Some(last) = last.filter(|_| more) {
        response["NextToken"] = next(call, &query, &last).into();
    } else if !matches!(call.fault, Some(Fault::TruncatedBody | Fault::MalformedJson | Fault::Answer(..))) {
        let process = call.process().to_owned();
        call.world.earlier_results_read(&process);
    }
    Ok(Output::Json(200, response))
}

/// The results of all rules for one resource, on one page.
pub(super) fn get_compliance_details_by_resource(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let of = (call.required("ResourceType")?.to_owned(), call.required("ResourceId")?.to_owned());
    let types = wanted_types(call)?;
    if call.text("NextToken").is_some() || matches!(call.fault, Some(Fault::ExpiredPageToken)) {
        return Err(Refusal::new("InvalidNextTokenException", "The nextToken provided is invalid"));
    }
    let region = call.home();
    let lists_not_applicable = region.options.lists_not_applicable;
    let results = region.rules.iter().filter_map(|(name, rule)| Some((name, rule.evaluations.get(&of)?)));
    let results = results.filter(|(_, stored)| is_wanted(stored, &types, lists_not_applicable));
    let results: Vec<Value> = results.map(|(name, stored)| listed(name, &of, stored)).collect();
    Ok(Output::Json(200, json!({ "EvaluationResults": results })))
}

/// The requested compliance types; none for all.
fn wanted_types(call: &Call<'_>) -> Result<Vec<String>, Refusal> {
    let types: Vec<String> = match &call.input["ComplianceTypes"] {
        Value::Null => Vec::new(),
        value => serde_json::from_value(value.clone())
            .map_err(|_| Refusal::new("SerializationException", "ComplianceTypes"))?,
    };
    if types.len() > 3 {
        return Err(invalid("complianceTypes", "Member must have length less than or equal to 3"));
    }
    match types.iter().find(|one| !COMPLIANCE_TYPES.contains(&one.as_str())) {
        Some(unknown) => {
            Err(Refusal::new("InvalidParameterValueException", format!("compliance type {unknown}")))
        }
        None => Ok(types),
    }
}

fn is_wanted(stored: &StoredEvaluation, types: &[String], lists_not_applicable: bool) -> bool {
    let own = stored.compliance_type.as_str();
    (types.is_empty() || types.iter().any(|one| one == own))
        && (own != "NOT_APPLICABLE" || lists_not_applicable)
}

fn listed(rule: &str, (kind, id): &(String, String), stored: &StoredEvaluation) -> Value {
    let second = |at: Timestamp| seconds(at);
    let mut listed = json!({
        "EvaluationResultIdentifier": {
            "EvaluationResultQualifier": {
                "ConfigRuleName": rule, "ResourceType": kind, "ResourceId": id, "EvaluationMode": "DETECTIVE",
            },
            "OrderingTimestamp": second(stored.ordering_timestamp),
        },
        "ComplianceType": stored.compliance_type,
        "ResultRecordedTime": second(stored.recorded),
        "ConfigRuleInvokedTime": second(stored.invoked),
    });
    if let Some(annotation) = &stored.annotation {
        listed["Annotation"] = annotation.as_str().into();
    }
    listed
}
