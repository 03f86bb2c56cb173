use std::error::Error;
use std::fmt::Debug;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::time::Instant;

use crate::Failure;
use crate::aws::connect::cause::{obstacle, refusal, said};
use crate::aws::connect::page_tokens::PageTokens;
use crate::deadline::until;
use crate::failure::{Cause, Obstacle};
use crate::resources::account_region::AccountRegion;

/// What is asked of AWS, where and until when: what a failure of it will name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) operation: &'static str,
    pub(crate) resource: &'a str,
    pub(crate) account_region: &'a AccountRegion,
    pub(crate) limit: Option<Instant>,
}

impl Call<'_> {
    /// Sends it; the SDK retries throttling and server errors with back-off, until the limit.
    pub(crate) fn send<T, E, R>(
        &self,
        sent: impl Future<Output = Result<T, SdkError<E, R>>>,
    ) -> impl Future<Output = Result<T, Failure>>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: Debug + Send + Sync + 'static,
    {
        let answer = self.answer(sent);
        async { answer.await?.map_err(|error| self.failed(error)) }
    }

    /// Sends it and leaves the SDK's error to the caller. Boxed: a call of the SDK is a future of 20 to 80 kilobytes.
    pub(crate) fn answer<T>(
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

    /// The next page, or `None` after the last. `token` is the page's own token for the next page, and `seen` holds those of
    /// the pages before; it starts as `None`. The SDK's paginators take a token that comes twice in a row as the end, which
    /// would silently drop the rest, and follow tokens that alternate forever.
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
        let Some(page) = self.answer(next).await? else { return Ok(None) };
        let page = page.map_err(|error| self.failed(error))?;
        let seen = seen.get_or_insert_default();
        seen.add(token(&page)).map_err(|problem| self.unreadable(problem))?;
        Ok(Some(page))
    }

    /// The failure for an SDK error: AWS's code and message, or the chain of what kept the call from being answered.
    pub(crate) fn failed<E, R>(&self, error: SdkError<E, R>) -> Failure
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: Debug + Send + Sync + 'static,
    {
        let code = error.code().map(ToOwned::to_owned);
        let (text, obstacle) = match (&code, error.message()) {
            (Some(code), Some(message)) => (format!("{code}: {message}"), None),
            (Some(code), None) => (code.clone(), None),
            (None, _) => (said(&error), obstacle(&error)),
        };
        // Only a modelled error is kept as the source: others can hold an answer's raw body.
        let source = match error {
            SdkError::ServiceError(context) => {
                Some(Box::new(context.into_err()) as Box<dyn Error + Send + Sync>)
            }
            _ => None,
        };
        self.failure(code, Cause::new(text, obstacle, source))
    }

    /// As [`Call::failed`], with a secret left out of what AWS said, and AWS's own error with it.
    pub(crate) fn failed_without<E, R>(&self, error: SdkError<E, R>, secret: &str) -> Failure
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: Debug + Send + Sync + 'static,
    {
        let failure = self.failed(error);
        let obstacle = failure.obstacle().cloned();
        let Failure::Operation { code, source, .. } = failure else {
            return self.unreadable(String::new());
        };
        let text = source.to_string().replace(secret, "(the result token)");
        self.failure(code, Cause::new(text, obstacle, None))
    }

    /// The failure for an answer that is not what the operation promises.
    pub(crate) fn unreadable(&self, problem: String) -> Failure {
        self.failure(None, Cause::new(problem, None, None))
    }

    /// The failure where a role's credentials could not be had.
    ///
    /// The role's provider hides what STS said behind errors of its own; that is looked for.
    pub(crate) fn refused(&self, error: &(dyn Error + 'static)) -> Failure {
        match refusal(error) {
            // STS answered this very call.
            Some((code, text)) => self.failure(code, Cause::new(text, None, None)),
            None => self.failure(None, Cause::new(said(error), obstacle(error), None)),
        }
    }

    /// The failure where a role was refused whose profile requires MFA.
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
