//! Security Hub in one account and Region: which findings it accepts, stores, lists and deletes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::wire::Refusal;

/// Security Hub in one account and Region.
#[derive(Clone, Debug)]
pub struct SecurityHub {
    /// Whether Security Hub is enabled.
    pub enabled: bool,
    /// By ID, as listed.
    pub findings: BTreeMap<String, Value>,
    /// How many of the next findings to refuse with `InternalError`.
    pub refuse_next: usize,
    /// How often each finding was deleted because of its age, by ID.
    pub aged_out: BTreeMap<String, usize>,
    /// How many findings were ignored because they weren't newer than the stored one.
    pub ignored: usize,
    /// How often the workflow status of each finding was reset to `NEW`, by ID.
    pub reopened: BTreeMap<String, usize>,
    /// How many "Security Hub Findings - Imported" events were sent: one per accepted import.
    pub imported_events: usize,
    /// Whether an automation rule sets `PASSED` findings to `RESOLVED`.
    pub resolves_passed: bool,
}

impl Default for SecurityHub {
    fn default() -> Self {
        Self {
            enabled: true,
            findings: BTreeMap::new(),
            refuse_next: 0,
            aged_out: BTreeMap::new(),
            ignored: 0,
            reopened: BTreeMap::new(),
            imported_events: 0,
            resolves_passed: false,
        }
    }
}

/// How long Security Hub keeps an active or an archived finding after its last update (user guide).
const ACTIVE_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);
const ARCHIVED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
const MAX_BYTES: usize = 6_000_000;
const MAX_BYTES_EACH: usize = 240_000;
/// Fields that only customers may change.
const CUSTOMER_FIELDS: [&str; 4] = ["Note", "UserDefinedFields", "VerificationState", "Workflow"];
const REQUIRED: [&str; 11] = [
    "SchemaVersion",
    "Id",
    "ProductArn",
    "GeneratorId",
    "AwsAccountId",
    "CreatedAt",
    "UpdatedAt",
    "Title",
    "Description",
    "Resources",
    "Severity",
];

impl SecurityHub {
    /// `BatchImportFindings` of `account` at the instant `now`.
    ///
    /// # Errors
    /// The refusal of the whole call.
    pub fn import(
        &mut self,
        partition: &str,
        account: &str,
        region: &str,
        mut input: Value,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        self.subscribed(account)?;
        let findings = match input.get_mut("Findings").map(Value::take) {
            Some(Value::Array(all)) if (1..=100).contains(&all.len()) => all,
            _ => return Err(invalid("Findings: 1 to 100")),
        };
        // Computed once per finding: a year of imports spends most of its time here.
        let sizes: Vec<usize> = findings.iter().map(|finding| finding.to_string().len()).collect();
        if r#"{"Findings":[]}"#.len() + sizes.iter().map(|size| size + 1).sum::<usize>() - 1 > MAX_BYTES {
            return Err(invalid("The request is larger than 6 MB"));
        }
        let product = format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default");
        let mut failed = Vec::new();
        let sent = findings.len();
        for (finding, size) in findings.into_iter().zip(sizes) {
            let id = finding["Id"].as_str().unwrap_or_default().to_owned();
            let problem = problem(&finding, size, account, &product).or_else(|| {
                (self.refuse_next > 0).then(|| {
                    self.refuse_next -= 1;
                    ("InternalError", "try again".to_owned())
                })
            });
            match problem {
                Some((code, message)) => {
                    failed.push(json!({"Id": id, "ErrorCode": code, "ErrorMessage": message}));
                }
                None => self.keep(id, finding, now),
            }
        }
        let accepted = sent - failed.len();
        Ok(json!({"FailedCount": failed.len(), "SuccessCount": accepted, "FailedFindings": failed}))
    }

    /// Stores a finding. Updates replace every field that a provider may set; whether that includes
    /// `CreatedAt` is undocumented, and here it does.
    fn keep(&mut self, id: String, mut kept: Value, now: Timestamp) {
        if let Some(before) = self.findings.get_mut(&id) {
            if instant(&kept, "UpdatedAt") <= instant(before, "UpdatedAt") {
                self.ignored += 1;
                return;
            }
            let is_reopened = before["RecordState"] == "ARCHIVED" && kept["RecordState"] == "ACTIVE"
                || before["Compliance"]["Status"] == "PASSED" && kept["Compliance"]["Status"] != "PASSED";
            for field in CUSTOMER_FIELDS {
                kept[field] = before[field].take();
            }
            // "Setting the workflow status" in the user guide.
            if is_reopened && ["NOTIFIED", "RESOLVED"].iter().any(|it| kept["Workflow"]["Status"] == *it) {
                kept["Workflow"] = json!({"Status": "NEW"});
                *self.reopened.entry(id.clone()).or_default() += 1;
            }
        } else {
            kept["Workflow"] = json!({"Status": "NEW"});
        }
        self.imported_events += 1;
        // The automation rule that the documentation recommends.
        if self.resolves_passed
            && kept["Compliance"]["Status"] == "PASSED"
            && ["NEW", "NOTIFIED"].iter().any(|it| kept["Workflow"]["Status"] == *it)
        {
            kept["Workflow"] = json!({"Status": "RESOLVED"});
        }
        kept["ProcessedAt"] = now.to_string().into();
        self.findings.insert(id, kept);
    }

    /// `GetFindings`.
    ///
    /// # Errors
    /// The refusal of the call.
    pub fn find(&self, account: &str, input: &Value) -> Result<Value, Refusal> {
        self.subscribed(account)?;
        let none = serde_json::Map::new();
        let filters = input["Filters"].as_object().unwrap_or(&none);
        if filters.len() > 10 || filters.values().any(|any| any.as_array().is_none_or(|any| any.len() > 20)) {
            return Err(invalid("Filters: 10 attributes of 20 values"));
        }
        let most = input["MaxResults"].as_u64().unwrap_or(100);
        if !(1..=100).contains(&most) {
            return Err(invalid("MaxResults: 1 to 100"));
        }
        let matches = |finding: &&Value| {
            filters.iter().all(|(name, any)| {
                any.as_array().is_some_and(|any| any.iter().any(|filter| is_match(finding, name, filter)))
            })
        };
        let from: usize = input["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
        let most = usize::try_from(most).expect("100 at most");
        let candidates = self.candidates(filters.get("Id"));
        let found: Vec<&Value> = candidates.filter(matches).skip(from).take(most + 1).collect();
        let mut response = json!({"Findings": found.iter().take(most).collect::<Vec<_>>()});
        if found.len() > most {
            response["NextToken"] = (from + most).to_string().into();
        }
        Ok(response)
    }

    /// The findings that match a filter on IDs, in the usual order; looked up directly if the
    /// filter lists exact IDs.
    fn candidates<'h>(&'h self, ids: Option<&Value>) -> Box<dyn Iterator<Item = &'h Value> + 'h> {
        let id = |filter: &Value| {
            if filter["Comparison"] == "EQUALS" {
                filter["Value"].as_str().map(ToOwned::to_owned)
            } else {
                None
            }
        };
        let ids = ids.and_then(Value::as_array).and_then(|ids| ids.iter().map(id).collect());
        match ids {
            Some(ids) => {
                let ids: BTreeSet<String> = ids;
                Box::new(ids.into_iter().filter_map(|id| self.findings.get(&id)))
            }
            None => Box::new(self.findings.values()),
        }
    }

    /// Deletes the findings that haven't been updated for long enough.
    pub fn age(&mut self, now: Timestamp) {
        let aged_out = &mut self.aged_out;
        self.findings.retain(|id, finding| {
            let keeps = if finding["RecordState"] == "ARCHIVED" { ARCHIVED_FOR } else { ACTIVE_FOR };
            let is_kept = now.duration_since(instant(finding, "UpdatedAt")) <= keeps;
            if !is_kept && finding["RecordState"] != "ARCHIVED" {
                *aged_out.entry(id.clone()).or_default() += 1;
            }
            is_kept
        });
    }

    fn subscribed(&self, account: &str) -> Result<(), Refusal> {
        let message = || format!("Account {account} is not subscribed to AWS Security Hub");
        if self.enabled {
            Ok(())
        } else {
            Err(Refusal::with_status(401, "InvalidAccessException", message()))
        }
    }
}

fn problem(finding: &Value, size: usize, account: &str, product: &str) -> Option<(&'static str, String)> {
    let input = |message: &str| Some(("InvalidInput", message.to_owned()));
    if let Some(missing) = REQUIRED.iter().find(|field| finding[**field].is_null()) {
        return input(missing);
    }
    if finding["AwsAccountId"] != account || finding["ProductArn"] != product {
        return Some(("InvalidAccess", "another account's".into()));
    }
    let length = |field: &str, most: usize| {
        finding[field].as_str().is_none_or(|text| text.is_empty() || text.chars().count() > most)
    };
    if length("Id", 512) || length("GeneratorId", 512) || length("Title", 256) || length("Description", 1024)
    {
        return input("a text that is too long");
    }
    let resources = finding["Resources"].as_array();
    if resources.is_none_or(|all| !(1..=32).contains(&all.len())) {
        return input("Resources: 1 to 32");
    }
    if size > MAX_BYTES_EACH {
        return input("larger than 240 KB");
    }
    let is_instant =
        |field: &str| finding[field].as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok());
    if is_instant("CreatedAt") && is_instant("UpdatedAt") { None } else { input("an instant") }
}

fn is_match(finding: &Value, name: &str, filter: &Value) -> bool {
    if let (Some(comparison), Some(wanted)) = (filter["Comparison"].as_str(), filter["Value"].as_str()) {
        let matches = |text: &Value| match comparison {
            "EQUALS" => text == wanted,
            "PREFIX" => text.as_str().is_some_and(|text| text.starts_with(wanted)),
            other => panic!("comparison {other}"),
        };
        return match name {
            "ResourceId" => {
                finding["Resources"].as_array().is_some_and(|all| all.iter().any(|it| matches(&it["Id"])))
            }
            _ => matches(&finding[name]),
        };
    }
    let (Some(start), Some(end)) = (filter["Start"].as_str(), filter["End"].as_str()) else { return false };
    let (start, end): (Timestamp, Timestamp) = (start.parse().expect("a date"), end.parse().expect("a date"));
    (start..=end).contains(&instant(finding, name))
}

fn instant(finding: &Value, field: &str) -> Timestamp {
    finding[field].as_str().and_then(|text| text.parse().ok()).unwrap_or(Timestamp::MIN)
}

fn invalid(message: &str) -> Refusal {
    Refusal::new("InvalidInputException", message)
}
