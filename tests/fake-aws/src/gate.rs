//! Gates, at which a call waits until the test lets it continue: the test decides what happens
//! first.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tokio::sync::watch;

/// A gate that holds calls. Clones share the gate.
#[derive(Clone, Debug)]
pub struct Gate {
    reached: Arc<(Mutex<bool>, Condvar)>,
    open: Arc<watch::Sender<bool>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { reached: Arc::default(), open: Arc::new(watch::Sender::new(false)) }
    }
}

impl Gate {
    /// Waits until a call has reached the gate; `false` on timeout.
    pub fn wait_until_reached(&self, timeout: Duration) -> bool {
        let (reached, changed) = &*self.reached;
        let reached = reached.lock().expect("no thread panics while waiting");
        let (reached, _) = changed
            .wait_timeout_while(reached, timeout, |reached| !*reached)
            .expect("no thread panics while waiting");
        *reached
    }

    /// Lets the call, and every later one, continue.
    pub fn open(&self) {
        self.open.send_replace(true);
    }

    pub(crate) async fn pass(&self) {
        let mut open = self.open.subscribe();
        {
            let (reached, changed) = &*self.reached;
            *reached.lock().expect("no thread panics while waiting") = true;
            changed.notify_all();
        }
        // The gate holds a sender, so waiting can't fail.
        let _ = open.wait_for(|open| *open).await;
    }
}
