//! Findings for Security Hub, over several events of the same account.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use stagecert::parameters::settings::Settings;
use stagecert::snapshot::RecordedResults;

use crate::change::{account, change};
use crate::evaluate::{Evaluated, evaluate, example, sample, with_parameters};
use crate::faulty::World;

fn on(event: &str, more: &Value) -> Value {
    let mut parameters = json!({"securityHub": "on"});
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    with_parameters(sample(event), &parameters)
}

/// Several events of one account, after each of which Security Hub has the findings of all of them.
pub(crate) struct Account {
    pub(crate) world: World,
    results: RecordedResults,
    seen: usize,
}

impl Account {
    fn new() -> Self {
        Self::of(&example())
    }

    pub(crate) fn of(account: &Value) -> Self {
        Self { world: World::of(account), results: RecordedResults::default(), seen: 0 }
    }

    /// The outcome of an event, and the findings that it imported.
    pub(crate) async fn event(&mut self, day: &str, event: &Value) -> (Evaluated, Vec<Value>) {
        for source in [&mut self.world.account, &mut self.world.index, &mut self.world.live] {
            source["takenAt"] = format!("2026-11-{day}Z").into();
        }
        let (evaluated, _) = self.world.evaluate_into(event, &self.results).await;
        let sent = evaluated.findings[self.seen..].to_vec();
        self.seen = evaluated.findings.len();
        (evaluated, sent)
    }

    async fn sweep(&mut self, day: &str, parameters: Value) -> Vec<Value> {
        let (evaluated, sent) = self.event(day, &on("scheduled", &parameters)).await;
        assert_eq!(evaluated.outcome.unwrap().findings_imported, Some(sent.len()));
        sent
    }
}

fn active(findings: &[Value]) -> BTreeMap<String, Value> {
    let mut by_id = BTreeMap::new();
    for finding in findings {
        by_id.insert(finding["Id"].as_str().unwrap().to_owned(), finding.clone());
    }
    by_id.retain(|_, finding| finding["RecordState"] == "ACTIVE");
    by_id
}

fn statuses(findings: &[Value]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding["Compliance"]["Status"].as_str().unwrap()).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn without_the_parameter_nothing_is_imported() {
    for event in ["scheduled", "change-ok", "change-deleted"] {
        let evaluated = evaluate(&sample(event), &example()).await;
        assert!(evaluated.findings.is_empty());
        assert_eq!(evaluated.outcome.unwrap().findings_imported, None);
    }
}

#[tokio::test]
async fn a_first_sweep_imports_every_check_that_applies() {
    let evaluated = evaluate(&on("scheduled", &json!({})), &example()).await;
    let findings = &evaluated.findings;
    let ids: BTreeSet<&str> = findings.iter().map(|finding| finding["Id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), findings.len());
    let report = evaluated.outcome.as_ref().unwrap();
    assert_eq!((report.findings_imported, report.security_hub_not_enabled), (Some(findings.len()), false));
    assert_eq!((report.findings_of_other_rules, report.imports_left_to_sweep), (0, 0));

    // A stage's result in Config is the worst of its findings.
    let mut failed: BTreeMap<&str, bool> = BTreeMap::new();
    for finding in findings {
        let of = failed.entry(finding["Resources"][0]["Id"].as_str().unwrap()).or_default();
        *of |= finding["Compliance"]["Status"] == "FAILED";
        for field in ["CreatedAt", "UpdatedAt", "LastObservedAt"] {
            assert_eq!(finding[field], "2026-11-21T12:00:00Z");
        }
        assert_eq!(finding["RecordState"], "ACTIVE");
        assert_ne!(finding["Compliance"]["Status"], "NOT_AVAILABLE");
        let check = finding["ProductFields"]["stagecert/check"].as_str().unwrap();
        assert!(finding["Id"].as_str().unwrap().ends_with(&format!("/{check}")));
        assert_eq!(finding["GeneratorId"], format!("stagecert/stagecert/{check}"));
        assert_eq!(finding["ProductFields"]["stagecert/deployment"], "stagecert");
        assert_eq!(finding["ProductFields"]["stagecert/rule"], "stagecert");
    }
    for evaluation in evaluated.evaluations() {
        let is_failed = evaluation["ComplianceType"] == "NON_COMPLIANT";
        let known = failed.get(evaluation["ComplianceResourceId"].as_str().unwrap());
        assert_eq!(known.copied().unwrap_or_default(), is_failed, "{evaluation}");
    }
}

#[tokio::test]
async fn findings_name_the_deployment_of_the_function() {
    let mut account = Account::new();
    account.world.settings = Settings { name: "payments".into(), ..Settings::default() };
    let sent = account.sweep("21T12:00:00", json!({})).await;
    assert!(sent.iter().all(|it| it["GeneratorId"].as_str().unwrap().starts_with("stagecert/payments/")));
    assert!(sent.iter().all(|it| it["ProductFields"]["stagecert/deployment"] == "payments"));
}

#[tokio::test]
async fn unchanged_findings_are_imported_once_a_week() {
    let mut account = Account::new();
    let first = account.sweep("01T12:00:00", json!({"expiryWindowDays": "1"})).await;
    let mut counts = Vec::new();
    for day in 2..=15 {
        let sent = account.sweep(&format!("{day:02}T12:00:00"), json!({"expiryWindowDays": "1"})).await;
        assert!(sent.iter().all(|it| it["CreatedAt"] == "2026-11-01T12:00:00Z"), "day {day}");
        counts.push(sent.len());
    }
    let (one, two) = counts.split_at(7);
    assert_eq!(
        (one.iter().sum::<usize>(), two.iter().sum::<usize>()),
        (first.len(), first.len()),
        "{counts:?}"
    );
    assert!(counts.iter().all(|count| *count < first.len() / 3), "spread over the week: {counts:?}");
}

#[tokio::test]
async fn a_failed_read_changes_no_finding_of_what_it_is_about_and_hides_no_other() {
    let mut account = Account::new();
    let first = account.sweep("23T12:00:00", json!({})).await;
    let owner_tags = |findings: &[Value]| {
        findings.iter().filter(|it| it["ProductFields"]["stagecert/check"] == "owner-tag").count()
    };
    // In the meantime a certificate has come close to its end.
    account.world.fails = ("tags", "AccessDeniedException");
    let (evaluated, sent) =
        account.event("23T18:00:00", &on("scheduled", &json!({"expiryWindowDays": "365"}))).await;
    assert!(evaluated.outcome.unwrap_err().to_string().contains("tags of it"));
    assert_eq!(owner_tags(&sent), 0, "{sent:?}");
    let counts = statuses(&sent);
    assert!(counts["FAILED"] > 0, "expiring certificates are reported: {counts:?}");
    // The rest are the PASSED findings that the expiring ones replace, and the memory of the sweep.
    let memory: Vec<&Value> = sent.iter().filter(|it| it["Resources"][0]["Type"] == "AwsAccount").collect();
    let [memory] = memory.as_slice() else { panic!("{memory:?}") };
    assert_eq!(
        (&memory["RecordState"], &memory["Compliance"]["Status"]),
        (&json!("ARCHIVED"), &json!("NOT_AVAILABLE"))
    );
    for finding in &sent {
        if finding["Compliance"]["Status"] == "PASSED" {
            assert_eq!(finding["RecordState"], "ARCHIVED", "{finding}");
        }
    }
    assert!(!counts.contains_key("WARNING"), "{counts:?}");

    // After a day, the checks that still can't be evaluated say so, once, with their severity.
    let (_, sent) = account.event("24T17:59:00", &on("scheduled", &json!({"expiryWindowDays": "365"}))).await;
    assert_eq!(statuses(&sent).get("WARNING"), None, "less than a day");
    let (_, sent) = account.event("24T18:00:00", &on("scheduled", &json!({"expiryWindowDays": "365"}))).await;
    let warnings: Vec<&Value> = sent.iter().filter(|it| it["Compliance"]["Status"] == "WARNING").collect();
    let checks = |it: &&&Value| it["ProductFields"]["stagecert/check"] == "owner-tag";
    assert_eq!(warnings.iter().filter(checks).count(), owner_tags(&first));
    // What is deployed on a stage without a certificate is read only if its tags are known.
    let others = warnings.iter().filter(|it| !checks(it));
    assert!(others.clone().all(|it| it["ProductFields"]["stagecert/check"] == "certificate-attached"));
    for warning in &warnings {
        let before = first.iter().find(|it| it["Id"] == warning["Id"]).unwrap();
        assert_eq!(warning["Severity"], before["Severity"]);
        assert_eq!(warning["CreatedAt"], before["CreatedAt"]);
        assert_eq!(warning["RecordState"], "ACTIVE");
    }
    let (_, sent) = account.event("24T19:00:00", &on("scheduled", &json!({"expiryWindowDays": "365"}))).await;
    assert_eq!(statuses(&sent).get("WARNING"), None, "only once");

    // As soon as they can be read, they are as before, and the memory is empty.
    account.world.fails = ("", "");
    let sent = account.sweep("24T20:00:00", json!({"expiryWindowDays": "365"})).await;
    for warning in &warnings {
        let [before, now] =
            [&first, &sent].map(|all| all.iter().find(|it| it["Id"] == warning["Id"]).unwrap());
        assert_eq!((&now["Compliance"], &now["CreatedAt"]), (&before["Compliance"], &before["CreatedAt"]));
    }
    let memory = sent.iter().find(|it| it["Resources"][0]["Type"] == "AwsAccount").unwrap();
    assert!(
        memory["ProductFields"].as_object().unwrap().keys().all(|key| !key.starts_with("stagecert/unread"))
    );
}

#[tokio::test]
async fn a_stage_that_cannot_be_read_keeps_its_findings_for_a_day() {
    let mut account = Account::new();
    account.sweep("23T12:00:00", json!({})).await;
    for source in [&mut account.world.account, &mut account.world.index] {
        let row = &mut source["stages"][0];
        *row = json!({"resourceId": row["resourceId"], "configuration": 7});
    }
    let id = account.world.index["stages"][0]["resourceId"].clone();
    let about = |sent: &[Value]| sent.iter().filter(|it| it["Resources"][0]["Id"] == id).count();
    for (day, is_reported) in [("23T13:00:00", false), ("24T12:00:00", false), ("24T13:00:00", true)] {
        let (evaluated, sent) = account.event(day, &on("scheduled", &json!({}))).await;
        assert!(evaluated.outcome.is_err());
        assert_eq!(about(&sent) > 0, is_reported, "{day}: {sent:?}");
    }
}

#[tokio::test]
async fn a_sweep_archives_what_it_no_longer_produces() {
    let counts = |sent: &[Value]| {
        let archived = sent.iter().filter(|it| it["RecordState"] == "ARCHIVED").count();
        (archived, sent.len() - archived)
    };
    // A check that was removed.
    let mut account = Account::new();
    let first = account.sweep("23T12:00:00", json!({})).await;
    let owner_tags = first.iter().filter(|it| it["ProductFields"]["stagecert/check"] == "owner-tag").count();
    let sent = account
        .sweep("23T13:00:00", json!({"checks": "certificate-attached,certificate-expiry,certificate-unique"}))
        .await;
    assert!(
        sent.iter()
            .all(|it| it["RecordState"] == "ARCHIVED" && it["Id"].as_str().unwrap().ends_with("/owner-tag"))
    );
    assert_eq!(counts(&sent), (owner_tags, 0));

    // An exclusion, and its end: the finding is the same one, with its date.
    let mut account = Account::new();
    let first = account.sweep("23T12:00:00", json!({})).await;
    let sent = account.sweep("23T13:00:00", json!({"excludeStages": "*/* until=2026-11-23"})).await;
    assert_eq!(counts(&sent), (first.len(), 0));
    let is_exempt = |it: &&Value| {
        it["Description"].as_str().unwrap().starts_with("exempt by excludeStages */* until 2026-11-23")
    };
    assert!(sent.iter().all(|it| is_exempt(&it)), "{sent:?}");
    let sent = account.sweep("24T00:00:00", json!({"excludeStages": "*/* until=2026-11-23"})).await;
    assert_eq!(counts(&sent), (0, first.len()));
    assert!(sent.iter().all(|it| it["CreatedAt"] == "2026-11-23T12:00:00Z"));

    // Deleted stages.
    for source in [&mut account.world.account, &mut account.world.index, &mut account.world.live] {
        source["stages"] = json!([]);
    }
    let sent = account.sweep("24T01:00:00", json!({})).await;
    assert_eq!(counts(&sent), (first.len(), 0));
    assert!(account.sweep("24T02:00:00", json!({})).await.is_empty());
}

#[tokio::test]
async fn without_previous_results_no_stage_counts_as_gone() {
    let mut account = Account::new();
    account.sweep("23T12:00:00", json!({})).await;
    for source in [&mut account.world.account, &mut account.world.index, &mut account.world.live] {
        source["stages"] = json!([]);
    }
    for code in ["ThrottlingException", "AccessDeniedException"] {
        account.world.fails = ("earlier_results", code);
        let (_, sent) = account.event("23T13:00:00", &on("scheduled", &json!({}))).await;
        assert!(sent.iter().all(|it| it["Resources"][0]["Type"] == "AwsAccount"), "{code}: {sent:?}");
    }
}

#[tokio::test]
async fn two_rules_never_archive_each_other_s_findings_and_a_successor_takes_over() {
    let per_check = |rule: &str, check: &str| {
        let mut event = on("scheduled", &json!({"checks": check}));
        event["configRuleName"] = rule.into();
        event
    };
    let mut account = Account::new();
    let (_, expiry) = account.event("23T12:00:00", &per_check("r-expiry", "certificate-expiry")).await;
    let (evaluated, _) = account.event("23T12:01:00", &per_check("r-owner", "owner-tag")).await;
    assert_eq!(evaluated.outcome.unwrap().findings_of_other_rules, 0);
    for (rule, check) in [("r-expiry", "certificate-expiry"), ("r-owner", "owner-tag")] {
        assert_eq!(account.event("23T12:02:00", &per_check(rule, check)).await.1, [Value::Null; 0], "{rule}");
    }
    // A second rule with the same check and another window says so, and the findings don't flap.
    let mut second = on("scheduled", &json!({"checks": "certificate-expiry", "expiryWindowDays": "1"}));
    second["configRuleName"] = "second".into();
    for minute in 3..6 {
        let (evaluated, sent) = account.event(&format!("23T12:0{minute}:00"), &second).await;
        assert_eq!(statuses(&sent).get("FAILED"), None);
        let held = evaluated.outcome.unwrap().findings_of_other_rules;
        assert!(held > 0, "{held}");
        let (_, sent) =
            account.event(&format!("23T12:0{minute}:30"), &per_check("r-expiry", "certificate-expiry")).await;
        assert_eq!(statuses(&sent).get("FAILED"), None, "it has imported them already");
    }
    // The first rule is deleted, and the second one takes over with the dates.
    account.world.gone_rules = vec!["r-expiry"];
    let mut successor = per_check("second", "certificate-expiry");
    successor["ruleParameters"] = per_check("", "certificate-expiry")["ruleParameters"].clone();
    let (evaluated, sent) = account.event("23T13:00:00", &successor).await;
    assert_eq!(evaluated.outcome.unwrap().findings_of_other_rules, 0);
    let failing: BTreeSet<&str> = expiry
        .iter()
        .filter(|it| it["Compliance"]["Status"] == "FAILED")
        .map(|it| it["Id"].as_str().unwrap())
        .collect();
    let taken = sent.iter().filter(|it| failing.contains(it["Id"].as_str().unwrap()));
    assert_eq!(taken.clone().count(), failing.len());
    assert!(
        taken.clone().all(|it| it["CreatedAt"] == "2026-11-23T12:00:00Z" && it["RecordState"] == "ACTIVE")
    );
}

#[tokio::test]
async fn findings_of_the_earlier_version_are_archived_by_the_first_sweep() {
    let mut account = Account::new();
    let (_, sent) = account.event("23T12:00:00", &on("scheduled", &json!({}))).await;
    // What the earlier version has imported.
    let mut earlier = sent.clone();
    earlier.truncate(10);
    for finding in &mut earlier {
        let check = finding["ProductFields"]["stagecert/check"].as_str().unwrap().to_owned();
        let stage = finding["Resources"][0]["Id"].as_str().unwrap();
        finding["Id"] = format!("stagecert/aws/111122223333/eu-west-1/{stage}/{check}").into();
        finding["GeneratorId"] = format!("stagecert/{check}").into();
        for field in ["deployment", "rule", "content"] {
            finding["ProductFields"].as_object_mut().unwrap().remove(&format!("stagecert/{field}"));
        }
    }
    let mut account = Account::new();
    account.results.add_existing(serde_json::from_value(Value::from(earlier.clone())).unwrap());
    let sent = account.sweep("23T12:00:00", json!({})).await;
    let archived: BTreeSet<&str> = sent
        .iter()
        .filter(|it| it["RecordState"] == "ARCHIVED")
        .map(|it| it["Id"].as_str().unwrap())
        .collect();
    assert_eq!(archived, earlier.iter().map(|it| it["Id"].as_str().unwrap()).collect());
}

#[tokio::test]
async fn a_change_imports_the_findings_of_the_stages_it_evaluated() {
    let event = on("change-attached-shared", &json!({"checks": "owner-tag"}));
    let evaluated = evaluate(&event, &example()).await;
    let imported: BTreeSet<String> =
        evaluated.findings.iter().map(|finding| finding["Resources"][0]["Id"].to_string()).collect();
    let put: BTreeSet<String> = evaluated
        .evaluations()
        .iter()
        .map(|evaluation| evaluation["ComplianceResourceId"].to_string())
        .collect();
    assert_eq!(imported, put);
    assert!(
        evaluated.findings.iter().all(|finding| finding["GeneratorId"] == "stagecert/stagecert/owner-tag")
    );
}

#[tokio::test]
async fn a_deletion_archives_what_the_sweep_imported_once() {
    let mut account = Account::new();
    let stage = "arn:aws:apigateway:eu-west-1::/restapis/x2m7t9ajd4/stages/v2";
    let first = account.sweep("23T12:00:00", json!({})).await;
    let known = first.iter().filter(|it| it["Resources"][0]["Id"] == stage).count();
    assert_eq!(known, 4);
    for source in [&mut account.world.account, &mut account.world.index, &mut account.world.live] {
        source["stages"].as_array_mut().unwrap().retain(|row| row["resourceId"] != stage);
    }
    let event = on("change-deleted", &json!({}));
    let mut invoking: Value = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
    let deleted = invoking["configurationItem"]["resourceId"].as_str().unwrap().to_owned();
    let mut event: Value = serde_json::from_str(&event.to_string().replace(&deleted, stage)).unwrap();
    invoking = serde_json::from_str(&invoking.to_string().replace(&deleted, stage)).unwrap();
    event["invokingEvent"] = invoking.to_string().into();
    let (_, sent) = account.event("23T12:01:00", &event).await;
    assert_eq!(sent.len(), known);
    assert!(
        sent.iter().all(|it| it["RecordState"] == "ARCHIVED" && it["Description"] == "deleted"),
        "{sent:?}"
    );
    assert!(account.event("23T12:02:00", &event).await.1.is_empty());
}

#[tokio::test]
async fn a_throttled_import_is_left_to_the_sweep_only_in_a_change() {
    for operation in ["existing_findings", "import_findings"] {
        for (code, is_left) in [
            ("TooManyRequestsException", true),
            ("ThrottlingException", true),
            ("LimitExceededException", true),
            ("AccessDeniedException", false),
        ] {
            let mut account = Account::new();
            account.world.fails = (operation, code);
            let (evaluated, _) = account.event("23T12:00:00", &on("change-ok", &json!({}))).await;
            let left = evaluated.outcome.as_ref().map(|log| log.imports_left_to_sweep);
            assert_eq!(left.is_ok_and(|left| left > 0), is_left, "{operation} {code}");
            assert!(!evaluated.evaluations().is_empty());
            let (evaluated, _) = account.event("23T12:00:00", &on("scheduled", &json!({}))).await;
            let failure = evaluated.outcome.unwrap_err().to_string();
            assert!(failure.contains(&format!("{operation} of it in account")), "{failure}");
        }
    }
}

#[tokio::test]
async fn a_rule_development_kit_dry_run_imports_nothing() {
    let evaluated = evaluate(&on("testmode", &json!({})), &example()).await;
    assert!(evaluated.findings.is_empty() && !evaluated.requests.is_empty());
}

#[tokio::test]
async fn every_active_finding_is_one_that_the_last_sweep_stands_for() {
    // The certificates of a year, looked at once a month: no finding of an earlier phase or
    // certificate stays active.
    let mut account = Account::new();
    for month in ["2026-06", "2026-10", "2026-12", "2027-03", "2027-09", "2028-01"] {
        for source in [&mut account.world.account, &mut account.world.index, &mut account.world.live] {
            source["takenAt"] = format!("{month}-15T12:00:00Z").into();
        }
        let event = on("scheduled", &json!({}));
        let (evaluated, _) = account.world.evaluate_into(&event, &account.results).await;
        let mut fresh = account.world.evaluate(&event).await.0.findings;
        let key = |it: &Value| (it["Id"].clone(), it["Compliance"]["Status"].clone(), it["Severity"].clone());
        fresh.retain(|it| it["RecordState"] == "ACTIVE");
        let expected: BTreeSet<String> = fresh.iter().map(|it| format!("{:?}", key(it))).collect();
        let found: BTreeSet<String> =
            active(&evaluated.findings).values().map(|it| format!("{:?}", key(it))).collect();
        assert_eq!(found, expected, "{month}");
    }
}

/// The prices of Security Hub CSPM in docs/cost.md.
const FREE: u64 = 10_000;
const MICRODOLLARS: u64 = 30;

#[test]
fn the_documented_cost_follows_from_the_formula() {
    let page = include_str!("../../docs/cost.md");
    let section = page.split("\n## ").find(|section| section.starts_with("Security Hub\n")).unwrap();
    // Prices in cents: all figures are whole numbers.
    let number = |cell: &str| cell.replace([',', '$', '.'], "").parse::<u64>().unwrap();
    let rows =
        section.lines().filter(|line| line.starts_with("| ") && line.contains('$') && !line.contains("free"));
    let mut count = 0;
    for row in rows {
        let cells: Vec<u64> = row.trim_matches(['|', ' ']).split(" | ").map(number).collect();
        let [stages, accounts, findings, daily, daily_price, weekly, price] = cells[..] else {
            panic!("{row}")
        };
        let [in_account, found] = [stages, findings].map(|all| all / accounts);
        assert_eq!(found, 4 * in_account, "{row}");
        for (imports, price, expected) in
            [(daily, daily_price, found * 30), (weekly, price, (found * 30).div_ceil(7) + 2 * in_account)]
        {
            assert_eq!(imports, expected * accounts, "{row}");
            let charged = expected.saturating_sub(FREE) * MICRODOLLARS * accounts;
            assert_eq!(price, (charged + 5_000) / 10_000, "{row}: {charged}");
        }
        count += 1;
    }
    assert_eq!(count, 4);
}

/// A change does not read what is deployed on the peers of its stage, but the sweep does.
#[tokio::test]
async fn a_change_that_knows_less_than_the_sweep_changes_no_advice_and_no_severity() {
    let labels = ["a1/prod", "a2/dev", "b1/prod"];
    let arn =
        |label: &str| format!("arn:aws:apigateway:eu-west-1::/restapis/{}", label.replace('/', "/stages/"));
    for integration in ["http", "aws_proxy"] {
        let mut known = account(&labels.map(|label| (label, Some("cert1"))));
        known["clientCertificates"][0]["expirationDate"] = "2026-12-15T00:00:00Z".into();
        let operation = json!({"x-amazon-apigateway-integration": {"type": integration}});
        let export = json!({"openapi": "3.0.1", "info": {"title": "t"}, "paths": {"/": {"get": operation}}});
        known["exports"] = labels.iter().map(|label| (arn(label), export.clone())).collect::<Value>();
        let mut account = Account { world: World::of(&known), ..Account::new() };
        let first = account.sweep("23T12:00:00", json!({})).await;
        let detached = with_parameters(change("b1/prod", None, Some("cert1")), &json!({"securityHub": "on"}));
        let (evaluated, by_change) = account.event("23T12:30:00", &detached).await;
        assert!(evaluated.of("a1/prod").is_some(), "the peers are evaluated: {}", evaluated.text());
        let by_sweep = account.sweep("23T13:00:00", json!({})).await;
        let mut texts: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for finding in first.iter().chain(&by_change).chain(&by_sweep) {
            let is_of_peer = finding["Resources"][0]["Id"] != arn("b1/prod");
            if finding["RecordState"] == "ACTIVE" && is_of_peer {
                let said = format!("{} {}", finding["Severity"]["Label"], finding["Remediation"]);
                texts.entry(finding["Id"].as_str().unwrap()).or_default().insert(said);
            }
        }
        assert_eq!(texts.keys().filter(|id| id.ends_with("/expiring/certificate-expiry")).count(), 2);
        for (id, said) in &texts {
            assert_eq!(said.len(), 1, "{integration}, {id}: {said:?}");
        }
        let expiry = texts.iter().find(|(id, _)| id.ends_with("/certificate-expiry")).unwrap().1;
        let begins = if integration == "http" {
            "\"MEDIUM\" {\"Recommendation\":{\"Text\":\"Generate a new"
        } else {
            "\"LOW\" {\"Recommendation\":{\"Text\":\"Remove the"
        };
        assert!(expiry.iter().all(|said| said.starts_with(begins)), "{expiry:?}");
    }
}
