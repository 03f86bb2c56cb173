//! The reads of load balancers and of the network, in the XML of their services.

use std::collections::BTreeSet;

use stagecert::Failure;
use stagecert::account::front_door::FrontDoor;
use stagecert::aws::LiveAccount;

use crate::replay::{KEY_ID, Response, Sent, Wire};

const BALANCER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/front/50dc6c495c0c9188";

/// A response of Elastic Load Balancing.
pub(crate) fn elb(operation: &str, content: &str) -> Response {
    Response::ok(format!(
        "<{operation}Response xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\n  \
         <{operation}Result>{content}</{operation}Result>\n  \
         <ResponseMetadata><RequestId>f9880f01-7852-629d-a6c3-3ae2-666a409287e6dc0c</RequestId></ResponseMetadata>\n\
         </{operation}Response>\n"
    ))
}

/// A response of EC2.
fn ec2(operation: &str, content: &str) -> Response {
    Response::ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\n    \
         <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>\n    {content}</{operation}Response>"
    ))
}

fn ids(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

async fn reading(respond: impl Fn(&Sent, usize) -> Response + Send + Sync + 'static) -> (Wire, LiveAccount) {
    let wire = Wire::responding(respond);
    let (account, _) = wire.open().await;
    (wire, account)
}

#[tokio::test(start_paused = true)]
async fn listeners_have_actions_and_mutual_authentication() {
    let (wire, account) = reading(|sent, before| match before {
        0 => elb(&sent.operation, &format!(
            "<Listeners><member><ListenerArn>l1</ListenerArn><LoadBalancerArn>{BALANCER}</LoadBalancerArn>\
             <Port>443</Port><Protocol>HTTPS</Protocol><SslPolicy>ELBSecurityPolicy-TLS13-1-2-2021-06</SslPolicy>\
             <Certificates><member><CertificateArn>c</CertificateArn></member></Certificates>\
             <MutualAuthentication><Mode>verify</Mode><TrustStoreArn>ts</TrustStoreArn>\
             <IgnoreClientCertificateExpiry>true</IgnoreClientCertificateExpiry>\
             <TrustStoreAssociationStatus>removed</TrustStoreAssociationStatus></MutualAuthentication>\
             <DefaultActions><member><Type>forward</Type><TargetGroupArn>tg1</TargetGroupArn><Order>1</Order>\
             <ForwardConfig><TargetGroups><member><TargetGroupArn>tg1</TargetGroupArn><Weight>1</Weight></member>\
             <member><TargetGroupArn>tg2</TargetGroupArn></member></TargetGroups></ForwardConfig></member>\
             </DefaultActions></member></Listeners><NextMarker>m&amp;1</NextMarker>"
        )),
        _ => elb(&sent.operation, &format!(
            "<Listeners><member><ListenerArn>l2</ListenerArn><LoadBalancerArn>{BALANCER}</LoadBalancerArn>\
             <Port>80</Port><Protocol>HTTP</Protocol><DefaultActions><member><Type>fixed-response</Type></member>\
             </DefaultActions></member></Listeners>"
        )),
    })
    .await;
    let [https, http] = account.listeners(BALANCER).await.unwrap().try_into().unwrap();
    assert!(https.verifies() && !http.verifies());
    let mutual = https.mutual_authentication.as_ref().unwrap();
    assert_eq!(mutual.ignore_client_certificate_expiry, Some(true));
    assert_eq!(
        (mutual.trust_store_arn.as_deref(), mutual.trust_store_association_status.as_deref()),
        (Some("ts"), Some("removed"))
    );
    assert_eq!((https.port, http.port), (Some(443), Some(80)));
    assert_eq!(https.default_actions[0].target_groups().collect::<Vec<_>>(), ["tg1", "tg1", "tg2"]);
    assert_eq!(
        (http.default_actions[0].r#type.as_str(), http.mutual_authentication),
        ("fixed-response", None)
    );

    let [first, second] = wire.sent().try_into().unwrap();
    assert_eq!(
        (first.host.as_str(), first.path.as_str()),
        ("elasticloadbalancing.eu-west-1.amazonaws.com", "/")
    );
    assert!(first.is_signed_by(KEY_ID, "eu-west-1"));
    let form = format!(
        "Action=DescribeListeners&Version=2015-12-01&PageSize=400&LoadBalancerArn={}",
        BALANCER.replace(':', "%3A").replace('/', "%2F")
    );
    assert_eq!((first.body, second.body), (form.clone(), format!("{form}&Marker=m%261")));
}

#[tokio::test(start_paused = true)]
async fn rules_target_groups_targets_and_load_balancers_are_read() {
    let (wire, account) = reading(|sent, _| {
        let content = match sent.operation.as_str() {
            "DescribeRules" => {
                "<Rules><member><RuleArn>r1</RuleArn><Priority>default</Priority><IsDefault>true</IsDefault>\
                 <Conditions/><Actions><member><Type>forward</Type><TargetGroupArn>tg1</TargetGroupArn></member>\
                 </Actions></member></Rules>"
            }
            "DescribeTargetGroups" => {
                "<TargetGroups><member><TargetGroupArn>tg1</TargetGroupArn><TargetType>ip</TargetType>\
                 <VpcId>vpc-1</VpcId><LoadBalancerArns><member>b1</member><member>b2</member></LoadBalancerArns>\
                 </member><member><TargetGroupArn>tg2</TargetGroupArn><TargetType>lambda</TargetType>\
                 <LoadBalancerArns/></member></TargetGroups>"
            }
            "DescribeTargetHealth" => {
                "<TargetHealthDescriptions><member><Target><Id>10.0.0.5</Id><Port>443</Port></Target>\
                 <TargetHealth><State>healthy</State></TargetHealth></member><member><Target><Id>10.0.0.6</Id>\
                 </Target><TargetHealth><State>unhealthy</State></TargetHealth></member></TargetHealthDescriptions>"
            }
            _ => {
                "<LoadBalancers><member><LoadBalancerArn>b1</LoadBalancerArn><Type>application</Type>\
                 <VpcId>vpc-1</VpcId><SecurityGroups><member>sg-1</member></SecurityGroups></member>\
                 <member><LoadBalancerArn>b9</LoadBalancerArn><Type>network</Type><VpcId>vpc-1</VpcId></member>\
                 </LoadBalancers>"
            }
        };
        elb(&sent.operation, content)
    })
    .await;
    let rules = account.listener_rules("l1").await.unwrap();
    assert_eq!(
        (rules[0].rule_arn.as_str(), rules[0].actions[0].target_group_arn.as_deref()),
        ("r1", Some("tg1"))
    );
    let [ip, lambda] = account.target_groups().await.unwrap().try_into().unwrap();
    assert_eq!(
        (ip.target_type.as_str(), ip.vpc_id.as_deref(), ip.load_balancer_arns.len()),
        ("ip", Some("vpc-1"), 2)
    );
    assert_eq!((lambda.vpc_id, lambda.load_balancer_arns.len()), (None, 0));
    assert_eq!(account.targets("tg1").await.unwrap(), ids(&["10.0.0.5", "10.0.0.6"]));
    let [found] = account.load_balancers(&ids(&["b1", "b2"])).await.unwrap().try_into().unwrap();
    assert_eq!((found.load_balancer_arn.as_str(), found.r#type.as_str()), ("b1", "application"));
    assert_eq!(found.security_groups, ["sg-1"]);
    assert_eq!(wire.sent()[2].body, "Action=DescribeTargetHealth&Version=2015-12-01&TargetGroupArn=tg1");
    assert!(account.load_balancers(&BTreeSet::new()).await.unwrap().is_empty());
    assert_eq!(wire.sent().len(), 4, "nothing is asked for no load balancer");
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_empty_and_what_is_denied_fails() {
    let error = |code: &str| {
        Response::of(
            400,
            format!(
                "<ErrorResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>"
            ),
        )
    };
    let (_, account) = reading(move |sent, _| match sent.operation.as_str() {
        "DescribeListeners" => error("LoadBalancerNotFound"),
        "DescribeRules" => error("ListenerNotFound"),
        _ => error("TargetGroupNotFound"),
    })
    .await;
    assert!(account.listeners("b").await.unwrap().is_empty());
    assert!(account.listener_rules("l").await.unwrap().is_empty());
    assert!(account.targets("t").await.unwrap().is_empty());
    let (_, account) = reading(move |_, _| error("AccessDenied")).await;
    let failures = [
        account.listeners("b").await.map(drop),
        account.listener_rules("l").await.map(drop),
        account.targets("t").await.map(drop),
        account.target_groups().await.map(drop),
        account.load_balancers(&ids(&["b"])).await.map(drop),
        account.vpc_endpoints(&ids(&["vpce-1"])).await.map(drop),
    ];
    for failed in failures {
        assert_eq!(failed.unwrap_err().code(), Some("AccessDenied"));
    }
}

#[tokio::test(start_paused = true)]
async fn endpoints_are_found_by_a_filter_and_deleted_ones_are_left_out() {
    let (wire, account) = reading(|sent, _| {
        let item = |id: &str, state: &str| format!(
            "<item><vpcEndpointId>{id}</vpcEndpointId><vpcEndpointType>Interface</vpcEndpointType><vpcId>vpc-1</vpcId>\
             <serviceName>com.amazonaws.eu-west-1.execute-api</serviceName><state>{state}</state>\
             <policyDocument>{{&quot;Statement&quot;:[]}}</policyDocument><routeTableIdSet/>\
             <groupSet><item><groupId>sg-1</groupId><groupName>default</groupName></item></groupSet>\
             <networkInterfaceIdSet><item>eni-1</item><item>eni-2</item></networkInterfaceIdSet>\
             <ownerId>111122223333</ownerId></item>"
        );
        let items = [item("vpce-1", "available"), item("vpce-2", "Deleted"), item("vpce-9", "available")].concat();
        ec2(&sent.operation, &format!("<vpcEndpointSet>{items}</vpcEndpointSet>"))
    })
    .await;
    let [found] = account
        .vpc_endpoints(&ids(&["vpce-1", "vpce-2", "vpce-*", "a b"]))
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!((found.vpc_endpoint_id.as_str(), found.vpc_id.as_str()), ("vpce-1", "vpc-1"));
    assert_eq!((found.groups[0].group_id.as_str(), found.network_interface_ids.len()), ("sg-1", 2));
    assert_eq!(found.owner_id.as_deref(), Some("111122223333"));
    assert_eq!(account.execute_api_endpoints().await.unwrap().len(), 2);
    let start = "Action=DescribeVpcEndpoints&Version=2016-11-15&MaxResults=1000&Filter.1.Name=";
    let [by_id, by_service] = wire.sent().try_into().unwrap();
    assert_eq!(by_id.host, "ec2.eu-west-1.amazonaws.com");
    assert_eq!(by_id.body, format!("{start}vpc-endpoint-id&Filter.1.Value.1=vpce-1&Filter.1.Value.2=vpce-2"));
    assert_eq!(
        by_service.body,
        format!(
            "{start}service-name&Filter.1.Value.1=cn.com.amazonaws.eu-west-1.execute-api\
                 &Filter.1.Value.2=com.amazonaws.eu-west-1.execute-api"
        )
    );
    assert!(account.vpc_endpoints(&ids(&["vpce-*"])).await.unwrap().is_empty());
    assert_eq!(wire.sent().len(), 2, "nothing is asked for what can't be an id");
}

#[tokio::test(start_paused = true)]
async fn interfaces_and_groups_are_read_in_pages_and_portions() {
    let (wire, account) = reading(|sent, before| match (sent.operation.as_str(), before) {
        ("DescribeNetworkInterfaces", 0) => ec2(
            &sent.operation,
            "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId>\
             <description>ELB app/front/50dc6c495c0c9188</description><requesterId>amazon-elb</requesterId>\
             <interfaceType>interface</interfaceType><privateIpAddress>10.0.0.5</privateIpAddress>\
             <groupSet><item><groupId>sg-1</groupId></item><item><groupId>sg-2</groupId></item></groupSet>\
             <privateIpAddressesSet><item><privateIpAddress>10.0.0.5</privateIpAddress><primary>true</primary></item>\
             <item><privateIpAddress>10.0.0.6</privateIpAddress></item></privateIpAddressesSet>\
             <ipv6AddressesSet><item><ipv6Address>2001:db8::1</ipv6Address></item></ipv6AddressesSet></item>\
             </networkInterfaceSet><nextToken>t=1</nextToken>",
        ),
        ("DescribeNetworkInterfaces", _) => ec2(&sent.operation, "<networkInterfaceSet/>"),
        _ => ec2(
            &sent.operation,
            "<securityGroupInfo><item><ownerId>111122223333</ownerId><groupId>sg-1</groupId>\
             <ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort>\
             <groups><item><userId>111122223333</userId><groupId>sg-2</groupId></item></groups>\
             <ipRanges><item><cidrIp>10.0.0.0/16</cidrIp></item></ipRanges>\
             <ipv6Ranges><item><cidrIpv6>::/0</cidrIpv6></item></ipv6Ranges>\
             <prefixListIds><item><prefixListId>pl-1</prefixListId></item></prefixListIds></item>\
             <item><ipProtocol>-1</ipProtocol><groups/><ipRanges/></item></ipPermissions>\
             <ipPermissionsEgress><item><ipProtocol>-1</ipProtocol></item></ipPermissionsEgress></item></securityGroupInfo>",
        ),
    })
    .await;
    let [found] = account.interfaces_in(&ids(&["sg-1"])).await.unwrap().try_into().unwrap();
    assert_eq!(
        (found.network_interface_id.as_str(), found.requester_id.as_deref()),
        ("eni-1", Some("amazon-elb"))
    );
    assert_eq!(found.description.as_deref(), Some("ELB app/front/50dc6c495c0c9188"));
    assert_eq!((found.private_ip_addresses.len(), found.ipv6_addresses.len(), found.groups.len()), (2, 1, 2));
    let [first, second] = wire.sent().try_into().unwrap();
    let form = "Action=DescribeNetworkInterfaces&Version=2016-11-15&MaxResults=1000&Filter.1.Name=group-id\
                &Filter.1.Value.1=sg-1&IncludeManagedResources=true";
    assert_eq!((first.body.as_str(), second.body), (form, format!("{form}&NextToken=t%3D1")));

    let many: BTreeSet<String> = (0..201).map(|n| format!("sg-{n:03}")).collect();
    let groups = account.security_groups(&many).await.unwrap();
    assert_eq!((groups.len(), wire.counts()["DescribeSecurityGroups"]), (2, 2), "200 values per call");
    let [one, all] = groups[0].ip_permissions.as_slice() else { panic!("{groups:?}") };
    assert_eq!((one.ip_protocol.as_str(), one.from_port, one.to_port), ("tcp", Some(443), Some(443)));
    assert_eq!(
        (one.user_id_group_pairs[0].group_id.as_str(), one.ip_ranges[0].cidr_ip.as_str()),
        ("sg-2", "10.0.0.0/16")
    );
    assert_eq!(
        (one.ipv6_ranges[0].cidr_ipv6.as_str(), one.prefix_list_ids[0].prefix_list_id.as_str()),
        ("::/0", "pl-1")
    );
    assert_eq!((all.ip_protocol.as_str(), all.from_port, all.user_id_group_pairs.len()), ("-1", None, 0));
    account.network_interfaces(&ids(&["eni-1"])).await.unwrap();
    assert!(
        wire.sent()
            .last()
            .unwrap()
            .body
            .contains("Filter.1.Name=network-interface-id&Filter.1.Value.1=eni-1")
    );
}

#[tokio::test(start_paused = true)]
async fn a_response_in_another_form_is_a_failure_and_not_an_empty_list() {
    let permission = |permission: &str| {
        format!(
            "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId><ipPermissions><item>{permission}\
         </item></ipPermissions></item></securityGroupInfo></DescribeSecurityGroupsResponse>"
        )
    };
    for body in [
        String::new(),
        "{}".into(),
        "<html></html>".into(),
        "<DescribeVpcEndpointsResponse/>".into(),
        "<DescribeSecurityGroupsResponse><securityGroupInfo><item>".into(),
        "<DescribeSecurityGroupsResponse><securityGroupInfo><item/></securityGroupInfo></DescribeSecurityGroupsResponse>".into(),
        permission("<fromPort>443</fromPort>"),
        permission("<ipProtocol>tcp</ipProtocol><fromPort>all</fromPort>"),
    ] {
        let shown = body.clone();
        let (_, account) = reading(move |_, _| Response::ok(&body)).await;
        let failure = account.security_groups(&ids(&["sg-1"])).await.unwrap_err();
        assert!(matches!(failure, Failure::Operation { .. }), "{shown}");
    }
    for content in
        ["", "<Listeners/>", "<Listeners><member><ListenerArn>l</ListenerArn></member></Listeners>"]
    {
        // Without the element for the result.
        let body = format!("<DescribeListenersResponse>{content}</DescribeListenersResponse>");
        let (_, account) = reading(move |_, _| Response::ok(&body)).await;
        account.listeners("b").await.unwrap_err();
    }
    let (_, account) =
        reading(|sent, _| elb(&sent.operation, "<TargetGroups/><NextMarker>same</NextMarker>")).await;
    assert!(account.target_groups().await.unwrap_err().to_string().contains("twice"));
}

#[tokio::test(start_paused = true)]
async fn one_call_per_operation_shows_what_is_denied_and_the_policy_allows_it() {
    let (wire, account) = reading(|sent, _| {
        if sent.body.starts_with("Action=") {
            return Response::of(
                403,
                "<R><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></R>",
            );
        }
        Response::rest_error(403, "AccessDeniedException", "no")
    })
    .await;
    let failures = account.probe_front_door_permissions().await;
    let denied: BTreeSet<&str> = failures
        .iter()
        .map(|failure| match failure {
            Failure::Operation { operation, code: Some(_), .. } => *operation,
            other => panic!("{other}"),
        })
        .collect();
    let expected = [
        "DescribeListeners",
        "DescribeLoadBalancers",
        "DescribeNetworkInterfaces",
        "DescribeRules",
        "DescribeSecurityGroups",
        "DescribeTargetGroups",
        "DescribeTargetHealth",
        "DescribeVpcEndpoints",
        "GetApiMappings",
        "GetApis",
        "GetDomainNames",
        "GetRestApis",
        "ListRoutingRules",
    ];
    assert_eq!(denied, BTreeSet::from(expected));
    assert!(wire.counts().values().all(|count| *count == 1), "{:?}", wire.counts());
    let policy = include_str!("../../docs/front-door-policy.json");
    let queried = expected.iter().filter(|operation| operation.starts_with("Describe"));
    for operation in queried.chain(&["GetTrustStoreCaCertificatesBundle", "GetTrustStoreRevocationContent"]) {
        let is_allowed = |service: &str| policy.contains(&format!("\"{service}:{operation}\""));
        assert!(is_allowed("ec2") || is_allowed("elasticloadbalancing"), "{operation}");
    }
}
