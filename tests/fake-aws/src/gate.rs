//! Where a call waits until a test lets it on, so that a test decides what happens first.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tokio::sync::watch;

/// Holds calls up. Clones are the same gate.
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
    /// Waits until a call has reached the gate; `false` if none has in this time.
    pub fn wait_until_reached(&self, at_most: Duration) -> bool {
        let (reached, changed) = &*self.reached;
        let reached = reached.lock().expect("nobody panics while waiting");
        let (reached, _) = changed
            .wait_timeout_while(reached, at_most, |reached| !*reached)
            .expect("nobody panics while waiting");
        *reached
    }

    /// Lets the call on, and every later one.
    pub fn open(&self) {
        self.open.send_replace(true);
    }

    pub(crate) async fn pass(&self) {
        let mut open = self.open.subscribe();
        {
            let (reached, changed) = &*self.reached;
            *reached.lock().expect("nobody panics while waiting") = true;
            changed.notify_all();
        }
        // The gate holds a sender, so that waiting can't fail.
        let _ = open.wait_for(|open| *open).await;
    }
}
