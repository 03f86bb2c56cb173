//! The real command line with the profiles, proxies and credentials that people use: its STS calls,
//! and its output.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

pub(crate) const IDENTITY: &str = r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
    <Arn>arn:aws:iam::111122223333:user/ops</Arn><UserId>AIDAEXAMPLE</UserId><Account>111122223333</Account>
    </GetCallerIdentityResult></GetCallerIdentityResponse>"#;
const KEYS: &str = "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = base-secret\n[other]\naws_access_key_id = \
     AKIAOTHER\naws_secret_access_key = other-secret\n";
const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/Auditor\nsource_profile = base\n";

/// A request: request line, headers by lowercase name, and body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    line: String,
    headers: BTreeMap<String, String>,
    pub body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn is(&self, operation: &str) -> bool {
        self.body.starts_with(&format!("Action={operation}&"))
    }
}

/// AWS or a proxy on the loopback interface.
pub(crate) struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn responding(respond: impl Fn(&Request) -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let kept = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = answered(&stream.unwrap(), &kept, &respond);
            }
        });
        Self { url, requests }
    }

    /// A working STS, and an AWS Config without stages.
    fn aws() -> Self {
        Self::responding(|request| match request {
            request if request.is("GetCallerIdentity") => (200, IDENTITY.into()),
            request if request.is("AssumeRole") || request.is("AssumeRoleWithWebIdentity") => {
                (200, assumed(request))
            }
            request if request.header("x-amz-target").ends_with(".SelectResourceConfig") => {
                (200, r#"{"Results":[]}"#.into())
            }
            _ => (200, "{}".into()),
        })
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn answered(
    mut stream: &TcpStream,
    kept: &Mutex<Vec<Request>>,
    respond: &impl Fn(&Request) -> (u16, String),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut request, mut line) = (Request::default(), String::new());
    reader.read_line(&mut request.line)?;
    while reader.read_line(&mut line)? > 2 {
        let (name, value) = line.split_once(':').unwrap_or_default();
        request.headers.insert(name.to_lowercase(), value.trim().to_owned());
        line.clear();
    }
    let mut body = vec![0; request.header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body)?;
    request.body = String::from_utf8(body).unwrap();
    let (status, body) = respond(&request);
    kept.lock().unwrap().push(request);
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

/// The credentials of a role, named after the operation that requested them.
fn assumed(request: &Request) -> String {
    let operation = request.body.strip_prefix("Action=").unwrap().split('&').next().unwrap();
    format!(
        r#"<{operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{operation}Result>
        <AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:x</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/Auditor/x</Arn></AssumedRoleUser>
        <Credentials><AccessKeyId>ASIA{operation}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
        <SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>
        </{operation}Result></{operation}Response>"#
    )
}

/// A home directory with these profiles.
fn home(config: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/config"), config).unwrap();
    std::fs::write(home.path().join(".aws/credentials"), KEYS).unwrap();
    std::fs::write(home.path().join("token"), "web-identity").unwrap();
    home
}

/// Runs a scan; returns status and output.
fn scan(home: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_stagecert"))
        .args(["scan", "--region", "eu-west-1", "--quiet"])
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout) + &text(output.stderr))
}

/// The key that signed `GetCallerIdentity`, and the requests before it.
fn signed(server: &Server) -> (String, Vec<String>) {
    let requests = server.requests();
    let at = requests.iter().position(|request| request.is("GetCallerIdentity")).unwrap_or(requests.len());
    let identity = requests.get(at).cloned().unwrap_or_default();
    let key = identity.header("authorization").split("Credential=").nth(1).unwrap_or_default().to_owned();
    let key = key.split('/').next().unwrap().to_owned();
    let operation = |request: &Request| request.body.split('&').next().unwrap().to_owned();
    (key, requests[..at].iter().map(operation).collect())
}

/// A profile's settings in some home directory, the key that must sign in the end, and the requests
/// it takes.
type Form<'a> = (&'a dyn Fn(&Path) -> String, &'a str, &'a [&'a str]);

#[test]
fn profile_works_like_aws_profile_whatever_the_environment_says() {
    let process = |home: &Path| {
        let file = home.join("process.json");
        std::fs::write(&file, r#"{"Version":1,"AccessKeyId":"AKIAPROCESS","SecretAccessKey":"s"}"#).unwrap();
        format!("credential_process = cat {}\n", file.display())
    };
    let web = |home: &Path| {
        let token = home.join("token");
        format!("role_arn = arn:aws:iam::1:role/ci\nweb_identity_token_file = {}\n", token.display())
    };
    let role: fn(&Path) -> String = |_| ROLE.into();
    let keys: fn(&Path) -> String = |_| "aws_access_key_id = AKIAOWN\naws_secret_access_key = s\n".into();
    let forms: [Form<'_>; 4] = [
        (&role, "ASIAAssumeRole", &["Action=AssumeRole"]),
        (&web, "ASIAAssumeRoleWithWebIdentity", &["Action=AssumeRoleWithWebIdentity"]),
        (&process, "AKIAPROCESS", &[]),
        (&keys, "AKIAOWN", &[]),
    ];
    for (settings, key, before) in forms {
        for region in ["", "region = eu-west-1\n"] {
            let home = home("");
            let config = format!("[profile x]\n{region}{}", settings(home.path()));
            std::fs::write(home.path().join(".aws/config"), config).unwrap();
            // One form in every environment, the others in the two most different ones.
            let environments = if key == "ASIAAssumeRole" { 5 } else { 2 };
            for (arguments, environment) in [
                (vec![], vec![("AWS_PROFILE", "x")]),
                // Keys in the environment would belong to another account.
                (
                    vec!["--profile", "x"],
                    vec![("AWS_ACCESS_KEY_ID", "AKIAENV"), ("AWS_SECRET_ACCESS_KEY", "s")],
                ),
                (vec!["--profile", "x"], vec![]),
                (vec!["--profile", "x"], vec![("AWS_REGION", "eu-west-1")]),
                (vec!["--profile", "x"], vec![("AWS_PROFILE", "other")]),
            ]
            .into_iter()
            .take(environments)
            {
                let server = Server::aws();
                let mut environment = environment;
                environment.push(("AWS_ENDPOINT_URL", &server.url));
                let (status, output) = scan(home.path(), &arguments, &environment);
                let case = format!("{key} {region:?} {arguments:?} {environment:?}: {output}");
                assert_eq!(status, 0, "{case}");
                let (signed_by, requests) = signed(&server);
                assert_eq!(
                    (signed_by.as_str(), requests),
                    (key, before.iter().map(|a| (*a).into()).collect()),
                    "{case}"
                );
            }
        }
    }
}

#[test]
fn a_role_is_assumed_even_without_a_region() {
    let home = home(&format!("[profile x]\n{ROLE}"));
    for (arguments, profile) in [(vec!["--profile", "x"], "base"), (vec![], "x")] {
        let server = Server::aws();
        let output = Command::new(env!("CARGO_BIN_EXE_stagecert"))
            .args(["scan", "--all-regions", "--quiet"])
            .args(&arguments)
            .env_clear()
            .env("HOME", home.path())
            .env("AWS_PROFILE", profile)
            .env("AWS_ENDPOINT_URL", &server.url)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .output()
            .unwrap();
        // This AWS lists no Regions; the test is about the credentials that requested them.
        let output = String::from_utf8(output.stderr).unwrap();
        assert_eq!(signed(&server), ("ASIAAssumeRole".into(), vec!["Action=AssumeRole".into()]), "{output}");
    }
}

#[test]
fn a_profile_that_is_missing_or_incomplete_is_named_and_no_other_credentials_are_used() {
    let home = home(
        "[profile x]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = gone\n[profile bare]\noutput = json\n",
    );
    let (sign_in, profiles) = ("hint: sign in", "the profiles in the AWS configuration files are ");
    for (profile, says, hint) in [
        ("typo", "error: --profile typo: this profile does not exist; ", profiles),
        ("x", "could not find source profile gone referenced from x", sign_in),
        (
            "bare",
            "error: no AWS credentials found\n tried: the profile, the container, the EC2 instance\n",
            sign_in,
        ),
    ] {
        let server = Server::aws();
        let environment = [
            ("AWS_ENDPOINT_URL", server.url.as_str()),
            ("AWS_ACCESS_KEY_ID", "AKIAENV"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
        ];
        let (status, output) = scan(home.path(), &["--profile", profile], &environment);
        assert_eq!((status, server.requests().len()), (2, 0), "{output}");
        assert!(output.contains(says) && output.contains(hint), "{output}");
        assert_eq!(output.contains("hint: "), profile != "typo", "{output}");
    }
    let aws_profile = [("AWS_PROFILE", "typo")];
    let (status, output) = scan(home.path(), &[], &aws_profile);
    let expected = "error: AWS_PROFILE typo: this profile does not exist; the profiles in the AWS configuration files \
                    are bare, base, other, x\n";
    assert_eq!((status, output.as_str()), (2, expected));
}

#[test]
fn missing_credentials_take_three_lines() {
    let home = tempfile::tempdir().unwrap();
    let (status, output) = scan(home.path(), &[], &[]);
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!((status, lines.len()), (2, 3), "{output}");
    assert_eq!(lines[0], "error: no AWS credentials found");
    assert_eq!(
        lines[1],
        " tried: environment variables (AWS_ACCESS_KEY_ID), the profile, a web identity (AWS_WEB_IDENTITY_TOKEN_FILE), \
         the container, the EC2 instance"
    );
    assert!(lines[2].starts_with(" hint: sign in: `aws sso login` or `aws login`"), "{output}");
}

/// A configuration file, arguments, environment variables, and the Region that is read.
type Setting<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, &'a str)], &'a str);

#[test]
fn a_scan_without_options_reads_the_region_of_the_settings() {
    let settings: [Setting<'_>; 6] = [
        ("", &[], &[("AWS_REGION", "eu-north-1")], "eu-north-1"),
        ("", &[], &[("AWS_DEFAULT_REGION", "eu-south-1")], "eu-south-1"),
        ("", &[], &[("AWS_REGION", "eu-north-1"), ("AWS_DEFAULT_REGION", "eu-south-1")], "eu-north-1"),
        ("[profile base]\nregion = eu-west-3\n", &[], &[("AWS_PROFILE", "base")], "eu-west-3"),
        (
            "[profile base]\nregion = eu-west-3\n",
            &["--profile", "base"],
            &[("AWS_PROFILE", "other")],
            "eu-west-3",
        ),
        (
            "[profile base]\nregion = eu-west-3\n",
            &["--profile", "base", "--region", "eu-west-2"],
            &[],
            "eu-west-2",
        ),
    ];
    let run = |config: &str, arguments: &[&str], environment: &[(&str, &str)], url: &str| {
        let home = home(config);
        let output = Command::new(env!("CARGO_BIN_EXE_stagecert"))
            .arg("scan")
            .args(arguments)
            .env_clear()
            .env("HOME", home.path())
            .env("AWS_ENDPOINT_URL", url)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs([("AWS_ACCESS_KEY_ID", "AKIAENV"), ("AWS_SECRET_ACCESS_KEY", "s")])
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    for (config, arguments, environment, region) in settings {
        let server = Server::aws();
        let (status, out, err) = run(config, arguments, environment, &server.url);
        assert_eq!(status, 0, "{err}");
        assert!(out.contains(region), "{environment:?}: {out}");
    }
    let server = Server::aws();
    let (status, out, err) = run("", &[], &[], &server.url);
    assert_eq!((status, out.as_str(), server.requests().len()), (2, "", 0));
    assert_eq!(
        err,
        "error: no Region: none of --region, AWS_REGION, AWS_DEFAULT_REGION and the profile's `region` is set\n \
         hint: add `--region eu-west-1` or `--all-regions`, set AWS_REGION, or run `aws configure set region eu-west-1`; \
         `stagecert scan --example` needs no account\n"
    );
}

fn refusing_roles(code: &'static str, message: &'static str) -> Server {
    Server::responding(move |request| {
        assert!(request.is("AssumeRole"), "{request:?}");
        let error =
            format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        (403, format!("<ErrorResponse>{error}</ErrorResponse>"))
    })
}

#[test]
fn a_profile_that_requires_mfa_is_named_with_a_solution() {
    const REFUSED: &str = "User: arn:aws:iam::1:user/me is not authorized to perform: sts:AssumeRole";
    let config = format!(
        "[profile x]\n{ROLE}mfa_serial = arn:aws:iam::1:mfa/me\n[profile over]\nrole_arn = \
         arn:aws:iam::1:role/r\nsource_profile = x\n[profile plain]\n{ROLE}"
    );
    let home = home(&config);
    for (profile, mfa) in [("x", true), ("over", true), ("plain", false)] {
        for by_name in [true, false] {
            let server = refusing_roles("AccessDenied", REFUSED);
            let environment = [("AWS_ENDPOINT_URL", server.url.as_str()), ("AWS_PROFILE", profile)];
            let arguments: &[&str] = if by_name { &["--profile", profile] } else { &[] };
            let (status, output) = scan(home.path(), arguments, &environment);
            assert_eq!(status, 2, "{output}");
            assert!(output.contains(&format!(": no credentials: AccessDenied: {REFUSED}\n")), "{output}");
            assert!(!output.contains("Error {") && !output.contains("sign in"), "{output}");
            let hint = format!("the profile {profile} requires MFA (mfa_serial)");
            assert_eq!(output.contains(&hint), mfa, "{output}");
            let export = format!("aws configure export-credentials --profile {profile} ");
            assert_eq!(output.contains(&export), mfa, "{output}");
            assert_eq!(output.contains("need sts:AssumeRole on that role"), !mfa, "{output}");
        }
    }
    // Another refusal has another cause.
    let server = refusing_roles("ExpiredToken", "The security token included in the request is expired");
    let (_, output) = scan(home.path(), &["--profile", "x"], &[("AWS_ENDPOINT_URL", &server.url)]);
    assert!(output.contains("hint: sign in again") && !output.contains("MFA"), "{output}");
}

fn concurrently<const N: usize>(cases: [&str; N], each: impl Fn(&str) + Sync) {
    std::thread::scope(|scope| cases.map(|case| scope.spawn(|| each(case))).map(|case| case.join().unwrap()));
}

/// A port that nothing listens on.
fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn an_unreachable_sts_does_not_suggest_signing_in() {
    let home = home(&format!("[profile x]\n{ROLE}"));
    let closed_port = closed_port();
    // Concurrently, because the SDK retries for some seconds.
    concurrently(["x", "base"], |profile| {
        let environment = [("AWS_ENDPOINT_URL", closed_port.as_str()), ("AWS_PROFILE", profile)];
        let (status, output) = scan(home.path(), &[], &environment);
        assert_eq!(status, 2, "{output}");
        assert!(output.contains("hint: AWS was not reached: check the network, the proxy"), "{output}");
        assert!(!output.contains("sign in"), "{output}");
    });
}

#[test]
fn a_proxy_from_the_environment_is_used_and_its_password_never_shown() {
    let home = home("");
    let keys = [("AWS_PROFILE", "base")];
    concurrently(["HTTPS_PROXY", "https_proxy"], |name| {
        let proxy = Server::responding(|_| (407, String::new()));
        let url = proxy.url.replace("http://", "http://someone:proxy-password@");
        let (status, output) = scan(home.path(), &[], &[keys[0], (name, &url)]);
        assert_eq!(status, 2, "{output}");
        let requests = proxy.requests();
        assert_eq!(requests[0].line, "CONNECT sts.eu-west-1.amazonaws.com:443 HTTP/1.1\r\n", "{name}");
        // someone:proxy-password
        assert_eq!(requests[0].header("proxy-authorization"), "Basic c29tZW9uZTpwcm94eS1wYXNzd29yZA==");
        assert!(output.contains("hint: AWS was not reached"), "{output}");
        assert!(!output.contains("proxy-password") && !output.contains("c29tZW9uZTpwcm94"), "{output}");
    });
}

#[test]
fn http_proxy_applies_to_http_and_no_proxy_bypasses_both() {
    let home = home("");
    let aws = Server::aws();
    let proxy = Server::responding(|request| {
        if request.is("GetCallerIdentity") {
            (200, IDENTITY.into())
        } else {
            (200, r#"{"Results":[]}"#.into())
        }
    });
    let environment =
        [("AWS_PROFILE", "base"), ("AWS_ENDPOINT_URL", aws.url.as_str()), ("HTTP_PROXY", proxy.url.as_str())];
    let (status, output) = scan(home.path(), &[], &environment);
    assert_eq!((status, aws.requests().len()), (0, 0), "{output}");
    assert_eq!(proxy.requests()[0].line, format!("POST {}/ HTTP/1.1\r\n", aws.url));

    let before = proxy.requests().len();
    for name in ["NO_PROXY", "no_proxy"] {
        let mut environment = environment.to_vec();
        environment.extend([("HTTPS_PROXY", proxy.url.as_str()), (name, "example.com,127.0.0.1")]);
        let (status, output) = scan(home.path(), &[], &environment);
        assert_eq!((status, proxy.requests().len()), (0, before), "{output}");
    }
    assert!(!aws.requests().is_empty());
}
