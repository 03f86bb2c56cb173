//! A load generator: clients that call all stages through the gateway, over and over.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Clients that call stages until this is dropped.
pub struct Load {
    counts: Arc<Counts>,
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

struct Counts {
    /// The requests of each stage that have ended.
    ended: Vec<AtomicU64>,
    lost: Mutex<Vec<String>>,
    /// Ends the pauses of the clients.
    hurry: (Mutex<()>, Condvar),
}

/// The longest wait for a round, in a test that is about to fail.
const MAX_WAIT: Duration = Duration::from_secs(60);

impl Load {
    /// Calls these stages, `API/STAGE`, through a gateway with several clients, each of which has
    /// its own stages. A client pauses between two requests, except during a round, so that the
    /// load leaves the processor to the rest.
    pub fn start(gateway: &str, stages: &[String], clients: usize, pause: Duration) -> Self {
        let ended = stages.iter().map(|_| AtomicU64::new(0)).collect();
        let counts = Arc::new(Counts { ended, lost: Mutex::default(), hurry: Default::default() });
        let stop = Arc::new(AtomicBool::new(false));
        let client = |number: usize| {
            let own: Vec<(usize, String)> =
                stages.iter().cloned().enumerate().skip(number).step_by(clients).collect();
            let (counts, stop, gateway) = (Arc::clone(&counts), Arc::clone(&stop), gateway.to_owned());
            std::thread::spawn(move || call(&gateway, &own, pause, &counts, &stop))
        };
        let clients = (0..clients.min(stages.len())).map(client).collect();
        Self { counts, stop, clients }
    }

    /// Waits until every stage has been called at least once after now.
    ///
    /// # Panics
    /// If that takes a minute.
    pub fn round(&self) {
        // The next request of a stage to end may have begun before now, the one after it has not.
        let ended = || self.counts.ended.iter().map(|ended| ended.load(Ordering::Relaxed));
        let enough: Vec<u64> = ended().map(|ended| ended + 2).collect();
        let begun = Instant::now();
        while ended().zip(&enough).any(|(ended, enough)| ended < *enough) {
            assert!(begun.elapsed() < MAX_WAIT, "the gateway doesn't respond");
            self.counts.hurry.1.notify_all();
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The number of requests so far.
    pub fn requests(&self) -> u64 {
        self.counts.ended.iter().map(|ended| ended.load(Ordering::Relaxed)).sum()
    }

    /// What happened to each request that didn't get status 200.
    pub fn lost(&self) -> Vec<String> {
        self.counts.lost.lock().unwrap().clone()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.counts.hurry.1.notify_all();
        self.clients.drain(..).for_each(|client| client.join().unwrap());
    }
}

fn call(gateway: &str, stages: &[(usize, String)], pause: Duration, counts: &Counts, stop: &AtomicBool) {
    let mut connection = None;
    while !stop.load(Ordering::Relaxed) {
        for (number, stage) in stages {
            let outcome = get(gateway, stage, &mut connection);
            if outcome.as_ref().ok() != Some(&200) {
                counts.lost.lock().unwrap().push(format!("{stage}: {outcome:?}"));
                connection = None;
            }
            counts.ended[*number].fetch_add(1, Ordering::Relaxed);
            let paused = counts.hurry.0.lock().unwrap();
            drop(counts.hurry.1.wait_timeout(paused, pause).unwrap());
        }
    }
}

/// The status of a request to a stage.
fn get(gateway: &str, stage: &str, connection: &mut Option<BufReader<TcpStream>>) -> std::io::Result<u16> {
    if connection.is_none() {
        let stream = TcpStream::connect(gateway)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        *connection = Some(BufReader::new(stream));
    }
    let stream = connection.as_mut().expect("it was just connected");
    stream.get_mut().write_all(format!("GET /{stage}/r0 HTTP/1.1\r\nhost: gateway\r\n\r\n").as_bytes())?;
    let (mut status, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().map_err(std::io::Error::other)?;
        }
        status = status.or_else(|| line.split(' ').nth(1)?.parse().ok());
    }
    stream.read_exact(&mut vec![0; length])?;
    status.ok_or_else(|| std::io::Error::other("no status"))
}
