//! STS: `AssumeRole` within the configured trust, and `GetCallerIdentity`.

use jiff::SignedDuration;

use super::Call;
use crate::wire::{Output, Refusal, escaped};
use crate::world::Key;

pub(super) fn assume_role(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let invalid = |message: String| Refusal::new("ValidationError", message);
    let role_arn = call.text("RoleArn").unwrap_or_default().to_owned();
    let session = call.text("RoleSessionName").unwrap_or_default().to_owned();
    let is_session = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if role_arn.len() < 20 || !(2..=64).contains(&session.len()) || !session.chars().all(is_session) {
        return Err(invalid(format!("RoleArn {role_arn} or RoleSessionName {session} is invalid")));
    }
    let duration = match call.text("DurationSeconds") {
        None => 3600,
        Some(text) => text.parse().unwrap_or(0),
    };
    if !(900..=43_200).contains(&duration) {
        return Err(invalid("DurationSeconds must be between 900 and 43200".into()));
    }
    let parts: Vec<&str> = role_arn.splitn(6, ':').collect();
    let trusted = match parts.as_slice() {
        ["arn", partition, "iam", "", account, role] => role.strip_prefix("role/").and_then(|role| {
            let account = call.world.accounts.get(*account).filter(|known| known.partition == *partition)?;
            let trusts = account.roles.get(role)?.contains(&call.key.account);
            trusts.then(|| (account.id.clone(), account.partition.clone(), role.to_owned()))
        }),
        _ => return Err(invalid(format!("{role_arn} is invalid"))),
    };
    let Some((account, partition, role)) = trusted else {
        let message = format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
            call.key.arn
        );
        return Err(Refusal::with_status(403, "AccessDenied", message));
    };
    let (id, token) = (call.world.word(12).to_uppercase(), call.world.word(64));
    let access_key_id = format!("ASIA{id}ROLE");
    let arn = format!("arn:{partition}:sts::{account}:assumed-role/{role}/{session}");
    let expires = call.world.clock.real() + SignedDuration::from_secs(duration);
    let key = Key {
        account,
        role: Some(role),
        arn: arn.clone(),
        session_token: Some(token.clone()),
        expires: Some(expires),
        assumed_by: Some(call.process().to_owned()),
    };
    call.world.keys.insert(access_key_id.clone(), key);
    let expiration = expires.strftime("%Y-%m-%dT%H:%M:%SZ");
    Ok(Output::Xml(format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser>\
         <AssumedRoleId>AROAFAKEAWS:{session}</AssumedRoleId><Arn>{}</Arn></AssumedRoleUser><Credentials>\
         <AccessKeyId>{access_key_id}</AccessKeyId><SecretAccessKey>fake_aws-secret</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{expiration}</Expiration></Credentials></AssumeRoleResult>\
         <ResponseMetadata><RequestId>fake_aws</RequestId></ResponseMetadata></AssumeRoleResponse>",
        escaped(&arn)
    )))
}

pub(super) fn get_caller_identity(call: &Call<'_>) -> Output {
    Output::Xml(format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>{}</Arn><UserId>AROAFAKEAWS:run</UserId><Account>{}</Account></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>fake_aws</RequestId></ResponseMetadata></GetCallerIdentityResponse>",
        escaped(&call.key.arn),
        call.key.account
    ))
}
