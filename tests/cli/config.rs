//! Rule parameters from a file.

use std::fs::write;

use super::{refused, stagecert};

const CDK_FILE: &str = "deploymentMode: stack-set\nrule:\n  frequency: One_Hour\n  parameters:\n    checks: [owner-tag, \
                        certificate-expiry]\n    expiryWindowDays: 365\n    apiGatewayCallsPerSecond: 8\n";

#[test]
fn a_file_has_the_same_effect_as_options_which_override_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (cdk, small) = (path("stagecert.yaml"), path("small.json"));
    write(&cdk, CDK_FILE).unwrap();
    write(&small, r#"{"parameters": {"checks": "owner-tag,certificate-expiry", "expiryWindowDays": 365}}"#)
        .unwrap();
    let from_options = "--param checks=owner-tag,certificate-expiry --param expiryWindowDays=365";
    for command in [
        "scan --example --format json",
        "report --example -o -",
        "invoke events/scheduled.json --example",
        "fix w9s3ld5ovi/test --example",
    ] {
        let (status, out, err) =
            stagecert(&format!("{command} {from_options} --param apiGatewayCallsPerSecond=8"));
        assert!(status < 2 && err.is_empty(), "{command}: {err}");
        let (with_file, other, note) = stagecert(&format!("{command} --config {cdk}"));
        assert_eq!(with_file, status, "{command}: {note}");
        if !command.starts_with("report") {
            assert_eq!(other, out, "{command}");
        }
        assert!(note.starts_with(&format!("note: parameters from {cdk}: ")), "{command}: {note}");
        assert!(
            note.contains(
                "apiGatewayCallsPerSecond=8, checks=owner-tag,certificate-expiry, expiryWindowDays=365"
            ),
            "{note}"
        );
    }
    let scan = |arguments: &str| {
        let (_, out, err) = stagecert(&format!("scan --example --format json {arguments}"));
        (out, err)
    };
    assert_eq!(scan(&format!("--config {small}")).0, scan(from_options).0);
    let (out, note) = scan(&format!("--config {small} --param expiryWindowDays=1"));
    assert_eq!(out, scan("--param checks=owner-tag,certificate-expiry --param expiryWindowDays=1").0);
    assert_eq!(
        note,
        format!(
            "note: parameters from {small}: checks=owner-tag,certificate-expiry; from --param: expiryWindowDays=1\n"
        )
    );
    let (_, _, err) = stagecert(&format!("scan --example --quiet --config {small}"));
    assert_eq!(err, "");
}

#[test]
fn a_malformed_file_is_named_with_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.yaml");
    for (text, says) in [
        ("params: {}\n", "c.yaml: unknown keys params; allowed: `parameters`, or `rule.parameters`"),
        (
            "parameters:\n  expiryWindow: 60\n",
            "rule parameter ruleParameters: \"expiryWindow\" is not allowed",
        ),
        ("parameters:\n  expiryWindow: 60\n", " hint: did you mean expiryWindowDays?"),
        ("parameters:\n  expiryWindowDays: 0\n", "rule parameter expiryWindowDays: \"0\" is not allowed"),
        ("parameters:\n  checks: [owner-tag, owner-tags]\n", " hint: did you mean checks=owner-tag?"),
        ("parameters: [\n", "c.yaml: "),
    ] {
        write(&path, text).unwrap();
        refused(&format!("scan --example --config {}", path.display()), says);
    }
    refused("scan --example --config no-such.yaml", "error: no-such.yaml: No such file or directory");
    refused("scan --example --rule stagecert", "cannot be used with");
}

#[test]
fn shells_complete_codes_keys_values_and_formats() {
    for shell in ["bash", "zsh", "fish"] {
        let (status, script, _) = stagecert(&format!("completions {shell}"));
        assert_eq!(status, 0);
        for word in
            ["expiryWindowDays=", "inventory=apigateway", "checks=owner-tag", "certificate-unique", "sarif"]
        {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}
