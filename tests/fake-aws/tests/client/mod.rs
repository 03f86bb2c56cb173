//! A minimal Config client without an SDK.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use fake_aws::FakeAws;
use serde_json::Value;

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-west-1";

/// Calls a Config operation, which must succeed, and returns its response.
pub fn call(fake_aws: &FakeAws, operation: &str, input: &Value) -> Value {
    let key = fake_aws.world().credentials(ACCOUNT).access_key_id;
    let body = input.to_string();
    let mut stream = TcpStream::connect(fake_aws.url().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-amz-target: StarlingDoveService.{operation}\r\n\
         content-length: {}\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential={key}/20261121/{REGION}/config/aws4_request, Signature=x\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{response}");
    serde_json::from_str(body).unwrap()
}
