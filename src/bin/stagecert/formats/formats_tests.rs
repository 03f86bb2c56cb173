use jiff::Timestamp;
use stagecert::checks::Check;
use stagecert::checks::finding::Finding;
use stagecert::checks::stage::certificate_unique;
use stagecert::evaluation::evaluated::EvaluatedStage;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::stage::Stage;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::Scan;

use super::*;
use crate::chosen::ChosenChecks;
use crate::scan_results::ScannedAccountRegion;

fn account_region(account: &str, region: &str, scan: Scan) -> ScannedAccountRegion {
    let account_region =
        AccountRegion { partition: "aws".into(), account: account.into(), region: region.into() };
    ScannedAccountRegion { account_region, at: Timestamp::UNIX_EPOCH, scan, backends: None }
}

fn failure(account_region: &str) -> Failure {
    Failure::NotSupported(format!("listing {account_region}").into())
}

fn arn(region: &str, name: &str) -> StageArn {
    StageArn::of_rest_api("aws", region, "a1", name).unwrap()
}

/// Results with a clean account and Region, one whose stages could not be listed, one with a stage
/// that could not be evaluated, and a failure outside all of them.
fn incomplete() -> ScanResults {
    let unique = Finding::CertificateUnique(certificate_unique::Answer::Unique {
        certificate: stagecert::resources::certificate_id::CertificateId::new("abc".into()),
    });
    let stage = Stage {
        arn: arn("eu-west-1", "good"),
        certificate: None,
        deployment: None,
        canary: None,
        created: None,
        captured: None,
    };
    let result = Ok(vec![unique]);
    let good = EvaluatedStage::new(stage, result);
    let clean = Scan { stages: vec![good], ..Scan::default() };
    let unlisted = Scan { failures: vec![failure("two")], ..Scan::default() };
    let partial = Scan {
        not_evaluated: vec![arn("us-east-1", "unread")],
        failures: vec![failure("three")],
        ..Scan::default()
    };
    ScanResults {
        scanned: vec![
            account_region("111111111111", "eu-west-1", clean),
            account_region("222222222222", "eu-west-1", unlisted),
            account_region("333333333333", "us-east-1", partial),
        ],
        failures: vec![failure("four")],
        checks: ChosenChecks { stage: [Check::CertificateUnique].into(), ..ChosenChecks::default() },
        ..ScanResults::default()
    }
}

#[test]
fn every_format_shows_every_account_and_region_and_what_is_missing() {
    for format in Format::value_variants() {
        // iCalendar folds long lines.
        let page = format.page(&incomplete(), OutputStyle::PLAIN).unwrap().replace("\r\n ", "");
        assert!(page.ends_with('\n'));
        for account in ["111111111111", "222222222222", "333333333333"] {
            assert!(page.contains(account), "{format:?} {account}\n{page}");
        }
        // Security Hub keeps what it knows about a stage that could not be read.
        let names_unread = page.contains("a1/stages/unread") || page.contains("a1/unread");
        assert_eq!(names_unread, *format != Format::Asff, "{format:?}\n{page}");
        if *format == Format::Table {
            // The messages are on standard error.
            assert!(page.contains("INCOMPLETE (stages not evaluated: 0, errors: 1)"), "{page}");
            assert!(
                page.contains("3 accounts and Regions: 1 stages, 0 NON_COMPLIANT, 1 COMPLIANT"),
                "{page}"
            );
            assert!(page.ends_with("INCOMPLETE (stages not evaluated: 1, errors: 3)\n"), "{page}");
            continue;
        }
        for message in ["listing two", "listing three", "listing four"] {
            assert!(page.contains(message), "{format:?} {message}\n{page}");
        }
    }
}

#[test]
fn a_scan_that_reached_nothing_never_looks_clean() {
    let unreachable = || ScanResults { failures: vec![failure("all")], ..ScanResults::default() };
    for format in Format::value_variants() {
        match format.page(&unreachable(), OutputStyle::PLAIN) {
            Ok(page) => {
                assert!(page.contains("listing all") || page.contains("INCOMPLETE"), "{format:?}: {page}");
            }
            Err(failure) => assert_eq!(*format, Format::Asff, "{failure}"),
        }
    }
}

#[test]
fn the_extension_of_a_file_determines_its_format() {
    for (path, format) in [
        ("scan.json", Format::Json),
        ("a.b/scan.CSV", Format::Csv),
        ("scan.md", Format::Markdown),
        ("scan.markdown", Format::Markdown),
        ("scan.sarif", Format::Sarif),
        ("scan.sarif.json", Format::Sarif),
        ("junit.xml", Format::Junit),
        ("expiry.ics", Format::Ics),
        ("scan.txt", Format::Table),
        ("json", Format::Table),
        ("scan.json/", Format::Json),
        ("/dev/stdout", Format::Table),
        ("-", Format::Table),
    ] {
        assert_eq!(Format::of_file(Some(path.as_ref())), format, "{path}");
    }
    assert_eq!(Format::of_file(None), Format::Table);
}
