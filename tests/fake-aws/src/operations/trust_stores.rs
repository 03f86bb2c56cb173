//! Elastic Load Balancing, version 2: trust stores, and the presigned URLs of their contents.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Call;
use super::listing::numbered;
use super::load_balancers::{is_asked, listed, required, result};
use crate::front_door::contents::Content;
use crate::front_door::load_balancers::TrustStore;
use crate::wire::{Output, Refusal};
use crate::world::{Presigned, World};

/// "The presigned S3 URI is active for ten minutes." (botocore's model)
const VALID_FOR: SignedDuration = SignedDuration::from_secs(600);

pub(super) fn describe_trust_stores(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let arns = numbered(call.input, "TrustStoreArns.member");
    let names = numbered(call.input, "Names.member");
    let stores = &call.home().front_door.trust_stores;
    let known = |name: &String| stores.values().any(|one| one.name == *name);
    if !arns.iter().all(|arn| stores.contains_key(arn)) || !names.iter().all(known) {
        return Err(no_store());
    }
    let all = stores.values().filter(|one| is_asked(&arns, &one.arn) && is_asked(&names, &one.name));
    let all = all.map(|one| (one.arn.clone(), shown(one))).collect();
    listed(call, "DescribeTrustStores", &format!("{arns:?} {names:?}"), "TrustStores", all)
}

pub(super) fn describe_associations(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let arn = store(call)?.arn.clone();
    let balancers = call.home().front_door.load_balancers.values();
    let uses = balancers.flat_map(|one| one.listeners.values()).filter(|listener| {
        let own = listener.mutual_authentication.as_ref();
        own.is_some_and(|own| own.trust_store.as_ref() == Some(&arn))
    });
    let uses: Vec<String> = uses.map(|listener| listener.arn.clone()).collect();
    let all = uses.into_iter().map(|used_by| (used_by.clone(), json!({"ResourceArn": used_by}))).collect();
    listed(call, "DescribeTrustStoreAssociations", &arn, "TrustStoreAssociations", all)
}

pub(super) fn describe_revocations(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let ids = numbered(call.input, "RevocationIds.member");
    let store = store(call)?;
    let known = |id: &String| id.parse().is_ok_and(|id| store.revocations.contains_key(&id));
    if !ids.iter().all(known) {
        return Err(no_revocation());
    }
    let wanted = store.revocations.iter().filter(|(id, _)| is_asked(&ids, &id.to_string()));
    let shown = wanted.map(|(id, one)| {
        let value = json!({
            "TrustStoreArn": store.arn,
            "RevocationId": id,
            "RevocationType": "CRL",
            "NumberOfRevokedEntries": one.entries,
        });
        (format!("{id:020}"), value)
    });
    let all = shown.collect();
    let asked = format!("{} {ids:?}", store.arn);
    listed(call, "DescribeTrustStoreRevocations", &asked, "TrustStoreRevocations", all)
}

pub(super) fn get_bundle(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let store = store(call)?;
    let (path, content) = (path(&store.arn, "bundle"), store.bundle.clone());
    let location = presign(call, path, content);
    Ok(result("GetTrustStoreCaCertificatesBundle", &json!({ "Location": location })))
}

pub(super) fn get_revocation_content(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let id = required(call, "RevocationId")?;
    let store = store(call)?;
    let revocation = id.parse().ok().and_then(|id: u64| store.revocations.get(&id));
    let content = revocation.ok_or_else(no_revocation)?.content.clone();
    let path = path(&store.arn, &format!("revocations-{id}"));
    let location = presign(call, path, content);
    Ok(result("GetTrustStoreRevocationContent", &json!({ "Location": location })))
}

/// `GET` of a presigned URL: not signed in a header, and only within ten minutes.
pub(super) fn get_presigned_object(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let refused = |code: &str, message: &str| Refusal::with_status(403, code, message);
    if call.input["signed"] == true {
        let message = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, \
                       Signature query string parameter or the Authorization header should be specified";
        return Err(Refusal::new("InvalidArgument", message));
    }
    let now = call.world.clock.certificates_now();
    let presigned = call.world.presigned.get(call.text("signature").unwrap_or_default());
    let presigned = presigned.filter(|one| Some(one.path.as_str()) == call.text("path"));
    let wrong = "The request signature we calculated does not match the signature you provided.";
    let presigned = presigned.ok_or_else(|| refused("SignatureDoesNotMatch", wrong))?;
    if presigned.expires <= now {
        return Err(refused("AccessDenied", "Request has expired"));
    }
    let region = call.world.try_region(&presigned.account, &presigned.region);
    let redirect = region.and_then(|region| region.front_door.options.redirects_to.clone());
    if let Some(address) = redirect {
        return Ok(Output::Object(307, vec![("location", address)], Vec::new()));
    }
    let body = presigned.content.bytes(call.world.clock.offset());
    Ok(Output::Object(200, vec![("content-type", "binary/octet-stream".into())], body))
}

impl World {
    /// The signatures of all presigned URLs returned so far, which are secrets.
    pub fn presigned_signatures(&self) -> Vec<&str> {
        self.presigned.keys().map(String::as_str).collect()
    }
}

fn presign(call: &mut Call<'_>, path: String, content: Content) -> String {
    if let Some(location) = &call.home().front_door.options.location {
        return location.clone();
    }
    let signature = format!("{}{}", call.world.hex(32), call.world.hex(32));
    let now = call.world.clock.certificates_now();
    let location = format!(
        "http://{}/{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={}&X-Amz-SignedHeaders=host\
         &X-Amz-Credential=fake_aws&X-Amz-Expires=600&X-Amz-Signature={signature}",
        call.host,
        call.world.clock.real().strftime("%Y%m%dT%H%M%SZ"),
    );
    let (account, region) = (call.key.account.clone(), call.region.to_owned());
    let presigned = Presigned { account, region, path, expires: now + VALID_FOR, content };
    call.world.presigned.insert(signature, presigned);
    location
}

fn path(arn: &str, name: &str) -> String {
    let (_, resource) = arn.rsplit_once(':').unwrap_or_default();
    format!("elb-trust-stores/{resource}/{name}")
}

fn store<'c>(call: &'c mut Call<'_>) -> Result<&'c TrustStore, Refusal> {
    let arn = required(call, "TrustStoreArn")?;
    call.home().front_door.trust_stores.get(&arn).ok_or_else(no_store)
}

fn no_store() -> Refusal {
    Refusal::new("TrustStoreNotFound", "One or more trust stores not found")
}

fn no_revocation() -> Refusal {
    Refusal::new("RevocationIdNotFound", "One or more revocation IDs not found")
}

fn shown(store: &TrustStore) -> Value {
    json!({
        "Name": store.name,
        "TrustStoreArn": store.arn,
        "Status": store.status,
        "NumberOfCaCertificates": store.bundle.certificates(),
        "TotalRevokedEntries": store.revocations.values().map(|one| one.entries).sum::<u64>(),
    })
}
