//! The front door in the report: cards, pictures and the table of domains.

use scraper::{ElementRef, Html, Selector};

use crate::front_door::account;
use crate::report::assert_sound;
use crate::{stagecert, with_input};

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn within<'a>(element: ElementRef<'a>, selector: &str) -> Vec<ElementRef<'a>> {
    element.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<Vec<_>>().join("").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn report(arguments: &str) -> (i32, String, String) {
    stagecert(&format!("report --snapshot tests/cli/front_door.json --output - --quiet {arguments}"))
}

/// The card of an API.
fn card<'a>(page: &'a Html, label: &str) -> ElementRef<'a> {
    let is_of = |card: &ElementRef<'a>| text(*within(*card, "h3 .id").first().unwrap()) == label;
    all(page, ".door").into_iter().find(is_of).unwrap()
}

#[test]
fn the_section_is_there_only_on_request() {
    let (status, html, err) = report("");
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(all(&assert_sound(&html), "#front-door").is_empty());
    let (status, html, err) = report("--front-door");
    assert_eq!((status, err.as_str()), (1, ""));
    assert_eq!(all(&assert_sound(&html), "#front-door").len(), 1);
}

#[test]
fn each_api_that_fails_or_requires_a_certificate_has_a_card() {
    let page = assert_sound(&report("--front-door").1);
    let labels: Vec<String> = all(&page, ".door h3 .id").into_iter().map(text).collect();
    // a3 and w1 fail nothing and require nothing.
    for (label, expected) in
        [("a1", true), ("a2", true), ("a3", false), ("a4", true), ("a5", true), ("w1", false)]
    {
        assert_eq!(labels.iter().any(|it| it == label), expected, "{label}: {labels:?}");
    }
    let texts: Vec<String> = all(&page, ".door").into_iter().map(text).collect();
    insta::assert_snapshot!(texts.join("\n\n"));
    let rows: Vec<String> =
        all(&page, "section[aria-labelledby=front-door] tbody tr").into_iter().map(text).collect();
    assert_eq!(rows.len(), 4);
    insta::assert_snapshot!(rows.join("\n\n"));
}

#[test]
fn the_picture_shows_each_entry_point_and_whether_it_requires_a_certificate() {
    let html = report("--front-door").1;
    let page = assert_sound(&html);
    let card = card(&page, "a1");
    let svg = *within(card, "svg[role=img]").first().unwrap();
    assert_eq!(text(*within(svg, "svg > title").first().unwrap()), "Entry points of API a1 (orders)");
    assert_eq!(
        text(*within(svg, "desc").first().unwrap()),
        "4 entry points; a client certificate is required at 1, and not at 3, so it can be bypassed."
    );
    let mut ways: Vec<(String, String, bool)> = within(svg, "g:has(path)")
        .into_iter()
        .map(|way| {
            let part = |selector| text(*within(way, selector).first().unwrap());
            (part("title"), part(".mark"), !within(way, ".lock").is_empty())
        })
        .collect();
    // Those without a certificate come first.
    assert!(!ways.first().unwrap().2 && ways.last().unwrap().2);
    ways.sort();
    let way = |name: &str, mark: &str, locked| (name.to_owned(), mark.to_owned(), locked);
    assert_eq!(
        ways,
        [
            way("execute-api", "no certificate", false),
            way("mtls.example.com", "certificate required", true),
            way("open.example.com/v1", "no certificate", false),
            way("rules.example.com (routing rule 10)", "no certificate", false),
        ]
    );
    // Lines differ in their pattern, not only in their color.
    assert_eq!((within(svg, "path.open").len(), within(svg, "path.required").len()), (3, 1));
    assert!(html.contains(".ways path.open { stroke: var(--bad); stroke-dasharray"));
    // Two targets: the stage that is named, and every stage.
    let targets: Vec<String> = within(svg, "g:has(rect) > title").into_iter().map(text).collect();
    assert_eq!(targets.len(), 2, "{targets:?}");
}

#[test]
fn every_picture_is_well_formed_xml() {
    let html = report("--front-door").1;
    let mut count = 0;
    for part in html.split("<svg class=\"ways\"").skip(1) {
        let svg = format!("<svg class=\"ways\"{}</svg>", part.split("</svg>").next().unwrap());
        let mut reader = quick_xml::Reader::from_str(&svg);
        reader.config_mut().check_end_names = true;
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                    tag.attributes().for_each(|attribute| assert!(attribute.is_ok(), "{svg}"));
                }
                _ => {}
            }
        }
        count += 1;
    }
    assert!(count >= 4, "{count}");
}

#[test]
fn many_entry_points_are_shortened_with_the_open_ones_first() {
    let page = assert_sound(&report("--front-door").1);
    let svg = *within(card(&page, "a5"), "svg").first().unwrap();
    assert_eq!(within(svg, "g:has(path)").len(), 12);
    assert!(within(svg, ".lock").is_empty());
    assert!(text(svg).ends_with("and 9 more"), "{}", text(svg));
}

#[test]
fn account_text_is_always_escaped_and_shortened() {
    let html = report("--front-door").1;
    let page = assert_sound(&html);
    assert!(!html.contains("<script>harm") && !html.contains("onerror") && !html.contains('\u{202e}'));
    let svg = *within(card(&page, "a4"), "svg").first().unwrap();
    for shown in within(svg, "text") {
        assert!(text(shown).chars().count() <= 60, "{}", text(shown));
    }
    // The full name is there, as a title.
    assert!(within(svg, "title").into_iter().any(|title| text(title).chars().count() > 3000));
}

#[test]
fn the_commands_are_quoted_and_never_rule_out_mutual_tls() {
    let page = assert_sound(&report("--front-door").1);
    let commands: Vec<String> = all(&page, "section[aria-labelledby=front-door] pre")
        .into_iter()
        .map(|it| it.text().collect())
        .collect();
    assert!(commands.len() >= 6, "{commands:#?}");
    for command in &commands {
        assert!(!command.contains("SecurityPolicy_"), "{command}");
        // Each value is one word of a shell.
        let script = format!(
            "aws() {{ for it in \"$@\"; do echo \"[$it]\"; done; }}\nNEW=n BUCKET=b KEY=k TRUSTSTORE_URI=u VERSION=v TRUST_STORE_ARN=t CERTIFICATE_ARN=c\n{command}"
        );
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{command}: {output:?}");
        assert!(!String::from_utf8_lossy(&output.stdout).contains("uid="), "{command}");
    }
    insta::assert_snapshot!(commands.join("\n\n"));
}

#[test]
fn what_could_not_be_evaluated_is_listed() {
    let mut account = account();
    account["frontDoor"]["apiMappings"].as_object_mut().unwrap().remove("mtls.example.com");
    let (status, html, _) =
        with_input("report --snapshot - --front-door --output - --quiet", &account.to_string());
    assert_eq!(status, 2);
    let page = assert_sound(&html);
    let section = text(*all(&page, "section[aria-labelledby=not-evaluated]").first().unwrap());
    assert!(section.contains("mtls.example.com"), "{section}");
    assert!(text(*all(&page, ".alarm").first().unwrap()).starts_with("This report is incomplete"));
}

#[test]
fn the_default_endpoint_of_a_private_api_is_no_bypass_by_itself() {
    let html = stagecert("report --example --front-door --output - --quiet").1;
    let page = assert_sound(&html);
    let svg = *within(card(&page, "f4v8sq2k1d"), "svg").first().unwrap();
    let marks: Vec<String> = within(svg, ".mark").into_iter().map(text).collect();
    assert_eq!(marks, ["VPC endpoints only", "certificate required"]);
    assert_eq!(
        text(*within(svg, "desc").first().unwrap()),
        "2 entry points; a client certificate is required at 1. The API is private: 1 can be reached only through VPC \
         endpoints, see private-front-door."
    );
}
