//! The HTML report, parsed as a browser parses it.

use data_encoding::BASE64;
use scraper::{Html, Selector};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::accounts::{at, detach, example, large, write};
use crate::{stagecert, with_input};

/// Text that breaks out of every context of a page: attributes, elements, style, script, SVG,
/// comments, templates.
const HOSTILE: &str = "\"'><script>harm()</script><img src=x onerror=harm()> </style></title></svg>--> {{7*7}} {% if %} $(id) \u{202e}\u{0}";

/// The report for an account.
fn report(account: &Value, arguments: &str) -> (i32, String, String) {
    with_input(&format!("report --snapshot - --output - {arguments}"), &account.to_string())
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<scraper::ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: scraper::ElementRef<'_>) -> String {
    element.text().collect::<Vec<_>>().join("")
}

/// Checks what every report must satisfy, whatever the account.
pub(crate) fn assert_sound(html: &str) -> Html {
    let page = Html::parse_document(html);
    assert_eq!(page.errors, Vec::<String>::new());
    let scripts = all(&page, "script");
    assert_eq!((scripts.len(), all(&page, "style").len()), (1, 1));
    // The page loads nothing and runs only its own script.
    assert!(all(&page, "link, img, iframe, object, embed, base, audio, video, source, use, image, meta[http-equiv=refresh]").is_empty());
    for element in all(&page, "*") {
        for (name, value) in element.value().attrs() {
            assert!(
                !name.starts_with("on") && !["style", "src", "srcdoc", "action", "srcset"].contains(&name),
                "{name}={value}"
            );
            if name.ends_with("href") {
                assert!(value.starts_with('#'), "{value}");
                assert_eq!(
                    all(&page, &format!("[id=\"{}\"]", value.trim_start_matches('#'))).len(),
                    1,
                    "{value}"
                );
            }
        }
    }
    let style = text(*all(&page, "style").first().unwrap());
    assert!(!style.contains("url(") && !style.contains("@import"), "{style}");
    let policy = all(&page, "meta[http-equiv=Content-Security-Policy]")
        .first()
        .unwrap()
        .attr("content")
        .unwrap()
        .to_owned();
    for (directive, inline) in [("style-src", style), ("script-src", text(*scripts.first().unwrap()))] {
        let hash = BASE64.encode(&Sha256::digest(inline));
        assert!(policy.contains(&format!("{directive} 'sha256-{hash}';")), "{policy}");
    }
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"));
    let mut ids: Vec<_> = all(&page, "[id]").iter().map(|it| it.attr("id").unwrap().to_owned()).collect();
    ids.sort();
    assert!(ids.windows(2).all(|pair| pair.first() != pair.last()), "{ids:?}");
    page
}

#[test]
fn the_report_for_the_example_is_sound_and_lists_every_stage() {
    let (status, html, err) = stagecert("report --example --output -");
    assert_eq!((status, err.as_str()), (1, ""));
    let page = assert_sound(&html);
    assert_eq!(all(&page, "#table tbody tr").len(), 36);
    let failed: Vec<String> = all(&page, "#table tr:has(.bad) th .id").into_iter().map(text).collect();
    let to_do: std::collections::BTreeSet<String> = all(&page, ".stages th").into_iter().map(text).collect();
    assert_eq!(failed.len(), 25);
    assert!(failed.iter().all(|stage| to_do.contains(stage)), "{to_do:?}");
    // APIs have names.
    assert!(all(&page, "#table th i").into_iter().any(|name| text(name) == "orders"));
    // Each failed check links to what to do.
    assert_eq!(all(&page, "#table .bad").len(), 25);
    for check in all(&page, "#table li") {
        let link = check.select(&Selector::parse("a").unwrap()).next().unwrap();
        assert!(text(check).starts_with(&format!("{}: ", text(link))), "{}", text(check));
    }
    let cards: Vec<String> = all(&page, ".card")
        .into_iter()
        .map(|card| text(card).split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    insta::assert_snapshot!(cards.join("\n"));
    assert!(text(*all(&page, "main").first().unwrap()).contains("Every listed stage was evaluated."));
}

#[test]
fn the_timeline_list_matches_its_chart() {
    let mut account = example();
    let certificate = account["clientCertificates"][0].as_object_mut().unwrap();
    certificate.retain(|field, _| field == "clientCertificateId");
    let (_, html, _) = report(&account, "");
    let page = Html::parse_document(&html);
    let listed = all(&page, ".weeks dd").len();
    let drawn: usize =
        all(&page, "svg .count").into_iter().map(|it| text(it).parse::<usize>().unwrap()).sum();
    // One certificate has no date and isn't drawn; two don't exist.
    assert_eq!((listed, drawn), (19, 18));
    assert_eq!(all(&page, "svg[role=img] > title, svg[role=img] > desc").len(), 2);
}

#[test]
fn remediation_steps_come_in_an_order_that_rejects_no_request() {
    let (_, html, _) = stagecert("report --example --output -");
    let page = Html::parse_document(&html);
    let describe = |kind: scraper::ElementRef<'_>| {
        let parts = Selector::parse("h3, li > p, pre, .stages th, .stages code").unwrap();
        let lines = kind.select(&parts).map(text);
        lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>().join("\n")
    };
    let kinds: Vec<String> = all(&page, ".todo").into_iter().map(describe).collect();
    insta::assert_snapshot!(kinds.join("\n\n"));
}

#[test]
fn account_text_is_always_escaped() {
    let mut account = example();
    for mapping in account["resourceTagMappingList"].as_array_mut().unwrap() {
        for tag in mapping["Tags"].as_array_mut().unwrap() {
            tag["Value"] = HOSTILE.into();
        }
    }
    for certificate in account["clientCertificates"].as_array_mut().unwrap() {
        certificate["description"] = HOSTILE.into();
        certificate["tags"] = json!({"owner": HOSTILE});
    }
    for api in account["apis"].as_array_mut().unwrap() {
        api["configuration"]["name"] = HOSTILE.into();
    }
    for document in account["exports"].as_object_mut().unwrap().values_mut() {
        document["info"]["title"] = HOSTILE.into();
    }
    let stages = account["stages"].as_array_mut().unwrap();
    for (number, row) in stages.iter_mut().enumerate() {
        if number % 3 == 0 {
            let arn = row["resourceId"].as_str().unwrap();
            let api = arn.rsplit_once('/').unwrap().0;
            row["resourceId"] = format!("{api}/-><svg$(id){number}`;&&|onload=harm()>").into();
        }
        if number % 5 == 0 {
            row["configuration"]["clientCertificateId"] = format!("{HOSTILE}{number}").into();
        }
    }
    stages.push(json!({"resourceId": HOSTILE, "resourceType": HOSTILE}));
    account["clientCertificates"][0]["clientCertificateId"] = HOSTILE.into();

    let (status, html, _) = report(&account, "--param ownerTagKeys=owner,<script>");
    assert_eq!(status, 2, "the last row can't be read");
    let page = assert_sound(&html);
    assert_eq!(all(&page, "#table tbody tr").len(), 36);
    let owners = all(&page, "#table td:nth-child(6)");
    let shown = HOSTILE.replace(['\u{202e}', '\u{0}'], "\u{fffd}");
    assert!(owners.iter().any(|owner| text(*owner) == shown));
    assert!(all(&page, "svg title").into_iter().any(|title| text(title).contains("<svg$(id)")));
    assert!(all(&page, "svg script, td script, td svg, td img").is_empty());
    // Every command is a single call made only of fixed words, whatever the names are.
    let (commands, variables) = (Selector::parse("pre").unwrap(), Selector::parse(".stages code").unwrap());
    for kind in all(&page, ".todo") {
        for set in kind.select(&variables).map(text) {
            for command in kind.select(&commands).map(text) {
                assert!(
                    !command.contains(['\u{202e}', '\u{fffd}']) && !set.contains('\u{fffd}'),
                    "{command}"
                );
                let script = format!(
                    "{set}; NEW=x DOMAIN=x CA_ARN=x; aws() {{ printf 'called\\n'; }}; cd /nowhere 2>&-; {}",
                    command.replace("> client-certificate.pem", "")
                );
                let run = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
                let printed = (run.stderr.as_slice(), run.stdout.as_slice());
                assert_eq!(printed, (&b""[..], &b"called\n"[..]), "{set}\n{command}");
            }
        }
    }
}

#[test]
fn stages_that_could_not_be_evaluated_are_named() {
    let mut account = example();
    account["stages"][3]["configuration"] = json!({"canarySettings": {"deploymentId": 7}});
    let label = account["stages"][3]["resourceId"].as_str().unwrap().split('/').nth(2).unwrap().to_owned();
    let (status, html, err) = report(&account, "");
    assert_eq!((status, err.contains("not a string")), (2, true), "{err}");
    let page = assert_sound(&html);
    assert_eq!(all(&page, "#table tbody tr").len(), 35);
    assert!(
        text(*all(&page, ".alarm").first().unwrap())
            .contains("at least 1 stage has no result and is not counted in any figure.")
    );
    let section = text(*all(&page, "section[aria-labelledby=not-evaluated]").first().unwrap());
    assert!(
        section.contains(&label)
            && section.contains("configuration.canarySettings.deploymentId: not a string"),
        "{section}"
    );
}

#[test]
fn a_check_that_did_not_run_is_shown_as_unknown() {
    let (_, html, _) = report(&example(), "--param checks=owner-tag");
    let page = assert_sound(&html);
    let values: Vec<String> = all(&page, ".value").into_iter().map(text).collect();
    assert_eq!(values, ["unknown", "unknown", "94%", "94%", "unknown", "1", "unknown"]);
}

#[test]
fn an_account_without_stages_has_a_report() {
    let mut account = example();
    account["stages"] = json!([]);
    let (status, html, err) = report(&account, "");
    let note = "note: account 111122223333, Region eu-west-1: the snapshot has no stages\n";
    assert_eq!((status, err.as_str()), (0, note));
    let page = assert_sound(&html);
    assert!(text(*all(&page, ".headline").first().unwrap()).starts_with("0 of 0 stages need attention"));
}

#[test]
fn earlier_snapshots_show_what_changed_and_how_long_it_took() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let written = |name: &str, account: &Value| {
        let path = folder.join(name);
        std::fs::write(&path, account.to_string()).unwrap();
        path.display().to_string()
    };
    let mut september = example();
    september["takenAt"] = "2026-09-22T12:00:00Z".into();
    for row in september["stages"].as_array_mut().unwrap() {
        let is = |label: &str| row["resourceId"].as_str().unwrap().ends_with(label);
        if is("k3v9q0m2xa/stages/prod") || is("e6zr1bu8ws/stages/prod") {
            row["configuration"].as_object_mut().unwrap().remove("clientCertificateId");
        }
    }
    let mut october = september.clone();
    october["takenAt"] = "2026-10-22T12:00:00Z".into();
    for row in october["stages"].as_array_mut().unwrap() {
        if row["resourceId"].as_str().unwrap().ends_with("k3v9q0m2xa/stages/prod") {
            row["configuration"]["clientCertificateId"] = "h4t0vz".into();
        }
    }
    let (september, october) = (written("september.json", &september), written("october.json", &october));
    let (status, html, err) =
        stagecert(&format!("report --example --since {october} --since {september} --output -"));
    assert_eq!((status, err.as_str()), (1, ""));
    let page = assert_sound(&html);
    let cards: Vec<String> = all(&page, ".card")
        .into_iter()
        .map(|card| text(card).split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    insta::assert_snapshot!(cards.join("\n"));

    let changes = text(*all(&page, "section[aria-labelledby=changes]").first().unwrap());
    insta::assert_snapshot!("what_changed_since_september", changes.trim());

    let (status, _, err) =
        stagecert(&format!("report --example --since {october} --since {october} --output -"));
    assert_eq!((status, err.contains("each given once")), (2, true), "{err}");
    let mut elsewhere = example();
    elsewhere["awsRegion"] = "eu-west-3".into();
    elsewhere["takenAt"] = "2026-10-22T12:00:00Z".into();
    let elsewhere = written("elsewhere.json", &elsewhere);
    let (status, _, err) = stagecert(&format!("report --example --since {elsewhere} --output -"));
    assert_eq!(
        (status, err.contains("allowed: an account and Region that is in the report")),
        (2, true),
        "{err}"
    );
}

#[test]
fn since_accepts_a_folder_and_skips_what_is_not_earlier() {
    let folder = tempfile::tempdir().unwrap();
    let october = at("2026-10-22T12:00:00Z", |account| detach(account, "k3v9q0m2xa/prod"));
    let elsewhere = at("2026-10-22T12:00:00Z", |account| account["awsRegion"] = "eu-west-3".into());
    for (name, account) in
        [("october.json", &october), ("november.json", &example()), ("other.json", &elsewhere)]
    {
        write(folder.path(), name, account);
    }
    let since = format!("report --example --since {} --output -", folder.path().display());
    let (status, html, err) = stagecert(&since);
    assert_eq!(status, 1);
    assert!(err.starts_with("note: ") && err.contains(": 2 snapshots skipped, "), "{err}");
    let page = assert_sound(&html);
    let changes = text(*all(&page, "section[aria-labelledby=changes]").first().unwrap());
    assert!(changes.contains("Fixed (1)") && changes.contains("k3v9q0m2xa/prod: "), "{changes}");
    assert_eq!(stagecert(&format!("{since} --quiet")).2, "");
}

#[test]
fn it_prints_what_it_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    let arguments = format!("report --example --output {}", file.display());
    let (status, out, err) = stagecert(&arguments);
    let kilobytes = std::fs::metadata(&file).unwrap().len().div_ceil(1000);
    let expected = format!("{}: 36 stages, 25 NON_COMPLIANT, {kilobytes} kB\n", file.display());
    assert_eq!((status, out, err), (1, expected, String::new()));
    assert_eq!(stagecert(&format!("{arguments} --quiet")), (1, String::new(), String::new()));
}

#[test]
fn five_thousand_stages_take_less_than_three_megabytes() {
    let (status, html, err) = report(&large(5000), "");
    assert_eq!((status, err.as_str()), (1, ""));
    let page = Html::parse_document(&html);
    let (rows, kinds) = (all(&page, "#table tbody tr").len(), all(&page, ".todo").len());
    assert!(rows >= 5000 && kinds < 20, "{rows} stages, {kinds} kinds of problems");
    assert!(html.len() < 3_000_000, "{} bytes", html.len());
}

#[test]
fn filters_select_the_stages_what_to_do_and_the_changes() {
    let folder = tempfile::tempdir().unwrap();
    let october = at("2026-10-22T12:00:00Z", |account| {
        detach(account, "k3v9q0m2xa/prod");
        detach(account, "e6zr1bu8ws/prod");
    });
    let since = write(folder.path(), "october.json", &october);
    for (filter, stages, has_owner_tags, fixed) in [
        ("--owner team-billing", "e6zr1bu8ws/", true, "Fixed (1)"),
        ("--only owner-tag", "", true, ""),
        ("--only certificate-expiry --owner team-logistics", "x2m7t9ajd4/", false, ""),
        ("--severity critical", "", false, "Fixed (2)"),
    ] {
        let arguments = format!("report --example --since {} {filter} --output -", since.display());
        let (status, html, err) = stagecert(&arguments);
        assert_eq!((status, err.as_str()), (1, ""), "{filter}");
        let page = assert_sound(&html);
        let shown: Vec<String> = all(&page, "#table th .id").into_iter().map(text).collect();
        let to_do: Vec<String> = all(&page, ".stages th").into_iter().map(text).collect();
        assert!(!shown.is_empty() && shown.len() < 20 && !to_do.is_empty(), "{filter}: {shown:?}");
        assert!(to_do.iter().all(|stage| shown.contains(stage)), "{filter}: {to_do:?}");
        assert!(shown.iter().any(|stage| stage.starts_with(stages)), "{filter}: {shown:?}");
        let titles: String = all(&page, ".todo h3").into_iter().map(text).collect();
        assert!(has_owner_tags || !titles.contains("Tag the"), "{filter}: {titles}");
        let changes = text(*all(&page, "section[aria-labelledby=changes]").first().unwrap());
        assert!(changes.contains(fixed), "{filter}: {changes}");
        let headline = text(*all(&page, ".headline").first().unwrap());
        assert!(headline.starts_with("25 of 36 stages need attention"), "{headline}");
        assert!(html.contains(&format!("{} of 36 stages, selected with <code>{filter}</code>", shown.len())));
    }
    // What --only hides doesn't affect the exit status.
    let nothing = "report --example --only owner-tag --param ownerTagOn=certificate --param includeStages=k3v9q0m2xa/prod";
    assert_eq!(stagecert(&format!("{nothing} --output -")).0, 0);
}

#[test]
fn exempt_checks_keep_their_facts_and_exemptions_are_listed() {
    let exclude = "--param excludeStages=x2m7t9ajd4/v1,nowhere/*,*/sandbox";
    let (status, html, err) = stagecert(&format!("report --example {exclude} --output -"));
    assert_eq!(status, 1, "{err}");
    let page = assert_sound(&html);
    let row = |stage: &str| {
        let is_named = |row: &scraper::ElementRef<'_>| text(*row).trim_start().starts_with(stage);
        text(all(&page, "#table tbody tr").into_iter().find(is_named).unwrap())
    };
    let expired = row("x2m7t9ajd4/v1");
    for says in [
        "exempt",
        "certificate-expiry: client certificate a2ws8n expired 2026-10-30",
        "2026-10-30",
        "team-logistics",
    ] {
        assert!(expired.contains(says), "{says}: {expired}");
    }
    let exemptions = text(*all(&page, "section[aria-labelledby=exemptions]").first().unwrap());
    for says in ["x2m7t9ajd4/v1", "*/sandbox", "nowhere/*"] {
        assert!(exemptions.contains(says), "{exemptions}");
    }
    assert_eq!(all(&page, "section[aria-labelledby=exemptions] .worse").len(), 1, "{exemptions}");
    // The key figures still count the certificate and the owner.
    let figures = |page: &Html| all(page, ".card").into_iter().map(text).collect::<Vec<_>>();
    let without = Html::parse_document(&stagecert("report --example --output -").1);
    assert_eq!(figures(&page)[1..], figures(&without)[1..]);
    let to_do: Vec<String> = all(&page, ".stages th").into_iter().map(text).collect();
    assert!(!to_do.contains(&"x2m7t9ajd4/v1".to_owned()), "{to_do:?}");
}
