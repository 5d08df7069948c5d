//! Message sizes both ways, in one place for every service. Compressed requests are unpacked here, never beyond the limit,
//! so a small message that unpacks to gigabytes costs no more than a large one. Of the messages above the ordinary limit
//! only so many calls have one at the same time.

use std::io::Read;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use flate2::read::GzDecoder;
use http_body::{Body, Frame};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

use crate::error::{Reason, Refusal};

/// Flag and length before each message.
pub(super) const HEADER_BYTES: usize = 5;

/// Walks over length-prefixed messages as they pass by and says when one is too large.
#[derive(Debug)]
pub(super) struct Scanner {
    limit: usize,
    header: [u8; HEADER_BYTES],
    header_filled: usize,
    body_left: usize,
    largest: usize,
}

impl Scanner {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, header: [0; HEADER_BYTES], header_filled: 0, body_left: 0, largest: 0 }
    }

    /// Looks at the next bytes.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) -> Result<(), Refusal> {
        while !bytes.is_empty() {
            if self.body_left > 0 {
                let skipped = self.body_left.min(bytes.len());
                self.body_left -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            let taken = (HEADER_BYTES - self.header_filled).min(bytes.len());
            self.header[self.header_filled..self.header_filled + taken].copy_from_slice(&bytes[..taken]);
            self.header_filled += taken;
            bytes = &bytes[taken..];
            if self.header_filled == HEADER_BYTES {
                self.header_filled = 0;
                self.body_left = message_len(&self.header);
                if self.body_left > self.limit {
                    return Err(too_large(self.limit));
                }
                self.largest = self.largest.max(self.body_left);
            }
        }
        Ok(())
    }
}

/// The room that a call has taken for a large message; held until the call ends.
pub(super) type Taken = Arc<OnceLock<OwnedSemaphorePermit>>;

/// How large the messages of a call may be.
#[derive(Clone)]
pub(super) struct Bounds {
    /// What every call may send.
    pub(super) ordinary: usize,
    /// What it may send while there is room.
    pub(super) most: usize,
    /// Room for large messages in the whole server.
    pub(super) room: Arc<Semaphore>,
    pub(super) taken: Taken,
}

impl Bounds {
    /// Lets a message of this size in.
    pub(super) fn admit(&self, size: usize) -> Result<(), Refusal> {
        if size > self.most {
            return Err(too_large(self.most));
        }
        if size <= self.ordinary || self.taken.get().is_some() {
            return Ok(());
        }
        let room = self.room.clone().try_acquire_owned();
        let room = room.map_err(|_| Refusal::new(Reason::TooManyRequests))?;
        // Another message of the same call cannot have been quicker: a body is read by one task.
        let _ = self.taken.set(room);
        Ok(())
    }

    /// What is let in now without asking.
    pub(super) fn open(&self) -> usize {
        if self.taken.get().is_some() { self.most } else { self.ordinary }
    }
}

/// A request's body within the limits, and unpacked where it came packed.
pub(super) struct BoundedBody<B> {
    inner: B,
    scanner: Scanner,
    bounds: Bounds,
    unpack: Option<BytesMut>,
}

impl<B> BoundedBody<B> {
    /// `gzip` says that messages may come packed.
    pub(super) fn new(inner: B, bounds: Bounds, gzip: bool) -> Self {
        Self { inner, scanner: Scanner::new(bounds.most), bounds, unpack: gzip.then(BytesMut::new) }
    }
}

impl<B> Body for BoundedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        loop {
            let frame = match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(Status::from_error(error.into())))),
                Some(Ok(frame)) => frame,
            };
            let data = match frame.into_data() {
                Ok(data) => data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            };
            let seen = this.scanner.pass(&data).and_then(|()| this.bounds.admit(this.scanner.largest));
            if let Err(refusal) = seen {
                return Poll::Ready(Some(Err(refusal.into())));
            }
            let Some(packed) = this.unpack.as_mut() else {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            };
            packed.extend_from_slice(&data);
            match unpack(packed, &this.bounds) {
                Err(refusal) => return Poll::Ready(Some(Err(refusal.into()))),
                Ok(plain) if plain.is_empty() => {}
                Ok(plain) => return Poll::Ready(Some(Ok(Frame::data(plain)))),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }
}

/// Takes the whole messages off the front and gives them back unpacked.
fn unpack(packed: &mut BytesMut, bounds: &Bounds) -> Result<Bytes, Refusal> {
    let mut plain = BytesMut::new();
    while packed.len() >= HEADER_BYTES {
        let header: [u8; HEADER_BYTES] = std::array::from_fn(|index| packed[index]);
        let len = message_len(&header);
        if packed.len() < HEADER_BYTES + len {
            break;
        }
        packed.advance(HEADER_BYTES);
        let message = packed.split_to(len);
        if header[0] != 1 {
            plain.put_slice(&header);
            plain.put_slice(&message);
            continue;
        }
        // The size stands in the last four bytes; one that is wrong only costs the room that it asked for.
        if let Some(size) = message.last_chunk::<4>().filter(|_| bounds.most > bounds.ordinary) {
            bounds.admit(u32::from_le_bytes(*size) as usize)?;
        }
        let unpacked = gunzip(&message, bounds.open())?;
        let len = u32::try_from(unpacked.len()).map_err(|_| too_large(bounds.most))?;
        plain.put_u8(0);
        plain.put_u32(len);
        plain.put_slice(&unpacked);
    }
    Ok(plain.freeze())
}

pub(super) fn gunzip(message: &[u8], limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut unpacked = Vec::new();
    let mut bounded = GzDecoder::new(message).take(limit as u64 + 1);
    bounded.read_to_end(&mut unpacked).map_err(|_| Refusal::new(Reason::RequestInvalid))?;
    if unpacked.len() > limit {
        return Err(too_large(limit));
    }
    Ok(unpacked)
}

pub(super) fn message_len(header: &[u8; HEADER_BYTES]) -> usize {
    u32::from_be_bytes([header[1], header[2], header[3], header[4]]) as usize
}

fn too_large(limit: usize) -> Refusal {
    Refusal::new(Reason::TooLarge).with("limit_bytes", limit)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sizes_are_seen_however_the_bytes_are_cut() {
        let mut wire = vec![0, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0];
        wire.extend([0, 0, 0, 0, 4, 1, 2, 3, 4]);
        for cut in 1..wire.len() {
            let mut scanner = Scanner::new(4);
            wire.chunks(cut).for_each(|chunk| scanner.pass(chunk).unwrap());
            let mut scanner = Scanner::new(3);
            let refused = wire.chunks(cut).find_map(|chunk| scanner.pass(chunk).err());
            assert_eq!(refused.unwrap().reason, Reason::TooLarge);
        }
    }
}
