//! Commands on standard input for a test harness that isn't written in Rust: one command per line,
//! answered by one line of JSON.

use std::collections::BTreeMap;
use std::io::BufRead;

use fake_aws::{FakeAws, Fleet};
use serde_json::{Value, json};

use crate::oracle;

/// The names of the four checks, in the oracle's order.
const CHECKS: [&str; 4] = ["certificate-attached", "certificate-expiry", "certificate-unique", "owner-tag"];

/// Answers commands until the input ends.
///
/// - `calls`: the number of calls since the last time, by `service operation status`;
/// - `times`: for each operation, its first and last call in seconds since the very first call, and
///   the number of calls;
/// - `event`: a ScheduledNotification for the first account's rule;
/// - `results`: the results that Config stores for that rule, by resource ID;
/// - `truth`: for each stage of the first account and Region, the oracle's result and the checks
///   that the stage fails.
pub fn serve(fake_aws: &FakeAws, fleet: &Fleet) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let response = match line.trim() {
            "calls" => calls(fake_aws),
            "times" => times(fake_aws),
            "event" => fake_aws.world().scheduled_event(&Fleet::account(0), &fleet.region, &fleet.rule),
            "results" => results(fake_aws, fleet),
            "truth" => truth(fake_aws, fleet),
            other => json!({ "error": format!("what is {other}?") }),
        };
        println!("{response}");
    }
}

fn calls(fake_aws: &FakeAws) -> Value {
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for call in fake_aws.log().calls() {
        let operation = if call.operation == "?" { call.input.as_str() } else { None };
        let operation = operation.unwrap_or(call.operation);
        *counted.entry(format!("{} {operation} {}", call.service, call.status)).or_default() += 1;
    }
    fake_aws.log().clear();
    json!(counted)
}

fn times(fake_aws: &FakeAws) -> Value {
    let calls = fake_aws.log().calls();
    let mut times: BTreeMap<&str, (f64, f64, usize)> = BTreeMap::new();
    for call in &calls {
        let since = call.at.duration_since(calls[0].at).as_secs_f64();
        let seen = times.entry(call.operation).or_insert((since, since, 0));
        *seen = (seen.0.min(since), seen.1.max(since), seen.2 + 1);
    }
    json!(times)
}

fn results(fake_aws: &FakeAws, fleet: &Fleet) -> Value {
    let world = fake_aws.world();
    let evaluations = &world.region(&Fleet::account(0), &fleet.region).rules[&fleet.rule].evaluations;
    let shown = evaluations.iter().map(|((_, id), stored)| {
        (id.clone(), json!({"compliance": stored.compliance_type, "annotation": stored.annotation}))
    });
    Value::Object(shown.collect())
}

fn truth(fake_aws: &FakeAws, fleet: &Fleet) -> Value {
    let world = fake_aws.world();
    let region = world.region(&Fleet::account(0), &fleet.region);
    let now = world.clock.certificates_now();
    let compliance = oracle::results(region, now);
    let shown = region.stages().map(|(api, stage)| {
        let answers = CHECKS.iter().zip(oracle::answers(region, api, stage, now));
        let failed: Vec<&str> =
            answers.filter(|(_, response)| *response == Some(false)).map(|(code, _)| *code).collect();
        let kind = format!("{:?}", api.kind);
        let row = json!({"kind": kind, "compliance": compliance[&stage.arn], "failed": failed});
        (stage.arn.clone(), row)
    });
    Value::Object(shown.collect())
}
