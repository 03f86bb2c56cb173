//! What a sweep costs at growing sizes: calls by operation compared with their budget, connections
//! and memory.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use fake_aws::{ApiKind, Fleet, Outcome, Tags, World};

use crate::function::{Function, times};

const REGION: &str = "eu-west-1";
/// API Gateway's quota of client certificates per account and Region.
const CERTIFICATES: usize = 60;
/// The number of stages without a certificate. The first sweep exports only one of them, because
/// they share a deployment with HTTP backends.
const WITHOUT: usize = 5;

/// This many owned stages, ten per API, sharing the certificates; from a hundred stages on, some
/// have none, and one belongs to a WebSocket API.
fn world(stages: usize) -> World {
    let account = Fleet::account(0);
    let mut world = World::new(3);
    world.add_account("aws", &account, REGION);
    world.add_rule(&account, REGION, "stagecert", None);
    let owner = || Tags::from([("owner".to_owned(), "team".to_owned())]);
    let certificates: Vec<String> =
        (0..CERTIFICATES).map(|_| world.generate_certificate(&account, REGION, owner())).collect();
    let large = stages >= 100;
    let mut api = String::new();
    for n in 0..stages {
        if n % 10 == 0 || (large && n == stages - 1) {
            let kind = if large && n == stages - 1 { ApiKind::WebSocket } else { ApiKind::Rest };
            api = world.create_api(&account, REGION, kind, &format!("api-{n}"), &["HTTP"]);
        }
        let (arn, _) = world.create_stage(&api, &format!("s{n}"));
        world.tag(&account, REGION, &arn, &[("owner", "team")]);
        if !(large && n < WITHOUT) {
            world.attach_certificate(&arn, &certificates[n % CERTIFICATES]);
        }
    }
    world
}

/// The contract's budget as a formula: the calls of each operation that a sweep may make if it puts
/// this many evaluations.
fn budget(stages: usize, exports: usize, changed: usize) -> BTreeMap<&'static str, usize> {
    let queries_of_v2 = usize::from(stages >= 100);
    let mut budget = BTreeMap::from([
        ("SelectResourceConfig", stages.div_ceil(100) + queries_of_v2),
        ("GetClientCertificates", CERTIFICATES.min(stages).div_ceil(500)),
        ("GetResources", stages.div_ceil(100)),
        ("DescribeConfigRules", 1),
        ("DescribeConfigurationRecorderStatus", 1),
        // One for an empty put, or for the results that are put before the exports.
        ("PutEvaluations", changed.div_ceil(100) + usize::from(changed == 0 || exports > 0)),
    ]);
    if exports > 0 {
        budget.insert("GetExport", exports);
        // A remembered deployment was exported while GetStage named it.
        budget.insert("GetStage", exports);
    }
    // First results are confirmed unless they are NON_COMPLIANT; an unchanged sweep has nothing to
    // confirm.
    if changed > 0 {
        budget.insert("BatchGetResourceConfig", changed.div_ceil(100));
    }
    budget
}

struct Swept {
    calls: BTreeMap<&'static str, usize>,
    budget: BTreeMap<&'static str, usize>,
    connections: usize,
    peak: Option<usize>,
}

fn sweep(function: &Function, mut budget: BTreeMap<&'static str, usize>, earlier: usize) -> Swept {
    let (log, began, before) = (function.fake_aws.log(), Instant::now(), function.fake_aws.connections());
    log.clear();
    let outcome = function.sweep(&Fleet::account(0), REGION);
    assert!(matches!(outcome, Outcome::Success(_)), "{outcome:?}");
    budget.insert("GetComplianceDetailsByConfigRule", earlier.div_ceil(100).max(1));
    let mut calls = log.counts();
    // Called once per process, to find out the function's account.
    calls.remove("GetCallerIdentity");
    let mut spans: Vec<(&str, f64, f64)> = Vec::new();
    for call in log.calls() {
        let at = call.at.duration_since(began).as_secs_f64();
        match spans.iter_mut().find(|(operation, ..)| *operation == call.operation) {
            Some((.., last)) => *last = at,
            None => spans.push((call.operation, at, at)),
        }
    }
    for (operation, first, last) in spans {
        println!("  {operation}: from {first:.2} s to {last:.2} s");
    }
    println!("  done after {:.2} s", began.elapsed().as_secs_f64());
    let connections = function.fake_aws.connections() - before;
    Swept { calls, budget, connections, peak: function.peak_memory() }
}

/// Sweeps twice, checks both against the budget, and returns a table of the calls.
fn table(stages: usize) -> String {
    let function = Function::start(world(stages), &Fleet::account(0), REGION);
    let exports = usize::from(stages >= 100);
    let sweeps = [
        sweep(&function, budget(stages, exports, stages), 0),
        sweep(&function, budget(stages, 0, 0), stages),
    ];
    let mut text = format!("{stages} stages, {CERTIFICATES} certificates\n");
    for (name, swept) in ["first", "second, unchanged"].into_iter().zip(&sweeps) {
        writeln!(text, "  {name}: calls of budget").unwrap();
        for (operation, calls) in &swept.calls {
            let budget = swept.budget.get(operation).copied().unwrap_or_default();
            writeln!(text, "    {operation:<33}{calls:>6}{budget:>6}").unwrap();
            assert!(calls <= &budget, "{stages} stages, {name}: {calls} {operation}, budget {budget}");
        }
        println!("{stages} stages, {name}: {} connections, {:?} MB", swept.connections, swept.peak);
        assert!(swept.connections <= MAX_CONNECTIONS, "{} connections", swept.connections);
    }
    // A connection that is idle for 90 seconds is closed, which happens in the sweep of a hundred
    // thousand stages.
    if stages <= 20_000 {
        assert_eq!(sweeps[1].connections, 0, "the second sweep reuses the connections of the first");
    }
    if let Some(peak) = sweeps[1].peak.filter(|_| is_shipped()) {
        let most = if stages <= 6_000 { 48 } else { 160 };
        assert!(peak <= most, "{stages} stages: {peak} MB, limit {most}");
    }
    text
}

/// Whether this is `make soak`, which runs the release build. Memory limits are checked only there:
/// the code of an unoptimized program is larger than everything a sweep holds.
fn is_shipped() -> bool {
    times() > 1
}

/// All services share one endpoint here: four concurrent `GetResources`, the reads of certificates
/// and protocols, and GetCallerIdentity.
const MAX_CONNECTIONS: usize = 8;

#[test]
fn calls_grow_per_hundred_stages_and_an_unchanged_sweep_writes_nothing() {
    let tables: Vec<String> = std::thread::scope(|scope| {
        let runs = [1, 100, 101, 6_000].map(|stages| scope.spawn(move || table(stages)));
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    insta::assert_snapshot!(tables.join("\n"));
}

#[test]
fn a_large_account_stays_within_the_same_budget() {
    println!("{}", table(if times() > 1 { 100_000 } else { 20_000 }));
}

#[test]
fn a_change_uses_little_memory() {
    let function = Function::start(world(100), &Fleet::account(0), REGION);
    let event = {
        let mut world = function.fake_aws.world();
        let arn = world.region(&Fleet::account(0), REGION).stages().nth(50).unwrap().1.arn.clone();
        world.detach_certificate(&arn).pop().unwrap()
    };
    function.deliver([event]);
    let peak = function.peak_memory();
    println!("a change: {peak:?} MB");
    if let Some(peak) = peak.filter(|_| is_shipped()) {
        assert!(peak <= 20, "{peak} MB");
    }
}
