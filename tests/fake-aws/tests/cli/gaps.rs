use fake_aws::{FakeAws, Fleet};
use serde_json::{Value, json};

use crate::deployment::{account, coverage, deployed, file, hours_ago, with_gaps};
use crate::program::REGIONS;

fn place(number: usize, region: usize, state: &str, reason: Value, since: Value) -> Value {
    json!({"account": Fleet::account(number), "region": REGIONS[region], "state": state, "reason": reason, "since": since})
}

#[test]
fn five_kinds_of_gaps_and_an_account_without_stages() {
    let world = with_gaps();
    let ago = |hours: i64| json!(hours_ago(&world, hours).to_string());
    let covered = |number, region| place(number, region, "covered", Value::Null, ago(2));
    let failed = format!(
        "StackSet stagecert: OUTDATED, FAILED: NoAvailableConfigurationRecorder??[2J<&?{}...",
        "x".repeat(500 - 78)
    );
    let recorder = "the configuration recorder is stopped";
    let rule = "no rule stagecert-api-client-certificates";
    let overdue = "no successful sweep of stagecert-api-client-certificates in two periods: AccessDenied: lambda:InvokeFunction";
    let waiting = "stagecert-api-client-certificates is waiting for its first sweep";
    let never = "stagecert-api-client-certificates has never been swept";
    let expected = json!([
        covered(0, 0),
        covered(0, 1),
        covered(account::COVERED, 0),
        covered(account::COVERED, 1),
        place(account::NO_RULE, 0, "no-rule", json!(rule), Value::Null),
        place(
            account::NO_RULE,
            1,
            "no-rule",
            json!("no stack instance of the StackSet stagecert"),
            Value::Null
        ),
        place(account::NO_RECORDER, 0, "no-recorder", json!("no configuration recorder"), Value::Null),
        place(account::NO_RECORDER, 1, "no-recorder", json!(recorder), ago(2)),
        place(account::NO_SWEEP, 0, "no-sweep", json!(overdue), ago(49)),
        place(account::NO_SWEEP, 1, "no-sweep", json!(never), ago(800)),
        place(account::FAILED, 0, "failed-instance", json!(failed), Value::Null),
        place(account::FAILED, 1, "covered", json!(waiting), ago(47)),
        place(account::UNREADABLE, 0, "unreadable", json!("AssumeRole: AccessDenied"), Value::Null),
        place(account::UNREADABLE, 1, "unreadable", json!("AssumeRole: AccessDenied"), Value::Null),
    ]);
    let fake_aws = FakeAws::spawn(world);
    let run = coverage(&fake_aws, &file(), "--format json");
    assert_eq!(run.status, 1, "{}", run.err);
    let mut document = run.json();
    // When the recorder was stopped is relative to the time of the call.
    let stopped = document["places"][7]["since"].take();
    let mut places = document["places"].clone();
    places[7]["since"] = ago_rounded(&stopped, &expected[7]["since"]);
    assert_eq!((&document["coverageVersion"], places), (&json!(1), expected));
    assert!(run.err.starts_with("note: 1 accounts are not ACTIVE and are skipped\n"), "{}", run.err);
    let log = fake_aws.log();
    assert!(log.never_crossed_accounts());
    for call in log.of("ListStackInstances") {
        assert_eq!(call.input["CallAs"], "DELEGATED_ADMIN");
    }

    let run = coverage(&fake_aws, &file(), "");
    assert_eq!(run.status, 1);
    assert!(run.out.contains("14 accounts and Regions: 5 covered, 2 no-rule, 2 no-recorder, 2 no-sweep, 1 failed-instance, 2 unreadable\n"), "{}", run.out);
    assert!(
        run.out.contains("1 covered: stagecert-api-client-certificates is waiting for its first sweep\n"),
        "{}",
        run.out
    );
    assert!(!run.out.contains('\u{1b}') && !run.out.contains('\u{202e}'), "{}", run.out);
    assert_eq!(run.out.lines().filter(|line| line.contains("111122220")).count(), 9, "{}", run.out);
}

/// The expected instant, if the other is within a minute of it.
fn ago_rounded(found: &Value, expected: &Value) -> Value {
    let instant = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let difference = instant(found).duration_since(instant(expected)).as_secs();
    if difference.abs() < 60 { expected.clone() } else { found.clone() }
}

#[test]
fn a_deployment_without_gaps_exits_with_0() {
    let fake_aws = FakeAws::spawn(deployed(4, 2));
    let run = coverage(&fake_aws, &file(), "--quiet");
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    assert_eq!(run.out, "6 accounts and Regions: 6 covered\n");
    let counts = fake_aws.log().counts();
    assert_eq!((counts["AssumeRole"], counts["ListStackInstances"]), (2, 1));
    assert_eq!(counts["DescribeConfigRuleEvaluationStatus"], 6);
    assert_eq!(counts["DescribeConfigurationRecorderStatus"], 6);
}
