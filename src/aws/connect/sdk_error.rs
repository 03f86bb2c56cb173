//! SDK errors as one line of text, and the obstacle that prevented a response.

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

/// STS's code and message if it rejected this very call, rather than an earlier call that the
/// credentials for it require.
pub(crate) fn sts_refusal(error: &(dyn Error + 'static)) -> Option<(Option<String>, String)> {
    match error.source()?.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>()? {
        SdkError::ServiceError(context) => {
            let meta = context.err().meta();
            Some((meta.code().map(ToOwned::to_owned), code_and_message(meta)))
        }
        _ => None,
    }
}

/// The chain of errors on one line, each error once.
///
/// Errors that the SDK displays in their `Debug` form are spelled out instead.
pub(crate) fn text_of(error: &(dyn Error + 'static)) -> String {
    // A service's own error is enough: the other errors only name the layers of the SDK.
    let is_credentials_error = causes(error).any(<dyn Error>::is::<CredentialsError>);
    if let Some(meta) =
        causes(error).find_map(metadata).filter(|meta| is_credentials_error && meta.code().is_some())
    {
        return format!("no credentials: {}", code_and_message(meta));
    }
    let mut text = String::new();
    for cause in causes(error) {
        let line = line_of(cause);
        if text.is_empty() {
            text = line;
        } else if !text.contains(&line) {
            text = format!("{text}: {line}");
        }
    }
    text
}

/// What prevented a response; `None` if the error is AWS's response.
pub(crate) fn obstacle(error: &(dyn Error + 'static)) -> Option<Obstacle> {
    let (mut is_credentials_error, mut is_connector_error) = (false, false);
    for cause in causes(error) {
        if is_connection_failure(cause) {
            return Some(Obstacle::NoConnection);
        }
        if let Some(chain) = cause.downcast_ref::<ProviderChainError<CredentialsError>>() {
            return Some(Obstacle::CredentialsNotFound { searched: searched(chain) });
        }
        is_credentials_error |= cause.is::<CredentialsError>();
        is_connector_error |= cause.is::<ConnectorError>();
    }
    if is_credentials_error {
        let code = causes(error).find_map(metadata).and_then(ErrorMetadata::code);
        return Some(Obstacle::NoCredentials { code: code.map(ToOwned::to_owned) });
    }
    is_connector_error.then_some(Obstacle::NoConnection)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn is_connection_failure(cause: &(dyn Error + 'static)) -> bool {
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
    let assume_role = cause.downcast_ref::<AssumeRoleError>().map(ProvideErrorMetadata::meta);
    let web_identity =
        || cause.downcast_ref::<AssumeRoleWithWebIdentityError>().map(ProvideErrorMetadata::meta);
    assume_role.or_else(web_identity).or_else(|| cause.downcast_ref::<ErrorMetadata>())
}

fn line_of(cause: &(dyn Error + 'static)) -> String {
    if let Some(meta) = cause.downcast_ref::<ErrorMetadata>() {
        return code_and_message(meta);
    }
    match cause.downcast_ref::<ProviderChainError<CredentialsError>>() {
        Some(chain) => format!("no credentials found in {}", searched(chain).join(", ")),
        None => cause.to_string(),
    }
}

/// Where a chain of providers searched for credentials.
fn searched(chain: &ProviderChainError<CredentialsError>) -> Vec<String> {
    let place = |name: &str| {
        match name {
            "Environment" => "environment variables (AWS_ACCESS_KEY_ID)",
            "Profile" => "the profile",
            "WebIdentityToken" => "a web identity (AWS_WEB_IDENTITY_TOKEN_FILE)",
            "EcsContainer" => "the container",
            "Ec2InstanceMetadata" => "the EC2 instance",
            other => other,
        }
        .to_owned()
    };
    chain.attempts().iter().map(|attempt| place(attempt.name())).collect()
}

fn code_and_message(meta: &ErrorMetadata) -> String {
    let code = meta.code().unwrap_or("refused");
    meta.message().map_or_else(|| code.to_owned(), |message| format!("{code}: {message}"))
}
