//! The line between two tiers as the demonstration holds it: it passes bytes on, and can be cut and joined again. TLS goes
//! through it from gateway to gateway; nothing here can read or change it.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::error::DemoError;

/// A line; it ends with its last clone.
#[derive(Clone, Debug)]
pub struct Relay {
    address: SocketAddr,
    whole: watch::Sender<bool>,
}

impl Relay {
    /// A line to an address, at a free port of this machine.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn to(target: SocketAddr) -> Result<Self, DemoError> {
        let taken = async || {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            Ok((listener.local_addr()?, listener))
        };
        let (address, listener) = taken().await.map_err(DemoError::Line)?;
        let (whole, seen) = watch::channel(true);
        tokio::spawn(pass(listener, target, seen));
        Ok(Self { address, whole })
    }

    /// Where it begins, as the lower tier dials it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it is whole.
    pub fn is_whole(&self) -> bool {
        *self.whole.borrow()
    }

    /// Ends all connections and takes none any more.
    pub fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Takes connections again.
    pub fn join(&self) {
        self.whole.send_replace(true);
    }
}

async fn pass(listener: TcpListener, target: SocketAddr, mut whole: watch::Receiver<bool>) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            changed = whole.changed() => {
                if changed.is_err() {
                    return;
                }
                if !*whole.borrow_and_update() {
                    open.shutdown().await;
                }
            }
            taken = listener.accept() => {
                // What comes while it is cut is closed at once.
                if let Ok((near, _)) = taken && *whole.borrow() {
                    open.spawn(carry(near, target));
                }
            }
            Some(_) = open.join_next() => {}
        }
    }
}

async fn carry(mut near: TcpStream, target: SocketAddr) {
    if let Ok(mut far) = TcpStream::connect(target).await {
        let _ = near.set_nodelay(true);
        let _ = far.set_nodelay(true);
        // Either side may end it at any time.
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn what_is_cut_ends_and_takes_nothing_until_it_is_joined() {
        let far = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let line = Relay::to(far.local_addr().unwrap()).await.unwrap();
        let through = async || {
            let mut near = TcpStream::connect(line.address()).await.unwrap();
            near.write_all(b"x").await.unwrap();
            let (mut there, _) = far.accept().await.unwrap();
            assert_eq!(there.read_u8().await.unwrap(), b'x');
            (near, there)
        };
        let (mut near, _there) = through().await;
        line.cut();
        assert_eq!(near.read(&mut [0; 1]).await.unwrap_or(0), 0, "the connection ends");
        let mut refused = TcpStream::connect(line.address()).await.unwrap();
        assert_eq!(refused.read(&mut [0; 1]).await.unwrap_or(0), 0, "a new one ends at once");
        assert!(!line.is_whole());
        line.join();
        through().await;
    }
}
