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
            if bytes.len() >= max_bytes {
                // The SDK compares it with the size of the body.
                response.headers_mut().remove("content-length");
            }
            *response.body_mut() = SdkBody::from(bytes);
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_smithy_async::rt::sleep::TokioSleep;
    use aws_smithy_http_client::Builder;

    use crate::aws::connect::call_counter::CallCounter;
    use crate::aws::connect::service::Service;
    use crate::aws::connect::service_endpoint::LOAD_BALANCING;

    const SIZE: usize = 50_000_000;

    /// The bytes that a server sends of a large object before the client hangs up.
    fn serve(listener: &TcpListener) -> usize {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).unwrap() > 0);
        stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {SIZE}\r\n\r\n").as_bytes()).unwrap();
        let chunk = [b'#'; 10_000];
        (0..SIZE / chunk.len()).take_while(|_| stream.write_all(&chunk).is_ok()).count() * chunk.len()
    }

    #[tokio::test]
    async fn a_large_object_is_read_only_to_the_limit() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::task::spawn_blocking(move || serve(&listener));
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(&origin)
            .http_client(Builder::new().build_http())
            .sleep_impl(TokioSleep::new())
            .build();
        let service = Service::new(LOAD_BALANCING, &config, None, &CallCounter::default());
        let url = service.presigned(&format!("{origin}/crl?X-Amz-Signature=x")).await.unwrap();
        let content = service.download(&url, 65_536).await.unwrap();
        assert_eq!(content.bytes.len(), 65_536);
        let sent = server.await.unwrap();
        assert!(sent < SIZE, "the server could send everything");
    }
}
