use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Failure;
use crate::aws::LiveResults;
use crate::aws::connect::call::Call;
use crate::aws::connect::page_tokens::PageTokens;
use crate::aws::connect::service::{Answered, Asked, ServiceName};
use crate::checks::Check;
use crate::security_hub::import::{Findings, FindingsFilter, RejectedFinding};
use crate::security_hub::{AwsSecurityFinding, ExistingFinding, generator_id, product_arn};

pub(crate) const SECURITY_HUB: ServiceName = ServiceName {
    id: "SecurityHub",
    host: "securityhub",
    plain_fips_in_govcloud: false,
    media: "application/json",
};

const IMPORT: Asked = Asked { name: "BatchImportFindings", path: "/findings/import", target: None };
const GET: Asked = Asked { name: "GetFindings", path: "/findings", target: None };

/// The most that a page of `GetFindings` holds (botocore).
const PAGE: u32 = 100;
/// Of a call, where the account has not enabled Security Hub.
const NOT_ENABLED: &str = "InvalidAccessException";
/// Of each finding, in the same case (Security Hub user guide, "Prerequisites for using BatchImportFindings").
const NOT_ENABLED_EACH: &str = "InvalidAccess";
/// Before all findings: a filter by dates wants both ends.
const BEGINNING: &str = "2015-01-01T00:00:00Z";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ImportRequest<'a> {
    findings: &'a [AwsSecurityFinding],
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ImportAnswer {
    failed_count: usize,
    #[serde(default)]
    failed_findings: Vec<FailedFinding>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FailedFinding {
    id: String,
    error_code: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetAnswer {
    findings: Vec<Found>,
    #[serde(default)]
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    id: String,
    #[serde(default)]
    product_arn: String,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    record_state: Option<String>,
}

impl Findings for LiveResults {
    async fn import_findings(
        &self,
        findings: &[AwsSecurityFinding],
    ) -> Result<Option<Vec<RejectedFinding>>, Failure> {
        let resource = match findings {
            [one] => one.id.clone(),
            many => format!("{} findings", many.len()),
        };
        let call = self.hub_call(&IMPORT, &resource);
        let gate = &self.clients.import_gate;
        let request = ImportRequest { findings };
        let sent = self.clients.security_hub.send::<ImportAnswer>(IMPORT, &request, Some(gate));
        let Some(answer) = enabled(&call, call.answer(sent).await?)? else { return Ok(None) };
        let failed = answer.failed_findings;
        if answer.failed_count != failed.len() {
            let told = format!("{} failed, and {} are named", answer.failed_count, failed.len());
            return Err(call.unreadable(told));
        }
        if !failed.is_empty() && failed.iter().all(|failed| failed.error_code == NOT_ENABLED_EACH) {
            return Ok(None);
        }
        let refused =
            failed.into_iter().map(|failed| RejectedFinding { id: failed.id, code: failed.error_code });
        Ok(Some(refused.collect()))
    }

    async fn active_findings(
        &self,
        wanted: FindingsFilter<'_>,
    ) -> Result<Option<Vec<ExistingFinding>>, Failure> {
        let resource = match wanted {
            FindingsFilter::Ids(ids) => format!("{} Ids", ids.len()),
            FindingsFilter::Stale { .. } => "findings that are no longer updated".to_owned(),
        };
        let call = self.hub_call(&GET, &resource);
        let own = product_arn(&self.account_region);
        let filters = filters(&own, wanted);
        let (mut known, mut token): (Vec<ExistingFinding>, Option<String>) = (Vec::new(), None);
        let mut seen = PageTokens::default();
        loop {
            let mut request = json!({"Filters": filters, "MaxResults": PAGE});
            if let (Some(token), Value::Object(fields)) = (&token, &mut request) {
                fields.insert("NextToken".into(), token.as_str().into());
            }
            let gate = &self.clients.find_gate;
            let sent = self.clients.security_hub.send::<GetAnswer>(GET, &request, Some(gate));
            let Some(page) = enabled(&call, call.answer(sent).await?)? else { return Ok(None) };
            known.extend(page.findings.into_iter().filter_map(|found| found.known(&own)));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(Some(known));
            }
            seen.add(token.as_deref()).map_err(|problem| call.unreadable(problem))?;
        }
    }
}

impl LiveResults {
    fn hub_call<'a>(&'a self, asked: &Asked, resource: &'a str) -> Call<'a> {
        Call {
            operation: asked.name,
            resource,
            account_region: &self.account_region,
            limit: self.deadline.puts(),
        }
    }
}

impl Found {
    /// A home Region answers with the findings of Regions that are linked to it too.
    fn known(self, own: &str) -> Option<ExistingFinding> {
        let is_own = self.product_arn == own && self.record_state.as_deref() != Some("ARCHIVED");
        let created_at = self.created_at.and_then(|at| at.parse().ok());
        is_own.then_some(ExistingFinding { id: self.id, created_at })
    }
}

/// `None` where Security Hub is not enabled.
fn enabled<T>(call: &Call<'_>, answered: Answered<T>) -> Result<Option<T>, Failure> {
    match answered.map_err(|error| call.failed(error)) {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.code() == Some(NOT_ENABLED) => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn filters(own: &str, wanted: FindingsFilter<'_>) -> Value {
    let one_of = |values: &mut dyn Iterator<Item = String>| -> Value {
        values.map(|value| json!({"Value": value, "Comparison": "EQUALS"})).collect()
    };
    let mut filters = serde_json::Map::new();
    filters.insert("ProductArn".into(), one_of(&mut std::iter::once(own.to_owned())));
    filters.insert("RecordState".into(), one_of(&mut std::iter::once("ACTIVE".to_owned())));
    match wanted {
        FindingsFilter::Ids(ids) => _ = filters.insert("Id".into(), one_of(&mut ids.iter().cloned())),
        FindingsFilter::Stale { checks, since } => {
            filters.insert("GeneratorId".into(), one_of(&mut generators(checks)));
            filters.insert("UpdatedAt".into(), json!([{"Start": BEGINNING, "End": in_milliseconds(since)}]));
        }
    }
    filters.into()
}

fn generators(checks: &BTreeSet<Check>) -> impl Iterator<Item = String> {
    checks.iter().map(|check| generator_id(*check))
}

fn in_milliseconds(at: Timestamp) -> String {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at).to_string()
}
