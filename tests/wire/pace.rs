//! The number of requests per second that the network sees, including retries, in the test's own
//! time.

use std::collections::{BTreeSet, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use futures_util::future::join_all;
use serde_json::{Value, json};
use stagecert::account::Account;
use stagecert::account::listing::Freshness;
use stagecert::aws::{Connection, LiveAccount};
use stagecert::deadline::Deadline;
use stagecert::parameters::{Inventory, Parameters};
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage_arn::StageArn;
use stagecert::rule::connect::Connect;
use tokio::time::{Instant, sleep};

use crate::account::{Size, account};
use crate::bodies::{client_certificate, export, rows, stage_arn};
use crate::events::{event, run, scheduled};
use crate::replay::{Response, Sent, Wire, account_region, aws_over, noon};
use crate::roles::assumed;

/// The highest number of requests within any one second.
fn max_per_second(sent: &[Sent]) -> usize {
    let within = |start: &Sent| {
        let age = |other: &Sent| other.at.checked_duration_since(start.at);
        sent.iter().filter(|other| age(other).is_some_and(|age| age < Duration::from_secs(1))).count()
    };
    sent.iter().map(within).max().unwrap_or_default()
}

fn is_apigateway(sent: &Sent) -> bool {
    sent.host.starts_with("apigateway.")
}

async fn of_apigateway(account: &LiveAccount, exports: usize) {
    let stage = |n: usize| StageArn::parse(&stage_arn("a1", &format!("s{n}"))).unwrap();
    let stages: Vec<StageArn> = (0..exports).map(stage).collect();
    let certificates = BTreeSet::from([CertificateId::new("cert01".into())]);
    tokio::join!(
        async { account.client_certificates(&certificates, Freshness::Fresh).await.unwrap() },
        async { account.stages(Inventory::ApiGateway).await.unwrap() },
        join_all(stages.iter().map(|stage| async { account.exported(stage).await.unwrap() })),
    );
}

fn answered(sent: &Sent) -> Response {
    match sent.operation.as_str() {
        "GetExport" => Response::ok(export("http")),
        "GetClientCertificates" => Response::ok(json!({"item": [client_certificate("cert01")]})),
        "GetRestApis" => {
            let apis: Vec<Value> = (0..10).map(|n| json!({"id": format!("a{n}")})).collect();
            Response::ok(json!({"item": apis}))
        }
        "GetStages" => Response::ok(json!({"item": [{"stageName": "prod"}]})),
        "AssumeRole" => assumed(sent, "2026-11-21T13:00:00Z"),
        _ => Response::ok(rows(&[], None)),
    }
}

/// Throttles the first request for each resource, and answers the second.
fn throttling_first() -> Wire {
    let seen = Mutex::new(HashSet::new());
    Wire::responding(move |sent, _| {
        if is_apigateway(sent) && seen.lock().unwrap().insert((sent.path.clone(), sent.query.clone())) {
            Response::rest_error(429, "TooManyRequestsException", "Too Many Requests")
        } else {
            answered(sent)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn api_gateway_gets_at_most_three_requests_per_second_with_retries() {
    let wire = throttling_first();
    // A separate Region: the SDK counts retries by process, service and Region.
    let there = AccountRegion { region: "eu-north-1".into(), ..account_region() };
    let (account, _) = wire.aws().open(&there, &there, None, noon(), Deadline::none()).await.unwrap();
    of_apigateway(&account, 20).await;
    sleep(Duration::from_secs(30)).await;
    // A pause accumulates no credit.
    of_apigateway(&account, 20).await;

    let sent: Vec<Sent> = wire.sent().into_iter().filter(is_apigateway).collect();
    // Everything was requested twice, because the first request was throttled.
    assert_eq!(sent.len(), 3 * (1 + 1 + 10 + 20));
    assert_eq!(max_per_second(&sent), 3);
}

#[tokio::test(start_paused = true)]
async fn invocations_of_one_process_share_an_account_s_rate_limit() {
    let wire = throttling_first();
    let aws = wire.aws();
    let there =
        AccountRegion { region: "eu-north-1".into(), account: "444455556666".into(), ..account_region() };
    let home = AccountRegion { region: "eu-north-1".into(), ..account_region() };
    for _ in 0..6 {
        let (account, _) = aws.open(&home, &there, Some("reader"), noon(), Deadline::none()).await.unwrap();
        account.exported(&StageArn::parse(&stage_arn("a1", "prod")).unwrap()).await.unwrap();
    }
    let sent: Vec<Sent> = wire.sent().into_iter().filter(is_apigateway).collect();
    assert_eq!(sent.len(), 7);
    assert_eq!(max_per_second(&sent), 3);
}

#[tokio::test(start_paused = true)]
async fn another_role_or_renewed_credentials_share_the_account_s_rate_limit() {
    let wire = Wire::responding(|sent, _| answered(sent));
    let aws = wire.aws();
    let later = noon() + jiff::SignedDuration::from_hours(1);
    let opens =
        [(None, noon()), (Some("reader"), noon()), (Some("auditor"), noon()), (Some("reader"), later)];
    for (role, now) in opens {
        let (account, _) =
            aws.open(&account_region(), &account_region(), role, now, Deadline::none()).await.unwrap();
        for _ in 0..2 {
            account.exported(&StageArn::parse(&stage_arn("a1", "prod")).unwrap()).await.unwrap();
        }
    }
    let sent: Vec<Sent> = wire.sent().into_iter().filter(is_apigateway).collect();
    assert_eq!(max_per_second(&sent), 3);
}

#[tokio::test(start_paused = true)]
async fn get_resources_is_called_at_most_fifteen_times_per_second() {
    let wire = Wire::responding(|_, before| match before % 4 {
        0 => Response::error(400, "ThrottledException", "Rate exceeded"),
        _ => Response::ok(json!({"ResourceTagMappingList": []})),
    });
    let there = AccountRegion { region: "eu-south-1".into(), ..account_region() };
    let (account, _) = wire.aws().open(&there, &there, None, noon(), Deadline::none()).await.unwrap();
    let arns = [stage_arn("a1", "prod")];
    join_all((0..60).map(|_| async { account.tags(&arns).await.unwrap() })).await;
    let sent = wire.sent();
    assert!(sent.len() > 60);
    let most = max_per_second(&sent);
    assert!((10..=15).contains(&most), "{most}");
}

#[tokio::test(start_paused = true)]
async fn config_is_not_rate_limited() {
    let wire = Wire::responding(|_, page| {
        let token = (page < 30).then(|| page.to_string());
        Response::ok(rows(&[], token.as_deref()))
    });
    let (account, _) = wire.open().await;
    account.stages(Inventory::Config).await.unwrap();
    assert_eq!(max_per_second(&wire.sent()), 31);
}

/// A network in which each response of API Gateway takes this long.
#[derive(Clone, Debug)]
struct Slow(SharedHttpClient, Duration);

impl HttpClient for Slow {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(SlowConnector(self.0.http_connector(settings, components), self.1))
    }
}

#[derive(Debug)]
struct SlowConnector(SharedHttpConnector, Duration);

impl HttpConnector for SlowConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_apigateway = request.uri().contains("apigateway.");
        let (response, delay) = (self.0.call(request), self.1);
        HttpConnectorFuture::new(async move {
            if is_apigateway {
                sleep(delay).await;
            }
            response.await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_sweep_exports_at_the_chosen_rate_and_never_above_it() {
    let stages = 150;
    for latency in [Duration::ZERO, Duration::from_millis(700)] {
        for (parameters, calls) in [
            (json!({}), 3),
            (json!({"apiGatewayCallsPerSecond": "1"}), 1),
            (json!({"apiGatewayCallsPerSecond": "5"}), 5),
            (json!({"apiGatewayCallsPerSecond": "8"}), 8),
        ] {
            let wire = account(Size { stages, certified: 0 });
            let aws = aws_over(Slow(wire.http.clone(), latency));
            let started = Instant::now();
            run(&aws, &event(&scheduled(), &parameters)).await.unwrap();
            let taken = started.elapsed();

            let sent: Vec<Sent> = wire.sent().into_iter().filter(is_apigateway).collect();
            // One export and two GetStage calls each: nothing in this account has an HTTP backend.
            assert_eq!(sent.len(), 3 * stages);
            assert_eq!(max_per_second(&sent), calls, "{parameters} {latency:?}");
            let ideal =
                Duration::from_secs(1) * u32::try_from(sent.len()).unwrap() / u32::try_from(calls).unwrap();
            // At 3 calls per second and below, a margin of 5% keeps late requests apart.
            let margin =
                if calls == 8 { Duration::from_secs(10) } else { ideal / 20 + Duration::from_secs(10) };
            assert!(taken <= ideal + margin, "{parameters} {latency:?}: {taken:?} for {ideal:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_latest_parameters_determine_the_rate_of_an_account_and_region() {
    let wire = Wire::responding(|sent, _| answered(sent));
    let aws = wire.aws();
    let connection = Connection { aws: &aws, home: Some(account_region()), now: noon() };
    let mut before = 0;
    for calls in [8, 1, 4] {
        let json = format!(r#"{{"apiGatewayCallsPerSecond":{calls}}}"#);
        let parameters = Parameters::parse(Some(&json)).unwrap();
        let (account, _) =
            connection.connect(&account_region(), &parameters, Deadline::none()).await.unwrap();
        sleep(Duration::from_secs(1)).await;
        of_apigateway(&account, 20).await;
        let sent: Vec<Sent> = wire.sent().into_iter().filter(is_apigateway).skip(before).collect();
        assert_eq!(max_per_second(&sent), calls);
        before += sent.len();
    }
}
