//! The truststores of domain names, which are objects in S3.

use crate::Failure;
use crate::account::front_door::StoredTruststore;
use crate::aws::LiveAccount;
use crate::aws::connect::content::{Content, GET_OBJECT};
use crate::aws::connect::service_endpoint::S3;
use crate::aws::read::gateway::escaped;
use crate::resources::private_network::Unreadable;
use crate::resources::trust_store::TrustStoreContent;

/// The maximum size of a truststore. API Gateway's own limit is not documented.
pub(super) const MAX_BYTES: usize = 1 << 20;

impl LiveAccount {
    /// The content of a truststore at a version, or the newest one.
    pub(super) async fn stored_truststore(
        &self,
        uri: &str,
        version: Option<&str>,
    ) -> Result<Result<StoredTruststore, Unreadable>, Failure> {
        let version = version.filter(|version| !version.is_empty());
        let content = match self.object(uri, version, MAX_BYTES.saturating_add(1)).await? {
            Ok(content) if content.bytes.len() > MAX_BYTES => return Ok(Err(too_large())),
            Ok(content) => content,
            Err(unreadable) => return Ok(Err(unreadable)),
        };
        Ok(Ok(StoredTruststore {
            content: TrustStoreContent::parse(&content.bytes),
            version: content.version.or(version.map(str::to_owned)),
        }))
    }

    /// The newest version of an object; the inner `None` if its bucket has no versions.
    pub(super) async fn newest_object_version(
        &self,
        uri: &str,
    ) -> Result<Result<Option<String>, Unreadable>, Failure> {
        Ok(self.object(uri, None, 1).await?.map(|content| content.version))
    }

    async fn object(
        &self,
        uri: &str,
        version: Option<&str>,
        max_bytes: usize,
    ) -> Result<Result<Content, Unreadable>, Failure> {
        let Some(mut path) = path_of(uri) else {
            return Ok(Err(unreadable("it is not in the form s3://BUCKET/KEY")));
        };
        if let Some(version) = version {
            path = format!("{path}?versionId={}", escaped(version));
        }
        let call = self.call(GET_OBJECT, uri);
        let mut service = self.clients.acm.of(S3);
        // A bucket in another Region is read there.
        for _ in 0..2 {
            match call.send(service.get_object(&path, max_bytes)).await {
                Ok(Content { other_region: Some(region), .. }) => service = service.in_region(&region),
                Ok(content) => return Ok(Ok(content)),
                Err(failure) => {
                    return why_unreadable(&failure, version).map_or(Err(failure), |it| Ok(Err(it)));
                }
            }
        }
        Err(call.invalid_response("S3 names another Region for the bucket again".into()))
    }
}

/// The path of an object in a request to S3; `None` if the URI has not the form `s3://BUCKET/KEY`.
fn path_of(uri: &str) -> Option<String> {
    let (bucket, key) = uri.strip_prefix("s3://")?.split_once('/')?;
    let is_bucket = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let is_valid = (3..=255).contains(&bucket.len())
        && bucket.bytes().all(is_bucket)
        && !bucket.starts_with('.')
        && !key.is_empty();
    let key: Vec<String> = key.split('/').map(escaped).collect();
    is_valid.then(|| format!("/{bucket}/{}", key.join("/")))
}

pub(super) fn too_large() -> Unreadable {
    unreadable("it is larger than 1 MB")
}

pub(super) fn unreadable(why: impl Into<String>) -> Unreadable {
    Unreadable { why: why.into() }
}

/// Why the object can't be read, if that is S3's answer: `None` if the call itself failed.
fn why_unreadable(failure: &Failure, version: Option<&str>) -> Option<Unreadable> {
    let permission = match version {
        Some(_) => "s3:GetObjectVersion",
        None => "s3:GetObject",
    };
    Some(unreadable(match failure.code()? {
        "AccessDenied" if failure.cause().contains("kms:Decrypt") => "kms:Decrypt is denied".to_owned(),
        // S3 doesn't say whether the object exists to callers that may not list the bucket.
        "AccessDenied" | "AllAccessDisabled" | "status 403" => {
            format!("{permission} is denied, or the object does not exist")
        }
        "NoSuchKey" | "status 404" => "the object does not exist".to_owned(),
        "NoSuchBucket" => "the bucket does not exist".to_owned(),
        // The second is S3's answer to a text that can't be a version.
        "NoSuchVersion" | "InvalidArgument" => "the object has no such version".to_owned(),
        "MethodNotAllowed" => "the object is deleted".to_owned(),
        "InvalidObjectState" => "the object is archived".to_owned(),
        "InvalidRange" => "the object is empty".to_owned(),
        code if code.starts_with("KMS.") => "its KMS key can't be used (kms:Decrypt)".to_owned(),
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn a_uri_becomes_an_encoded_path() {
        for (uri, path) in [
            ("s3://bucket/truststore.pem", Some("/bucket/truststore.pem")),
            ("s3://my.bucket_1/a/b c+ü?#%.pem", Some("/my.bucket_1/a/b%20c%2B%C3%BC%3F%23%25.pem")),
            ("s3://bucket//a/../b", Some("/bucket//a/../b")),
            ("s3://bucket/", None),
            ("s3://bucket", None),
            ("s3:///key", None),
            ("s3://ab/key", None),
            ("s3://../key", None),
            ("s3://a@b/key", None),
            ("s3://a%2fb/key", None),
            ("S3://bucket/key", None),
            ("https://bucket/key", None),
            ("", None),
        ] {
            assert_eq!(path_of(uri).as_deref(), path, "{uri}");
        }
    }
}
