//! What a sweep over 500 APIs and 120 custom domain names costs: calls by operation compared with
//! the contract's budget.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Instant;

use fake_aws::front_door::ConfigDomainNames;
use fake_aws::{ApiKind, Outcome, World};

use crate::function::Function;
use crate::generate::{RULE, Rule};
use crate::scene::{BUCKET, api, domain, place, private_api};

const REST_APIS: usize = 300;
const V2_APIS: usize = 200;
const DOMAINS: usize = 120;
/// Every second domain name has mutual TLS, and every sixth uses routing rules.
const WITH_RULES: usize = DOMAINS / 6;
const WITH_MUTUAL_TLS: usize = DOMAINS / 2;
/// Ten of those share one truststore.
const TRUSTSTORES: usize = WITH_MUTUAL_TLS - 9;

/// The account; the private APIs are among the REST APIs.
fn world(private_apis: usize, rule: &Rule) -> World {
    let (account, region) = place();
    let place = (account.as_str(), region);
    let mut world = World::new(9);
    world.add_account("aws", &account, region).front_door.options.config_domain_names =
        ConfigDomainNames::ByArn;
    world.add_bucket(place, BUCKET, true);
    let mut public = Vec::new();
    for n in 0..REST_APIS - private_apis {
        public.push(api(&mut world, ApiKind::Rest, &format!("rest-{n}"), n % 3 > 0));
    }
    for n in 0..V2_APIS {
        public.push(api(&mut world, ApiKind::Http, &format!("http-{n}"), n % 3 > 0));
    }
    for n in 0..private_apis {
        private_api(&mut world, &format!("private-{n}"), n % 2 == 0);
    }
    let mut shared = None;
    for n in 0..DOMAINS {
        let days = (n % 2 == 0).then_some(if n % 8 == 0 { 30 } else { 3000 });
        let key = domain(&mut world, &format!("d{n}.example.com"), &public[n], days);
        world.add_mapping(place, &key, "v2", &public[(n * 7 + 200) % public.len()], Some("prod"));
        if n % 6 == 1 {
            world.domain_mut(place, &key).routing_mode = Some("ROUTING_RULE_THEN_BASE_PATH_MAPPING".into());
            world.add_routing_rule(place, &key, Some("rule"), &public[n], "prod");
        }
        if n % 2 == 0 && n < 20 {
            let own = &mut world.domain_mut(place, &key).mutual_tls;
            let shared = shared.get_or_insert_with(|| own.clone());
            own.clone_from(shared);
        }
    }
    world.add_scheduled_rule(&account, region, RULE, Some(&rule.parameters()));
    world
}

/// The stages of REST APIs behind an entry point with mutual TLS.
fn stages_behind(world: &World) -> usize {
    let (account, region) = place();
    let region = world.region(&account, region);
    let closed = region.front_door.domains.values().filter(|domain| domain.mutual_tls.is_some());
    let mapped = closed.flat_map(|domain| domain.mappings.iter().map(|mapping| mapping.api.as_str()));
    let mapped: BTreeSet<&str> = mapped.collect();
    mapped.into_iter().filter(|id| region.apis[*id].kind == ApiKind::Rest).count()
}

/// The calls that a sweep may make if it puts this many results and exports this many stages.
fn budget(private_apis: usize, exports: usize, put: usize, earlier: usize) -> BTreeMap<&'static str, usize> {
    let mut budget = BTreeMap::from([
        ("GetRestApis", REST_APIS.div_ceil(500)),
        ("GetApis", V2_APIS.div_ceil(500)),
        ("GetDomainNames", DOMAINS.div_ceil(500)),
        ("GetApiMappings", DOMAINS),
        ("ListRoutingRules", WITH_RULES),
        // The default endpoint leads to every stage, so all stages are exported: each API has one.
        ("GetStages", exports),
        ("GetExport", exports),
        // The pinned version, and the newest one.
        ("GetObject", 2 * TRUSTSTORES),
        ("DescribeCertificate", DOMAINS),
        ("SelectResourceConfig", DOMAINS.div_ceil(100)),
        ("GetComplianceDetailsByConfigRule", earlier.div_ceil(100).max(1)),
        ("DescribeConfigRules", 1),
        ("DescribeConfigurationRecorderStatus", 1),
        ("BatchGetResourceConfig", put.div_ceil(100)),
        ("PutEvaluations", put.div_ceil(100).max(1)),
    ]);
    if private_apis > 0 {
        budget.extend([
            ("DescribeVpcEndpoints", 1),
            ("DescribeNetworkInterfaces", 2),
            ("DescribeSecurityGroups", 1),
            ("DescribeLoadBalancers", 1),
            ("DescribeTargetGroups", 1),
            ("DescribeTargetHealth", private_apis),
            ("DescribeListeners", private_apis),
            ("DescribeRules", private_apis),
            ("DescribeTrustStores", 1),
            ("DescribeTrustStoreRevocations", private_apis),
            ("GetTrustStoreCaCertificatesBundle", private_apis),
            ("GetTrustStoreRevocationContent", private_apis),
            ("GetPresignedObject", 2 * private_apis),
        ]);
    }
    budget
}

fn sweep(function: &Function, budget: impl Fn(usize) -> BTreeMap<&'static str, usize>) -> (String, usize) {
    let (log, began, before) = (function.fake_aws.log(), Instant::now(), function.accepted());
    log.clear();
    let outcome = function.sweep();
    assert!(matches!(outcome, Outcome::Success(_)), "{outcome:?}");
    let put = usize::try_from(function.accepted() - before).unwrap();
    println!("  {put} results put in {:.1} s", began.elapsed().as_secs_f64());
    for call in log.calls().iter().filter(|call| call.error.is_some() || call.status == 0) {
        println!("  {}: {} {:?} {}", call.operation, call.status, call.error, call.input);
    }
    let (budget, mut text, mut over) = (budget(put), String::new(), 0);
    for (operation, calls) in log.counts() {
        // Called once per process, to find out the function's account.
        if operation == "GetCallerIdentity" {
            continue;
        }
        let most = budget.get(operation).copied().unwrap_or_default();
        let note = if calls > most { "  over budget" } else { "" };
        over += usize::from(calls > most);
        writeln!(text, "    {operation:<35}{calls:>5}{most:>5}{note}").unwrap();
    }
    (text, over)
}

/// Sweeps twice; the second one finds nothing changed.
fn table(private_apis: usize) -> (String, usize) {
    let rule = Rule::default();
    let world = world(private_apis, &rule);
    // A private API behind a listener that verifies is exported too.
    let exports = stages_behind(&world) + private_apis;
    let function = Function::start(world, &rule);
    let (first, over) = sweep(&function, |put| budget(private_apis, exports, put, 0));
    let earlier = function.stored().len();
    // The contract remembers exports by deployment. The function doesn't: to know the deployment,
    // it would have to call GetStage instead.
    let (second, over_again) = sweep(&function, |put| budget(private_apis, exports, put, earlier));
    let text = format!(
        "{} APIs ({private_apis} private), {DOMAINS} domain names, {exports} stages behind mutual TLS\n  \
         first: calls of budget\n{first}  second, unchanged: calls of budget\n{second}",
        REST_APIS + V2_APIS
    );
    (text, over + over_again)
}

#[test]
fn a_sweep_over_500_apis_and_120_domain_names_stays_within_its_budget() {
    let tables: Vec<(String, usize)> = std::thread::scope(|scope| {
        let runs = [0, 10].map(|private_apis| scope.spawn(move || table(private_apis)));
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let over: usize = tables.iter().map(|(_, over)| over).sum();
    let text: Vec<String> = tables.into_iter().map(|(text, _)| text).collect();
    println!("{}", text.join("\n"));
    assert_eq!(over, 0, "operations over budget");
}
