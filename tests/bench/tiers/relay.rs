//! The line between two tiers: passes bytes on, and can be cut.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A line that ends when it is dropped.
pub struct Relay {
    address: SocketAddr,
    open: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Relay {
    /// An open line to an address.
    pub async fn start(to: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (open, state) = watch::channel(true);
        let task = tokio::spawn(serve(listener, to.to_owned(), state));
        Ok(Self { address, open, task })
    }

    /// Where it begins.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections and takes no new ones.
    pub fn cut(&self) {
        self.open.send_replace(false);
    }

    /// Takes connections again.
    pub fn mend(&self) {
        self.open.send_replace(true);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.cut();
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, to: String, state: watch::Receiver<bool>) {
    while let Ok((near, _)) = listener.accept().await {
        if *state.borrow() {
            tokio::spawn(pass(near, to.clone(), state.clone()));
        }
    }
}

async fn pass(mut near: TcpStream, to: String, mut state: watch::Receiver<bool>) {
    let Ok(mut far) = TcpStream::connect(to).await else { return };
    if near.set_nodelay(true).and_then(|()| far.set_nodelay(true)).is_err() {
        return;
    }
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
        _ = state.wait_for(|open| !open) => {}
    }
}
