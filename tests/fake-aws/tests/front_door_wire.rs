//! The front door of the fake AWS over HTTP: what `boto3_check.py` can't set up.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use fake_aws::front_door::contents::{CaCertificate, Content, PemEntry, RSA1024_CA, SHA1_CA};
use fake_aws::front_door::load_balancers::{Action, MutualAuthentication};
use fake_aws::front_door::{ConfigDomainNames, ExportedAccess, FrontDoorOptions, FrontDoorSize, NoStage};
use fake_aws::{ApiKind, FakeAws, Fault, World};
use jiff::SignedDuration;
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
const HOME: (&str, &str) = (ACCOUNT, REGION);

struct Response {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Response {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

struct One {
    fake_aws: FakeAws,
}

impl One {
    fn new(build: impl FnOnce(&mut World)) -> Self {
        let mut world = World::new(1);
        world.add_account("aws", ACCOUNT, REGION);
        build(&mut world);
        Self { fake_aws: FakeAws::spawn(world) }
    }

    fn options(&self, change: impl FnOnce(&mut FrontDoorOptions)) {
        change(&mut self.fake_aws.world().region_mut(ACCOUNT, REGION).front_door.options);
    }

    /// `None` if the connection closes early or nothing comes.
    fn send(&self, service: &str, request: &str, headers: &str, body: &str) -> Option<Response> {
        let key = self.fake_aws.world().credentials(ACCOUNT).access_key_id;
        let scope = format!("Credential={key}/20261130/{REGION}/{service}/aws4_request, Signature=x");
        let signed = format!("authorization: AWS4-HMAC-SHA256 {scope}\r\n");
        let signed = if service.is_empty() { "" } else { &signed };
        let host = self.fake_aws.url().trim_start_matches("http://").to_owned();
        let mut stream = TcpStream::connect(&host).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let host = if headers.contains("host: ") { String::new() } else { format!("host: {host}\r\n") };
        write!(
            stream,
            "{request} HTTP/1.1\r\nconnection: close\r\n{host}{signed}{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).ok()?;
        let (head, body) = response.split_once("\r\n\r\n")?;
        let headers = head.lines().filter_map(|line| line.split_once(": "));
        let headers: BTreeMap<String, String> =
            headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let promised: usize = headers.get("content-length")?.parse().ok()?;
        let whole = request.starts_with("HEAD") || promised == body.len();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        whole.then(|| Response { status, headers, body: body.into() })
    }

    fn get(&self, service: &str, path: &str) -> Response {
        self.send(service, &format!("GET {path}"), "", "").unwrap()
    }

    fn form(&self, service: &str, form: &str) -> Response {
        self.send(service, "POST /", "", form).unwrap()
    }

    fn config(&self, operation: &str, input: &Value) -> Response {
        let target = format!("x-amz-target: StarlingDoveService.{operation}\r\n");
        self.send("config", "POST /", &target, &input.to_string()).unwrap()
    }

    /// Status and body of a presigned URL.
    fn fetch(&self, location: &str) -> (u16, String) {
        let path = location.strip_prefix(&self.fake_aws.url()).unwrap();
        let response = self.get("", path);
        (response.status, response.body)
    }
}

/// The text of the first element with this name.
fn element(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap();
    rest.split_once("</").unwrap().0.replace("&amp;", "&")
}

fn with_store(world: &mut World) -> String {
    let now = world.clock.certificates_now();
    let root = CaCertificate::root("Root", now).until(now + SignedDuration::from_hours(24 * 30));
    world.add_trust_store(HOME, "store", Content::generated([root]))
}

#[test]
fn presigned_urls_expire_by_the_worlds_clock_and_age_with_it() {
    let one = One::new(|world| drop(with_store(world)));
    let arn =
        one.fake_aws.world().region(ACCOUNT, REGION).front_door.trust_stores.keys().next().unwrap().clone();
    let form = format!("Action=GetTrustStoreCaCertificatesBundle&TrustStoreArn={arn}");
    let location = |one: &One| element(&one.form("elasticloadbalancing", &form).body, "Location");
    let first = location(&one);
    let fetched = one.fetch(&first);
    assert_eq!(fetched.0, 200);
    assert_eq!(one.fetch(&first), fetched, "the same bytes");
    one.fake_aws.world().clock.advance(SignedDuration::from_secs(601));
    let (status, body) = one.fetch(&first);
    assert_eq!((status, element(&body, "Message").as_str()), (403, "Request has expired"));
    let not_after = |pem: &str| {
        let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
        block.parse_x509().unwrap().validity().not_after.timestamp()
    };
    let (_, aged) = one.fetch(&location(&one));
    assert_eq!(not_after(&fetched.1) - not_after(&aged), 601);
    let signature = first.rsplit_once('=').unwrap().1;
    assert!(one.fake_aws.world().presigned_signatures().contains(&signature));
    one.fake_aws.faults().always("GetPresignedObject", Fault::TruncatedBody);
    let path = location(&one).strip_prefix(&one.fake_aws.url()).unwrap().to_owned();
    assert!(one.send("", &format!("GET {path}"), "", "").is_none());
    assert_eq!(one.fake_aws.log().count("GetPresignedObject"), 5);
}

#[test]
fn a_location_can_be_anything_and_can_redirect() {
    let one = One::new(|world| drop(with_store(world)));
    let arn =
        one.fake_aws.world().region(ACCOUNT, REGION).front_door.trust_stores.keys().next().unwrap().clone();
    let form = format!("Action=GetTrustStoreCaCertificatesBundle&TrustStoreArn={arn}");
    let location = element(&one.form("elasticloadbalancing", &form).body, "Location");
    one.options(|options| options.redirects_to = Some("http://169.254.169.254/".into()));
    let path = location.strip_prefix(&one.fake_aws.url()).unwrap();
    let response = one.get("", path);
    assert_eq!((response.status, response.headers["location"].as_str()), (307, "http://169.254.169.254/"));
    one.options(|options| options.location = Some("https://example.com/?a=b".into()));
    assert_eq!(
        element(&one.form("elasticloadbalancing", &form).body, "Location"),
        "https://example.com/?a=b"
    );
}

#[test]
fn a_trust_store_that_another_account_shares_can_be_read_and_no_other() {
    let one = One::new(|world| {
        let arn = with_store(world);
        let front_door = &mut world.region_mut(ACCOUNT, REGION).front_door;
        let mut store = front_door.trust_stores.remove(&arn).unwrap();
        store.arn = arn.replace(ACCOUNT, "444455556666");
        front_door.trust_stores.insert(store.arn.clone(), store);
    });
    let trust_stores = one.fake_aws.world().region(ACCOUNT, REGION).front_door.trust_stores.clone();
    let arn = trust_stores.keys().next().unwrap();
    let describe = |arn: &str| {
        let form = format!("Action=DescribeTrustStores&TrustStoreArns.member.1={arn}");
        one.form("elasticloadbalancing", &form).status
    };
    assert_eq!((describe(arn), one.fake_aws.log().never_crossed_accounts()), (200, true));
    assert_eq!(describe(&format!("{arn}x")), 400);
    assert_eq!(one.fake_aws.log().crossings().len(), 1);
}

#[test]
fn mappings_and_config_follow_the_options() {
    let one = One::new(|world| {
        world.add_scheduled_rule(ACCOUNT, REGION, "front-door", None);
        let api = world.create_api(ACCOUNT, REGION, ApiKind::Rest, "orders", &["HTTP"]);
        for (name, kind) in [("edge.example.com", "EDGE"), ("a.example.com", "REGIONAL")] {
            let key = world.add_domain(HOME, name, kind);
            world.add_mapping(HOME, &key, "", &api, None);
            world.add_mapping(HOME, &key, "a/b", &api, Some("prod"));
        }
    });
    let old = |one: &One| {
        one.get("apigateway", "/domainnames/a.example.com/basepathmappings").json()["item"].clone()
    };
    let new = |one: &One, name: &str| one.get("apigateway", &format!("/v2/domainnames/{name}/apimappings"));
    for (no_stage, shown) in
        [(NoStage::Absent, None), (NoStage::Empty, Some("")), (NoStage::None, Some("(none)"))]
    {
        one.options(|options| options.no_stage = no_stage);
        for mappings in [old(&one), new(&one, "a.example.com").json()["items"].clone()] {
            let mappings = mappings.as_array().unwrap();
            assert!(
                mappings.iter().any(|one| one.get("stage").map(|stage| stage.as_str().unwrap()) == shown)
            );
            assert_eq!(mappings.len(), 2);
        }
    }
    one.options(|options| {
        options.v1_hides_multi_level = true;
        options.v2_refuses_edge = true;
    });
    assert_eq!(old(&one).as_array().unwrap().len(), 1);
    assert_eq!(new(&one, "edge.example.com").status, 400);

    let expression =
        "SELECT resourceId, configuration.SecurityPolicy WHERE resourceType = 'AWS::ApiGateway::DomainName'";
    let rows = |one: &One| {
        let rows =
            one.config("SelectResourceConfig", &json!({"Expression": expression})).json()["Results"].clone();
        let row =
            |row: &Value| serde_json::from_str::<Value>(row.as_str().unwrap()).unwrap()["resourceId"].clone();
        rows.as_array().unwrap().iter().map(row).collect::<Vec<Value>>()
    };
    let token = one.fake_aws.world().issue_token(ACCOUNT, REGION, "front-door");
    let put = |one: &One, id: &str| {
        let evaluation = json!({
            "ComplianceResourceType": "AWS::ApiGateway::DomainName", "ComplianceResourceId": id,
            "ComplianceType": "COMPLIANT", "OrderingTimestamp": 1_795_000_000,
        });
        one.config("PutEvaluations", &json!({"ResultToken": token, "Evaluations": [evaluation]})).status
    };
    assert_eq!((rows(&one).len(), put(&one, "a.example.com")), (0, 400));
    one.options(|options| options.config_domain_names = ConfigDomainNames::ByName);
    assert_eq!(rows(&one), ["a.example.com", "edge.example.com"]);
    assert_eq!(put(&one, "a.example.com"), 200);
    one.options(|options| options.config_domain_names = ConfigDomainNames::ByArn);
    assert_eq!(rows(&one)[0], "arn:aws:apigateway:eu-west-1::/domainnames/a.example.com");
    let keys = json!({"resourceKeys": [{"resourceType": "AWS::ApiGateway::DomainName", "resourceId": rows(&one)[0]}]});
    let items = one.config("BatchGetResourceConfig", &keys).json()["baseConfigurationItems"].clone();
    assert_eq!(items[0]["resourceName"], "a.example.com");
    let unlisted = "arn:aws:apigateway:eu-west-1::/domainnames/a.example.com";
    one.options(|options| options.unlisted.extend([unlisted.to_owned()]));
    assert_eq!(rows(&one).len(), 1);

    let rule = one.config("DescribeConfigRules", &json!({})).json()["ConfigRules"][0].clone();
    assert_eq!(rule["Source"]["SourceDetails"].as_array().unwrap().len(), 1, "{rule}");
    let mut world = one.fake_aws.world();
    let api = world.region(ACCOUNT, REGION).apis.keys().next().unwrap().clone();
    assert!(world.create_stage(&api, "prod").1.is_empty(), "no event for a rule that is only scheduled");
}

#[test]
fn an_export_shows_what_is_deployed_what_is_current_or_nothing() {
    let one = One::new(|world| {
        let api = world.create_api(ACCOUNT, REGION, ApiKind::Rest, "orders", &["HTTP"]);
        let (stage, _) = world.create_stage(&api, "prod");
        world.set_access(&api, |access| access.disable_execute_api_endpoint = true);
        world.create_stage(&api, "next");
        let later = stage.replace("/prod", "/next");
        world.redeploy(&later, &["HTTP"]);
    });
    let api = one.fake_aws.world().region(ACCOUNT, REGION).apis.keys().next().unwrap().clone();
    let flag = |stage: &str| {
        let path = format!("/restapis/{api}/stages/{stage}/exports/oas30?extensions=apigateway");
        one.get("apigateway", &path).json()["servers"][0]["x-amazon-apigateway-endpoint-configuration"]
            ["disableExecuteApiEndpoint"].clone()
    };
    assert_eq!((flag("prod"), flag("next")), (json!(false), json!(true)));
    one.options(|options| options.exported_access = ExportedAccess::Current);
    assert_eq!((flag("prod"), flag("next")), (json!(true), json!(true)));
    one.options(|options| options.exported_access = ExportedAccess::Absent);
    assert_eq!((flag("prod"), flag("next")), (Value::Null, Value::Null));
}

#[test]
fn faults_have_each_protocols_form() {
    let one = One::new(|world| {
        let store = with_store(world);
        let group = world.add_security_group(HOME, "balancer", "vpc-1", vec![]);
        let balancer = world.add_load_balancer(HOME, "application", "alb", "vpc-1", &[&group]);
        let listener = world.add_listener(HOME, &balancer, "HTTPS", 443, vec![Action::FixedResponse(404)]);
        world.listener_mut(HOME, &listener).mutual_authentication =
            Some(MutualAuthentication::verify(&store));
        world.add_endpoint(HOME, "vpc-1", &[&group], 2);
        world.add_bucket(HOME, "truststores", true);
        world.put_object("truststores", "a b/c.pem", Some(Content::text("x")));
        world.add_domain(HOME, "a.example.com", "REGIONAL");
    });
    let calls: [(&str, &str, &str, &str); 4] = [
        ("ec2", "DescribeVpcEndpoints", "POST /", "Action=DescribeVpcEndpoints"),
        ("elasticloadbalancing", "DescribeLoadBalancers", "POST /", "Action=DescribeLoadBalancers"),
        ("s3", "GetObject", "GET /truststores/a%20b/c.pem", ""),
        ("apigateway", "GetDomainNames", "GET /domainnames", ""),
    ];
    let expected = [
        [
            (503, "<Code>RequestLimitExceeded"),
            (400, "<Code>Throttling"),
            (503, "<Code>SlowDown"),
            (429, "Too Many"),
        ],
        [
            (500, "<Code>InternalError"),
            (500, "<Code>InternalFailure"),
            (500, "<Code>InternalError"),
            (500, "message"),
        ],
        [
            (403, "<Code>UnauthorizedOperation"),
            (403, "<Code>AccessDenied"),
            (403, "<Code>AccessDenied"),
            (403, "not authorized"),
        ],
        [
            (400, "<Code>InvalidNextToken"),
            (400, "<Code>ValidationError"),
            (200, "x"),
            (400, "Invalid position"),
        ],
        [(200, "<html>"); 4],
    ];
    let faults =
        [Fault::Throttle, Fault::Http500, Fault::AccessDenied, Fault::ExpiredPageToken, Fault::MalformedJson];
    for (fault, expected) in faults.into_iter().zip(expected) {
        for ((service, operation, request, body), (status, part)) in calls.into_iter().zip(expected) {
            one.fake_aws.faults().at(operation, 1, fault.clone());
            let response = one.send(service, request, "", body).unwrap();
            assert_eq!(response.status, status, "{operation} {fault:?} {}", response.body);
            assert!(response.body.contains(part), "{operation} {fault:?} {}", response.body);
            let response = one.send(service, request, "", body).unwrap();
            assert_eq!(response.status, 200, "{operation} after {fault:?}: {}", response.body);
        }
    }
    for fault in [Fault::ConnectionReset, Fault::Hang, Fault::LostResponse, Fault::TruncatedBody] {
        for (service, operation, request, body) in calls {
            one.fake_aws.faults().at(operation, 1, fault.clone());
            assert!(one.send(service, request, "", body).is_none(), "{operation} {fault:?}");
        }
    }
    let gone = [
        ("ec2", "vpcEndpointId"),
        ("elasticloadbalancing", "LoadBalancerArn"),
        ("s3", ""),
        ("apigateway", "domainName\""),
    ];
    for ((service, operation, request, body), (_, part)) in
        calls.into_iter().zip(gone).filter(|(_, (_, part))| !part.is_empty())
    {
        one.fake_aws.faults().at(operation, 1, Fault::EmptyList);
        assert!(!one.send(service, request, "", body).unwrap().body.contains(part), "{operation}");
        assert!(one.send(service, request, "", body).unwrap().body.contains(part), "{operation}");
    }
    one.fake_aws.faults().at("GetDomainNames", 1, Fault::Answer(404, "{}".into()));
    let wrong = one.get("apigateway", "/domainnames");
    assert_eq!((wrong.status, wrong.body.as_str()), (404, "{}"));
    one.fake_aws.faults().at("GetDomainNames", 1, Fault::MissingRows(vec!["a.example.com".into()]));
    assert_eq!(one.get("apigateway", "/domainnames").json()["item"], json!([]));
}

#[test]
fn pages_may_be_shorter_than_asked_and_even_empty() {
    let one = One::new(|world| {
        for number in 0..4 {
            world.add_domain(HOME, &format!("{number}.example.com"), "REGIONAL");
            world.add_endpoint(HOME, "vpc-1", &[], 1);
        }
        let managed = world.add_interface(HOME, "vpc-1", &[]);
        world.region_mut(ACCOUNT, REGION).front_door.interfaces.get_mut(&managed).unwrap().managed = true;
    });
    let interfaces = |more: &str| {
        let body = one.form("ec2", &format!("Action=DescribeNetworkInterfaces{more}")).body;
        body.matches("<networkInterfaceId>").count()
    };
    assert_eq!((interfaces(""), interfaces("&IncludeManagedResources=true")), (4, 5));
    for limit in [0, 1, 3] {
        one.options(|options| options.page_limit = Some(limit));
        let (mut found, mut pages, mut position) = (Vec::new(), 0, String::new());
        loop {
            let page = one.get("apigateway", &format!("/domainnames?limit=500{position}")).json();
            found.extend(page["item"].as_array().unwrap().iter().map(|one| one["domainName"].clone()));
            pages += 1;
            let Some(next) = page["position"].as_str() else { break };
            position = format!("&position={next}");
        }
        assert_eq!(found, ["0.example.com", "1.example.com", "2.example.com", "3.example.com"]);
        assert_eq!(pages, [5, 4, 0, 2][limit]);
        let body = one.form("ec2", "Action=DescribeVpcEndpoints").body;
        assert_eq!(body.matches("<vpcEndpointId>").count(), limit);
        assert!(body.contains("<nextToken>"));
    }
}

#[test]
fn objects_are_found_by_path_and_by_host_and_a_deleted_one_is_gone() {
    let one = One::new(|world| {
        world.add_bucket(HOME, "truststores", true);
        world.put_object("truststores", "k/é +.pem", Some(Content::text("old")));
        world.put_object("truststores", "k/é +.pem", None);
        world.add_bucket(HOME, "closed", true).lists = false;
        world.add_bucket(("444455556666", REGION), "shared", false).readers.insert(ACCOUNT.into());
        world.put_object("shared", "k.pem", Some(Content::text("theirs")));
    });
    let versions: Vec<String> = {
        let world = one.fake_aws.world();
        world.buckets["truststores"].objects["k/é +.pem"].iter().map(|version| version.id.clone()).collect()
    };
    let path = "k/%C3%A9%20%2B.pem";
    let by_path = one.get("s3", &format!("/truststores/{path}?versionId={}", versions[0]));
    assert_eq!((by_path.status, by_path.body.as_str()), (200, "old"));
    assert_eq!(by_path.headers["x-amz-version-id"], versions[0]);
    let request = format!("GET /{path}?versionId={}", versions[0]);
    for host in ["truststores.localhost:4566", "truststores.s3.eu-west-1.amazonaws.com"] {
        let by_host = one.send("s3", &request, &format!("host: {host}\r\n"), "").unwrap();
        assert_eq!((by_host.status, by_host.body.as_str()), (200, "old"), "{host}");
    }
    let code = |path: &str| {
        let response = one.get("s3", path);
        (response.status, element(&response.body, "Code"))
    };
    assert_eq!(code(&format!("/truststores/{path}")), (404, "NoSuchKey".into()));
    assert_eq!(
        code(&format!("/truststores/{path}?versionId={}", versions[1])),
        (405, "MethodNotAllowed".into())
    );
    assert_eq!(code("/closed/k.pem"), (403, "AccessDenied".into()));
    assert_eq!(one.get("s3", "/shared/k.pem").body, "theirs");
    let head = one.send("s3", "HEAD /shared/k.pem", "", "").unwrap();
    assert_eq!((head.status, head.headers["content-length"].as_str(), head.body.as_str()), (200, "6", ""));
    assert!(!head.headers.contains_key("x-amz-version-id"));
}

#[test]
fn certificates_form_chains_and_weak_ones_are_weak() {
    let now = World::new(1).clock.certificates_now();
    let root = CaCertificate::root("Root of chain", now);
    let issuing = CaCertificate::issued_by("Issuing", &root, now);
    let pem = |certificate: &CaCertificate| certificate.pem(SignedDuration::ZERO).into_bytes();
    let parse = |pem: &[u8]| x509_parser::pem::parse_x509_pem(pem).unwrap().1;
    let (root_pem, issuing_pem) = (parse(&pem(&root)), parse(&pem(&issuing)));
    let (parsed, below) = (root_pem.parse_x509().unwrap(), issuing_pem.parse_x509().unwrap());
    assert!(parsed.is_ca() && below.is_ca());
    assert_eq!(below.issuer(), parsed.subject());
    assert_ne!(below.public_key().raw, parsed.public_key().raw);
    let algorithm = |pem: &str| {
        let block = parse(pem.as_bytes());
        let certificate = block.parse_x509().unwrap();
        let size = match certificate.public_key().parsed().unwrap() {
            x509_parser::public_key::PublicKey::RSA(key) => key.key_size(),
            _ => 0,
        };
        (certificate.signature_algorithm.algorithm.to_id_string(), size)
    };
    assert_eq!(algorithm(SHA1_CA), ("1.2.840.113549.1.1.5".into(), 2048));
    assert_eq!(algorithm(RSA1024_CA), ("1.2.840.113549.1.1.11".into(), 1024));
    let both = Content::Certificates(vec![PemEntry::Generated(root), PemEntry::Fixed(SHA1_CA.into())]);
    assert_eq!(both.certificates(), 2);
}

#[test]
fn a_seed_gives_the_same_front_door() {
    let size = FrontDoorSize { apis: 30, domains: 40, private_apis: 10 };
    let shown = |seed| {
        let world = World::front_door(seed, &size);
        let account = world.accounts().next().unwrap().id.clone();
        let front_door = &world.region(&account, REGION).front_door;
        let domains: Vec<_> = front_door.domains.values().cloned().collect();
        (domains, front_door.load_balancers.len(), front_door.endpoints.len())
    };
    let one = shown(3);
    assert_eq!(one, shown(3));
    assert_ne!(one.0, shown(4).0);
    assert_eq!((one.0.iter().filter(|domain| domain.id.is_none()).count(), one.2), (40, 10));
    assert!(one.1 > 5);
}
