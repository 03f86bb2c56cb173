//! A limit for the size of responses.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

/// An HTTP client that reads only the start of each response, so that a large one takes neither
/// memory nor time.
#[derive(Clone, Debug)]
pub(crate) struct SizeLimitedClient {
    pub(crate) inner: SharedHttpClient,
    /// The number of bytes that are read at most.
    pub(crate) max_bytes: usize,
}

impl HttpClient for SizeLimitedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(SizeLimitedConnector { inner, max_bytes: self.max_bytes })
    }
}

#[derive(Debug)]
struct SizeLimitedConnector {
    inner: SharedHttpConnector,
    max_bytes: usize,
}

impl HttpConnector for SizeLimitedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (response, max_bytes) = (self.inner.call(request), self.max_bytes);
        HttpConnectorFuture::new(async move {
            let mut response = response.await?;
            let mut stream = ByteStream::new(response.take_body());
            let mut bytes = Vec::new();
            while bytes.len() < max_bytes
                && let Some(chunk) = stream.next().await
            {
                let chunk = chunk.map_err(|error| ConnectorError::io(error.into()))?;
                let missing = max_bytes.saturating_sub(bytes.len());
                bytes.extend(chunk.iter().take(missing));
            }
            *response.body_mut() = SdkBody::from(bytes);
            Ok(response)
        })
    }
}
