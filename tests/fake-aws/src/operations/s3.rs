//! S3: reading objects of buckets in any account and Region.

use std::fmt::Write;

use serde_json::Value;

use super::Call;
use crate::front_door::buckets::{Bucket, ObjectVersion};
use crate::wire::{Output, Refusal, escaped};

pub(super) fn get_object(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (version, versioned) = version(call)?;
    let body = version.content.as_ref().map(|content| content.bytes(call.world.clock.offset()));
    let body = body.unwrap_or_default();
    let mut headers = headers(version, versioned, &body);
    match call.text("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) {
        None => Ok(Output::Object(200, headers, body)),
        Some((from, to)) => {
            let from: usize = from.parse().unwrap_or_default();
            let end = to.parse().map_or(body.len(), |to: usize| body.len().min(to.saturating_add(1)));
            let invalid =
                || Refusal::with_status(416, "InvalidRange", "The requested range is not satisfiable");
            let part = body.get(from..end).filter(|part| !part.is_empty()).ok_or_else(invalid)?;
            headers.push(("content-range", format!("bytes {from}-{}/{}", end - 1, body.len())));
            Ok(Output::Object(206, headers, part.to_vec()))
        }
    }
}

pub(super) fn head_object(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (version, versioned) = version(call)?;
    let body = version.content.as_ref().map(|content| content.bytes(call.world.clock.offset()));
    let body = body.unwrap_or_default();
    let mut headers = headers(version, versioned, &body);
    headers.push(("content-length", body.len().to_string()));
    Ok(Output::Object(200, headers, Vec::new()))
}

pub(super) fn list_object_versions(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (name, bucket) = bucket(call)?;
    if !bucket.lists {
        return Err(denied());
    }
    let prefix = call.text("prefix").unwrap_or_default();
    let size = call.text("max-keys").and_then(|size| size.parse().ok()).unwrap_or(1000).min(1000);
    let objects = bucket.objects.iter().filter(|(key, _)| key.starts_with(prefix));
    let all: Vec<(&String, &ObjectVersion, bool)> = objects
        .flat_map(|(key, versions)| {
            versions.iter().rev().enumerate().map(move |(at, version)| (key, version, at == 0))
        })
        .collect();
    let start = match (call.text("key-marker"), call.text("version-id-marker")) {
        (None, _) => 0,
        (Some(key), None) => all.iter().take_while(|(of, ..)| of.as_str() <= key).count(),
        (Some(key), Some(id)) => {
            let at = all.iter().position(|(of, version, _)| *of == key && version.id == id);
            let invalid = || Refusal::new("InvalidArgument", "Invalid version id specified");
            at.ok_or_else(invalid)? + 1
        }
    };
    let page: Vec<_> = all.iter().skip(start).take(size).collect();
    let more = start + page.len() < all.len();
    let mut body = format!(
        "<ListVersionsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{name}</Name>\
         <Prefix>{}</Prefix><MaxKeys>{size}</MaxKeys><IsTruncated>{more}</IsTruncated>",
        escaped(prefix)
    );
    if let Some((key, version, _)) = page.last().filter(|_| more) {
        let (key, id) = (escaped(key), &version.id);
        write!(body, "<NextKeyMarker>{key}</NextKeyMarker><NextVersionIdMarker>{id}</NextVersionIdMarker>")
            .expect("writing to a String never fails");
    }
    for (key, version, is_latest) in page {
        let element = if version.content.is_some() { "Version" } else { "DeleteMarker" };
        let (key, id) = (escaped(key), &version.id);
        let modified = version.modified.strftime("%Y-%m-%dT%H:%M:%S.000Z");
        write!(
            body,
            "<{element}><Key>{key}</Key><VersionId>{id}</VersionId><IsLatest>{is_latest}</IsLatest>\
             <LastModified>{modified}</LastModified></{element}>"
        )
        .expect("writing to a String never fails");
    }
    body.push_str("</ListVersionsResult>");
    Ok(Output::Xml(body))
}

/// The version that a call asks for, and whether its bucket is versioned.
fn version<'c>(call: &'c Call<'_>) -> Result<(&'c ObjectVersion, bool), Refusal> {
    let (_, bucket) = bucket(call)?;
    let key = call.text("key").unwrap_or_default();
    let missing = || {
        if bucket.lists {
            Refusal::with_status(404, "NoSuchKey", "The specified key does not exist.")
        } else {
            denied()
        }
    };
    let version = match call.text("versionId") {
        None => bucket.newest(key).ok_or_else(missing)?,
        Some("") => return Err(Refusal::new("InvalidArgument", "Version id cannot be the empty string")),
        Some(id) => {
            let message = "The specified version does not exist.";
            let missing = || Refusal::with_status(404, "NoSuchVersion", message);
            bucket.version(key, id).ok_or_else(missing)?
        }
    };
    if version.content.is_none() {
        let message = "The specified method is not allowed against this resource.";
        return Err(Refusal::with_status(405, "MethodNotAllowed", message));
    }
    Ok((version, bucket.versioned))
}

/// The bucket of a call, if the caller may read it and it is in the Region of the call.
fn bucket<'c>(call: &'c Call<'_>) -> Result<(&'c str, &'c Bucket), Refusal> {
    let name = call.text("bucket").unwrap_or_default();
    let missing = || Refusal::with_status(404, "NoSuchBucket", "The specified bucket does not exist");
    let bucket = call.world.buckets.get(name).ok_or_else(missing)?;
    if bucket.region != call.region {
        let message = "The bucket you are attempting to access must be addressed using the specified \
                       endpoint. Please send all future requests to this endpoint.";
        let mut refusal = Refusal::with_status(301, "PermanentRedirect", message);
        refusal.bucket_region = Some(bucket.region.clone());
        return Err(refusal);
    }
    let reads = bucket.account == call.key.account || bucket.readers.contains(&call.key.account);
    if bucket.denied || !reads { Err(denied()) } else { Ok((name, bucket)) }
}

fn denied() -> Refusal {
    Refusal::with_status(403, "AccessDenied", "Access Denied")
}

fn headers(version: &ObjectVersion, versioned: bool, body: &[u8]) -> Vec<(&'static str, String)> {
    let hash = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = body.iter().fold(0xcbf2_9ce4_8422_2325, hash);
    let mut headers = vec![
        ("content-type", "binary/octet-stream".into()),
        ("etag", format!("\"{hash:032x}\"")),
        ("last-modified", version.modified.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        ("accept-ranges", "bytes".into()),
    ];
    // A bucket that was never versioned shows no version.
    if versioned {
        headers.push(("x-amz-version-id", version.id.clone()));
    }
    headers
}

/// The input of a call: `bucket` and `key` from the path, or from the host and the path.
pub(crate) fn input(request: &crate::wire::Request) -> (Value, bool) {
    let host = request.header("host");
    let name = host.split(':').next().unwrap_or_default();
    let virtual_host = name.strip_suffix(".localhost").or_else(|| {
        let (bucket, rest) = name.split_once(".s3")?;
        rest.starts_with(['.', '-']).then_some(bucket)
    });
    let path = request.path.join("/");
    let (bucket, key) = match virtual_host {
        Some(bucket) => (bucket, path.as_str()),
        None => path.split_once('/').unwrap_or((&path, "")),
    };
    let mut input: serde_json::Map<String, Value> =
        request.query.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    input.insert("bucket".into(), bucket.into());
    if !key.is_empty() {
        input.insert("key".into(), key.into());
    }
    if let Some(range) = request.headers.get("range") {
        input.insert("range".into(), range.clone().into());
    }
    let has_key = !key.is_empty();
    (input.into(), has_key)
}
