use std::error::Error;
use std::fmt::Debug;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::time::Instant;

use crate::Failure;
use crate::aws::connect::page_tokens::PageTokens;
use crate::aws::connect::sdk_error::{obstacle, sts_refusal, text_of};
use crate::deadline::until;
use crate::failure::{Cause, Obstacle};
use crate::resources::account_region::AccountRegion;

/// An operation that is called, with the resource, account, Region and time limit of the call.
///
/// A failure of the call names all of these but the time limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) operation: &'static str,
    pub(crate) resource: &'a str,
    pub(crate) account_region: &'a AccountRegion,
    /// The instant at which the call is abandoned; `None` for no time limit.
    pub(crate) limit: Option<Instant>,
}

impl Call<'_> {
    /// Sends the request; until the time limit, the SDK retries throttling and server errors with
    /// exponential backoff.
    pub(crate) fn send<T, E, R>(
        &self,
        sent: impl Future<Output = Result<T, SdkError<E, R>>>,
    ) -> impl Future<Output = Result<T, Failure>>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: Debug + Send + Sync + 'static,
    {
        let response = self.send_raw(sent);
        async { response.await?.map_err(|error| self.sdk_failure(error)) }
    }

    /// Sends the request and returns the SDK's own result.
    ///
    /// The future is boxed because the future of an SDK call takes 20 to 80 kB.
    pub(crate) fn send_raw<T>(
        &self,
        sent: impl Future<Output = T>,
    ) -> impl Future<Output = Result<T, Failure>> {
        let sent = Box::pin(sent);
        async {
            until(self.limit, sent).await.ok_or_else(|| Failure::OutOfTime {
                operation: self.operation,
                left: vec![self.resource.to_owned()],
                location: self.account_region.into(),
            })
        }
    }

    /// The next page, or `None` after the last one.
    ///
    /// `token` extracts the token of the following page, and `seen`, which starts as `None`,
    /// collects the tokens of all pages so far. The SDK's paginators take a repeated token as the
    /// end of the list, which would silently drop the remaining pages, and they follow two
    /// alternating tokens forever.
    pub(crate) async fn page<T, E, R>(
        &self,
        next: impl Future<Output = Option<Result<T, SdkError<E, R>>>>,
        token: impl Fn(&T) -> Option<&str>,
        seen: &mut Option<PageTokens>,
    ) -> Result<Option<T>, Failure>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: Debug + Send + Sync + 'static,
    {
        let Some(page) = self.send_raw(next).await? else { return Ok(None) };
        let page = page.map_err(|error| self.sdk_failure(error))?;
        let seen = seen.get_or_insert_default();
        seen.add(token(&page)).map_err(|problem| self.invalid_response(problem))?;
        Ok(Some(page))
    }

    /// The failure for an SDK error: AWS's code and message, or else the chain of errors that
    /// prevented a response.
    pub(crate) fn sdk_failure<E, R>(&self, error: SdkError<E, R>) -> Failure
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: Debug + Send + Sync + 'static,
    {
        let code = error.code().map(ToOwned::to_owned);
        let (text, obstacle) = match (&code, error.message()) {
            (Some(code), Some(message)) => (format!("{code}: {message}"), None),
            (Some(code), None) => (code.clone(), None),
            (None, _) => (text_of(&error), obstacle(&error)),
        };
        // Only modeled errors are kept as the source: others can contain the raw response body.
        let source = match error {
            SdkError::ServiceError(context) => {
                Some(Box::new(context.into_err()) as Box<dyn Error + Send + Sync>)
            }
            _ => None,
        };
        self.failure(code, Cause::new(text, obstacle, source))
    }

    /// The failure of [`Call::sdk_failure`] without `secret` in its text and without AWS's error
    /// as its source.
    pub(crate) fn sdk_failure_without<E, R>(&self, error: SdkError<E, R>, secret: &str) -> Failure
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: Debug + Send + Sync + 'static,
    {
        let failure = self.sdk_failure(error);
        let obstacle = failure.obstacle().cloned();
        let Failure::Operation { code, source, .. } = failure else {
            return self.invalid_response(String::new());
        };
        let text = source.to_string().replace(secret, "(the result token)");
        self.failure(code, Cause::new(text, obstacle, None))
    }

    /// The failure for an SDK error with this text, because the error itself could show a secret.
    pub(crate) fn failure_as(&self, error: &(dyn Error + 'static), text: &str) -> Failure {
        self.failure(None, Cause::new(text.to_owned(), obstacle(error), None))
    }

    /// The failure for a response that violates the operation's contract.
    pub(crate) fn invalid_response(&self, problem: String) -> Failure {
        self.failure(None, Cause::new(problem, None, None))
    }

    /// The failure for a role that could not be assumed.
    ///
    /// The credentials provider wraps STS's error in its own errors, so the chain is searched for
    /// it.
    pub(crate) fn credentials_failure(&self, error: &(dyn Error + 'static)) -> Failure {
        match sts_refusal(error) {
            // STS rejected this very call.
            Some((code, text)) => self.failure(code, Cause::new(text, None, None)),
            None => self.failure(None, Cause::new(text_of(error), obstacle(error), None)),
        }
    }

    /// The failure for a role that STS denied and whose profile requires MFA.
    pub(crate) fn mfa_required(&self, failure: &Failure, profile: &str) -> Failure {
        let text = match failure {
            Failure::Operation { source, .. } => source.to_string(),
            other => other.to_string(),
        };
        let obstacle = Obstacle::MfaRequired { profile: profile.to_owned() };
        self.failure(None, Cause::new(text, Some(obstacle), None))
    }

    fn failure(&self, code: Option<String>, cause: Cause) -> Failure {
        Failure::Operation {
            operation: self.operation,
            resource: self.resource.to_owned(),
            location: self.account_region.into(),
            code,
            source: Box::new(cause),
        }
    }
}
