//! What the command line shows without putting it.

use serde_json::json;
use stagecert::aws::{Connection, DryRun};
use stagecert::deadline::Deadline;
use stagecert::rule;
use stagecert::snapshot::RecordedResults;
use stagecert::telemetry::invocation_log::InvocationLog;

use crate::account::{Size, account};
use crate::events::{changed, event, run, scheduled};
use crate::replay::{account_region, noon};

#[tokio::test(start_paused = true)]
async fn a_dry_run_makes_the_same_reads_and_shows_the_exact_requests() {
    let size = Size { stages: 101, certified: 90 };
    let change = changed(&json!({"deploymentId": "dep1"}), &json!({}));
    for (invoking, puts) in [(&change, 1), (&scheduled(), 2)] {
        let event = event(invoking, &json!({}));
        let (dry, wet) = (account(size), account(size));
        let results = RecordedResults::default();
        let aws = dry.aws();
        let connection = Connection { aws: &aws, home: Some(account_region()), now: noon() };
        let dry_run = DryRun { connection, results: &results, exemptions: None };
        let report = rule::run(&event, &dry_run, noon(), Deadline::none()).await.unwrap();
        let log = |log: &InvocationLog| {
            let mut fields = serde_json::to_value(log).unwrap();
            fields["calls"].take();
            fields
        };
        assert_eq!(log(&report), log(&run(&wet.aws(), &event).await.unwrap()));

        let mut calls = wet.counts();
        assert_eq!(calls.remove("PutEvaluations"), Some(puts));
        assert_eq!(dry.counts(), calls);
        let put = wet.sent().into_iter().filter(|sent| sent.operation == "PutEvaluations");
        assert_eq!(results.requests(), put.map(|sent| sent.json()).collect::<Vec<_>>());
    }
}
