use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Failure;
use crate::aws::LiveResults;
use crate::aws::connect::call::Call;
use crate::aws::connect::page_tokens::PageTokens;
use crate::aws::connect::service::{Operation, ServiceResult};
use crate::security_hub::import::{Findings, FindingsFilter, RejectedFinding};
use crate::security_hub::{
    AwsSecurityFinding, ExistingFinding, GENERATOR_PREFIX, StoredFinding, product_arn,
};

const IMPORT: Operation = Operation { name: "BatchImportFindings", path: "/findings/import", target: None };
const GET: Operation = Operation { name: "GetFindings", path: "/findings", target: None };

/// The maximum page size of `GetFindings` (botocore).
const PAGE_SIZE: u32 = 100;
/// The error code of a call if Security Hub is not enabled in the account and Region.
const NOT_ENABLED: &str = "InvalidAccessException";
/// The error code of each finding in the same case (Security Hub User Guide, "Prerequisites for
/// using BatchImportFindings").
const FINDING_NOT_ENABLED: &str = "InvalidAccess";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchImportFindingsInput<'a> {
    findings: &'a [AwsSecurityFinding],
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchImportFindingsOutput {
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
struct GetFindingsOutput {
    findings: Vec<StoredFinding>,
    #[serde(default)]
    next_token: Option<String>,
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
        let limiter = &self.clients.import_findings_limiter;
        let input = BatchImportFindingsInput { findings };
        let sent = self.clients.security_hub.send::<BatchImportFindingsOutput>(IMPORT, &input, Some(limiter));
        let Some(output) = if_enabled(&call, call.send_raw(sent).await?)? else { return Ok(None) };
        let failed = output.failed_findings;
        if output.failed_count != failed.len() {
            let problem = format!("{} findings failed, {} are listed", output.failed_count, failed.len());
            return Err(call.invalid_response(problem));
        }
        if !failed.is_empty() && failed.iter().all(|failed| failed.error_code == FINDING_NOT_ENABLED) {
            return Ok(None);
        }
        let refused =
            failed.into_iter().map(|failed| RejectedFinding { id: failed.id, code: failed.error_code });
        Ok(Some(refused.collect()))
    }

    async fn existing_findings(
        &self,
        wanted: FindingsFilter<'_>,
    ) -> Result<Option<Vec<ExistingFinding>>, Failure> {
        let resource = match wanted {
            FindingsFilter::All => "stagecert's findings".to_owned(),
            FindingsFilter::Resources([one]) => format!("the findings of {one}"),
            FindingsFilter::Resources(many) => format!("the findings of {} resources", many.len()),
        };
        let call = self.hub_call(&GET, &resource);
        let own = product_arn(&self.account_region);
        let filters = filters(&own, wanted);
        let (mut existing, mut token): (Vec<ExistingFinding>, Option<String>) = (Vec::new(), None);
        let mut seen = PageTokens::default();
        loop {
            let mut input = json!({"Filters": filters, "MaxResults": PAGE_SIZE});
            if let (Some(token), Value::Object(fields)) = (&token, &mut input) {
                fields.insert("NextToken".into(), token.as_str().into());
            }
            let limiter = &self.clients.get_findings_limiter;
            let sent = self.clients.security_hub.send::<GetFindingsOutput>(GET, &input, Some(limiter));
            let Some(page) = if_enabled(&call, call.send_raw(sent).await?)? else { return Ok(None) };
            existing.extend(page.findings.into_iter().filter_map(|stored| stored.existing(&own)));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(Some(existing));
            }
            seen.add(token.as_deref()).map_err(|problem| call.invalid_response(problem))?;
        }
    }
}

impl LiveResults {
    fn hub_call<'a>(&'a self, operation: &Operation, resource: &'a str) -> Call<'a> {
        Call {
            operation: operation.name,
            resource,
            account_region: &self.account_region,
            limit: self.deadline.puts(),
        }
    }
}

/// The output of a call; `None` if Security Hub is not enabled.
fn if_enabled<T>(call: &Call<'_>, result: ServiceResult<T>) -> Result<Option<T>, Failure> {
    match result.map_err(|error| call.sdk_failure(error)) {
        Ok(output) => Ok(Some(output)),
        Err(failure) if failure.code() == Some(NOT_ENABLED) => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn filters(own: &str, wanted: FindingsFilter<'_>) -> Value {
    let filter = |comparison: &str, value: &str| json!({"Value": value, "Comparison": comparison});
    let mut filters = json!({
        "ProductArn": [filter("EQUALS", own)],
        "GeneratorId": [filter("PREFIX", GENERATOR_PREFIX)],
    });
    if let (FindingsFilter::Resources(ids), Value::Object(fields)) = (wanted, &mut filters) {
        let ids = ids.iter().map(|id| filter("EQUALS", id)).collect();
        fields.insert("ResourceId".into(), ids);
    }
    filters
}
