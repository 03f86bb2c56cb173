//! What is behind an error of the SDK: the line for people, and what was in the way.

use std::error::Error;

use aws_config::meta::ProviderChainError;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::failure::Obstacle;

/// STS's code and message if it refused this very call, not one that the credentials for it need.
pub(crate) fn refusal(error: &(dyn Error + 'static)) -> Option<(Option<String>, String)> {
    match error.source()?.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>()? {
        SdkError::ServiceError(context) => {
            let meta = context.err().meta();
            Some((meta.code().map(ToOwned::to_owned), code_and_message(meta)))
        }
        _ => None,
    }
}

/// The errors in one line, each once, and none in the `Debug` form that some of the SDK's print.
pub(crate) fn said(error: &(dyn Error + 'static)) -> String {
    // What a service refused says it all: the rest names the SDK's layers.
    let of_credentials = causes(error).any(<dyn Error>::is::<CredentialsError>);
    if let Some(meta) =
        causes(error).find_map(metadata).filter(|meta| of_credentials && meta.code().is_some())
    {
        return format!("no credentials: {}", code_and_message(meta));
    }
    let mut text = String::new();
    for cause in causes(error) {
        let said = line(cause);
        if text.is_empty() {
            text = said;
        } else if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
    }
    text
}

/// What was in the way, if it wasn't AWS's answer.
pub(crate) fn obstacle(error: &(dyn Error + 'static)) -> Option<Obstacle> {
    let (mut of_credentials, mut of_connection) = (false, false);
    for cause in causes(error) {
        if is_no_connection(cause) {
            return Some(Obstacle::NoConnection);
        }
        of_credentials |= cause.is::<CredentialsError>();
        of_connection |= cause.is::<ConnectorError>();
    }
    if of_credentials {
        let code = causes(error).find_map(metadata).and_then(ErrorMetadata::code);
        return Some(Obstacle::NoCredentials { code: code.map(ToOwned::to_owned) });
    }
    of_connection.then_some(Obstacle::NoConnection)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn is_no_connection(cause: &(dyn Error + 'static)) -> bool {
    fn is_timeout<E: 'static>(cause: &(dyn Error + 'static)) -> bool
    where
        SdkError<E, HttpResponse>: Error,
    {
        matches!(cause.downcast_ref::<SdkError<E, HttpResponse>>(), Some(SdkError::TimeoutError(_)))
    }
    let connector = cause.downcast_ref::<ConnectorError>();
    connector.is_some_and(|error| error.is_io() || error.is_timeout())
        || matches!(cause.downcast_ref::<CredentialsError>(), Some(CredentialsError::ProviderTimedOut(_)))
        || is_timeout::<AssumeRoleError>(cause)
        || is_timeout::<AssumeRoleWithWebIdentityError>(cause)
}

fn metadata<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a ErrorMetadata> {
    let of_role = cause.downcast_ref::<AssumeRoleError>().map(ProvideErrorMetadata::meta);
    let of_identity =
        || cause.downcast_ref::<AssumeRoleWithWebIdentityError>().map(ProvideErrorMetadata::meta);
    of_role.or_else(of_identity).or_else(|| cause.downcast_ref::<ErrorMetadata>())
}

fn line(cause: &(dyn Error + 'static)) -> String {
    if let Some(meta) = cause.downcast_ref::<ErrorMetadata>() {
        return code_and_message(meta);
    }
    match cause.downcast_ref::<ProviderChainError<CredentialsError>>() {
        Some(chain) => {
            let attempt = |error: &CredentialsError| causes(error).last().map(line).unwrap_or_default();
            let attempts = chain.attempts().iter();
            let attempts = attempts.map(|tried| format!("{}: {}", tried.name(), attempt(tried.error())));
            format!("no credentials found ({})", attempts.collect::<Vec<_>>().join("; "))
        }
        None => cause.to_string(),
    }
}

fn code_and_message(meta: &ErrorMetadata) -> String {
    let code = meta.code().unwrap_or("refused");
    meta.message().map_or_else(|| code.to_owned(), |message| format!("{code}: {message}"))
}
