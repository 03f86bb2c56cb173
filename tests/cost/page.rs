use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::json;

use crate::bill::{
    Bill, CALL_SECONDS, Deployment, EVALUATION_TIERS, INVOCATION_SECONDS, LAMBDA_GB_SECOND, LAMBDA_REQUEST,
    LOG_BYTES, LOGS_GB, Rates, evaluations_price,
};
use crate::month::{self, Month, STAGES};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cost.md");

const CHECKS: [&str; 4] = ["certificate-attached", "certificate-expiry", "certificate-unique", "owner-tag"];

/// Months of the same fleet: with a rule of all checks, and with a rule a check.
struct Months {
    daily: [Month; 2],
    hourly: [Month; 2],
    of_check: Vec<Month>,
}

static MONTHS: LazyLock<Months> = LazyLock::new(|| {
    let reporting = ["changed", "all"];
    std::thread::scope(|scope| {
        let of =
            |hours| reporting.map(|it| scope.spawn(move || month::run(hours, &json!({"reporting": it}))));
        let (daily, hourly) = (of(24), of(1));
        let of_check = CHECKS.map(|check| scope.spawn(move || month::run(24, &json!({"checks": check}))));
        Months {
            daily: daily.map(|run| run.join().unwrap()),
            hourly: hourly.map(|run| run.join().unwrap()),
            of_check: of_check.into_iter().map(|run| run.join().unwrap()).collect(),
        }
    })
});

#[test]
fn what_config_holds_at_the_end_is_the_same_whatever_was_put() {
    let [changed, all] = &MONTHS.daily;
    for other in [all, &MONTHS.hourly[0], &MONTHS.hourly[1]] {
        assert_eq!(changed.results, other.results);
    }
}

#[test]
fn a_sweep_reads_each_certificate_once_however_many_stages_have_it() {
    for month in MONTHS.daily.iter().chain(&MONTHS.hourly) {
        let calls = &month.of_sweeps.calls;
        assert_eq!(calls["GetClientCertificates"], month.sweeps);
        assert_eq!(calls["DescribeCertificate"], month.sweeps * month::ACM);
    }
}

#[test]
fn the_page_shows_what_is_computed() {
    let page = std::fs::read_to_string(PATH).unwrap();
    let mut computed = page.clone();
    for (name, table) in [("prices", prices()), ("month", month_table()), ("bills", bills())] {
        let begin = format!("<!-- computed: {name} -->\n");
        let (head, rest) =
            computed.split_once(&begin).unwrap_or_else(|| panic!("docs/cost.md lacks {begin}"));
        let (_, tail) = rest.split_once("<!-- end -->").unwrap();
        computed = format!("{head}{begin}{table}<!-- end -->{tail}");
    }
    if write_page() {
        std::fs::write(PATH, computed).unwrap();
    } else {
        assert!(page == computed, "docs/cost.md differs from what is computed: run `make docs`\n{computed}");
    }
}

#[expect(clippy::disallowed_methods, reason = "whether a test writes its page is nobody's rule parameter")]
fn write_page() -> bool {
    std::env::var("WRITE_COST_PAGE").is_ok()
}

fn prices() -> String {
    let [(first, one), (second, two), (_, three)] = EVALUATION_TIERS;
    format!(
        "| what | price |\n| --- | --- |\n\
         | rule evaluation, of the first {} in an account, Region and month | ${one} |\n\
         | of those up to {} | ${two} |\n| of those above | ${three} |\n\
         | Lambda, a million requests | ${:.2} |\n| Lambda, a GB-second on arm64 | ${LAMBDA_GB_SECOND} |\n\
         | CloudWatch Logs, a GB taken in and kept for a month | ${LOGS_GB:.2} |\n\
         | assumed: a call to AWS takes | {CALL_SECONDS} s |\n\
         | assumed: an invocation takes, besides its calls | {INVOCATION_SECONDS} s |\n\
         | assumed: an invocation logs | {LOG_BYTES} bytes |\n",
        grouped(first),
        grouped(second),
        LAMBDA_REQUEST * 1e6,
    )
}

fn month_table() -> String {
    let events = &MONTHS.daily[0];
    let mut table = format!(
        "{} changes of {STAGES} stages came to {} evaluations and {} calls to AWS, however often it sweeps. Its sweeps:\n\n\
         | sweeps | `reporting` | evaluations put | PutEvaluations | all calls to AWS | evaluations of the month, changes too | price of those |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: |\n",
        events.events,
        grouped(events.of_changes.evaluations as f64),
        grouped(events.of_changes.calls() as f64),
    );
    for (often, months) in [("daily", &MONTHS.daily), ("hourly", &MONTHS.hourly)] {
        for (reporting, month) in ["changed", "all"].into_iter().zip(months) {
            let put = month.of_sweeps.evaluations;
            let evaluations = (put + month.of_changes.evaluations) as f64;
            let puts = month.of_sweeps.calls["PutEvaluations"];
            writeln!(
                table,
                "| {often} | `{reporting}` | {} | {} | {} | {} | ${} |",
                grouped(put as f64),
                grouped(puts as f64),
                grouped(month.of_sweeps.calls() as f64),
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
    let four = Rates::of(&MONTHS.of_check.iter().collect::<Vec<_>>());
    let mut text = String::new();
    for (title, accounts, stages) in
        [("One account, 100 stages", 1.0, 100.0), ("100 accounts of 1,000 stages each", 100.0, 1_000.0)]
    {
        writeln!(
            text,
            "### {title}\n\n| rules | sweeps | `reporting` | evaluations | Config | Lambda | Logs | a month |\n\
             | --- | --- | --- | ---: | ---: | ---: | ---: | ---: |"
        )
        .unwrap();
        for (rules, rates, named) in [(1.0, one, "one, all checks"), (4.0, four, "one a check")] {
            for (sweeps_a_day, often) in [(1.0, "daily"), (24.0, "hourly")] {
                for (reports_all, reporting) in [(false, "changed"), (true, "all")] {
                    let bill =
                        Bill::of(Deployment { accounts, stages, rules, sweeps_a_day, reports_all }, rates);
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

/// Whole, with a comma every three digits.
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

/// Dollars and cents.
fn money(dollars: f64) -> String {
    let cents = format!("{dollars:.2}");
    let (whole, fraction) = cents.split_once('.').unwrap();
    format!("{}.{fraction}", grouped(whole.parse().unwrap()))
}
