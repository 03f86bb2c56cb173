//! The end of a connection, as the server sees it.

use std::io;
use std::net::Shutdown;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// How long the server has to close its side.
const LIMIT: Duration = Duration::from_millis(100);
/// The number of reads of what the server still sends.
const MAX_READS: usize = 64;

/// A second handle of a connection. The next connection starts only after the server has closed
/// this one too, if it does so in time: otherwise a server could see more connections than the
/// probe has.
#[derive(Debug)]
pub(crate) struct Closing(TcpStream);

impl Closing {
    /// The connection, and the second handle of it.
    ///
    /// # Errors
    /// Returns the operating system's error if the handle can't be duplicated.
    pub(crate) fn of(stream: TcpStream) -> io::Result<(TcpStream, Self)> {
        let stream = stream.into_std()?;
        let second = stream.try_clone()?;
        Ok((TcpStream::from_std(stream)?, Self(TcpStream::from_std(second)?)))
    }

    /// Closes this side, and waits until the server has closed its side.
    pub(crate) async fn wait(self, deadline: Instant) {
        let Ok(stream) = self.0.into_std() else { return };
        // Fails if the connection is closed already.
        let _ = stream.shutdown(Shutdown::Write);
        let Ok(stream) = TcpStream::from_std(stream) else { return };
        let drain = async {
            let mut buffer = [0; 4096];
            for _ in 0..MAX_READS {
                if stream.readable().await.is_err() {
                    return;
                }
                match stream.try_read(&mut buffer) {
                    Ok(0) => return,
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => return,
                    Ok(_) | Err(_) => {}
                }
            }
        };
        let _ = timeout_at((Instant::now() + LIMIT).min(deadline), drain).await;
    }
}
