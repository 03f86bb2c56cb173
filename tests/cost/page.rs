use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::json;
use stagecert::parameters::settings::MetricsLevel;
use stagecert::telemetry::metrics::Metric;

use crate::bill::{
    Bill, CALL_SECONDS, Deployment, EVALUATION_TIERS, INVOCATION_SECONDS, LAMBDA_GB_SECOND, LAMBDA_REQUEST,
    LOG_BYTES, LOGS_GB, Rates, evaluations_price,
};
use crate::cloudwatch::{ALARM_METRIC, Alarms, DASHBOARD, METRIC_TIERS, Organization, OrganizationBill};
use crate::month::{self, LEVELS, Month, STAGES};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cost.md");

const CHECKS: [&str; 4] = ["certificate-attached", "certificate-expiry", "certificate-unique", "owner-tag"];

/// Months of the same fleet: with one rule for all checks, and with one rule per check.
struct Months {
    daily: [Month; 2],
    hourly: [Month; 2],
    per_check: Vec<Month>,
}

static MONTHS: LazyLock<Months> = LazyLock::new(|| {
    let reporting = ["changed", "all"];
    std::thread::scope(|scope| {
        let of =
            |hours| reporting.map(|it| scope.spawn(move || month::run(hours, &json!({"reporting": it}))));
        let (daily, hourly) = (of(24), of(1));
        let per_check = CHECKS.map(|check| scope.spawn(move || month::run(24, &json!({"checks": check}))));
        Months {
            daily: daily.map(|run| run.join().unwrap()),
            hourly: hourly.map(|run| run.join().unwrap()),
            per_check: per_check.into_iter().map(|run| run.join().unwrap()).collect(),
        }
    })
});

#[test]
fn config_holds_the_same_results_at_the_end_with_either_reporting() {
    let [changed, all] = &MONTHS.daily;
    for other in [all, &MONTHS.hourly[0], &MONTHS.hourly[1]] {
        assert_eq!(changed.results, other.results);
    }
}

#[test]
fn a_sweep_reads_each_certificate_once() {
    for month in MONTHS.daily.iter().chain(&MONTHS.hourly) {
        let calls = &month.sweep_work.calls;
        assert_eq!(calls["GetClientCertificates"], month.sweeps);
        assert_eq!(calls["DescribeCertificate"], month.sweeps * month::ACM);
    }
}

#[test]
fn the_page_shows_the_computed_tables() {
    let page = std::fs::read_to_string(PATH).unwrap();
    let mut computed = page.clone();
    for (name, table) in [
        ("prices", prices()),
        ("month", month_table()),
        ("bills", bills()),
        ("metrics", metrics_table()),
        ("organization", organization()),
    ] {
        let begin = format!("<!-- computed: {name} -->\n");
        let (head, rest) =
            computed.split_once(&begin).unwrap_or_else(|| panic!("docs/cost.md lacks {begin}"));
        let (_, tail) = rest.split_once("<!-- end -->").unwrap();
        computed = format!("{head}{begin}{table}<!-- end -->{tail}");
    }
    if write_page() {
        std::fs::write(PATH, computed).unwrap();
    } else {
        assert!(page == computed, "docs/cost.md is out of date: run `make docs`\n{computed}");
    }
}

#[expect(clippy::disallowed_methods, reason = "a switch for `make docs`, not for users")]
fn write_page() -> bool {
    std::env::var("WRITE_COST_PAGE").is_ok()
}

fn prices() -> String {
    let [(first, one), (second, two), (_, three)] = EVALUATION_TIERS;
    let [(metrics, metric), (more_metrics, next_metric), ..] = METRIC_TIERS;
    format!(
        "| what | price |\n| --- | --- |\n\
         | rule evaluation, the first {} per account, Region and month | ${one} |\n\
         | rule evaluation, up to {} | ${two} |\n| rule evaluation, above that | ${three} |\n\
         | Lambda, per million requests | ${:.2} |\n| Lambda, per GB-second on arm64 | ${LAMBDA_GB_SECOND} |\n\
         | CloudWatch Logs, per GB ingested and stored for a month | ${LOGS_GB:.2} |\n\
         | custom metric, the first {} per account, for a month | ${metric:.2} |\n\
         | custom metric, up to {} | ${next_metric:.2} |\n\
         | alarm, per metric that it watches or analyzes, for a month | ${ALARM_METRIC:.2} |\n\
         | dashboard, for a month | ${DASHBOARD:.2} |\n\
         | assumed: duration of a call to AWS | {CALL_SECONDS} s |\n\
         | assumed: duration of an invocation without its calls | {INVOCATION_SECONDS} s |\n\
         | assumed: log size of an invocation | {LOG_BYTES} bytes |\n",
        grouped(first),
        grouped(second),
        LAMBDA_REQUEST * 1e6,
        grouped(metrics),
        grouped(more_metrics),
    )
}

fn month_table() -> String {
    let events = &MONTHS.daily[0];
    let mut table = format!(
        "Independently of the schedule, {} changes of {STAGES} stages resulted in {} evaluations and {}\n\
         calls to AWS. The sweeps:\n\n\
         | sweeps | `reporting` | evaluations put | PutEvaluations | all calls to AWS | evaluations including changes | price of the evaluations |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: |\n",
        events.events,
        grouped(events.change_work.evaluations as f64),
        grouped(events.change_work.calls() as f64),
    );
    for (often, months) in [("daily", &MONTHS.daily), ("hourly", &MONTHS.hourly)] {
        for (reporting, month) in ["changed", "all"].into_iter().zip(months) {
            let put = month.sweep_work.evaluations;
            let evaluations = (put + month.change_work.evaluations) as f64;
            let puts = month.sweep_work.calls["PutEvaluations"];
            writeln!(
                table,
                "| {often} | `{reporting}` | {} | {} | {} | {} | ${} |",
                grouped(put as f64),
                grouped(puts as f64),
                grouped(month.sweep_work.calls() as f64),
                grouped(evaluations),
                money(evaluations_price(evaluations)),
            )
            .unwrap();
        }
    }
    table
}

fn bills() -> String {
    let one = Rates::of(&[&MONTHS.daily[0]]);
    let four = Rates::of(&MONTHS.per_check.iter().collect::<Vec<_>>());
    let mut text = String::new();
    for (title, accounts, stages) in
        [("One account, 100 stages", 1.0, 100.0), ("100 accounts of 1,000 stages each", 100.0, 1_000.0)]
    {
        writeln!(
            text,
            "### {title}\n\n| rules | sweeps | `reporting` | evaluations | Config | Lambda | Logs | total per month |\n\
             | --- | --- | --- | ---: | ---: | ---: | ---: | ---: |"
        )
        .unwrap();
        for (rules, rates, named) in [(1.0, one, "one, all checks"), (4.0, four, "one per check")] {
            for (sweeps_per_day, often) in [(1.0, "daily"), (24.0, "hourly")] {
                for (reports_all, reporting) in [(false, "changed"), (true, "all")] {
                    let bill =
                        Bill::of(Deployment { accounts, stages, rules, sweeps_per_day, reports_all }, rates);
                    writeln!(
                        text,
                        "| {named} | {often} | `{reporting}` | {} | ${} | ${} | ${} | ${} |",
                        grouped(bill.evaluations),
                        money(bill.config),
                        money(bill.lambda),
                        money(bill.logs),
                        money(bill.total()),
                    )
                    .unwrap();
                }
            }
        }
        text.push('\n');
    }
    text
}

/// The level's name in `STAGECERT_METRICS`.
fn level_name(level: MetricsLevel) -> &'static str {
    match level {
        MetricsLevel::Full => "full",
        MetricsLevel::Few => "few",
        MetricsLevel::None => "none",
    }
}

/// What a sweep writes, on average over a month.
fn metrics_table() -> String {
    let mut table =
        String::from("| `metrics` | metrics per sweep | bytes per sweep |\n| --- | ---: | ---: |\n");
    let month = &MONTHS.daily[0];
    for (level, written) in LEVELS.into_iter().zip(month.written) {
        let per_sweep = |total: usize| total as f64 / month.sweeps as f64;
        writeln!(
            table,
            "| `{}` | {:.1} | {} |",
            level_name(level),
            per_sweep(written.metric_hours),
            grouped(per_sweep(written.bytes)),
        )
        .unwrap();
    }
    table
}

/// The organization of the table "a large, quiet organization".
const LARGE: Organization = Organization { accounts: 500.0, regions: 4.0, stages: 10.0 };

fn organization() -> String {
    let mut table = String::from(
        "| sweeps | `metrics` | alarms | Config | Lambda | Logs | metrics | alarms | dashboard | total per month |\n\
         | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for (often, month) in [("daily", &MONTHS.daily[0]), ("hourly", &MONTHS.hourly[0])] {
        for (alarms, place) in [(Alarms::PerAccount, "per account"), (Alarms::Central, "central")] {
            for level in LEVELS {
                let bill = OrganizationBill::of(LARGE, month, level, alarms);
                let amounts =
                    [bill.config, bill.lambda, bill.logs, bill.metrics, bill.alarms, bill.dashboards];
                let amounts = amounts.map(|amount| format!("${}", money(amount))).join(" | ");
                writeln!(
                    table,
                    "| {often} | `{}` | {place} | {amounts} | ${} |",
                    level_name(level),
                    money(bill.total()),
                )
                .unwrap();
            }
        }
    }
    table
}

#[test]
fn most_of_the_bill_of_a_large_quiet_organization_is_cloudwatch_unless_it_is_reduced() {
    let bill = |level, alarms| OrganizationBill::of(LARGE, &MONTHS.daily[0], level, alarms);
    let full = bill(MetricsLevel::Full, Alarms::PerAccount);
    assert!(full.metrics + full.alarms > 0.9 * full.total());
    let few = bill(MetricsLevel::Few, Alarms::Central);
    assert!(few.total() < 0.4 * full.total(), "{} {}", few.total(), full.total());
    let none = bill(MetricsLevel::None, Alarms::Central);
    let places = LARGE.accounts * LARGE.regions;
    assert_eq!((none.metrics, none.alarms), (0.0, places * ALARM_METRIC));
    // Without Security Hub, there is no metric about it.
    let written = Metric::FEW.iter().filter(|metric| **metric != Metric::SecurityHubNotEnabled).count();
    assert_eq!(MONTHS.daily[0].written[1].metric_hours, written * MONTHS.daily[0].sweeps);
}

/// The number without decimals, with thousands separators.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The amount in dollars with two decimals.
fn money(dollars: f64) -> String {
    let cents = format!("{dollars:.2}");
    let (whole, fraction) = cents.split_once('.').unwrap();
    format!("{}.{fraction}", grouped(whole.parse().unwrap()))
}
